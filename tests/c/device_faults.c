/* Faults of devices: each has its own status and message on every rank, and leaves what it does not touch usable.
   DLOPS_TEST_FAULT says which machine this is: "" any, "off" the last rank without CUDA, "bare" a driver without NVRTC,
   cuBLAS and cuFFT, "old" a driver of CUDA 11.2, "behind" a driver of CUDA 12.4 with an NVRTC of CUDA 13. */
#include "device.h"

#include <dirent.h>
#include <dlfcn.h>
#include <inttypes.h>
#include <sys/stat.h>

/* The driver itself, without its header. */
static void *driver(const char *name)
{
    static void *library;
    if (!library)
        library = dlopen("libcuda.so.1", RTLD_NOW);
    CHECK(library != NULL);
    return dlsym(library, name);
}

#define DRIVER(name, types, ...) CHECK(((int (*) types)driver(#name)) (__VA_ARGS__) == 0)

/* On the stand-in GPU, what hardware gives back only with the process can be asked for too. */
static int on_stand_in(void)
{
    return driver("standin_statistics") != NULL;
}

/* ---- Memory */

static dlops_memory_statistics held(dlops_context *context)
{
    dlops_memory_statistics statistics;
    OK(dlops_context_synchronize(context));
    OK(dlops_context_get_memory_statistics(context, &statistics));
    return statistics;
}

/* More than any device has; then all that this one gives; then on one rank nothing more. */
static void memory(dlops_context *context)
{
    enum { MOST = 64 };
    dlops_space *huge = line(context, DLOPS_FLOAT64, ((int64_t)1 << 38) * size), *space = line(context, DLOPS_FLOAT64, 9 * size);
    dlops_space *large = line(context, DLOPS_FLOAT64, ((int64_t)1 << 20) * size);
    dlops_array *x = filled(space, 3), *y = filled(space, 0), *taken[MOST] = {NULL}, *none = NULL;
    dlops_operator *derivative = NULL;
    uint64_t before = held(context).used;
    int count = 0;
    REFUSED(dlops_array_create(huge, &none), DLOPS_ERROR_MEMORY, "CUDA_ERROR_OUT_OF_MEMORY");
    CHECK(none == NULL && held(context).used == before);

    /* 8 MiB each: of the little that a stand-in has, or else of what the pool may take. */
    if (!getenv("STANDIN_MEMORY"))
        OK(dlops_context_set_memory_limit(context, (uint64_t)48 << 20));
    while (count < MOST && dlops_array_create(large, &taken[count]) == DLOPS_OK)
        OK(dlops_array_fill(taken[count++], dlops_real(1)));
    CHECK(count > 2 && count < MOST);
    REFUSED(dlops_array_create(large, &none), DLOPS_ERROR_MEMORY, "8388608 bytes of device memory");
    CHECK(fabs(norm(x) - 3 * sqrt(9.0 * size)) < 1e-12 * size && norm(taken[0]) > 0);
    while (count > 0)
        dlops_array_destroy(&taken[--count]);
    CHECK(held(context).used == before);
    OK(dlops_array_create(large, &none));
    OK(dlops_array_fill(none, dlops_real(2)));
    dlops_array_destroy(&none);

    OK(dlops_context_set_memory_limit(context, rank == size - 1 ? held(context).used : UINT64_MAX));
    AGREED(dlops_first_derivative_create(space, 0, NULL, &derivative), DLOPS_ERROR_MEMORY, "exceed the pool's limit", size - 1);
    CHECK(derivative == NULL && held(context).used == before);
    OK(dlops_context_set_memory_limit(context, UINT64_MAX));
    OK(dlops_first_derivative_create(space, 0, NULL, &derivative));
    OK(dlops_operator_apply(derivative, DLOPS_FORWARD, x, y));
    CHECK(norm(y) < 1e-12);
    dlops_operator_destroy(&derivative);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&large);
    dlops_space_destroy(&huge);
    dlops_space_destroy(&space);
}

/* ---- cuFFT */

/* A plan that one rank does not get is an error of all; work that one cannot put on its stream is its own until they agree. */
static void transforms(dlops_context *context)
{
    const int guilty = rank == size - 1;
    const int64_t dims[2] = {2 * size, 6};
    const int32_t axes[1] = {1};
    dlops_space *space = NULL;
    dlops_operator *f = NULL;
    dlops_array *x = NULL, *y = NULL;
    dlops_status status = 1;
    OK(dlops_space_create(context, DLOPS_COMPLEX128, 2, dims, NULL, &space));
    x = filled(space, 1);
    y = filled(space, 0);
    uint64_t before = held(context).used;
    OK(dlops_context_set_memory_limit(context, guilty ? before : UINT64_MAX));
    AGREED(dlops_fft_create(space, 1, axes, NULL, &f), DLOPS_ERROR_MEMORY, "exceed the pool's limit", size - 1);
    OK(dlops_context_set_memory_limit(context, UINT64_MAX));
    if (on_stand_in()) {
        if (guilty)
            setenv("STANDIN_CUFFT", "plan", 1);
        AGREED(dlops_fft_create(space, 1, axes, NULL, &f), DLOPS_ERROR_MEMORY, "CUFFT_ALLOC_FAILED", size - 1);
        unsetenv("STANDIN_CUFFT");
    }
    CHECK(f == NULL && held(context).used == before);
    OK(dlops_fft_create(space, 1, axes, NULL, &f));
    if (on_stand_in()) {
        if (guilty) {
            setenv("STANDIN_CUFFT", "execute", 1);
            REFUSED(dlops_operator_apply(f, DLOPS_FORWARD, x, y), DLOPS_ERROR_CUDA, "CUFFT_EXEC_FAILED");
            unsetenv("STANDIN_CUFFT");
        } else {
            OK(dlops_operator_apply(f, DLOPS_FORWARD, x, y));
        }
        OK(dlops_context_agree(context, &status));
        CHECK(status == DLOPS_ERROR_CUDA);
    }
    OK(dlops_operator_apply(f, DLOPS_FORWARD, x, y));
    CHECK(fabs(norm(y) - norm(x)) < 1e-12 * size);
    dlops_operator_destroy(&f);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&space);

    /* What cuFFT does not know to do at once is done axis by axis. */
    const int64_t box[3] = {size, 4, 6};
    dlops_array *apart = NULL;
    OK(dlops_space_create(context, DLOPS_COMPLEX128, 3, box, NULL, &space));
    x = drawn(space, 3);
    OK(dlops_array_create(space, &y));
    OK(dlops_array_create(space, &apart));
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 1)
            setenv("STANDIN_CUFFT", "boxes", 1);
        OK(dlops_fft_create(space, 2, (int32_t[]){1, 2}, NULL, &f));
        OK(dlops_operator_apply(f, DLOPS_FORWARD, x, turn == 0 ? y : apart));
        dlops_operator_destroy(&f);
    }
    unsetenv("STANDIN_CUFFT");
    OK(dlops_array_axpy(dlops_real(-1), y, apart));
    CHECK(norm(y) > 1 && norm(apart) < 1e-12 * norm(y));
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&apart);
    dlops_space_destroy(&space);
}

/* ---- Compiled kernels on disk */

/* A context of this rank alone, in which kernels are needed anew. */
static void use_kernels(void)
{
    dlops_context_options choices = cuda();
    dlops_context *context = NULL;
    dlops_space *space = NULL;
    OK(dlops_context_create_self(&choices, &context));
    OK(dlops_space_create_unshaped(context, DLOPS_FLOAT64, 5, &space));
    dlops_array *x = filled(space, 2), *here = fetched(x);
    CHECK(fabs(norm(here) - 2 * sqrt(5)) < 1e-14);
    dlops_array_destroy(&here);
    dlops_array_destroy(&x);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
}

/* The only file of a folder, read or written. */
static size_t only_file(const char *folder, unsigned char *bytes, size_t room, const unsigned char *write, size_t count)
{
    char path[512] = "";
    int files = 0;
    DIR *list = opendir(folder);
    CHECK(list != NULL);
    for (struct dirent *entry; (entry = readdir(list));) {
        if (strstr(entry->d_name, ".cubin")) {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            files++;
        }
    }
    closedir(list);
    CHECK(files == 1);
    FILE *file = fopen(path, write ? "wb" : "rb");
    CHECK(file != NULL);
    size_t done = write ? fwrite(write, 1, count, file) : fread(bytes, 1, room, file);
    CHECK(fclose(file) == 0 && (!write || done == count));
    return done;
}

/* FNV-1a of 64 bits, which the file has of its code. */
static uint64_t checksum(const unsigned char *bytes, size_t count)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t k = 0; k < count; k++)
        hash = (hash ^ bytes[k]) * 0x100000001b3u;
    return hash;
}

/* Files that are damaged, of another version, or whole but of no use to the driver are replaced; a folder that cannot be
   written costs nothing. Magic (8 bytes), length of the description, description, checksum of the code, code. */
static void cache(void)
{
    enum { ROOM = 1 << 24 };
    const char *folder = "kernels", *before = getenv("DLOPS_CACHE_DIR");
    char kept[512], below[64];
    unsigned char *whole = malloc(ROOM), *other = malloc(ROOM);
    uint64_t length, sum;
    size_t count = 0;
    snprintf(kept, sizeof kept, "%s", before ? before : "");
    CHECK(whole && other);
    CHECK(system("rm -rf kernels") == 0);
    setenv("DLOPS_CACHE_DIR", folder, 1);
    use_kernels();
    count = only_file(folder, whole, ROOM, NULL, 0);
    CHECK(count > 100 && count < ROOM);
    memcpy(&length, whole + 8, 8);
    size_t code = 24 + (size_t)length;
    for (int fault = 0; fault < 3; fault++) {
        size_t bytes = count;
        memcpy(other, whole, count);
        if (fault == 0) {
            other[count - 9] ^= 1;
        } else if (fault == 1) {
            unsigned char *version = memchr(other + 16, '.', 32);    /* "dlops 0.1.0, nvrtc ..." */
            CHECK(version != NULL);
            version[1] ^= 1;
        } else {
            bytes = code + 64;
            memset(other + code, 'x', 64);
            sum = checksum(other + code, 64);
            memcpy(other + code - 8, &sum, 8);
        }
        only_file(folder, NULL, 0, other, bytes);
        use_kernels();
        CHECK(only_file(folder, other, ROOM, NULL, 0) == count && memcmp(other, whole, code - 8) == 0);
    }
    /* Not even root can make a folder below a file. */
    FILE *file = fopen("no-folder", "w");
    CHECK(file && fclose(file) == 0);
    snprintf(below, sizeof below, "no-folder/kernels");
    setenv("DLOPS_CACHE_DIR", below, 1);
    use_kernels();
    setenv("DLOPS_CACHE_DIR", "", 1);
    use_kernels();
    if (before)
        setenv("DLOPS_CACHE_DIR", kept, 1);
    else
        unsetenv("DLOPS_CACHE_DIR");
    free(whole);
    free(other);
}

/* ---- A context that has failed */

static void works(int32_t device)
{
    dlops_context_options choices = cuda();
    choices.device = DLOPS_DEVICE(device);
    dlops_context *context = world(&choices);
    dlops_space *space = line(context, DLOPS_FLOAT64, 12 * size);
    dlops_array *x = filled(space, 0.5);
    CHECK(fabs(norm(x) - 0.5 * sqrt(12.0 * size)) < 1e-12 * size);
    dlops_array_destroy(&x);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
}

/* The last rank wraps memory that the host then frees, and uses it. */
static void illegal_access(void)
{
    enum { EACH = 1 << 20 };
    const char *words = "CUDA_ERROR_ILLEGAL_ADDRESS";
    const int culprit = size - 1, guilty = rank == culprit;
    dlops_context_options choices = cuda();
    choices.device = DLOPS_DEVICE(rank % devices);
    dlops_context *context = world(&choices), *more = NULL;
    dlops_space *space = line(context, DLOPS_FLOAT64, (int64_t)EACH * size);
    dlops_array *x = NULL, *y = filled(space, 1), *z = filled(space, 0), *along = NULL, *none = NULL;
    dlops_operator *a = definite(space), *late = NULL;
    dlops_space *norms = NULL;
    double *whole = malloc(sizeof(double) * EACH * (size_t)size), low, high;
    dlops_solver *solver = NULL;
    dlops_status status = 1;
    dlops_scalar sum;
    int64_t iterations;
    uint64_t pointer = 0;
    void *primary = NULL, *current = NULL, *now = NULL;
    OK(dlops_solver_create(DLOPS_SOLVER_CG, a, &solver));
    OK(dlops_solver_solve(solver, y, z));
    CHECK(norm(z) > 0);
    OK(dlops_space_create_norm_axis(space, 0, &norms));
    OK(dlops_array_create(norms, &along));

    if (guilty) {
        DRIVER(cuDevicePrimaryCtxRetain, (void **, int), &primary, rank % devices);
        DRIVER(cuCtxSetCurrent, (void *), primary);
        DRIVER(cuMemAlloc_v2, (uint64_t *, size_t), &pointer, EACH * sizeof(double));
        OK(dlops_array_wrap(space, (void *)(uintptr_t)pointer, &x));
        OK(dlops_array_fill(x, dlops_real(1)));
        OK(dlops_context_synchronize(context));
        DRIVER(cuMemFree_v2, (uint64_t), pointer);
        DRIVER(cuCtxSetCurrent, (void *), NULL);
        dlops_status used = dlops_array_scale(dlops_real(2), x);    /* it is only put on the stream */
        CHECK(used == DLOPS_OK || used == DLOPS_ERROR_CUDA);
        REFUSED(dlops_context_synchronize(context), DLOPS_ERROR_CUDA, words);
        CHECK(strstr(dlops_last_error(), "can only be destroyed") != NULL);
    } else {
        OK(dlops_context_synchronize(context));
    }
    /* What ends in a number agrees by itself. */
    AGREED(dlops_array_dot(y, y, &sum), DLOPS_ERROR_CUDA, words, culprit);
    AGREED(dlops_array_norm_order(y, 0, &low), DLOPS_ERROR_CUDA, words, culprit);
    AGREED(dlops_array_norm_order(y, INFINITY, &high), DLOPS_ERROR_CUDA, words, culprit);
    AGREED(dlops_array_extremes(y, &low, &high), DLOPS_ERROR_CUDA, words, culprit);
    AGREED(dlops_array_norm_axis(y, 2, 0, along), DLOPS_ERROR_CUDA, words, culprit);
    AGREED(dlops_measure_mse(y, z, &low), DLOPS_ERROR_CUDA, words, culprit);
    AGREED(dlops_array_to_global(y, DLOPS_ALL_RANKS, whole), DLOPS_ERROR_CUDA, words, culprit);
    /* What only communicates is an error where it failed, and the others learn of it when they ask, or in a solver. */
    for (int turn = 0; turn < 2; turn++) {
        if (guilty)
            REFUSED(dlops_operator_apply(a, DLOPS_FORWARD, y, z), DLOPS_ERROR_CUDA, words);
        else
            OK(dlops_operator_apply(a, DLOPS_FORWARD, y, z));
        if (turn == 0) {
            OK(dlops_context_agree(context, &status));
            CHECK(status == DLOPS_ERROR_CUDA);
        } else {
            AGREED(dlops_solver_solve(solver, y, z), DLOPS_ERROR_CUDA, words, culprit);
        }
    }
    AGREED(dlops_solver_solve(solver, y, z), DLOPS_ERROR_CUDA, words, culprit);
    AGREED(dlops_first_derivative_create(space, 0, NULL, &late), DLOPS_ERROR_CUDA, words, culprit);
    world_refused(&choices, DLOPS_ERROR_CUDA, words, culprit);
    if (guilty) {
        REFUSED(dlops_array_create(space, &none), DLOPS_ERROR_CUDA, words);
        REFUSED(dlops_array_fill(y, dlops_real(1)), DLOPS_ERROR_CUDA, words);
        REFUSED(dlops_context_create_self(&choices, &more), DLOPS_ERROR_CUDA, words);
    } else {
        OK(dlops_array_fill(y, dlops_real(1)));
    }
    CHECK(late == NULL && none == NULL && more == NULL);
    OK(dlops_solver_get_iterations(solver, &iterations));
    DRIVER(cuCtxGetCurrent, (void **), &now);
    CHECK(now == current);
    if (on_stand_in() && devices > 1)
        works((rank + 1) % devices);
    free(whole);
    dlops_array_destroy(&along);
    dlops_space_destroy(&norms);
    dlops_array_destroy(&x);
    dlops_solver_destroy(&solver);
    dlops_context_destroy(&context);
    dlops_operator_destroy(&a);
    dlops_array_destroy(&y);
    dlops_array_destroy(&z);
    dlops_space_destroy(&space);
    if (guilty)
        ((int (*)(int))driver("cuDevicePrimaryCtxRelease_v2"))(rank % devices);    /* hardware may say that it has failed */
    if (on_stand_in())
        works(rank % devices);
}

/* ---- Machines that lack something */

static void without_libraries(void)
{
    dlops_context_options choices = cuda();
    dlops_context *context = world(&choices);
    dlops_space *space = line(context, DLOPS_FLOAT64, 12 * size), *host = NULL;
    dlops_array *x = NULL, *y = NULL, *here;
    dlops_operator *a = NULL;
    dlops_status status = 1;
    double matrix[20] = {0};
    dlops_matrix_mult_options columns = DLOPS_MATRIX_MULT_OPTIONS_INIT;
    const int64_t dims[2] = {3 * size, 4};
    OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
    here = drawn(host, 1);
    /* Copies need no kernel. */
    OK(dlops_array_create(space, &x));
    OK(dlops_array_create(space, &y));
    OK(dlops_array_copy(here, x));
    CHECK(distance(here, x) == 0);
    REFUSED(dlops_array_fill(x, dlops_real(1)), DLOPS_ERROR_UNSUPPORTED, "libnvrtc.so");
    dlops_scalar sum;
    REFUSED(dlops_array_dot(x, x, &sum), DLOPS_ERROR_UNSUPPORTED, "libnvrtc.so");
    if (dlops_first_derivative_create(space, 0, NULL, &a) == DLOPS_OK) {
        REFUSED(dlops_operator_apply(a, DLOPS_FORWARD, x, y), DLOPS_ERROR_UNSUPPORTED, "libnvrtc.so");
        OK(dlops_context_agree(context, &status));
        dlops_operator_destroy(&a);
    } else {
        CHECK(strstr(dlops_last_error(), "libnvrtc.so") != NULL);
    }
    dlops_space *plane = NULL;
    columns.axis = 1;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, dims, NULL, &plane));
    AGREED(dlops_matrix_mult_create(plane, 5, 4, matrix, &columns, &a), DLOPS_ERROR_UNSUPPORTED, "libcublas.so", 0);
    CHECK(a == NULL);
    /* Without cuFFT, copies are transformed on the host. */
    dlops_space *there = NULL;
    dlops_array *model = NULL, *spectrum = NULL, *back = NULL;
    dlops_array_destroy(&here);
    OK(dlops_space_with_memory(plane, DLOPS_HOST, &there));
    here = drawn(there, 2);
    OK(dlops_fft_create(plane, 1, (int32_t[]){1}, NULL, &a));
    OK(dlops_array_create(plane, &model));
    OK(dlops_array_create(plane, &back));
    OK(dlops_operator_create_range_array(a, &spectrum));
    OK(dlops_array_copy(here, model));
    OK(dlops_operator_apply(a, DLOPS_FORWARD, model, spectrum));
    OK(dlops_operator_apply(a, DLOPS_ADJOINT, spectrum, back));
    CHECK(distance(here, back) < 1e-13 * size);
    dlops_operator_destroy(&a);
    dlops_array_destroy(&model);
    dlops_array_destroy(&spectrum);
    dlops_array_destroy(&back);
    dlops_space_destroy(&there);
    dlops_space_destroy(&plane);
    dlops_array_destroy(&here);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&host);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
}

static void behind(void)
{
    dlops_context_options choices = cuda();
    dlops_context *context = world(&choices);
    dlops_space *space = line(context, DLOPS_FLOAT64, 12 * size);
    dlops_array *x = NULL;
    OK(dlops_array_create(space, &x));
    REFUSED(dlops_array_fill(x, dlops_real(1)), DLOPS_ERROR_UNSUPPORTED, "CUDA 12.4");
    CHECK(strstr(dlops_last_error(), "NVRTC 13.0") != NULL);
    dlops_array_destroy(&x);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
}

int main(void)
{
    const char *fault = getenv("DLOPS_TEST_FAULT") ? getenv("DLOPS_TEST_FAULT") : "";
    dlops_context_options choices = cuda();
    begin();
    if (strcmp(fault, "off") == 0) {
        if (rank == size - 1) {
            setenv("DLOPS_CUDA", "0", 1);
            REFUSED(dlops_device_get_count(&devices), DLOPS_ERROR_UNSUPPORTED, "DLOPS_CUDA=0");
        }
        world_refused(&choices, DLOPS_ERROR_UNSUPPORTED, "DLOPS_CUDA=0", size - 1);
    } else if (strcmp(fault, "old") == 0) {
        world_refused(&choices, DLOPS_ERROR_UNSUPPORTED, "of CUDA 11.2, and 11.4 or newer is needed", 0);
    } else if (strcmp(fault, "bare") == 0) {
        without_libraries();
    } else if (strcmp(fault, "behind") == 0) {
        behind();
    } else if (found()) {
        dlops_context *context = world(&choices);
        memory(context);
        transforms(context);
        dlops_context_destroy(&context);
        if (size == 1)
            cache();
        illegal_access();
    }
    return end();
}
