// What a kernel asks of the stand-in's driver while it runs.
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { BARRIER_PLAIN = 0, BARRIER_COUNT = 1, BARRIER_AND = 2, BARRIER_OR = 3 };
enum { WARP_SYNC = 0, WARP_SHUFFLE = 1, WARP_VOTE = 2, WARP_MATCH = 3 };
enum { FAIL_TRAP = 719, FAIL_ASSERT = 710 };

extern "C" {
__attribute__((visibility("default"))) int standin_next_thread();
__attribute__((visibility("default"))) int standin_barrier(int kind, int predicate);
__attribute__((visibility("default"))) uint64_t standin_warp(int kind, uint32_t mask, uint64_t value, int source);
__attribute__((visibility("default"))) uint32_t standin_active();
__attribute__((visibility("default"))) void standin_check(uintptr_t address, size_t bytes, int write);
__attribute__((visibility("default"))) void standin_misaligned(const char* file, unsigned line, unsigned alignment,
                                                                uintptr_t address);
__attribute__((visibility("default"), noreturn)) void standin_fail(int error, const char* message, const char* file, int line);
__attribute__((visibility("default"))) long long standin_clock();
}
