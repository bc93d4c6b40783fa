/*
 * MatrixMult on one column and on many beside cuBLAS itself, on the same stream and memory.
 *
 *     bench_device_products        (options: measure.h)
 */
#include "gpu.h"

#include <math.h>

#define CUBLAS "libcublas.so libcublas.so.13 libcublas.so.12 libcublas.so.11"
enum { none = 0, transposed = 1 }; /* cublasOperation_t */

/* Y = A X: A of n x n by rows on the device, X and Y of n x k by rows. */
typedef struct product {
    void *handle, *function;
    int is_double, n, k;
    void *a, *x, *y;
} product;

/* By columns: Y^T = X^T A^T. */
static void cublas(void *state)
{
    const product *p = state;
    const double one = 1, zero = 0;
    const float one_single = 1, zero_single = 0;
    const void *alpha = p->is_double ? (const void *)&one : &one_single, *beta = p->is_double ? (const void *)&zero : &zero_single;
    if (p->k == 1) {
        int (*gemv)(void *, int, int, int, const void *, const void *, int, const void *, int, const void *, void *, int);
        gemv = (int (*)(void *, int, int, int, const void *, const void *, int, const void *, int, const void *, void *, int))p->function;
        right(gemv(p->handle, transposed, p->n, p->n, alpha, p->a, p->n, p->x, 1, beta, p->y, 1), "gemv");
    } else {
        int (*gemm)(void *, int, int, int, int, int, const void *, const void *, int, const void *, int, const void *, void *, int);
        gemm = (int (*)(void *, int, int, int, int, int, const void *, const void *, int, const void *, int, const void *, void *, int))p->function;
        right(gemm(p->handle, none, none, p->k, p->n, p->n, alpha, p->x, p->k, p->a, p->n, beta, p->y, p->k), "gemm");
    }
}

/* Numbers between -1 and 1. */
static void *drawn(int64_t count, int is_double)
{
    void *numbers = malloc((size_t)count * (is_double ? 8 : 4));
    uint64_t state = 1;
    if (!numbers) right(1, "malloc");
    for (int64_t i = 0; i < count; ++i) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        double v = (double)(int64_t)state * 0x1p-63;
        if (is_double) ((double *)numbers)[i] = v;
        else ((float *)numbers)[i] = (float)v;
    }
    return numbers;
}

static void case_of(dlops_context *context, void *handle, int is_double, int64_t n, int64_t k, void *matrix, dlops_array *there)
{
    char text[64];
    const int32_t dtype = is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32;
    static const char *const names[] = {"cublasSgemv_v2", "cublasDgemv_v2", "cublasSgemm_v2", "cublasDgemm_v2"};
    dlops_space *space = NULL;
    dlops_operator *op = NULL;
    snprintf(text, sizeof text, "MatrixMult on %lld columns", (long long)k);
    if (!wanted(text)) return;
    CHECK(dlops_space_create(context, dtype, 2, (int64_t[]){n, k}, NULL, &space));
    CHECK(dlops_matrix_mult_create(space, n, n, matrix, NULL, &op));
    application a = {op, DLOPS_FORWARD, 0, ones(space), ones(space)};
    product p = {handle, function_of(CUBLAS, names[2 * (k > 1) + is_double]), is_double, (int)n, (int)k, address(there),
                 address(a.x), address(a.y)};
    /* A product by rows counts its operations, one with a vector the bytes of the matrix. */
    double amount = k > 1 ? 2.0 * (double)n * (double)n * (double)k : (double)n * (double)n * (is_double ? 8 : 4);
    compare(&(measurement){.name = text, .target = 0.97, .amount = amount, .unit = k > 1 ? "GF/s" : NULL, .subject = apply,
                           .subject_state = &a, .yardstick = cublas, .yardstick_state = &p});
    dlops_array_destroy(&a.x);
    dlops_array_destroy(&a.y);
    dlops_operator_destroy(&op);
    dlops_space_destroy(&space);
}

int main(int argc, char **argv)
{
    dlops_context *context = begin_on_device(argc, argv, "device_products");
    struct CUstream_st *stream = NULL;
    void *handle = NULL;
    int (*create)(void **) = (int (*)(void **))function_of(CUBLAS, "cublasCreate_v2");
    int (*set)(void *, void *) = (int (*)(void *, void *))function_of(CUBLAS, "cublasSetStream_v2");
    int (*destroy)(void *) = (int (*)(void *))function_of(CUBLAS, "cublasDestroy_v2");
    if (!create || !set || !destroy) {
        printf("\nMatrixMult: not run, since cuBLAS was not found\n");
        return finish(&context);
    }
    CHECK(dlops_context_get_stream(context, &stream));
    right(create(&handle), "cublasCreate");
    right(set(handle, stream), "cublasSetStream");
    for (int is_double = 0; is_double < 2; ++is_double) {
        const int32_t dtype = is_double ? DLOPS_FLOAT64 : DLOPS_FLOAT32;
        int64_t n = (int64_t)sqrt(bench.bytes / 2 / (is_double ? 8 : 4)), many;
        n = n >= 128 ? n / 64 * 64 : n;
        many = n < 2048 ? n / 2 : 2048;
        void *matrix = drawn(n * n, is_double);
        dlops_space *square = NULL, *host = NULL;
        dlops_array *there = NULL, *here = NULL;
        CHECK(dlops_space_create(context, dtype, 2, (int64_t[]){n, n}, NULL, &square));
        CHECK(dlops_space_with_memory(square, DLOPS_HOST, &host));
        CHECK(dlops_array_wrap(host, matrix, &here));
        CHECK(dlops_array_create(square, &there));
        CHECK(dlops_array_copy(here, there));
        heading_of(n, 2, is_double);
        case_of(context, handle, is_double, n, 1, matrix, there);
        case_of(context, handle, is_double, n, 16, matrix, there);
        if (many > 16) case_of(context, handle, is_double, n, many, matrix, there);
        dlops_array_destroy(&there);
        dlops_array_destroy(&here);
        dlops_space_destroy(&host);
        dlops_space_destroy(&square);
        free(matrix);
    }
    right(destroy(handle), "cublasDestroy");
    return finish(&context);
}
