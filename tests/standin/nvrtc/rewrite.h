// The few places, in a source whose macros and includes have been worked off, where CUDA C++ needs more than macros to be C++: shared memory, and which kernels there are.
#pragma once
#include <string>
#include <vector>

struct Rewritten {
    std::string source;                 // the same lines, with __shared__ declarations turned into macros
    std::vector<std::string> kernels;   // names of extern "C" kernels
    bool shared_once = false;           // a __shared__ variable remained that exists only once in the module
};

Rewritten rewrite(const std::string& preprocessed);
