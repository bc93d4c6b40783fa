// NVRTC's options, turned into those of the C++ compiler of this machine.
#pragma once
#include <string>
#include <vector>

struct Options {
    std::vector<std::string> compiler;      // for the C++ compiler
    std::vector<std::string> folders;       // -I
    unsigned capability = 75;               // of --gpu-architecture
    bool real = false;                      // sm_XX, for which there is a cubin; compute_XX has PTX only
    std::string refused;                    // an option that NVRTC does not know, or an architecture
};

Options translate(const std::vector<std::string>& given);
