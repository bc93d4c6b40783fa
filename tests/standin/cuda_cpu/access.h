// The compiler puts a call of these functions before each access to memory. The usual cases, device memory and the
// thread's own stack, are judged here; the driver judges the rest.
#pragma once

#define STANDIN_UNCHECKED __attribute__((no_sanitize("kernel-address")))

template <size_t bytes> static inline __attribute__((always_inline)) STANDIN_UNCHECKED
void standin_access(uintptr_t address, int write) {
    const standin_thread_state& t = standin_thread;
    uintptr_t offset = address - t.arena;
    if (offset < t.arena_size) {
        if ((address & 15) + bytes <= t.shadow[offset >> 4] && (address & (bytes - 1)) == 0) return;
    } else if (address - t.stack < t.stack_size || (address - t.window < t.window_size &&
               address - t.window + bytes <= t.window_size)) {
        return;
    }
    standin_check(address, bytes, write);
}

// The names are the compiler's own, with types of its own: the functions get them as labels.
#define STANDIN_HOOK(name, parameters, body) \
    extern "C" void standin_hook_##name parameters __asm__("__asan_" #name); \
    extern "C" __attribute__((visibility("hidden"), used)) STANDIN_UNCHECKED void standin_hook_##name parameters { body; }
#define STANDIN_HOOKS(n) \
    STANDIN_HOOK(load##n##_noabort, (uintptr_t a), standin_access<n>(a, 0)) \
    STANDIN_HOOK(store##n##_noabort, (uintptr_t a), standin_access<n>(a, 1))
STANDIN_HOOKS(1)
STANDIN_HOOKS(2)
STANDIN_HOOKS(4)
STANDIN_HOOKS(8)
STANDIN_HOOKS(16)
STANDIN_HOOK(loadN_noabort, (uintptr_t a, size_t n), standin_check(a, n, 0))
STANDIN_HOOK(storeN_noabort, (uintptr_t a, size_t n), standin_check(a, n, 1))
STANDIN_HOOK(handle_no_return, (), )
extern "C" void standin_register_variables(const void* list, size_t count);
STANDIN_HOOK(register_globals, (const void* list, size_t count), standin_register_variables(list, count))
STANDIN_HOOK(unregister_globals, (const void*, size_t), )

// An address that is not aligned as the type that is read or written through it, which a GPU refuses. The compiler may
// split such an access into smaller ones, so that this is asked of the source's own types.
struct standin_mismatch { const char* file; unsigned line, column; const void* type; unsigned char alignment, kind; };
extern "C" void standin_hook_mismatch(const standin_mismatch* m, uintptr_t a) __asm__("__ubsan_handle_type_mismatch_v1");
extern "C" __attribute__((visibility("hidden"), used)) STANDIN_UNCHECKED
void standin_hook_mismatch(const standin_mismatch* m, uintptr_t a) {
    standin_misaligned(m->file, m->line, 1u << m->alignment, a);
}
#undef STANDIN_HOOKS
#undef STANDIN_HOOK
