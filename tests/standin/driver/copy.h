// Copies of boxes of bytes between host and device memory, with CUDA's rules of when the host may go on.
#pragma once
#include "lock.h"
#include "statistics.h"

namespace copy {

enum class Side { Host, Device };

// Rows of `width` bytes, `height` rows a plane, `depth` planes; the address is that of the first byte.
struct Box {
    Side side;
    uintptr_t address;
    size_t pitch, plane;        // bytes from row to row and from plane to plane
};

struct Shape { size_t width, height, depth; };

// Which side a unified address is on.
Side side_of(uintptr_t address);

// blocking: the calls without Async. handle: the stream of the calls with it.
void enqueue(Lock& lock, Context& context, Box to, Box from, Shape shape, bool blocking, CUstream handle);

}  // namespace copy
