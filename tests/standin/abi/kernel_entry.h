// What the stand-in's compiler writes into each module for each kernel, and its driver reads. Plain C layout.
#pragma once
#include <stddef.h>

struct standin_kernel {
    const char* name;             // the name that cuModuleGetFunction looks for; the table ends with a null name
    void (*run)(void**);          // calls the kernel once for each thread that standin_next_thread() hands out
    unsigned parameters;          // number of parameters
    const unsigned* sizes;        // bytes of each parameter
    const unsigned* alignments;   // alignment of each parameter
};

struct standin_module {
    unsigned version;             // STANDIN_MODULE_VERSION
    unsigned static_shared;       // 1 if the source declares a __shared__ variable of fixed size
    const standin_kernel* kernels;
};

#define STANDIN_MODULE_VERSION 1
