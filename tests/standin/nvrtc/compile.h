// One compilation: the C++ compiler of this machine makes a shared object of a CUDA source.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "options.h"

struct Source {
    std::string text, name;
    std::vector<std::pair<std::string, std::string>> headers;     // include name and text
    std::vector<std::string> expressions;                         // name expressions
};

struct Compiled {
    bool ok = false;
    std::string log;                                              // as NVRTC words it: name(line): error: text
    std::string elf;
    std::vector<std::string> lowered;                             // one name for each expression
};

Compiled compile(const Source& source, const Options& options);
