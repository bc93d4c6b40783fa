// The words that CUDA adds to C++.
#pragma once

#define __host__
#define __device__ __attribute__((visibility("default")))
#define __global__ __attribute__((visibility("default")))
#define __constant__ __attribute__((visibility("default")))
#define __managed__
#define __shared__ static
#define __grid_constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __restrict__ __restrict
#define __launch_bounds__(...)
#define __maxnreg__(...)
#define __cluster_dims__(...)
#define __align__(n) __attribute__((aligned(n)))
#define __builtin_align__(n) __attribute__((aligned(n)))
#define __inline__ inline

#undef assert
#ifdef NDEBUG
#define assert(condition) ((void)0)
#else
#define assert(condition) \
    ((condition) ? (void)0 : standin_fail(FAIL_ASSERT, "assertion failed: " #condition, __FILE__, __LINE__))
#endif
#define __trap() standin_fail(FAIL_TRAP, "__trap()", __FILE__, __LINE__)
#define __brkpt() standin_fail(FAIL_TRAP, "__brkpt()", __FILE__, __LINE__)
#define __assume(condition) do { if (!(condition)) __builtin_unreachable(); } while (0)
