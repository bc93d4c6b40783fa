// A cuFFT plan: sizes, the places of the elements in memory, and the stream.
#pragma once
#include <cstddef>
#include <vector>

#define CUFFT_API extern "C" __attribute__((visibility("default")))

enum cufftResult {
    CUFFT_SUCCESS = 0, CUFFT_INVALID_PLAN = 1, CUFFT_ALLOC_FAILED = 2, CUFFT_INVALID_TYPE = 3, CUFFT_INVALID_VALUE = 4,
    CUFFT_INTERNAL_ERROR = 5, CUFFT_EXEC_FAILED = 6, CUFFT_SETUP_FAILED = 7, CUFFT_INVALID_SIZE = 8,
    CUFFT_UNALIGNED_DATA = 9, CUFFT_NO_WORKSPACE = 13, CUFFT_NOT_SUPPORTED = 16,
};
enum cufftType { R2C = 0x2a, C2R = 0x2c, C2C = 0x29, D2Z = 0x6a, Z2D = 0x6c, Z2Z = 0x69 };

namespace cufft {

// Element (i0, i1, ..) of transform b lies at b * distance + ((i0 * embed[1] + i1) * embed[2] + ..) * stride.
struct Layout { std::vector<long long> embed; long long stride, distance; };

struct Plan {
    bool made = false;
    std::vector<long long> sizes;
    long long batch = 1;
    int type = 0;
    bool packed_in = true, packed_out = true;      // no layout given
    Layout in, out;
    void* stream = nullptr;
    // Work area: who gives it, how long it is, and where.
    bool automatic = true;
    size_t work = 0;
    void* area = nullptr;
};

// Whether STANDIN_CUFFT asks for the failure of this.
bool fails(const char* what);
Plan* find(int handle);                            // null: no such plan
bool to_half(int type);                            // from real to half of a complex spectrum
bool from_half(int type);
bool single(int type);

}  // namespace cufft
