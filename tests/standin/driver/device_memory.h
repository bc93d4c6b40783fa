// Device memory: one range of addresses for each device, the allocations in it, and a shadow that tells for each
// granule of 16 bytes how many of its leading bytes may be used. Thread-safe on its own, without the driver's lock.
#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

struct Allocation {
    uintptr_t base;
    size_t size;            // as asked for
    int device;
    uint64_t id;
    const void* owner;      // the context that made it
    void* pool;             // the pool it came from, or null
    bool usable;            // false until its stream reaches the allocation, and for memory being freed
};

namespace device_memory {

constexpr int MOST_DEVICES = 16;
constexpr size_t GRANULE = 16;

struct Arena {
    uintptr_t base = 0;
    size_t size = 0;        // addresses
    uint8_t* shadow = nullptr;
};

void initialize();                       // reserves addresses; called once by cuInit
const Arena& arena(int device);
int device_of(uintptr_t address);        // -1: not an address of any device

// Reserves addresses and counts the bytes; 0 if the device has not so much left. Not usable until activate().
uintptr_t reserve(int device, size_t size, const void* owner, void* pool);
void activate(uintptr_t base);           // poisons the memory and opens it to use
void deactivate(uintptr_t base);         // stops its use, keeps the addresses (the end of a graph's own memory)
bool release(uintptr_t base);            // false: base is not the start of an allocation
bool find(uintptr_t address, Allocation& found);              // the live allocation that holds the address
bool nearest(uintptr_t address, Allocation& found);           // the live allocation at or below it, for messages
bool freed(uintptr_t address, Allocation& found);             // a recently freed allocation that held it
bool covers(uintptr_t address, size_t bytes);                 // within one live allocation
bool usable(uintptr_t address, size_t bytes);                 // and that allocation may be used now
std::vector<Allocation> release_all(const void* owner);       // what a destroyed context leaves behind
void used(int device, size_t& bytes);

}  // namespace device_memory
