// Shared memory. The stand-in's compiler turns
//     __shared__ T name[n];             into   STANDIN_SHARED(T, name, [n])
//     extern __shared__ T name[];       into   STANDIN_DYNAMIC(T, name)
// A variable in the module gives each __shared__ variable its place; each host thread that runs blocks has an own
// instance of all of them, at the same distances, and behind each lies a wall that nothing may touch.
#pragma once

template <class T> struct standin_walled {
    T value;
    unsigned char wall[64];
};

template <class T> static inline __attribute__((always_inline)) T& standin_instance(standin_walled<T>& place) {
    return *reinterpret_cast<T*>(reinterpret_cast<char*>(&place.value) + standin_thread.shared_offset);
}

#define STANDIN_SHARED(T, name, dimensions) \
    static __attribute__((aligned(16))) standin_walled<T dimensions> standin_walled_##name; \
    T (&name) dimensions = standin_instance(standin_walled_##name);

#define STANDIN_DYNAMIC(T, name) T* const name = reinterpret_cast<T*>(standin_thread.dynamic_shared);

// Outside functions the array has no fixed address: each use asks for it.
template <class T> struct standin_dynamic_array {
    operator T*() const { return reinterpret_cast<T*>(standin_thread.dynamic_shared); }
};
#define STANDIN_DYNAMIC_GLOBAL(T, name) static const standin_dynamic_array<T> name{};
