// A fibre: a stack of its own on which a CUDA thread runs until it waits for others. Below each stack lies a wall.
#pragma once
#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__) || !(defined(__x86_64__) || defined(__aarch64__))
#define STANDIN_UCONTEXT 1
#include <ucontext.h>
#else
#define STANDIN_UCONTEXT 0
#endif

namespace fibre {

constexpr size_t STACK = size_t{128} << 10;    // bytes of a stack
constexpr size_t WALL = size_t{8} << 10;       // unusable bytes below it

// Where a suspended flow of control goes on.
struct Place {
#if STANDIN_UCONTEXT
    ucontext_t context;
#else
    void* stack_pointer;
#endif
};

void change(Place& from, Place& to);           // suspends the caller in `from`, resumes `to`
void prepare(Place& place, char* stack, void (*entry)());   // the next change to `place` calls entry(), which never returns

char* allocate_stack();                        // the lowest usable byte of a new stack
void free_stack(char* stack);                  // one that no fibre runs on

}  // namespace fibre
