/* What the test programs share: start and end of a program, checks of success, of refusals and of agreed refusals. */
#ifndef CHECK_H
#define CHECK_H

#ifdef DLOPS_TEST_MPI
#include <dlops_mpi.h>
#else
#include <dlops.h>
#endif
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t rank, size = 1;

#define CHECK(condition)                                                                                            \
    do {                                                                                                            \
        if (!(condition)) {                                                                                         \
            fprintf(stderr, "%s:%d: rank %d: %s (%s)\n", __FILE__, __LINE__, rank, #condition, dlops_last_error()); \
            fflush(stderr);                                                                                         \
            abort();                                                                                                \
        }                                                                                                           \
    } while (0)

#define OK(call) CHECK((call) == DLOPS_OK)

/* The call is refused with this status, and its text begins with the function and contains `words`. */
#define REFUSED(call, status, words) check_refused((call), #call, (status), (words), 0, __FILE__, __LINE__)

/* A collective call is refused on all ranks with this status and the same text, which names rank `culprit`. */
#define AGREED(call, status, words, culprit) \
    check_agreed((call), #call, (status), (words), (culprit), __FILE__, __LINE__)

static inline void check_refused(dlops_status found, const char *call, dlops_status wanted, const char *words,
                                 const char *more, const char *file, int line)
{
    const char *text = dlops_last_error();
    /* Of an inline function: the exported one behind it. */
    const char *function = strncmp(call, "dlops_context_create_mpi(", 25) ? call : "dlops_context_create_fortran(";
    size_t name = strcspn(function, "(");
    if (found == wanted && strncmp(text, function, name) == 0 && text[name] == ':' && strstr(text, words)
        && (!more || strstr(text, more)))
        return;
    fprintf(stderr, "%s:%d: rank %d: %s\n    gave %d, expected %d with '%s' and '%s': %s\n", file, line, rank, call, found,
            wanted, words, more ? more : "", text);
    fflush(stderr);
    abort();
}

static inline void check_agreed(dlops_status found, const char *call, dlops_status wanted, const char *words, int culprit,
                                const char *file, int line)
{
    char name[24];
    snprintf(name, sizeof name, "rank %d", culprit);
    check_refused(found, call, wanted, words, size > 1 ? name : NULL, file, line);
#ifdef DLOPS_TEST_MPI
    char text[2048] = "", root[2048];
    snprintf(text, sizeof text, "%s", dlops_last_error());
    char *own = strstr(text, " [rank ");    /* who says it, when the text does not begin with a rank */
    if (own)
        *own = 0;
    memcpy(root, text, sizeof root);
    MPI_Bcast(root, sizeof root, MPI_CHAR, 0, MPI_COMM_WORLD);
    if (strcmp(text, root) != 0) {
        fprintf(stderr, "%s:%d: rank %d says '%s', rank 0 '%s'\n", file, line, rank, text, root);
        abort();
    }
#endif
}

/* Begins the program: MPI, where there is one. */
static inline void begin(void)
{
#ifdef DLOPS_TEST_MPI
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
#endif
}

/* Whether this is a second run, with arrays in device memory: DLOPS_TEST_CONTEXTS=cuda. */
static inline int on_device(void)
{
    const char *wanted = getenv("DLOPS_TEST_CONTEXTS");
    return wanted && strcmp(wanted, "cuda") == 0;
}

/* The choices, or the default ones, with a device where the run has one. */
static inline dlops_context_options placed(const dlops_context_options *choices)
{
    dlops_context_options options = DLOPS_CONTEXT_OPTIONS_INIT;
    if (choices)
        options = *choices;
    if (on_device()) {
        options.memory = DLOPS_CUDA;
        options.own_stream = 1;
    }
    return options;
}

/* A context of all ranks. */
static inline dlops_context *world(const dlops_context_options *given)
{
    dlops_context *context = NULL;
    const dlops_context_options options = placed(given), *choices = given || on_device() ? &options : NULL;
#ifdef DLOPS_TEST_MPI
    OK(dlops_context_create_mpi(MPI_COMM_WORLD, choices, &context));
#else
    OK(dlops_context_create_self(choices, &context));
#endif
    return context;
}

/* Ends the program: no handle is left. */
static inline int end(void)
{
    int64_t alive = -1;
    OK(dlops_get_live_handles(&alive));
    CHECK(alive == 0);
#ifdef DLOPS_TEST_MPI
    MPI_Finalize();
#endif
    return 0;
}

/* Elements of a space, cut along axis 0 in balanced blocks. */
static inline dlops_space *line(const dlops_context *context, int32_t dtype, int64_t n)
{
    dlops_space *space = NULL;
    OK(dlops_space_create(context, dtype, 1, &n, NULL, &space));
    return space;
}

static inline dlops_space *plane(const dlops_context *context, int64_t rows, int64_t columns, int32_t axis)
{
    dlops_space *space = NULL;
    dlops_space_options choices = DLOPS_SPACE_OPTIONS_INIT;
    int64_t shape[2] = {rows, columns};
    choices.axis = axis;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, shape, &choices, &space));
    return space;
}

static inline dlops_array *filled(const dlops_space *space, double value)
{
    dlops_array *array = NULL;
    OK(dlops_array_create(space, &array));
    OK(dlops_array_fill(array, dlops_real(value)));
    return array;
}

static inline dlops_array *drawn(const dlops_space *space, uint64_t seed)
{
    dlops_array *array = NULL;
    OK(dlops_array_create(space, &array));
    OK(dlops_array_fill_random(array, DLOPS_NORMAL, seed));
    return array;
}

static inline double norm(const dlops_array *array)
{
    double value = NAN;
    OK(dlops_array_norm(array, &value));
    return value;
}

/* The local elements of an array for the host to use: its own memory, or on a device a copy. */
typedef struct {
    dlops_array *array, *copy;
} borrowed;

static inline borrowed lend(const dlops_array *array, int32_t access, void *data)
{
    borrowed elements = {(dlops_array *)array, NULL};
    dlops_space *space = NULL, *host = NULL;
    int32_t memory = 0;
    OK(dlops_array_get_space(array, &space));
    OK(dlops_space_get_memory(space, &memory));
    if (memory != DLOPS_HOST) {
        OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
        OK(dlops_array_create(host, &elements.copy));
        OK(dlops_array_copy(array, elements.copy));
    }
    dlops_space_destroy(&host);
    dlops_space_destroy(&space);
    OK(dlops_array_acquire(elements.copy ? elements.copy : elements.array, access, (void **)data));
    return elements;
}

/* Ends what lend() began; a copy goes back where it was `written`. */
static inline void give_back(borrowed elements, int written)
{
    OK(dlops_array_release(elements.copy ? elements.copy : elements.array));
    if (elements.copy && written)
        OK(dlops_array_copy(elements.copy, elements.array));
    dlops_array_destroy(&elements.copy);
}

/* I + D^T D with D the forward difference along axis 0: Hermitian positive definite. */
static inline dlops_operator *definite(const dlops_space *space)
{
    dlops_operator *d = NULL, *adjoint = NULL, *square = NULL, *identity = NULL, *result = NULL;
    dlops_first_derivative_options choices = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
    choices.kind = DLOPS_KIND_FORWARD;
    OK(dlops_first_derivative_create(space, 0, &choices, &d));
    OK(dlops_operator_adjoint(d, &adjoint));
    OK(dlops_operator_product(2, (const dlops_operator *[]){adjoint, d}, &square));
    OK(dlops_identity_create(space, NULL, &identity));
    OK(dlops_operator_sum(2, NULL, (const dlops_operator *[]){identity, square}, &result));
    dlops_operator_destroy(&d);
    dlops_operator_destroy(&adjoint);
    dlops_operator_destroy(&square);
    dlops_operator_destroy(&identity);
    return result;
}

#endif
