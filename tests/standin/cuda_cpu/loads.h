// Loads and stores with a hint for the caches, which the CPU does not need.
#pragma once

#define STANDIN_LOAD(name) template <class T> static inline T name(const T* at) { return *at; }
STANDIN_LOAD(__ldg)
STANDIN_LOAD(__ldcg)
STANDIN_LOAD(__ldca)
STANDIN_LOAD(__ldcs)
STANDIN_LOAD(__ldlu)
STANDIN_LOAD(__ldcv)
#undef STANDIN_LOAD

#define STANDIN_STORE(name) \
    template <class T, class U> static inline void name(T* at, U value) { *at = static_cast<T>(value); }
STANDIN_STORE(__stwb)
STANDIN_STORE(__stcg)
STANDIN_STORE(__stcs)
STANDIN_STORE(__stwt)
#undef STANDIN_STORE

template <class T> static inline bool __isGlobal(const T* at) {
    return reinterpret_cast<uintptr_t>(at) - standin_thread.arena < standin_thread.arena_size;
}
