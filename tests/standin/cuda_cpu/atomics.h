// Atomic operations on global and shared memory. They return the old value.
#pragma once

template <class T, class F> static inline T standin_update(T* at, F change) {
    T old, next;
    __atomic_load(at, &old, __ATOMIC_RELAXED);
    do next = change(old);
    while (!__atomic_compare_exchange(at, &old, &next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return old;
}

#define STANDIN_ATOMIC(name, T, result) \
    static inline T name(T* at, T value) { return standin_update(at, [=](T old) -> T { return result; }); } \
    static inline T name##_block(T* at, T value) { return name(at, value); } \
    static inline T name##_system(T* at, T value) { return name(at, value); }

#define STANDIN_INTEGERS(name, result) \
    STANDIN_ATOMIC(name, int, result) STANDIN_ATOMIC(name, unsigned int, result) \
    STANDIN_ATOMIC(name, unsigned long long, result)

STANDIN_INTEGERS(atomicAdd, old + value)
STANDIN_ATOMIC(atomicAdd, float, old + value)
STANDIN_ATOMIC(atomicAdd, double, old + value)
STANDIN_ATOMIC(atomicSub, int, old - value)
STANDIN_ATOMIC(atomicSub, unsigned int, old - value)
STANDIN_INTEGERS(atomicMax, old < value ? value : old)
STANDIN_ATOMIC(atomicMax, long long, old < value ? value : old)
STANDIN_INTEGERS(atomicMin, value < old ? value : old)
STANDIN_ATOMIC(atomicMin, long long, value < old ? value : old)
STANDIN_INTEGERS(atomicAnd, old & value)
STANDIN_INTEGERS(atomicOr, old | value)
STANDIN_INTEGERS(atomicXor, old ^ value)
STANDIN_ATOMIC(atomicInc, unsigned int, old >= value ? 0u : old + 1)
STANDIN_ATOMIC(atomicDec, unsigned int, old == 0 || old > value ? value : old - 1)
STANDIN_INTEGERS(atomicExch, value)
STANDIN_ATOMIC(atomicExch, float, value)

#undef STANDIN_INTEGERS
#undef STANDIN_ATOMIC

#define STANDIN_COMPARE(T) \
    static inline T atomicCAS(T* at, T compare, T value) { \
        __atomic_compare_exchange(at, &compare, &value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
        return compare; \
    } \
    static inline T atomicCAS_block(T* at, T compare, T value) { return atomicCAS(at, compare, value); } \
    static inline T atomicCAS_system(T* at, T compare, T value) { return atomicCAS(at, compare, value); }
STANDIN_COMPARE(int)
STANDIN_COMPARE(unsigned int)
STANDIN_COMPARE(unsigned long long)
STANDIN_COMPARE(unsigned short)
#undef STANDIN_COMPARE
