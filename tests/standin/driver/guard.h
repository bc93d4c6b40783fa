// Device memory is closed to the host except while an operation of the device runs.
#pragma once
#include <cstddef>
#include <cstdint>

namespace guard {

void open();                                            // calls nest, over all host threads
void close();
void grow(int device, uintptr_t base, uintptr_t end);   // the addresses in use grew to [base, end)
void watch();                                           // says what happened when the host touches device memory

struct Open {
    Open() { open(); }
    ~Open() { close(); }
    Open(const Open&) = delete;
    Open& operator=(const Open&) = delete;
};

}  // namespace guard
