// Each case runs in a process of its own, with its own environment variables, and loads the libraries by dlopen as the
// program under test does. A case ends with exit status 0, or with the signal that it is meant to die of, and its
// stderr must contain the text that it is meant to print.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "../abi/cuda_abi.h"
#include "../abi/standin.h"

struct Case {
    const char* group;
    const char* name;
    void (*body)();
    std::vector<std::string> environment;     // NAME=value
    int signal;                               // 0: none
    std::string message;                      // part of stderr
    static std::vector<Case>& all();
    static int add(Case c);
};

#define CASE(group, name, environment, signal, message) \
    static void name(); \
    static int added_##name = Case::add({group, #name, name, environment, signal, message}); \
    static void name()
#define ENV(...) std::vector<std::string>{__VA_ARGS__}

#define CHECK(condition) \
    do { if (!(condition)) { std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition); std::exit(1); } } while (0)
#define SAME(a, b) \
    do { auto x_ = (a); decltype(x_) y_ = static_cast<decltype(x_)>(b); if (!(x_ == y_)) { \
        std::fprintf(stderr, "%s:%d: %s is %g, not %s = %g\n", __FILE__, __LINE__, #a, static_cast<double>(x_), #b, \
                     static_cast<double>(y_)); std::exit(1); } } while (0)
#define OK(call) SAME(static_cast<int>(call), 0)

void* library(const char* name);              // dlopen, once
void* symbol(const char* library_name, const char* name);
