/* Counts what libdlops asks of the allocator and of mmap: calls whose return address lies in the library, from any thread.
   What MPI allocates on its behalf is not counted. It replaces malloc in its program, and is its first include. */
#ifndef COUNTING_H
#define COUNTING_H

#define _GNU_SOURCE
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct allocations {
    long calls;
    size_t largest;    /* bytes of one */
    size_t first_from; /* offset in the library of the first call's return address */
} allocations;

/* The library's code in memory. */
static uintptr_t base, lowest = UINTPTR_MAX, highest;
static atomic_int counting;
static atomic_long calls;
static atomic_size_t largest, first_from;

static void note(const void *caller, size_t bytes)
{
    uintptr_t at = (uintptr_t)caller;
    if (!atomic_load_explicit(&counting, memory_order_relaxed) || at < lowest || at >= highest)
        return;
    if (atomic_fetch_add(&calls, 1) == 0)
        atomic_store(&first_from, at - base);
    size_t before = atomic_load(&largest);
    while (before < bytes && !atomic_compare_exchange_weak(&largest, &before, bytes))
        ;
}

static int find(struct dl_phdr_info *object, size_t size, void *user)
{
    (void)size, (void)user;
    if (!strstr(object->dlpi_name, "libdlops.so"))
        return 0;
    base = object->dlpi_addr;
    for (int k = 0; k < object->dlpi_phnum; k++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[k];
        if (part->p_type != PT_LOAD || !(part->p_flags & PF_X))
            continue;
        uintptr_t from = base + part->p_vaddr, to = from + part->p_memsz;
        lowest = from < lowest ? from : lowest;
        highest = to > highest ? to : highest;
    }
    return 1;
}

/* Whether allocations can be counted here: there is a libdlops.so, and no checker that owns the allocator. */
static int can_count(void)
{
#if defined(__SANITIZE_ADDRESS__) || !defined(__GLIBC__)
    return 0;
#else
    const char *preloaded = getenv("LD_PRELOAD");    /* valgrind's allocator */
    return !(preloaded && strstr(preloaded, "vgpreload")) && dl_iterate_phdr(find, NULL) == 1;
#endif
}

static void start_counting(void)
{
    atomic_store(&calls, 0);
    atomic_store(&largest, 0);
    atomic_store(&counting, 1);
}

static allocations stop_counting(void)
{
    atomic_store(&counting, 0);
    return (allocations){atomic_load(&calls), atomic_load(&largest), atomic_load(&first_from)};
}

#if !defined(__SANITIZE_ADDRESS__) && defined(__GLIBC__)
/* In place of the C library's, for the program and all libraries that it loads. */
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

void *malloc(size_t size)
{
    note(__builtin_return_address(0), size);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    note(__builtin_return_address(0), count * size);
    return __libc_calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    note(__builtin_return_address(0), size);
    return __libc_realloc(block, size);
}

/* Not counted, but of one piece with the others, also where a checker replaces the C library's. */
void free(void *block)
{
    __libc_free(block);
}

void *memalign(size_t alignment, size_t size)
{
    note(__builtin_return_address(0), size);
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    note(__builtin_return_address(0), size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
    note(__builtin_return_address(0), size);
    void *made = __libc_memalign(alignment, size);
    if (!made)
        return ENOMEM;
    *block = made;
    return 0;
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset)
{
    note(__builtin_return_address(0), length);
    return (void *)syscall(SYS_mmap, address, length, protection, flags, file, offset);
}
#endif

static int failures;

/* Ends counting; what was counted is a failure where one call asked for more than `allowed` bytes. */
static inline void judge(const char *name, const char *what, size_t allowed)
{
    allocations made = stop_counting();
    if (made.calls == 0 || made.largest <= allowed)
        return;
    fprintf(stderr, "%s, %s: %ld allocations of up to %zu bytes, the first at libdlops.so+0x%zx\n", name, what, made.calls,
            made.largest, made.first_from);
    failures++;
}

#endif
