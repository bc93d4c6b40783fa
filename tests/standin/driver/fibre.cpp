#include "fibre.h"

#include <cstdlib>
#include <sys/mman.h>

#include "report.h"

namespace fibre {

char* allocate_stack() {
    char* at = static_cast<char*>(mmap(nullptr, WALL + STACK, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    if (at == MAP_FAILED || mprotect(at, WALL, PROT_NONE) != 0) {
        report("no memory for the stacks of a block");
        std::abort();
    }
    return at + WALL;
}

void free_stack(char* stack) { munmap(stack - WALL, WALL + STACK); }

#if STANDIN_UCONTEXT

void change(Place& from, Place& to) { swapcontext(&from.context, &to.context); }

void prepare(Place& place, char* stack, void (*entry)()) {
    getcontext(&place.context);
    place.context.uc_stack.ss_sp = stack;
    place.context.uc_stack.ss_size = STACK;
    place.context.uc_link = nullptr;
    makecontext(&place.context, entry, 0);
}

#else

// Saves what a called function must preserve on the old stack, and takes it from the new one.
extern "C" void standin_change(void** from, void* to);

#if defined(__x86_64__)
asm(R"(
    .text
    .p2align 4
    .hidden standin_change
    .globl standin_change
    .type standin_change, @function
standin_change:
    pushq %rbp
    pushq %rbx
    pushq %r12
    pushq %r13
    pushq %r14
    pushq %r15
    movq %rsp, (%rdi)
    movq %rsi, %rsp
    popq %r15
    popq %r14
    popq %r13
    popq %r12
    popq %rbx
    popq %rbp
    ret
    .size standin_change, .-standin_change
)");
#else
asm(R"(
    .text
    .p2align 4
    .hidden standin_change
    .globl standin_change
    .type standin_change, %function
standin_change:
    sub sp, sp, #160
    stp x19, x20, [sp, #0]
    stp x21, x22, [sp, #16]
    stp x23, x24, [sp, #32]
    stp x25, x26, [sp, #48]
    stp x27, x28, [sp, #64]
    stp x29, x30, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    mov x9, sp
    str x9, [x0]
    mov sp, x1
    ldp x19, x20, [sp, #0]
    ldp x21, x22, [sp, #16]
    ldp x23, x24, [sp, #32]
    ldp x25, x26, [sp, #48]
    ldp x27, x28, [sp, #64]
    ldp x29, x30, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    add sp, sp, #160
    ret
    .size standin_change, .-standin_change
)");
#endif

void change(Place& from, Place& to) { standin_change(&from.stack_pointer, to.stack_pointer); }

void prepare(Place& place, char* stack, void (*entry)()) {
    auto top = reinterpret_cast<uint64_t*>(stack + STACK);
#if defined(__x86_64__)
    // Six saved registers, the entry as return address, and one word so that entry() sees a stack aligned as by a call.
    *--top = 0;
    *--top = reinterpret_cast<uint64_t>(entry);
    for (int i = 0; i < 6; ++i) *--top = 0;
#else
    for (int i = 0; i < 20; ++i) *--top = 0;
    top[11] = reinterpret_cast<uint64_t>(entry);   // x30
#endif
    place.stack_pointer = top;
}

#endif

}  // namespace fibre
