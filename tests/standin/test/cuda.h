// The driver and the compiler as the cases use them: a context, arrays, kernels by source and name.
#pragma once
#include <cmath>
#include <cstring>

#include "harness.h"

// cu<R>("name", arguments...) calls a function of the driver by its name; integers and pointers go as they are given.
template <class... A> int cu(const char* name, A... arguments) {
    return reinterpret_cast<int (*)(A...)>(symbol("libcuda.so.1", name))(arguments...);
}
template <class... A> int rtc(const char* name, A... arguments) {
    return reinterpret_cast<int (*)(A...)>(symbol("libnvrtc.so.13", name))(arguments...);
}

inline CUcontext start(int device = 0) {
    CUcontext c = nullptr;
    OK(cu("cuInit", 0u));
    OK(cu("cuDevicePrimaryCtxRetain", &c, device));
    OK(cu("cuCtxSetCurrent", c));
    return c;
}

inline CUdeviceptr allocate(size_t bytes) {
    CUdeviceptr p = 0;
    OK(cu("cuMemAlloc_v2", &p, bytes));
    return p;
}

template <class T> CUdeviceptr device(const std::vector<T>& values) {
    CUdeviceptr p = allocate(values.size() * sizeof(T));
    OK(cu("cuMemcpyHtoD_v2", p, static_cast<const void*>(values.data()), values.size() * sizeof(T)));
    return p;
}

template <class T> std::vector<T> host(CUdeviceptr p, size_t count) {
    std::vector<T> values(count);
    OK(cu("cuMemcpyDtoH_v2", static_cast<void*>(values.data()), p, count * sizeof(T)));
    return values;
}

struct Built { int result; std::string log, cubin, ptx; std::vector<std::string> names; };

inline Built build(const char* source, std::vector<std::string> expressions = {}, std::vector<const char*> options = {},
                   const char* name = "test.cu") {
    Built b;
    void* program = nullptr;
    OK(rtc("nvrtcCreateProgram", &program, source, name, 0, static_cast<const char**>(nullptr), static_cast<const char**>(nullptr)));
    for (auto& e : expressions) OK(rtc("nvrtcAddNameExpression", program, e.c_str()));
    options.push_back("--gpu-architecture=sm_90");
    b.result = rtc("nvrtcCompileProgram", program, static_cast<int>(options.size()), options.data());
    size_t n = 0;
    OK(rtc("nvrtcGetProgramLogSize", program, &n));
    b.log.resize(n);
    OK(rtc("nvrtcGetProgramLog", program, &b.log[0]));
    if (b.result == 0) {
        OK(rtc("nvrtcGetCUBINSize", program, &n));
        b.cubin.resize(n);
        OK(rtc("nvrtcGetCUBIN", program, &b.cubin[0]));
        OK(rtc("nvrtcGetPTXSize", program, &n));
        b.ptx.resize(n);
        OK(rtc("nvrtcGetPTX", program, &b.ptx[0]));
        for (auto& e : expressions) {
            const char* lowered = nullptr;
            OK(rtc("nvrtcGetLoweredName", program, e.c_str(), &lowered));
            b.names.push_back(lowered);
        }
    }
    OK(rtc("nvrtcDestroyProgram", &program));
    return b;
}

inline CUmodule module(const Built& b) {
    if (b.result != 0) std::fprintf(stderr, "%s\n", b.log.c_str());
    OK(b.result);
    CUmodule m = nullptr;
    OK(cu("cuModuleLoadData", &m, static_cast<const void*>(b.cubin.data())));
    return m;
}

inline CUfunction function(CUmodule m, const std::string& name) {
    CUfunction f = nullptr;
    OK(cu("cuModuleGetFunction", &f, m, name.c_str()));
    return f;
}

inline CUfunction kernel(const char* source, const char* name) { return function(module(build(source)), name); }

// Launches with the arguments as they are: their types must be those of the kernel's parameters.
template <class... A> int launch_on(CUstream stream, CUfunction f, unsigned grid, unsigned block, unsigned dynamic, A... arguments) {
    void* pointers[] = {static_cast<void*>(&arguments)..., nullptr};
    return cu("cuLaunchKernel", f, grid, 1u, 1u, block, 1u, 1u, dynamic, stream, static_cast<void**>(pointers),
              static_cast<void**>(nullptr));
}
template <class... A> int launch(CUfunction f, unsigned grid, unsigned block, A... arguments) {
    return launch_on(nullptr, f, grid, block, 0, arguments...);
}

inline int synchronize() { return cu("cuCtxSynchronize"); }

inline standin_counts counts() {
    standin_counts c{};
    cu("standin_statistics", &c, sizeof c);
    return c;
}
