// The stand-in of NVRTC: sources as NVRTC takes them, names, options, errors.
#include "cuda.h"

static const char* TEMPLATES = R"(
namespace n { template <class T, int k> struct Scale { static __device__ T of(T v) { return v * k; } }; }
template <class T, int k> __global__ void scale(T* __restrict__ x, const T* __restrict__ y, int count) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) x[i] = n::Scale<T, k>::of(y[i]);
}
__global__ void plain(int* x) { *x = 7; }
__constant__ double coefficients[3] = {1, 2, 3};
__device__ int counter;
extern "C" __global__ void weigh(double* x) { x[threadIdx.x] = coefficients[threadIdx.x] + counter; }
)";

CASE("compiler", name_expressions, ENV(), 0, "") {
    start();
    Built b = build(TEMPLATES, {"scale<double, 3>", "scale<float,2>", "plain", "weigh"});
    CUmodule m = module(b);
    CHECK(b.names[0] != "scale<double, 3>" && b.names[3] == "weigh");
    CUdeviceptr x = allocate(40), y = device(std::vector<double>{1, 2, 3, 4, 5});
    OK(launch(function(m, b.names[0]), 1, 8, x, y, 5));
    SAME(host<double>(x, 5)[4], 15.0);
    CUdeviceptr f = device(std::vector<float>{1, 2}), g = allocate(8);
    OK(launch(function(m, b.names[1]), 1, 8, g, f, 2));
    SAME(host<float>(g, 2)[1], 4.0f);
    OK(launch(function(m, b.names[2]), 1, 1, g));
    SAME(host<int>(g, 1)[0], 7);
    CUfunction none = nullptr;
    SAME(cu("cuModuleGetFunction", &none, m, "scale<double, 3>"), 500);
    SAME(cu("cuModuleGetFunction", &none, m, "plain"), 500);
}

CASE("compiler", variables, ENV(), 0, "") {
    start();
    CUmodule m = module(build(TEMPLATES));
    CUdeviceptr c = 0, n = 0, x = allocate(24);
    size_t bytes = 0;
    OK(cu("cuModuleGetGlobal_v2", &c, &bytes, m, "coefficients"));
    SAME(bytes, 24u);
    OK(cu("cuModuleGetGlobal_v2", &n, &bytes, m, "counter"));
    SAME(bytes, 4u);
    double values[] = {4, 5, 6};
    int count = 10;
    OK(cu("cuMemcpyHtoD_v2", c, static_cast<const void*>(values), sizeof values));
    OK(cu("cuMemcpyHtoD_v2", n, static_cast<const void*>(&count), sizeof count));
    OK(launch(function(m, "weigh"), 1, 3, x));
    CHECK((host<double>(x, 3) == std::vector<double>{14, 15, 16}));
    SAME(cu("cuModuleGetGlobal_v2", &c, &bytes, m, "none"), 500);
}

CASE("compiler", past_a_constant, ENV(), 0, "illegal address: kernel weigh") {
    start();
    OK(launch(function(module(build(TEMPLATES)), "weigh"), 1, 4, allocate(32)));
    SAME(synchronize(), 700);
}

CASE("compiler", errors_have_lines, ENV(), 0, "") {
    Built b = build("extern \"C\" __global__ void k(int* x) {\n  __shared__ int t[4];\n\n  *x = nonsense;\n}\n", {}, {}, "my_kernels.cu");
    SAME(b.result, 6);
    CHECK(b.log.find("my_kernels.cu(4): error:") != std::string::npos);
    CHECK(b.log.find("nonsense") != std::string::npos);
    CHECK(b.log.find("/tmp") == std::string::npos);
    b = build("#include <vector>\n");
    SAME(b.result, 6);
    CHECK(b.log.find("test.cu(1)") != std::string::npos);
    b = build("template <class T> __global__ void k(T*) {}", {"k<nothing>"});
    SAME(b.result, 6);
    CHECK(b.log.find("nothing") != std::string::npos);
}

CASE("compiler", options, ENV(), 0, "") {
    start();
    const char* source = R"(
        #if __CUDA_ARCH__ != 900 || !defined(__CUDACC_RTC__)
        #error wrong architecture
        #endif
        typedef long long int64_t;                       // NVRTC has none of its own
        extern "C" __global__ void k(VALUE_TYPE* x, int64_t n) { if constexpr (true) x[n] = VALUE; })";
    Built b = build(source, {}, {"-DVALUE_TYPE=float", "-D", "VALUE=2.5f", "--std=c++17", "--use_fast_math", "-lineinfo",
                                 "--fmad=false", "-default-device", "--ftz=true", "-I/nowhere", "--maxrregcount=32"});
    CUdeviceptr x = allocate(16);
    OK(launch(function(module(b), "k"), 1, 1, x, 3ll));
    SAME(host<float>(x, 4)[3], 2.5f);
    SAME(build("", {}, {"--no-such-option"}).result, 5);
    SAME(build("", {}, {"--gpu-architecture=sm_12"}).result, 5);
}

CASE("compiler", headers, ENV(), 0, "") {
    start();
    void* program = nullptr;
    const char* names[] = {"twice.cuh", "deep/er.cuh"};
    const char* texts[] = {"#include \"deep/er.cuh\"\n__device__ double twice(double v) { return two * v; }",
                           "constexpr double two = 2;\nextern __shared__ char scratch[];\n"};
    OK(rtc("nvrtcCreateProgram", &program, "#include <twice.cuh>\nextern \"C\" __global__ void k(double* x) { "
           "double* s = reinterpret_cast<double*>((char*)scratch); s[0] = *x; *x = twice(s[0]); }", "a.cu", 2, texts, names));
    const char* options[] = {"-arch=sm_90"};
    OK(rtc("nvrtcCompileProgram", program, 1, options));
    size_t n = 0;
    OK(rtc("nvrtcGetPTXSize", program, &n));
    std::string ptx(n, 0);
    OK(rtc("nvrtcGetPTX", program, &ptx[0]));
    CUmodule m = nullptr;
    OK(cu("cuModuleLoadData", &m, static_cast<const void*>(ptx.data())));
    CUdeviceptr x = device(std::vector<double>{21});
    OK(launch_on(nullptr, function(m, "k"), 1, 1, 64, x));
    SAME(host<double>(x, 1)[0], 42.0);
}

CASE("compiler", kernels_by_macro, ENV(), 0, "") {
    start();
    CUmodule m = module(build(R"(
        #define FILL(name, T) extern "C" __global__ void __launch_bounds__(256) name(T* x, T v) { \
            __shared__ T tile[32]; extern __shared__ __align__(16) unsigned char raw[]; \
            reinterpret_cast<T*>(raw)[threadIdx.x] = v; tile[threadIdx.x] = v; __syncthreads(); \
            x[threadIdx.x] = tile[threadIdx.x] + reinterpret_cast<T*>(raw)[threadIdx.x]; }
        FILL(fill_f32, float)
        FILL(fill_f64, double)
        #if 0
        extern "C" __global__ void absent() {}
        #endif
        /* extern "C" __global__ void commented() {} */
        extern "C" { __global__ void inside(int* x) { *x = 1; } }
        )"));
    CUdeviceptr x = allocate(256);
    OK(launch_on(nullptr, function(m, "fill_f32"), 1, 32, 128, x, 1.5f));
    SAME(host<float>(x, 32)[31], 3.0f);
    OK(launch_on(nullptr, function(m, "fill_f64"), 1, 32, 256, x, 0.5));
    SAME(host<double>(x, 32)[31], 1.0);
    OK(launch(function(m, "inside"), 1, 1, x));
    CUfunction f = nullptr;
    SAME(cu("cuModuleGetFunction", &f, m, "absent"), 500);
    SAME(cu("cuModuleGetFunction", &f, m, "commented"), 500);
}

CASE("compiler", structures_as_parameters, ENV(), 0, "") {
    start();
    struct Shape { long long n[4]; char tag; double scale; };
    CUfunction f = kernel(R"(
        struct Shape { long long n[4]; char tag; double scale; };
        extern "C" __global__ void k(char a, Shape s, short b, double* x) { *x = s.n[3] * s.scale + s.tag + a + b; })", "k");
    CUdeviceptr x = allocate(8);
    OK(launch(f, 1, 1, char{1}, Shape{{1, 2, 3, 4}, 2, 0.5}, short{3}, x));
    SAME(host<double>(x, 1)[0], 8.0);
    size_t offset = 0, size = 0, count = 0;
    OK(cu("cuFuncGetParamInfo", f, size_t{3}, &offset, &size));
    CHECK(offset == 64 && size == 8);
    OK(cu("cuFuncGetParamCount", f, &count));
    SAME(count, 4u);
}

CASE("compiler", damaged_images, ENV(), 0, "") {
    start();
    Built b = build("extern \"C\" __global__ void k() {}");
    CUmodule m = nullptr;
    std::string damaged = b.cubin;
    damaged[damaged.size() / 2] ^= 1;
    SAME(cu("cuModuleLoadData", &m, static_cast<const void*>(damaged.data())), 200);
    damaged = b.cubin;
    damaged[10] ^= 1;
    SAME(cu("cuModuleLoadData", &m, static_cast<const void*>(damaged.data())), 200);
    SAME(cu("cuModuleLoadData", &m, static_cast<const void*>("no image at all, nor PTX")), 200);
    void* program = nullptr;
    using Strings = const char**;
    OK(rtc("nvrtcCreateProgram", &program, "extern \"C\" __global__ void k() {}", "a.cu", 0, Strings{}, Strings{}));
    const char* other[] = {"--gpu-architecture=sm_80"};
    OK(rtc("nvrtcCompileProgram", program, 1, other));
    size_t n = 0;
    OK(rtc("nvrtcGetCUBINSize", program, &n));
    std::string cubin(n, 0);
    OK(rtc("nvrtcGetCUBIN", program, &cubin[0]));
    SAME(cu("cuModuleLoadData", &m, static_cast<const void*>(cubin.data())), 209);
    const char* text = reinterpret_cast<const char* (*)(int)>(symbol("libnvrtc.so.13", "nvrtcGetErrorString"))(6);
    CHECK(std::string(text) == "NVRTC_ERROR_COMPILATION");
}

// The same source loaded twice has two sets of variables.
CASE("compiler", modules_are_apart, ENV(), 0, "") {
    start();
    Built b = build("__device__ int n; extern \"C\" __global__ void k(int* x) { *x = ++n; }");
    CUfunction f = function(module(b), "k"), g = function(module(b), "k");
    CUdeviceptr x = allocate(4);
    OK(launch(f, 1, 1, x));
    OK(launch(f, 1, 1, x));
    SAME(host<int>(x, 1)[0], 2);
    OK(launch(g, 1, 1, x));
    SAME(host<int>(x, 1)[0], 1);
}

CASE("compiler", of_a_later_release, ENV("STANDIN_DRIVER_VERSION=12.4", "STANDIN_NVRTC_VERSION=13.1"), 0, "") {
    start();
    int driver = 0, major = 0, minor = 0;
    OK(cu("cuDriverGetVersion", &driver));
    SAME(driver, 12040);
    OK(rtc("nvrtcVersion", &major, &minor));
    SAME(major * 1000 + minor * 10, 13010);
    Built b = build("extern \"C\" __global__ void k() {}");
    CUmodule m = nullptr;
    SAME(cu("cuModuleLoadData", &m, static_cast<const void*>(b.cubin.data())), 200);
}
