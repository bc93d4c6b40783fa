// Page-locked host memory: allocated or registered, and so usable by asynchronous copies and by kernels.
#pragma once
#include <cstddef>
#include <cstdint>

struct HostRange { uintptr_t base; size_t size; const void* owner; bool allocated; unsigned flags; };

namespace host_memory {

void* allocate(size_t bytes, unsigned flags, const void* owner);
bool add(uintptr_t base, size_t bytes, unsigned flags, const void* owner);   // false: overlaps a range already there
bool remove(uintptr_t base, bool allocated);                                 // frees the memory if it was allocated
bool find(uintptr_t address, HostRange& found);
bool mapped(uintptr_t address, size_t bytes);                                // within one range
void release_all(const void* owner);

}  // namespace host_memory
