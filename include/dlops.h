/*
 * dlops: distributed arrays, matrix-free linear operators and the solvers that invert them.
 *
 * This file is generated from the Rust sources; change it there.
 *
 * Linking
 *     CMake: find_package(dlops CONFIG COMPONENTS mpi) and dlops::mpi; pkg-config: dlops. The shared library is the
 *     supported form; the archive fits at most once into a program. This header needs no MPI and no CUDA header. A
 *     program that has a communicator includes dlops_mpi.h instead, and is built with the MPI that dlops was built for.
 *
 * Errors
 *     Functions that can fail return a dlops_status: 0 is DLOPS_OK, a negative number is an error, and
 *     dlops_last_error() says on the same thread what was wrong. From -1 to -99 the arguments or the state were wrong
 *     and all objects are as before; from -100 on memory, MPI or files failed, and the objects concerned can only be
 *     destroyed. Handles and numbers are written on success only; the contents of an output array are unspecified
 *     after an error. The library never prints, exits, aborts or installs a signal handler.
 *
 * Threads
 *     A context and everything built on it are used by one thread at a time. Functions that take const handles may run
 *     concurrently with one another. Different contexts may be used by different threads at once if MPI was
 *     initialised with MPI_THREAD_MULTIPLE.
 *
 * Ownership
 *     Every create, view and retain gives a handle that belongs to the caller; dlops_<object>_destroy ends it, accepts
 *     NULL, and sets the handle to NULL. Objects are counted inside: an operator keeps its children, an array its
 *     space, everything its context, so they may be destroyed in any order. Pointers to data, communicators and
 *     streams stay the caller's: they are borrowed or duplicated. Nothing from here is given to free().
 *
 * Collectivity
 *     A function marked Collective is called by all ranks of the context, in the same order and with the same
 *     arguments where not said otherwise; its errors are the same on all ranks. One marked Local may be called by any
 *     rank alone.
 *
 * Conventions
 *     Shapes are in C order, the last axis contiguous. Sizes are int64_t, statuses and enumerations int32_t. A NULL
 *     options pointer means the defaults. Outputs come last.
 *
 *     The errors that a comment lists are those of its own arguments. Beside them, a function with options returns
 *     OPTION for a wrong struct_size and UNSUPPORTED for members that this version does not know; one that communicates
 *     returns MPI, or COMMUNICATION over a host's table of functions, when a message fails; and any may return INTERNAL.
 */

#ifndef DLOPS_H
#define DLOPS_H

#include <stddef.h>
#include <stdint.h>

/* The version of this header; dlops_version() gives that of the library. */
#define DLOPS_VERSION "0.1.0"
#define DLOPS_VERSION_MAJOR 0
#define DLOPS_VERSION_MINOR 1
#define DLOPS_VERSION_PATCH 0
#define DLOPS_VERSION_AT_LEAST(major, minor, patch) \
    (DLOPS_VERSION_MAJOR > (major) || (DLOPS_VERSION_MAJOR == (major) && \
     (DLOPS_VERSION_MINOR > (minor) || (DLOPS_VERSION_MINOR == (minor) && DLOPS_VERSION_PATCH >= (patch)))))

/* Before a function whose result must not be ignored. */
#ifndef DLOPS_MUST_CHECK
#if defined(__cplusplus) && __cplusplus >= 201703L
#define DLOPS_MUST_CHECK [[nodiscard]]
#elif defined(__GNUC__)
#define DLOPS_MUST_CHECK __attribute__((warn_unused_result))
#else
#define DLOPS_MUST_CHECK
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Objects ------------------------------------------------------------------------------------------------------- */

/** Where work happens: communicator, threads, log, profile. */
typedef struct dlops_context dlops_context;

/** What shape a vector has, or a product of spaces. */
typedef struct dlops_space dlops_space;

/** One element of a space. */
typedef struct dlops_array dlops_array;

/** A linear map from a domain to a range space. */
typedef struct dlops_operator dlops_operator;

/** Finds x with A x = b in some sense. */
typedef struct dlops_solver dlops_solver;

/** A computation of the host's on elements of arrays. */
typedef struct dlops_kernel dlops_kernel;

/** Work on memory of the host, planned once. */
typedef struct dlops_plan dlops_plan;

/** A mark in the order of a context's work. */
typedef struct dlops_event dlops_event;

/** CUDA's stream: a cudaStream_t points to one. */
typedef struct CUstream_st CUstream_st;

/** A tensor of DLPack before version 1, as <dlpack/dlpack.h> declares it. */
typedef struct DLManagedTensor DLManagedTensor;

/** A tensor of DLPack since version 1, as <dlpack/dlpack.h> declares it. */
typedef struct DLManagedTensorVersioned DLManagedTensorVersioned;

/** NCCL's communicator: an ncclComm_t points to one. */
typedef struct ncclComm ncclComm;

/* Status -------------------------------------------------------------------------------------------------------- */

#define DLOPS_OK 0                          /* success */
#define DLOPS_ERROR_NULL_POINTER (-1)       /* a required pointer is NULL */
#define DLOPS_ERROR_HANDLE (-2)             /* not a live handle of the expected kind */
#define DLOPS_ERROR_ARGUMENT (-3)           /* an argument is outside its range */
#define DLOPS_ERROR_AXIS (-4)               /* an axis is outside the dimensions of its space */
#define DLOPS_ERROR_SHAPE (-5)              /* a shape is negative, too large or inconsistent */
#define DLOPS_ERROR_DTYPE (-6)              /* the data types do not fit together */
#define DLOPS_ERROR_SPACE (-7)              /* the spaces are not congruent */
#define DLOPS_ERROR_CONTEXT (-8)            /* the objects belong to different contexts */
#define DLOPS_ERROR_STATE (-9)              /* the object is not in a state that allows the call */
#define DLOPS_ERROR_OVERLAP (-10)           /* input and output share memory */
#define DLOPS_ERROR_OPTION (-11)            /* an option is unknown or has a wrong value */
#define DLOPS_ERROR_UNSUPPORTED (-12)       /* not supported by this build or on this machine */
#define DLOPS_ERROR_LAYOUT (-13)            /* the layout does not fit the shape or the ranks */
#define DLOPS_ERROR_FORMAT (-14)            /* a file is truncated, malformed or of another type */
#define DLOPS_ERROR_COLLECTIVE (-15)        /* the ranks passed different arguments to a collective call */
#define DLOPS_ERROR_COMPILATION (-16)       /* the source of a kernel does not compile */
#define DLOPS_ERROR_MEMORY (-100)           /* memory could not be allocated */
#define DLOPS_ERROR_MPI (-101)              /* an MPI call failed */
#define DLOPS_ERROR_MPI_MISMATCH (-102)     /* host and library were built for different MPI implementations */
#define DLOPS_ERROR_IO (-103)               /* a file could not be opened, read or written */
#define DLOPS_ERROR_COMMUNICATION (-104)    /* a function of the host's communicator table failed */
#define DLOPS_ERROR_CUDA (-105)             /* a CUDA call, or work on a device, failed */
#define DLOPS_ERROR_NCCL (-106)             /* an NCCL call failed */
#define DLOPS_ERROR_CALLBACK (-254)         /* a callback asked to stop */
#define DLOPS_ERROR_INTERNAL (-255)         /* a defect of the library: a panic was caught */

/** Status of a call: 0 (DLOPS_OK) or a negative DLOPS_ERROR_ number. */
typedef int32_t dlops_status;

/* Library ------------------------------------------------------------------------------------------------------- */

/** The ABI number, also the last part of the SONAME. */
#define DLOPS_ABI_VERSION 0

/** Version of the library that is running, such as "0.1.0". Local. Since 0.1. */
const char *dlops_version(void);

/** ABI number of the library that is running; compare with DLOPS_ABI_VERSION of the header. Local. Since 0.1. */
int32_t dlops_abi_version(void);

/** How the library was built: version, MPI, compiler target. Local. Since 0.1. */
const char *dlops_build_info(void);

/** One sentence for a status. Never NULL. Local. Since 0.1. */
const char *dlops_status_text(dlops_status status);

/**
 * Text of this thread's last error: function, argument, what was wrong with its value, rank.
 * Valid until the next failing call of this thread; empty when none has failed. Never NULL. Local. Since 0.1.
 */
const char *dlops_last_error(void);

/**
 * Copies the text of this thread's last error, NUL-terminated and cut to `length` bytes. Local. Since 0.1.
 *
 * @param buffer  room for `length` bytes
 * @param length  at least 1
 * Errors: NULL_POINTER, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_last_error_copy(char *buffer, size_t length);

/**
 * Number of handles that are alive in this process: 0 when everything was destroyed. Local. Since 0.1.
 *
 * Errors: NULL_POINTER.
 */
DLOPS_MUST_CHECK
dlops_status dlops_get_live_handles(int64_t *count);

/** A scalar that multiplies arrays of any type, made by dlops_real or dlops_complex. */
typedef struct dlops_scalar {
    double re;
    double im;
} dlops_scalar;

/** A real scalar. Local. Since 0.1. */
static inline dlops_scalar dlops_real(double re)
{
    dlops_scalar scalar;
    scalar.re = re;
    scalar.im = 0.0;
    return scalar;
}

/** A complex scalar; an error with real arrays unless `im` is 0. Local. Since 0.1. */
static inline dlops_scalar dlops_complex(double re, double im)
{
    dlops_scalar scalar;
    scalar.re = re;
    scalar.im = im;
    return scalar;
}

/* Contexts ------------------------------------------------------------------------------------------------------ */

/** The member `device` of dlops_context_options for the CUDA device of this number, from 0. */
#define DLOPS_DEVICE(number) ((number) + 1)

/**
 * A transport of the host: one group of ranks, as seen by the calling rank.
 *
 * Set `struct_size` to `sizeof(dlops_communicator_functions)` and every member that is not used to zero or NULL.
 * The table is copied; `user` is passed to every function and belongs to the library once the context is made:
 * `destroy(user)` is called exactly once, with the last reference. If making the context fails, it is not called.
 *
 * Every function returns 0, or another number of the host's own choice when it fails: the library's call then
 * returns `DLOPS_ERROR_COMMUNICATION` with a message that names the function, the number and the rank.
 * The functions are called on the thread that called the library, by one thread at a time, and collective ones on
 * all ranks of the group in the same order. They must not throw or jump out.
 * Counts and displacements are in bytes unless said otherwise, and never negative. Buffers are host memory.
 *
 * A tag is 0 to 32767. Messages between two ranks with one tag arrive in the order they were sent; a rank may send to
 * itself. Collective calls and messages do not disturb each other: a collective may run while messages are unfinished.
 */
typedef struct dlops_communicator_functions dlops_communicator_functions;
struct dlops_communicator_functions {
    /** `sizeof(dlops_communicator_functions)` as the host was compiled. */
    size_t struct_size;
    /** Passed to every function. */
    void *user;
    /** This rank, 0 to `size - 1`. */
    int32_t rank;
    /** Number of ranks, at least 1. */
    int32_t size;
    /**
     * The largest count that one call may have (numbers in `allreduce`, bytes elsewhere; a displacement too);
     * larger calls are split. 0: no limit. A transport whose counts are C ints sets 1073741824.
     */
    int64_t max_count;
    /**
     * Combines `count` numbers elementwise over all ranks, in place; every rank receives the same bits.
     * `number` is DLOPS_FLOAT32, DLOPS_FLOAT64, DLOPS_INT32 or DLOPS_INT64; `combine` is 0 sum, 1 minimum, 2 maximum.
     * Collective. Required.
     */
    int32_t (*allreduce)(void *user, void *buffer, int64_t count, int32_t number, int32_t combine);
    /** Sends the `bytes` bytes of rank `root` to all ranks. Collective. Required. */
    int32_t (*broadcast)(void *user, void *buffer, int64_t bytes, int32_t root);
    /** Gathers `bytes` bytes of every rank, in the order of ranks. Collective. NULL: `allgatherv` is used. */
    int32_t (*allgather)(void *user, const void *send, void *receive, int64_t bytes);
    /**
     * Gathers `counts[r]` bytes of every rank r at `receive + displacements[r]`. `counts` are the same on all ranks,
     * some may be 0; `send_bytes` is `counts[rank]`. Collective. Required.
     */
    int32_t (*allgatherv)(void *user,
                          const void *send,
                          int64_t send_bytes,
                          void *receive,
                          const int64_t *counts,
                          const int64_t *displacements);
    /**
     * Sends `send_counts[r]` bytes at `send + send_displacements[r]` to every rank r and receives likewise; counts may
     * be 0. Collective. NULL, or `max_count` not 0: `send` and `receive` are used.
     */
    int32_t (*alltoallv)(void *user,
                         const void *send,
                         const int64_t *send_counts,
                         const int64_t *send_displacements,
                         void *receive,
                         const int64_t *receive_counts,
                         const int64_t *receive_displacements);
    /** Returns when all ranks have called it. Collective. NULL: `allreduce` is used. */
    int32_t (*barrier)(void *user);
    /**
     * Starts sending `bytes` bytes (at least 1) to rank `peer` and returns at once; `*request` receives any number by
     * which `wait` knows the message. The buffer is left alone until `wait` has returned. Local. Required.
     */
    int32_t (*send)(void *user,
                    const void *buffer,
                    int64_t bytes,
                    int32_t peer,
                    int32_t tag,
                    uint64_t *request);
    /** Starts receiving exactly `bytes` bytes (at least 1) from rank `peer`, likewise. Local. Required. */
    int32_t (*receive)(void *user, void *buffer, int64_t bytes, int32_t peer, int32_t tag, uint64_t *request);
    /**
     * Lets unfinished messages make progress, without waiting. It may change the numbers; `wait` is called for all of
     * them all the same. Local. NULL: messages progress by themselves or in `wait`.
     */
    int32_t (*test)(void *user, int64_t count, uint64_t *requests);
    /** Waits until all `count` messages are complete and forgets them, also when it fails. Local. Required. */
    int32_t (*wait)(void *user, int64_t count, uint64_t *requests);
    /**
     * Makes a group of all ranks that pass this `colour` (any number), ordered by rank. `group` arrives zeroed with
     * `struct_size` set; the host fills it, with a `user` and `destroy` of its own. Collective.
     * NULL: groups are made of `send` and `receive`.
     */
    int32_t (*split)(void *user, int32_t colour, dlops_communicator_functions *group);
    /** Called once, with the last reference; local, at any time, ranks in any order. NULL: nothing to release. */
    void (*destroy)(void *user);
};

#define DLOPS_COMMUNICATOR_FUNCTIONS_INIT {sizeof(dlops_communicator_functions), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/** Called exactly once when the library lets go of `user`. */
typedef void (*dlops_destroy_callback)(void *user);

/**
 * Gives `bytes` (1 or more) bytes of the device that is current, aligned to 256, for work that is put on `stream` from
 * now on; NULL: there are none, and the call that asked returns MEMORY.
 */
typedef void *(*dlops_allocate_callback)(size_t bytes, CUstream_st *stream, void *user);

/** Takes back what dlops_allocate_callback gave, once the work that is on `stream` now is done. */
typedef void (*dlops_deallocate_callback)(void *memory, size_t bytes, CUstream_st *stream, void *user);

/** Optional choices for a context; initialise with DLOPS_CONTEXT_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_context_options {
    size_t struct_size;
    /** Threads of each rank; 0: DLOPS_NUM_THREADS, or 1. */
    int32_t threads;
    /** 1: every collective call first agrees that all ranks passed the same arguments; 0: not. */
    int32_t check_level;
    /** 1: dot products, norms and residual histories are bit-equal for any number of ranks; 0: not. */
    int32_t deterministic;
    /** 1: count calls, seconds, messages and bytes of every operator and solver; 0: not. */
    int32_t profile;
    /** where arrays are unless their space says otherwise: 0 or DLOPS_HOST, or DLOPS_CUDA, which needs a device */
    int32_t memory;
    /**
     * DLOPS_CUDA: the device's number plus one (DLOPS_DEVICE(number)); 0: this rank's number among the ranks of its
     * machine, modulo the number of devices that it sees
     */
    int32_t device;
    /** DLOPS_CUDA, 1: work on a stream of the library's own; 0: on `stream` */
    int32_t own_stream;
    /**
     * DLOPS_CUDA: how what lies on devices goes from rank to rank, DLOPS_TRANSPORT_STAGED, DLOPS_TRANSPORT_CUDA_AWARE or
     * DLOPS_TRANSPORT_NCCL; 0: automatic
     */
    int32_t transport;
    /**
     * DLOPS_CUDA: the host's stream (a cudaStream_t), borrowed for the life of the context; NULL: the legacy default
     * stream
     */
    CUstream_st *stream;
    /**
     * DLOPS_CUDA: the host's NCCL communicator (an ncclComm_t), borrowed for the life of the context and never destroyed,
     * with the ranks of the context in the same order and its devices; NULL: none
     */
    ncclComm *nccl;
    /**
     * DLOPS_CUDA: where device memory comes from, instead of the library's pool on the device; both or neither. The
     * memory limit and the statistics hold for it too
     */
    dlops_allocate_callback allocate;
    dlops_deallocate_callback deallocate;
    /** passed to both; like them it is used until the context and everything made on it is gone */
    void *allocator_data;
    /**
     * DLOPS_CUDA, with NCCL: seconds that a call may wait for work of which messages to other ranks are part. Then it
     * returns DLOPS_ERROR_NCCL, since another rank has failed or never comes, and so does every later call that would use
     * the communicator: one of the library's own is aborted, the host's is left as it is, for the host to abort before it
     * destroys the context. INFINITY: no limit; 0: DLOPS_NCCL_TIME_LIMIT, or 1800
     */
    double nccl_time_limit;
} dlops_context_options;

#define DLOPS_CONTEXT_OPTIONS_INIT {sizeof(dlops_context_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}
/** Families of MPI implementations, which a host passes as it was compiled (dlops_mpi.h does). */
#define DLOPS_MPI_OPEN_MPI 1
#define DLOPS_MPI_MPICH 2
#define DLOPS_MPI_STANDARD_ABI 3

/**
 * Makes a context of this rank alone, which needs no MPI. Local. Since 0.1.
 *
 * @param choices  NULL for the defaults
 * @param context  the new context; the caller destroys it
 * Errors: NULL_POINTER, OPTION, MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_create_self(const dlops_context_options *choices, dlops_context **context);

/**
 * Makes a context over an MPI communicator, given by its Fortran handle. Collective over the communicator. Since 0.1.
 *
 * C and C++ call dlops_context_create_mpi of dlops_mpi.h, which passes MPI_Comm_c2f(comm) and the family of the MPI
 * that the host was compiled with. The communicator is duplicated (the duplicate returns errors); the host may free
 * its own. MPI must be initialised, with MPI_THREAD_FUNNELED when calls come from the main thread only, else with
 * MPI_THREAD_SERIALIZED.
 *
 * @param comm     Fortran handle of an intracommunicator
 * @param family   DLOPS_MPI_OPEN_MPI, DLOPS_MPI_MPICH or DLOPS_MPI_STANDARD_ABI; 0 when the host cannot tell
 * @param choices  NULL for the defaults
 * @param context  the new context; the caller destroys it
 * Errors: NULL_POINTER, ARGUMENT (MPI_COMM_NULL or an intercommunicator), OPTION, MPI, MPI_MISMATCH, STATE (MPI not
 * initialised, or finalised; the thread), UNSUPPORTED (a library built without MPI), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_create_fortran(int32_t comm,
                                          int32_t family,
                                          const dlops_context_options *choices,
                                          dlops_context **context);

/**
 * Makes a context over the host's own table of communication functions. Collective over its ranks. Since 0.1.
 *
 * @param functions  copied; `user` inside it stays the host's until its `destroy` is called
 * @param choices    NULL for the defaults
 * @param context    the new context; the caller destroys it. If the call fails, `destroy` is not called
 * Errors: NULL_POINTER, ARGUMENT, OPTION, COMMUNICATION, MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_create_custom(const dlops_communicator_functions *functions,
                                         const dlops_context_options *choices,
                                         dlops_context **context);

/**
 * This rank's local context, of one rank: the same one at every call, sharing threads, log and profile. Local. Since 0.1.
 *
 * Operators of BlockDiag, VStack and HStack live on it.
 * @param local  a new handle to it; the caller destroys it
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_local(const dlops_context *context,
                                     dlops_context **local);

/** Another handle to the same context. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_context_retain(const dlops_context *context, dlops_context **copy);

/** This rank's number, from 0. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_rank(const dlops_context *context, int32_t *rank);

/** Number of ranks. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_size(const dlops_context *context, int32_t *size);

/** Threads of this rank. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_threads(const dlops_context *context, int32_t *threads);

/**
 * Changes how much collective calls agree before they start (see dlops_context_options). All ranks pass the same
 * value at the same point of the program. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_set_check_level(dlops_context *context,
                                           int32_t level);

/**
 * Makes an error that one rank kept (from a call that cannot agree by itself, such as an operator's callback that
 * failed) known to all ranks, and forgets it. Collective. Since 0.1.
 *
 * @param status  the error of the lowest failing rank, the same on all ranks; DLOPS_OK when no rank kept one. Its
 * text is in dlops_last_error
 * Errors: NULL_POINTER, HANDLE, MPI, COMMUNICATION.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_agree(dlops_context *context,
                                 dlops_status *status);

/**
 * Destroys a handle and sets it to NULL; NULL is accepted. Collective over the context's ranks. Since 0.1.
 *
 * What was built on the context keeps it alive, so the order of destroys is free, also after MPI_Finalize.
 * Errors: HANDLE.
 */
dlops_status dlops_context_destroy(dlops_context **context);

/** Message levels of a log callback. */
#define DLOPS_LOG_ERROR 0
#define DLOPS_LOG_WARNING 1
#define DLOPS_LOG_INFO 2
#define DLOPS_LOG_DEBUG 3

/** Receives messages of a context on the thread that caused them. `text` is valid during the call only. */
typedef void (*dlops_log_callback)(int32_t level, const char *text, void *user);

/**
 * Sends the messages of a context to the host; NULL for silence, which is the default. Local. Since 0.1.
 *
 * @param callback  NULL to remove the present one
 * @param user      passed to the callback
 * @param destroy   called once with `user` when the callback is replaced or the context is gone; may be NULL
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_set_log(dlops_context *context,
                                   dlops_log_callback callback,
                                   void *user,
                                   dlops_destroy_callback destroy);

/**
 * Switches counting of calls, seconds, messages and bytes on or off. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_set_profile(dlops_context *context, int32_t enabled);

/**
 * What this rank counted for one operator or solver by name: calls, seconds (children included), messages sent by
 * the library and bytes of them. Any output may be NULL. Local. Since 0.1.
 *
 * @param name  as in the table, such as "FirstDerivative"; NULL for the whole context (messages and bytes only)
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (nothing of that name).
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_profile(const dlops_context *context,
                                       const char *name,
                                       int64_t *calls,
                                       double *seconds,
                                       int64_t *messages,
                                       int64_t *bytes);

/**
 * Sends the profile's table to the log at level DLOPS_LOG_INFO, on rank 0: its own figures. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_view_profile(const dlops_context *context);

/** All counters of the profile back to zero. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_context_reset_profile(dlops_context *context);

/* Devices ------------------------------------------------------------------------------------------------------- */

/**
 * Ways from device to device; 0 is automatic: the host's NCCL communicator where `nccl` gives one and DLOPS_NCCL=0 does
 * not forbid it, else the messages of an MPI that says that it takes device memory (MPIX_Query_cuda_support, or
 * DLOPS_CUDA_AWARE_MPI=1 or 0), else staged.
 * Staged: messages of the context's communicator, through page-locked memory of the host.
 */
#define DLOPS_TRANSPORT_STAGED 1

/**
 * Messages of the context's communicator, MPI or the host's functions, which takes addresses of device memory. Sums over
 * ranks are staged.
 */
#define DLOPS_TRANSPORT_CUDA_AWARE 2

/** NCCL, by the host's communicator or by one that the library makes; one device a rank. */
#define DLOPS_TRANSPORT_NCCL 3

/**
 * How what lies on the devices of the context goes from rank to rank: DLOPS_TRANSPORT_STAGED, DLOPS_TRANSPORT_CUDA_AWARE
 * or DLOPS_TRANSPORT_NCCL. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (a context without a device).
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_transport(const dlops_context *context,
                                         int32_t *transport);

/**
 * The NCCL communicator (an ncclComm_t) by which the context's devices talk: the host's, or the library's own, which lives
 * as long as the context. The host may use it while no call of the library is unfinished. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, STATE (a context without a device, or with another transport), NCCL (it was given up, see
 * nccl_time_limit).
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_nccl(const dlops_context *context,
                                    ncclComm **nccl);

/** What the memory pool of a device holds for this process, in bytes. */
typedef struct dlops_memory_statistics {
    /** taken from the device, now and at most so far */
    uint64_t reserved;
    uint64_t reserved_high;
    /** given to arrays and buffers, now and at most so far */
    uint64_t used;
    uint64_t used_high;
    /** what `used` may not exceed; UINT64_MAX: no limit */
    uint64_t limit;
} dlops_memory_statistics;

/**
 * CUDA devices that this process sees. Local. Since 0.1.
 * Errors: NULL_POINTER, UNSUPPORTED (no driver, or DLOPS_CUDA=0; the message says what was looked for).
 */
DLOPS_MUST_CHECK
dlops_status dlops_device_get_count(int32_t *count);

/** The number of the context's device. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (a context without one). */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_device(const dlops_context *context,
                                      int32_t *device);

/**
 * Copies the name of the context's device, NUL-terminated and cut to `length` bytes. Local. Since 0.1.
 *
 * @param name    room for `length` bytes
 * @param length  at least 1
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, STATE (a context without a device).
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_device_name(const dlops_context *context, char *name, size_t length);

/**
 * The stream (a cudaStream_t) that the context's work is put on: the host's, or the library's own, which lives as long
 * as the context. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (a context without a device).
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_stream(const dlops_context *context,
                                      CUstream_st **stream);

/**
 * Puts the context's work on another stream from now on, behind everything that was put on the present one; its local
 * context follows. The call itself does not wait. Local. Since 0.1.
 *
 * @param stream  a cudaStream_t of the context's device, borrowed until another is set or the context and everything
 *                made on it is gone; NULL: the legacy default stream. The library's own, of dlops_context_get_stream,
 *                may be set again
 * Errors: HANDLE, ARGUMENT (a stream of another device), STATE (a context without a device), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_set_stream(dlops_context *context,
                                      CUstream_st *stream);

/**
 * Waits until all work that was put on the context's stream is done; an error of any of it is reported here. Returns
 * at once for a context without a device. Local. Since 0.1. Errors: HANDLE, CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_synchronize(const dlops_context *context);

/**
 * What the memory pool of the context's device holds; all contexts of the process on one device share a pool. Local.
 * Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (a context without a device), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_get_memory_statistics(const dlops_context *context,
                                                 dlops_memory_statistics *statistics);

/**
 * Device memory that arrays and buffers may take in all, on the context's device: more is refused with MEMORY. What is
 * in use stays. Local. Since 0.1.
 *
 * @param bytes  UINT64_MAX: no limit
 * Errors: HANDLE, STATE (a context without a device).
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_set_memory_limit(dlops_context *context,
                                            uint64_t bytes);

/**
 * Gives device memory that no array or buffer uses back to the device, but for `keep` bytes. Local. Since 0.1.
 * Errors: HANDLE, STATE (a context without a device), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_context_trim_memory(dlops_context *context,
                                       size_t keep);

/**
 * The same space with its elements in other memory, as a new handle; all components of a product move. Local. Since 0.1.
 *
 * @param memory  DLOPS_HOST or DLOPS_CUDA; 0: the context's
 * @param moved   the new space; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, UNSUPPORTED (unknown memory, or a context without a device).
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_with_memory(const dlops_space *space,
                                     int32_t memory,
                                     dlops_space **moved);

/**
 * Makes an event: a mark in the order of a context's work, for waits and for times. Of a context without a device: of the
 * clock, since the work of such a context is done when its call returns. Local. Since 0.1.
 *
 * @param event  the new event; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_event_create(const dlops_context *context,
                                dlops_event **event);

/**
 * Marks the work that is on the stream of the event's context now; a later mark takes the place of this one. Local.
 * Since 0.1. Errors: NULL_POINTER, HANDLE, CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_event_record(dlops_event *event);

/**
 * As dlops_event_record, on another stream of the same device. Local. Since 0.1.
 *
 * @param stream  a cudaStream_t; NULL: the legacy default stream. Not used for a context without a device
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (a stream of another device), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_event_record_on(dlops_event *event, CUstream_st *stream);

/**
 * Work that is put on the context's stream from now on waits for the mark, which may be of another context or device; the
 * call itself does not wait, unless the context has no device. Nothing waits for an event that was not recorded. Local.
 * Since 0.1. Errors: NULL_POINTER, HANDLE, CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_event_wait(const dlops_event *event,
                              dlops_context *context);

/**
 * As dlops_event_wait, for another stream of the device of the event's context. Local. Since 0.1.
 *
 * @param stream  a cudaStream_t; NULL: the legacy default stream. Not used for a context without a device
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (a stream of another device), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_event_wait_on(const dlops_event *event, CUstream_st *stream);

/**
 * Waits until the work before the mark is done; an error of any of it is reported here. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_event_synchronize(const dlops_event *event);

/**
 * Whether the work before the mark is done, without waiting: 1 or 0; 1 for an event that was not recorded. Local.
 * Since 0.1. Errors: NULL_POINTER, HANDLE, CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_event_get_done(const dlops_event *event,
                                  int32_t *done);

/**
 * Milliseconds between two marks of one device, or of the clock; waits for both. Local. Since 0.1.
 *
 * @param milliseconds  of `end` after `start`; negative where it came before
 * Errors: NULL_POINTER, HANDLE, STATE (not recorded), CONTEXT (two devices, or a device and the host), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_event_get_elapsed(const dlops_event *start, const dlops_event *end, double *milliseconds);

/** Another handle to the same event. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_event_retain(const dlops_event *event, dlops_event **copy);

/** Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE. */
dlops_status dlops_event_destroy(dlops_event **event);

/**
 * The number of the device whose CUDA context is current on this thread; -1: none is, and the CUDA runtime would take
 * device 0. Local. Since 0.1. Errors: NULL_POINTER, UNSUPPORTED (no driver, or DLOPS_CUDA=0), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_device_get_current(int32_t *device);

/**
 * Makes a device current on this thread, for the CUDA calls of the host, until dlops_device_pop: its primary context,
 * which the CUDA runtime uses too. Nests. The library itself takes the device of its contexts, whatever is current.
 * Local. Since 0.1.
 *
 * @param device  its number, from 0
 * Errors: ARGUMENT, UNSUPPORTED (no driver, or DLOPS_CUDA=0), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_device_push(int32_t device);

/**
 * Makes current again what was so before this thread's last dlops_device_push. Local. Since 0.1.
 * Errors: STATE (nothing was pushed on this thread), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_device_pop(void);

/**
 * Whether a device reaches the memory of another one without the host: 1 or 0; 1 for itself, 0 with
 * DLOPS_PEER_ACCESS=0. dlops_array_copy between contexts on the two goes that way where it can. Local. Since 0.1.
 * Errors: NULL_POINTER, ARGUMENT, UNSUPPORTED (no driver, or DLOPS_CUDA=0), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_device_can_access_peer(int32_t device,
                                          int32_t peer,
                                          int32_t *can);

/* Spaces -------------------------------------------------------------------------------------------------------- */

/** Element types. The integers are for storage, copy, redistribution and files only. */
#define DLOPS_FLOAT32 1
#define DLOPS_FLOAT64 2
#define DLOPS_COMPLEX64 3
#define DLOPS_COMPLEX128 4
#define DLOPS_INT32 5
#define DLOPS_INT64 6
/** Where elements live. */
#define DLOPS_HOST 1
/** Memory of the context's CUDA device. */
#define DLOPS_CUDA 2
/** Most axes a space can have, and most dimensions of a process grid. */
#define DLOPS_MAX_DIMENSIONS 16

/**
 * How an axis of n elements is cut into P parts.
 * Balanced: part r has floor(n/P) + 1 elements if r < n mod P, else floor(n/P) (PyLops-MPI's local_split).
 */
#define DLOPS_PARTITION_BALANCED 0

/** Blocks of ceil(n/P) elements; the last ones may be short or empty. */
#define DLOPS_PARTITION_CEILING 1
/** The host gives each part's number of elements. */
#define DLOPS_PARTITION_EXTENTS 2
/** Blocks dealt out in turn, as in ScaLAPACK. */
#define DLOPS_PARTITION_CYCLIC 3
/** Every rank holds the whole. */
#define DLOPS_PARTITION_REPLICATED 4

/** One dimension of a process grid: how many ranks, and which axis they cut. */
typedef struct dlops_grid_dimension {
    /** ranks along this dimension of the grid */
    int32_t ranks;
    /** DLOPS_PARTITION_BALANCED to DLOPS_PARTITION_REPLICATED (then `axis` is not read) */
    int32_t partition;
    /** axis that is cut; negative counts from the last */
    int32_t axis;
    /** DLOPS_PARTITION_CYCLIC: the part, from 0, that has the first block */
    int32_t first;
    /** DLOPS_PARTITION_CYCLIC: elements of a block */
    int64_t block;
    /** DLOPS_PARTITION_EXTENTS: `ranks` numbers that add up to the axis; borrowed during the call */
    const int64_t *extents;
} dlops_grid_dimension;

/**
 * Optional choices for a space; initialise with DLOPS_SPACE_OPTIONS_INIT. Zero means the default.
 * At most one of `grid`, `box_lower` and the members `partition`, `axis`, `block`, `extents` describes the layout.
 */
typedef struct dlops_space_options {
    size_t struct_size;
    /** 0: the context's; DLOPS_HOST or DLOPS_CUDA */
    int32_t memory;
    /** how `axis` is cut over all ranks: DLOPS_PARTITION_... */
    int32_t partition;
    /** axis that is cut, default 0; negative counts from the last */
    int32_t axis;
    /** dimensions of `grid`; 0: no grid */
    int32_t grid_dimensions;
    /** ranks are numbered over the grid in C order (the last dimension fastest) */
    const dlops_grid_dimension *grid;
    /** DLOPS_PARTITION_CYCLIC: elements of a block */
    int64_t block;
    /** DLOPS_PARTITION_EXTENTS: one number a rank */
    const int64_t *extents;
    /** one box a rank, disjoint and covering: [ranks][dimensions] first indices */
    const int64_t *box_lower;
    /** [ranks][dimensions] indices one past the last */
    const int64_t *box_upper;
    /** one colour a rank, 0 or more: reductions stay among ranks of one colour; NULL: one group */
    const int32_t *mask;
} dlops_space_options;

#define DLOPS_SPACE_OPTIONS_INIT {sizeof(dlops_space_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/**
 * Makes a space of a global shape, cut along axis 0 in balanced blocks unless the options say otherwise.
 * Collective. Since 0.1.
 *
 * @param context     where it lives
 * @param dtype       DLOPS_FLOAT32 to DLOPS_INT64
 * @param dimensions  1 to DLOPS_MAX_DIMENSIONS
 * @param shape       elements along each axis over all ranks, C order (the last axis fastest); 0 is allowed
 * @param choices     NULL for the defaults
 * @param space       the new space; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, DTYPE, SHAPE, AXIS, LAYOUT (also of a mask), OPTION, UNSUPPORTED (memory), COLLECTIVE
 * (ranks passed different arguments).
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_create(const dlops_context *context,
                                int32_t dtype,
                                int32_t dimensions,
                                const int64_t *shape,
                                const dlops_space_options *choices,
                                dlops_space **space);

/**
 * Makes a space from the shape that each rank has: `cut_axis` is cut, where the local lengths add up to the global one; all
 * other axes are whole on every rank. Collective. Since 0.1.
 *
 * @param dimensions    1 to DLOPS_MAX_DIMENSIONS
 * @param shape         the global shape
 * @param cut_axis      negative counts from the last
 * @param local_shapes  [ranks][dimensions], the same on all ranks
 * @param mask          one colour a rank, or NULL
 * Errors: NULL_POINTER, HANDLE, DTYPE, SHAPE (another length along a whole axis), AXIS, LAYOUT (the local lengths do not
 * add up), COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_create_from_local_shapes(const dlops_context *context,
                                                  int32_t dtype,
                                                  int32_t dimensions,
                                                  const int64_t *shape,
                                                  int32_t cut_axis,
                                                  const int64_t *local_shapes,
                                                  const int32_t *mask,
                                                  dlops_space **space);

/**
 * Makes a space of which only local counts are known: what stacks of local operators have. It is congruent with any
 * space of the same dtype whose ranks have the same counts. Collective. Since 0.1.
 *
 * @param local_count  elements of this rank, 0 or more; ranks may differ
 * @param space        the new space; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, DTYPE, SHAPE, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_create_unshaped(const dlops_context *context,
                                         int32_t dtype,
                                         int64_t local_count,
                                         dlops_space **space);

/**
 * Makes the product of spaces; components may be products themselves. Local. Since 0.1.
 *
 * @param count       components, 1 or more
 * @param components  spaces of one context and mask, kept alive by the product
 * @param space       the new space; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE (different masks), SHAPE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_create_product(int64_t count,
                                        const dlops_space *const *components,
                                        dlops_space **space);

/**
 * Sends a line that describes the space to the log at level DLOPS_LOG_INFO. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_view(const dlops_space *space);

/** Another handle to the same space. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_space_retain(const dlops_space *space, dlops_space **copy);

/** Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE. */
dlops_status dlops_space_destroy(dlops_space **space);

/**
 * The element type that holds both without losing precision: NumPy's promotion. Arithmetic takes arrays of one type;
 * make arrays of the promoted one and dlops_array_copy to them. Local. Since 0.1. Errors: NULL_POINTER, DTYPE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_dtype_promote(int32_t a,
                                 int32_t b,
                                 int32_t *promoted);

/**
 * The part of n elements that part `part` of `parts` gets by the balanced rule (DLOPS_PARTITION_BALANCED).
 * Local. Since 0.1. Errors: NULL_POINTER, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_local_split(int64_t n, int32_t parts, int32_t part, int64_t *start, int64_t *count);

/** How ranks are numbered over a process grid: the last dimension fastest, or the first. */
#define DLOPS_ORDER_ROW_MAJOR 0
#define DLOPS_ORDER_COLUMN_MAJOR 1

/**
 * Makes a space in blocks over a process grid with one dimension an axis: dealt out in turn as in ScaLAPACK, or one block a
 * rank. Spaces that give the same elements to the same ranks are congruent, however they were made: slabs, boxes and blocks
 * need no conversion. Collective. Since 0.1.
 *
 * @param dimensions  1 to DLOPS_MAX_DIMENSIONS
 * @param shape       the global shape
 * @param grid        ranks along each axis; their product is the number of ranks
 * @param order       DLOPS_ORDER_ROW_MAJOR or DLOPS_ORDER_COLUMN_MAJOR
 * @param blocks      elements of a block along each axis, dealt out from the first rank on; NULL: one block of
 *                    ceil(n / ranks) elements a rank
 * @param space       the new space; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, DTYPE, SHAPE, OPTION, LAYOUT (a grid that does not fit the ranks, a block below 1),
 * UNSUPPORTED, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_create_blocks(const dlops_context *context,
                                       int32_t dtype,
                                       int32_t dimensions,
                                       const int64_t *shape,
                                       const int32_t *grid,
                                       int32_t order,
                                       const int64_t *blocks,
                                       dlops_space **space);

/**
 * Shape of the elements of any rank. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (no such rank), SPACE (no global shape).
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_rank_shape(const dlops_space *space, int32_t rank, int64_t *shape);

/**
 * First global index of any rank along each axis. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (no such rank), SPACE (no global shape), LAYOUT (block-cyclic: not one box).
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_rank_start(const dlops_space *space,
                                        int32_t rank,
                                        int64_t *start);

/**
 * How many of n elements part `part` of `parts` has, when blocks are dealt out in turn from part `first` on: ScaLAPACK's
 * NUMROC. Local. Since 0.1. Errors: NULL_POINTER, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_cyclic_count(int64_t n,
                                int64_t block,
                                int32_t parts,
                                int32_t part,
                                int32_t first,
                                int64_t *count);

/** The context of a space, as a new handle that the caller destroys. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_context(const dlops_space *space,
                                     dlops_context **context);

/** Element type; of a product, the promotion of its components'. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_dtype(const dlops_space *space,
                                   int32_t *dtype);

/** Where the elements live: DLOPS_HOST or DLOPS_CUDA; of a product, where those of its first component do. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_memory(const dlops_space *space,
                                    int32_t *memory);

/** Number of axes; 1 for an unshaped space, 0 for a product. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_dimensions(const dlops_space *space, int32_t *dimensions);

/**
 * Global shape: as many numbers as dimensions. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, SPACE (an unshaped or a product space).
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_shape(const dlops_space *space, int64_t *shape);

/** Shape of this rank's elements. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, SPACE (a product space). */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_local_shape(const dlops_space *space, int64_t *shape);

/**
 * First global index of this rank along each axis. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, SPACE (no global shape), LAYOUT (block-cyclic: not one box).
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_local_start(const dlops_space *space, int64_t *start);

/** Elements of this rank, over all components. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_local_count(const dlops_space *space, int64_t *count);

/**
 * Elements of every rank: as many numbers as ranks. No communication. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, SPACE (a product space).
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_local_counts(const dlops_space *space, int64_t *counts);

/** Elements of the vector over all ranks; replicated ones count once. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_global_count(const dlops_space *space,
                                          int64_t *count);

/** Number of components; 0 for a space that is not a product. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_component_count(const dlops_space *space, int64_t *count);

/**
 * A component of a product space, as a new handle that the caller destroys. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (index out of range).
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_get_component(const dlops_space *space, int64_t index, dlops_space **component);

/**
 * Whether arrays of the one space are accepted for the other. Local. Since 0.1. Errors: NULL_POINTER, HANDLE.
 *
 * @param congruent  1: the same context, dtype, memory and mask, and on every rank the same elements in the same order
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_is_congruent(const dlops_space *a,
                                      const dlops_space *b,
                                      int32_t *congruent);

/* Arrays -------------------------------------------------------------------------------------------------------- */

/** What the host does with an array that it acquires. */
#define DLOPS_ACCESS_READ 1
#define DLOPS_ACCESS_WRITE 2
#define DLOPS_ACCESS_READ_WRITE 3

/**
 * Makes an array of the library's own memory; its elements are unspecified until written. Of a product space: an
 * array of arrays. Local. Since 0.1.
 *
 * @param array  the new array; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_create(const dlops_space *space,
                                dlops_array **array);

/**
 * Makes an array of page-locked host memory, so that copies between it and the context's device run without a wait
 * (dlops_array_copy_async) and at full speed; of ordinary memory where the context has no device. Page-locked memory is
 * taken from the whole machine: for buffers, not for everything. Local. Since 0.1.
 *
 * @param space  a space in host memory, or a product of such
 * @param array  the new array; the caller destroys it, once copies that it takes part in are done
 * Errors: NULL_POINTER, HANDLE, SPACE (in device memory), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_create_pinned(const dlops_space *space,
                                       dlops_array **array);

/**
 * Makes an array over the host's memory, C-contiguous, zero copy. Local. Since 0.1.
 *
 * @param space  a space that is not a product
 * @param data   this rank's elements (dlops_space_get_local_count of them); borrowed until the array and all that
 *               holds it is destroyed. May be NULL where the count is 0
 * @param array  the new array; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (not aligned for the dtype, or not in the memory of the space), SPACE (a product
 * space), MEMORY (more than the address space holds).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_wrap(const dlops_space *space,
                              void *data,
                              dlops_array **array);

/**
 * Makes an array over the host's padded or ghosted memory, zero copy. Local. Since 0.1.
 *
 * @param data     address of the first local element; borrowed until `destroy` is called, or without one until the
 *                 array and all that holds it is destroyed
 * @param strides  one number an axis of the local shape, in elements, positive; the last axis contiguous (stride 1),
 *                 no axis shorter than the extent of the axes after it. NULL: contiguous
 * @param user     passed to `destroy`
 * @param destroy  called once when the library lets go of the memory; may be NULL. Not called if this call fails
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (not aligned, or not in the memory of the space), SHAPE (strides), SPACE (a
 * product space), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_wrap_strided(const dlops_space *space,
                                      void *data,
                                      const int64_t *strides,
                                      void *user,
                                      dlops_destroy_callback destroy,
                                      dlops_array **array);

/**
 * Makes an array of the product of the spaces of existing arrays, without a copy. Local. Since 0.1.
 *
 * @param count  components, 1 or more
 * @param parts  arrays of one context that share no memory; kept alive by the new array
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE, OVERLAP.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_compose(int64_t count, const dlops_array *const *parts, dlops_array **array);

/**
 * The same memory as an array of a congruent space (another shape of the same elements, or local counts only).
 * Local. Since 0.1. Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SPACE (not congruent), UNSUPPORTED (strided).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_view_as(const dlops_array *array,
                                 const dlops_space *space,
                                 dlops_array **view);

/**
 * The same local memory as an array of another space of the same dtype and local count, whatever its layout: what
 * the elements mean globally is the caller's word. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, SPACE, UNSUPPORTED (a strided array with another local shape).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_reinterpret(const dlops_array *array,
                                     const dlops_space *space,
                                     dlops_array **view);

/** The space of an array, as a new handle that the caller destroys. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_array_get_space(const dlops_array *array,
                                   dlops_space **space);

/**
 * A component of an array of a product space: a new handle to the same memory, which the caller destroys. Local.
 * Since 0.1. Errors: NULL_POINTER, HANDLE, ARGUMENT (index out of range).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_get_component(const dlops_array *array,
                                       int64_t index,
                                       dlops_array **component);

/**
 * Strides of the local elements, one number an axis, in elements. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, SPACE (a product space).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_get_strides(const dlops_array *array, int64_t *strides);

/**
 * Gives the host direct access to this rank's elements until dlops_array_release. Any number of readers, or one
 * writer; a view locks its parent. What the host writes is this rank's: a replicated array becomes consistent again
 * by dlops_array_synchronize. Local. Since 0.1.
 *
 * @param data  address of the first local element (see dlops_array_get_strides). Of an array in device memory: an address
 *              there, for work on the context's stream or on one that waits for it
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, SPACE (a product space: acquire its components), STATE (already acquired).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_acquire(dlops_array *array,
                                 int32_t mode,
                                 void **data);

/** Ends one dlops_array_acquire. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (not acquired). */
DLOPS_MUST_CHECK
dlops_status dlops_array_release(dlops_array *array);

/**
 * Sends a line that describes the array to the log at level DLOPS_LOG_INFO. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_view(const dlops_array *array);

/** Another handle to the same array. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_array_retain(const dlops_array *array, dlops_array **copy);

/** Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE. */
dlops_status dlops_array_destroy(dlops_array **array);

/**
 * Makes an array over this rank's elements in the memory of a DLPack tensor, zero copy, host or device. The tensor is
 * taken over on success only: its deleter is called once, when the last array over the memory is gone, after the
 * context's stream has come past the work on it. A tensor that says it is read-only is refused as an output (STATE).
 * Local. Since 0.1.
 *
 * @param space   a space that is not a product: its dtype, local shape and memory are the tensor's. Managed memory
 *                counts as device memory
 * @param tensor  of any alignment of its element type; strides positive, the last axis contiguous. (A tensor of DLPack
 *                before 1.0: dlops_array_create_from_dlpack_unversioned)
 * @param stream  a cudaStream_t on which the producer has put the work that makes the data: what the library does with
 *                the array from now on waits for it. NULL: the legacy default stream; (CUstream_st *)-1: the data is
 *                there, or the producer has put it on the context's stream. Not used for host memory, which the
 *                producer has finished
 * @param array   the new array; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (the device, or data that is not where the tensor says), DTYPE, SHAPE (also
 * strides), SPACE (a product), UNSUPPORTED (the version), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_create_from_dlpack(const dlops_space *space,
                                            DLManagedTensorVersioned *tensor,
                                            CUstream_st *stream,
                                            dlops_array **array);

/**
 * As dlops_array_create_from_dlpack, of the structure of DLPack before version 1. Local. Since 0.1.
 * Errors: as there.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_create_from_dlpack_unversioned(const dlops_space *space,
                                                        DLManagedTensor *tensor,
                                                        CUstream_st *stream,
                                                        dlops_array **array);

/**
 * This rank's elements as a DLPack tensor, zero copy. The tensor keeps the memory alive, also after the array, its
 * context and their handles are gone, until its deleter is called, once, from any thread; a stream that the context
 * borrowed from the host lives as long. What either side writes, the other sees: they agree on the order. Local. Since 0.1.
 *
 * @param array   an array that is not of a product space
 * @param stream  a cudaStream_t that the consumer works on: work that it puts there from now on waits for what the library
 *                has put on the context's stream. NULL: the legacy default stream; (CUstream_st *)-1: nothing waits, the
 *                caller sees to the order. Before the library uses the memory again, its stream waits for the consumer's
 *                (dlops_event_wait); the deleter waits for the device where it frees memory that was used on another
 *                stream than the context's. Not used for host memory
 * @param tensor  a tensor of DLPack 1.0. (For consumers of an older one: dlops_array_get_dlpack_unversioned)
 * Errors: NULL_POINTER, HANDLE, SPACE (a product space), STATE (acquired for writing), ARGUMENT (a stream of another
 * device), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_get_dlpack(const dlops_array *array,
                                    CUstream_st *stream,
                                    DLManagedTensorVersioned **tensor);

/**
 * As dlops_array_get_dlpack, as the structure of DLPack before version 1. Local. Since 0.1.
 * Errors: as there, and UNSUPPORTED (an array over read-only memory, which that structure cannot tell).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_get_dlpack_unversioned(const dlops_array *array,
                                                CUstream_st *stream,
                                                DLManagedTensor **tensor);

/** In place of a root: all ranks receive. */
#define DLOPS_ALL_RANKS (-1)
/** In place of a root: ranks of one mask colour receive what they hold together. */
#define DLOPS_GROUP_RANKS (-2)

/**
 * array := a whole array in one piece of memory, global C order. Every rank takes its part out of its own memory,
 * without communication; copies of replicated elements take those of the first copy (of a replicated array: rank 0's).
 * The components of a product follow one another; an unshaped array is its ranks' parts one after the other.
 * Collective. Since 0.1.
 *
 * @param global  all elements, in the array's dtype; the same on all ranks. Ranks that hold no first copy may pass NULL
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (not aligned), DTYPE (components of several dtypes), STATE (acquired), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_from_global(dlops_array *array,
                                     const void *global);

/**
 * Writes the whole array to one piece of memory, global C order; else as dlops_array_from_global. With
 * DLOPS_GROUP_RANKS each rank gets what the ranks of its mask colour hold together: the shape of the array, but along the
 * cut axis only their parts, in the order of ranks (see dlops_array_get_group_shape). Collective. Since 0.1.
 *
 * @param root    the rank that receives, DLOPS_ALL_RANKS or DLOPS_GROUP_RANKS
 * @param global  room for all elements where they are received; else not used
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (root, not aligned), DTYPE (components of several dtypes), STATE (acquired for
 * writing), UNSUPPORTED (the part of a group where not just one axis is cut), MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_to_global(const dlops_array *array,
                                   int32_t root,
                                   void *global);

/**
 * Shape of what the ranks of this rank's mask colour hold together: one number an axis. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, SPACE (a product space), UNSUPPORTED (not just one axis is cut).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_get_group_shape(const dlops_array *array, int64_t *shape);

/**
 * Makes the copies of a replicated array equal again: all ranks that hold the same elements take those of the rank that
 * has the same copy as `root` (of a replicated array: of `root`), or, under a mask that sets it apart, of the lowest
 * rank of their colour. What is not replicated stays, without communication. Collective. Since 0.1.
 *
 * @param root  a rank, the same everywhere
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (root), STATE (acquired), COLLECTIVE, MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_synchronize(dlops_array *array,
                                     int32_t root);

/**
 * y := x in y's layout. Each element that a rank needs and does not hold travels once, in one message for each pair of
 * ranks. Components of products one after the other. Collective. Since 0.1.
 *
 * @param x  source
 * @param y  target: the same context, dtype and global shape, in any layout
 * Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SHAPE, SPACE (other components, or elements of another mask colour),
 * LAYOUT (local counts only), OVERLAP, STATE (acquired), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_redistribute(const dlops_array *x,
                                      dlops_array *y);

/**
 * How many ghost cells dlops_array_add_ghost_cells gives this rank: the widths, less what lies outside the array; none
 * for a rank without elements. Collective, since widths may differ from rank to rank. Since 0.1.
 *
 * @param axis    negative counts from the last
 * @param before  indices of the axis wanted below this rank's, 0 to the length of the axis
 * @param after   indices wanted above
 * @param front   ghost cells below, in indices of the axis
 * @param back    ghost cells above
 * Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (negative or wider than the axis), SPACE (no global shape, or the cells
 * belong to another mask colour), UNSUPPORTED (a block-cyclic axis: there is no row of neighbours), COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_get_halo_size(const dlops_array *array,
                                       int32_t axis,
                                       int64_t before,
                                       int64_t after,
                                       int64_t *front,
                                       int64_t *back);

/**
 * Writes this rank's elements with those of its neighbours around them along one axis. As many ranks are asked as the
 * widths need; at the ends of the array there is nothing to add. Widths may differ from rank to rank. Collective.
 * Since 0.1.
 *
 * @param axis, before, after  as in dlops_array_get_halo_size
 * @param buffer  C order: the local shape with front + own + back indices along the axis; host memory, also for an array
 *                on a device
 * @param room    elements that fit the buffer
 * Errors: those of dlops_array_get_halo_size, ARGUMENT (room is too small), STATE (acquired for writing), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_add_ghost_cells(const dlops_array *array,
                                         int32_t axis,
                                         int64_t before,
                                         int64_t after,
                                         void *buffer,
                                         int64_t room);

/**
 * A part of this rank's elements, contiguous in its local C order, as an array of its own; writing to it writes to the
 * array. Local. Since 0.1.
 *
 * @param space   of the part: its local count is taken from `offset` on
 * @param offset  first element
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (not a part, another dtype, or strided memory), SPACE (a product space).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_slice(const dlops_array *array,
                               const dlops_space *space,
                               int64_t offset,
                               dlops_array **part);

/**
 * The same memory as a vector: every rank's elements one after the other. For an array cut along another axis than the
 * first this is not its global C order. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, SPACE (a product space), UNSUPPORTED (strided memory, or a grid of which only some
 * dimensions replicate).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_ravel(const dlops_array *array,
                               dlops_array **view);

/**
 * The same memory with another local shape on every rank; the global array is cut along `axis`, where the local lengths
 * add up. Collective. Since 0.1.
 *
 * @param dimensions   1 to DLOPS_MAX_DIMENSIONS, the same on all ranks
 * @param local_shape  this rank's; as many elements as it has. Equal on all ranks but along `axis`; of a replicated
 *                     array equal on all ranks
 * @param axis         the axis that is cut; negative counts from the last
 * Errors: NULL_POINTER, HANDLE, SHAPE, AXIS, SPACE (a product space), UNSUPPORTED (strided memory), COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_reshape(const dlops_array *array,
                                 int32_t dimensions,
                                 const int64_t *local_shape,
                                 int32_t axis,
                                 dlops_array **view);

/**
 * Type and shape of the array in a .npy file. Collective. Since 0.1.
 *
 * @param context     who reads
 * @param path        the same on all ranks, UTF-8
 * @param dtype       DLOPS_FLOAT32 to DLOPS_INT64; big-endian files are understood too
 * @param dimensions  number of axes; 0 for a single number
 * @param shape       room for DLOPS_MAX_DIMENSIONS numbers, of which `dimensions` are written, in the order in which
 *                    Python shows them, whether the file is in C or in Fortran order
 * Errors: NULL_POINTER, HANDLE, COLLECTIVE (different paths), IO (cannot be opened or read), FORMAT (not a .npy file,
 * truncated or malformed), DTYPE (elements of another type), SHAPE (too many dimensions).
 */
DLOPS_MUST_CHECK
dlops_status dlops_npy_inspect(const dlops_context *context,
                               const char *path,
                               int32_t *dtype,
                               int32_t *dimensions,
                               int64_t *shape);

/**
 * array := the elements of a .npy file, every rank its own; all copies of a replicated array. Other element types are
 * converted as by NumPy's astype. Ranks read contiguous parts of the file in turn and need little memory beside the
 * array. An unshaped array takes a file of one axis, in the order of ranks. Collective. Since 0.1.
 *
 * @param array  of the file's shape, in any layout and memory order
 * @param path   the same on all ranks, UTF-8
 * Errors: NULL_POINTER, HANDLE, COLLECTIVE (different paths or shapes), IO, FORMAT and DTYPE as dlops_npy_inspect, DTYPE
 * (complex elements for a real array), SHAPE (both shapes are named), SPACE (a product space: read its components),
 * STATE (acquired), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_read_npy(dlops_array *array,
                                  const char *path);

/**
 * Writes the array to a .npy file in C order, which numpy.load reads; a file that exists is replaced. A replicated
 * array is written once. Collective; the data is with the file system when it returns. Since 0.1.
 *
 * @param path  the same on all ranks, UTF-8
 * Errors: NULL_POINTER, HANDLE, COLLECTIVE (different paths), IO (cannot be made or written), SPACE (a product space:
 * write its components), STATE (acquired for writing), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_write_npy(const dlops_array *array,
                                   const char *path);

/* Vectors ------------------------------------------------------------------------------------------------------- */

/** Distributions of dlops_array_fill_random. */
#define DLOPS_UNIFORM 0
#define DLOPS_NORMAL 1

/**
 * Every element of this rank := value. Local; the same call on all ranks fills a replicated array consistently.
 * Since 0.1. Errors: NULL_POINTER, HANDLE, DTYPE (imaginary part for real elements), STATE (acquired).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_fill(dlops_array *array,
                              dlops_scalar value);

/**
 * Fills with random numbers that depend on the seed and the global index only: the same array for any number of
 * ranks. Local. Since 0.1.
 *
 * @param distribution  DLOPS_UNIFORM, [0, 1), or DLOPS_NORMAL, mean 0 and variance 1; complex elements have
 *                      independent real and imaginary parts
 * @param seed          different seeds give independent sequences (Philox4x32-10, Salmon et al. 2011)
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, DTYPE (integers), STATE (acquired).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_fill_random(dlops_array *array,
                                     int32_t distribution,
                                     uint64_t seed);

/**
 * y := x, converted as NumPy's astype where the dtypes differ (complex to real is refused), from any memory to any. A copy
 * to or from host memory is done when this returns; one on the device is put on the context's stream. Local. Since 0.1.
 *
 * Between two contexts, of as many ranks and this rank in the same place, it is put behind the work of both, and what
 * either does next waits for it: from device to device where the one reaches the other (see
 * dlops_device_can_access_peer), else through page-locked host memory; which of them is told at level DLOPS_LOG_INFO.
 *
 * @param x  source
 * @param y  target, congruent but for dtype, memory and context
 * Errors: NULL_POINTER, HANDLE, CONTEXT (other ranks), SPACE, DTYPE, OVERLAP, STATE (acquired), MEMORY, CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_copy(const dlops_array *x,
                              dlops_array *y);

/**
 * As dlops_array_copy within one context, without a wait: put on the context's stream. An array in host memory is read,
 * or written, until dlops_context_synchronize or a dlops_event that is recorded after it has passed; it is not destroyed
 * or changed before. The call waits nevertheless where host memory is not page-locked (see dlops_array_create_pinned) or
 * not contiguous. Local. Since 0.1.
 *
 * @param x  source
 * @param y  target, congruent but for dtype and memory
 * Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, OVERLAP, STATE (acquired), MEMORY, CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_copy_async(const dlops_array *x,
                                    dlops_array *y);

/**
 * As dlops_array_copy_async, on another stream of the context's device, so that the copy can run beside work on the
 * context's. The caller orders the two by dlops_event_record, dlops_event_wait_on, dlops_event_record_on and
 * dlops_event_wait. Local. Since 0.1.
 *
 * @param stream  a cudaStream_t; NULL: the legacy default stream. Not used between arrays in host memory
 * Errors: as dlops_array_copy_async, and ARGUMENT (a stream of another device).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_copy_on(const dlops_array *x,
                                 dlops_array *y,
                                 CUstream_st *stream);

/** x := alpha x. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, DTYPE, STATE (acquired). */
DLOPS_MUST_CHECK
dlops_status dlops_array_scale(dlops_scalar alpha, dlops_array *x);

/** x := x + value, every element. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, DTYPE, STATE (acquired). */
DLOPS_MUST_CHECK
dlops_status dlops_array_add_scalar(dlops_scalar value, dlops_array *x);

/** x := conj(x). Local. Since 0.1. Errors: NULL_POINTER, HANDLE, STATE (acquired). */
DLOPS_MUST_CHECK
dlops_status dlops_array_conjugate(dlops_array *x);

/**
 * y := alpha x + beta y; with beta = 0, y is never read. One pass: reads 2n, writes n. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, OVERLAP, STATE (acquired).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_axpby(dlops_scalar alpha, const dlops_array *x, dlops_scalar beta, dlops_array *y);

/**
 * y := alpha x + y. One pass: reads 2n, writes n. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, OVERLAP, STATE (acquired).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_axpy(dlops_scalar alpha, const dlops_array *x, dlops_array *y);

/**
 * w := alpha x + beta y: add, subtract and scale in one pass (reads 2n, writes n). Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, OVERLAP (w with x or y), STATE (acquired).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_waxpby(dlops_scalar alpha,
                                const dlops_array *x,
                                dlops_scalar beta,
                                const dlops_array *y,
                                dlops_array *w);

/**
 * w := x .* y element by element, with conj(x) where asked. Local. Since 0.1.
 *
 * @param conjugate  1: conj(x) .* y; 0: x .* y
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE, DTYPE, OVERLAP (w with x or y), STATE (acquired).
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_multiply(const dlops_array *x,
                                  const dlops_array *y,
                                  int32_t conjugate,
                                  dlops_array *w);

/**
 * <x, y> = sum conj(x) y over the ranks of the space's group; replicated elements count once. Collective; no message
 * for a replicated space. Sums in double precision. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, STATE (acquired for writing), MPI.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_dot(const dlops_array *x,
                             const dlops_array *y,
                             dlops_scalar *result);

/**
 * sum x y, not conjugated; else as dlops_array_dot. Collective. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, CONTEXT, SPACE, DTYPE, STATE (acquired for writing), MPI.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_dot_unconjugated(const dlops_array *x, const dlops_array *y, dlops_scalar *result);

/**
 * The Euclidean norm over the ranks of the space's group; replicated elements count once. Collective; no message for
 * a replicated space. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, DTYPE (integers), STATE (acquired for writing), MPI.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_norm(const dlops_array *x,
                              double *result);

/**
 * The norm of an order, of all elements as one vector, components of products included: (sum |x|^p)^(1/p) for any p but
 * 0; for 0 the number of elements that are not zero; for INFINITY and -INFINITY (of <math.h>) the largest and smallest
 * magnitude, NaN where an element is NaN. Over the ranks of the space's group; replicated elements count once.
 * Collective; no message for a replicated space. Since 0.1.
 *
 * @param order   0, any number, INFINITY or -INFINITY, the same on all ranks
 * @param result  0 for no elements, INFINITY for no elements and order -INFINITY
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (order is NaN), DTYPE (integers), STATE (acquired for writing), MPI.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_norm_order(const dlops_array *x,
                                    double order,
                                    double *result);

/**
 * The space of the norms along an axis: real, the shape without that axis (of one axis: one element). Ranks of a grid that
 * divide the axis hold copies of the result, and other axes are cut as in the space; where boxes cut the axis, the result
 * is cut along axis 0 in balanced blocks (of one axis: every rank has it). Local. Since 0.1.
 *
 * @param axis    negative counts from the last
 * @param result  the new space; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, AXIS, SPACE (no global shape), UNSUPPORTED (boxes that cut the axis, under a mask).
 */
DLOPS_MUST_CHECK
dlops_status dlops_space_create_norm_axis(const dlops_space *space,
                                          int32_t axis,
                                          dlops_space **result);

/**
 * The norms along an axis, one for each index of the others: numpy.linalg.norm with axis. Over the ranks that share
 * the axis, of one mask colour. Collective. Since 0.1.
 *
 * @param order   as in dlops_array_norm_order
 * @param axis    negative counts from the last
 * @param result  of the space that dlops_space_create_norm_axis gives, or of a congruent one
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (order is NaN), AXIS, DTYPE, SPACE, OVERLAP, UNSUPPORTED (boxes that cut the
 * axis, under a mask), STATE (acquired), COLLECTIVE, MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_norm_axis(const dlops_array *x,
                                   double order,
                                   int32_t axis,
                                   dlops_array *result);

/**
 * sum x over the ranks of the space's group; replicated elements count once. Collective; no message for a replicated
 * space. Since 0.1. Errors: NULL_POINTER, HANDLE, DTYPE (integers), STATE (acquired for writing), MPI.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_sum(const dlops_array *x,
                             dlops_scalar *result);

/**
 * Smallest and largest element of a real array over the ranks of the space's group; both NaN where an element is, INFINITY
 * and -INFINITY for no elements. Collective; no message for a replicated space. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, DTYPE (complex or integers), STATE (acquired for writing), MPI.
 */
DLOPS_MUST_CHECK
dlops_status dlops_array_extremes(const dlops_array *x,
                                  double *smallest,
                                  double *largest);

/* Kernels ------------------------------------------------------------------------------------------------------- */

/** A part of this rank's elements for a function of the host: contiguous in every array. */
typedef struct dlops_kernel_block {
    /** elements of the block, at least 1 */
    int64_t count;
    /** the global C-order index of each element */
    const int64_t *indices;
    /** where the elements of each input are */
    const void *const *inputs;
    /** DLOPS_FLOAT32, ... of each input */
    const int32_t *input_dtypes;
    /** the scalars of the call */
    const dlops_scalar *scalars;
    /** where the elements of each output go; an output may be the memory of an input */
    void *const *outputs;
    /** DLOPS_FLOAT32, ... of each output */
    const int32_t *output_dtypes;
} dlops_kernel_block;

/**
 * Computes the outputs of a block. Called on the thread that applies the kernel, for one block after another of this
 * rank's elements, on some ranks never; it must not communicate. Returns 0, or another number for a failure.
 */
typedef int32_t (*dlops_kernel_function)(const dlops_kernel_block *block, void *user);

/** Optional choices for a kernel; initialise with DLOPS_KERNEL_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_kernel_options {
    size_t struct_size;
    /** CUDA C++ before the kernel, such as device functions that its body calls; copied; NULL: none */
    const char *preamble;
    /** options of the CUDA compiler, separated by spaces, such as "--use_fast_math -DN=4"; copied; NULL: none */
    const char *compiler_options;
    /** computes host arrays in place of the body, of elementwise kernels; NULL: the body does */
    dlops_kernel_function host_function;
    /** passed to host_function */
    void *user;
    /** called exactly once with `user` when the last handle is gone, not when the create fails; may be NULL */
    dlops_destroy_callback destroy;
} dlops_kernel_options;

#define DLOPS_KERNEL_OPTIONS_INIT {sizeof(dlops_kernel_options), 0, 0, 0, 0, 0}

/**
 * Makes a kernel that gives every element of its outputs a value from the elements at the same place of its inputs: what
 * CuPy calls an ElementwiseKernel, for distributed arrays. Collective. Since 0.1.
 *
 * The body is a text of the language that docs/kernels.md describes, such as "z = x - y", or "z = log1p(exp(-abs(x)))";
 * it computes host and device arrays alike. Any other text is taken for CUDA C++, for device arrays only; then host
 * arrays need a host_function among the options, or are refused with what the language has against the body, and the
 * column. In both, i is the global index of the element in C order (int64, from 0), whatever layout and padding the array
 * has, and n the number of elements of all ranks; of a product space, those of the component.
 *
 * Where all types are known, and the context has a device, the kernel is compiled here; else when arrays of new dtypes
 * are met first. What is compiled is kept, on disk too.
 *
 * @param inputs   parameters as "float32 x, T y, scalar T a": a dtype, or a capital letter for any dtype, the same for
 *                 all parameters of that letter; `scalar` before it is one number, passed by value
 * @param outputs  parameters as "T z"; at least one
 * @param body     for each output an assignment, separated by ';'
 * @param name     letters, digits and '_'; in error texts
 * @param choices  NULL for the defaults
 * @param result   the caller destroys it
 * Errors, the same on all ranks: NULL_POINTER, ARGUMENT, COMPILATION (with the column, or the compiler's text with the
 * lines of the body), OPTION, CUDA, MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_kernel_create_elementwise(const dlops_context *context,
                                             const char *inputs,
                                             const char *outputs,
                                             const char *body,
                                             const char *name,
                                             const dlops_kernel_options *choices,
                                             dlops_kernel **result);

/**
 * Gives the outputs of an elementwise kernel their values. Local; device arrays are computed in the order of the
 * context's stream, and the call does not wait.
 *
 * All arrays are of spaces that are congruent but for the dtype, or of products of such ones, which are computed component
 * by component. An output may be an input too: all inputs of an element are read before its outputs are written. (A body of
 * CUDA C++ writes where it assigns.) Since 0.1.
 *
 * @param input_count   of arrays among the inputs, in the order of the parameters
 * @param inputs        `input_count` arrays; not changed
 * @param scalar_count  of parameters with `scalar`
 * @param scalars       `scalar_count` numbers
 * @param output_count  of outputs
 * @param outputs       `output_count` arrays; overwritten
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (a number of arrays or scalars; no elementwise kernel), CONTEXT, SPACE, DTYPE,
 * OVERLAP, STATE (acquired), COMPILATION, CALLBACK, UNSUPPORTED, CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_kernel_apply(const dlops_kernel *kernel,
                                int64_t input_count,
                                const dlops_array *const *inputs,
                                int64_t scalar_count,
                                const dlops_scalar *scalars,
                                int64_t output_count,
                                dlops_array *const *outputs);

/**
 * Copies the name of a kernel, NUL-terminated and cut to `length` bytes. Local. Since 0.1.
 *
 * @param name    room for `length` bytes
 * @param length  at least 1
 * Errors: NULL_POINTER, HANDLE, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_kernel_get_name(const dlops_kernel *kernel, char *name, size_t length);

/**
 * Writes what the kernel is to the context's log, at level DLOPS_LOG_INFO. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_kernel_view(const dlops_kernel *kernel);

/** Another handle to the same kernel. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_kernel_retain(const dlops_kernel *kernel, dlops_kernel **copy);

/** Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE. */
dlops_status dlops_kernel_destroy(dlops_kernel **kernel);

/**
 * Makes a kernel that combines one value of each element to a number, over all ranks: what CuPy calls a ReductionKernel.
 * Collective. Since 0.1.
 *
 * The sum of squares, for example, has map "x * x", reduce "a + b", identity "0", and as the norm post "y = sqrt(a)". The
 * texts are of the language that docs/kernels.md describes; a map that is not is taken for an expression of CUDA C++, for
 * device arrays only. States are accumulated in double precision: int64, float64 or complex128, as the types of map,
 * reduce and identity need. The index of the largest element comes of complex states: map "complex(x, i)", reduce
 * "real(a) >= real(b) ? a : b", identity "complex(-inf, -1)", output "complex128 y".
 *
 * @param inputs    parameters as of dlops_kernel_create_elementwise, at least one of them an array
 * @param output    one parameter as "float64 y": the type of the result
 * @param map       an expression of the inputs, i and n
 * @param reduce    an expression of a and b, associative and commutative. Over the ranks a + b, min(a, b) and max(a, b) are
 *                  finished by the transport's allreduce (a + b in the order of ranks where the context is deterministic
 *                  or the state is no number of the transport); anything else is gathered and combined in the order of
 *                  ranks, on all alike
 * @param post      an assignment to the output from a, the scalars and n, the number of elements of all ranks and
 *                  components; NULL: the output is a
 * @param identity  an expression of numbers that changes nothing in reduce; the result where there are no elements
 * @param name      letters, digits and '_'; in error texts
 * @param choices   NULL for the defaults; host_function is NULL
 * @param result    the caller destroys it
 * Errors, the same on all ranks: as dlops_kernel_create_elementwise.
 */
DLOPS_MUST_CHECK
dlops_status dlops_kernel_create_reduction(const dlops_context *context,
                                           const char *inputs,
                                           const char *output,
                                           const char *map,
                                           const char *reduce,
                                           const char *post,
                                           const char *identity,
                                           const char *name,
                                           const dlops_kernel_options *choices,
                                           dlops_kernel **result);

/**
 * The number that a reduction makes of arrays: of the elements of the ranks of the arrays' mask colour, each counted once,
 * also where several ranks hold it. Collective; waits for the device. Since 0.1.
 *
 * @param input_count   of arrays among the inputs, in the order of the parameters
 * @param inputs        `input_count` arrays of spaces that are congruent but for the dtype, or of products of such ones
 * @param scalar_count  of parameters with `scalar`
 * @param scalars       `scalar_count` numbers, the same on all ranks
 * @param result        the output, in double precision; the same bits on all ranks of the colour
 * Errors, the same on all ranks: NULL_POINTER, HANDLE, ARGUMENT (a number of arrays or scalars; no reduction), CONTEXT,
 * SPACE, DTYPE, STATE (acquired for writing), COMPILATION, UNSUPPORTED, CUDA, MPI. A kernel that is no handle on one rank
 * only is outside the guarantee.
 */
DLOPS_MUST_CHECK
dlops_status dlops_kernel_reduce(const dlops_kernel *kernel,
                                 int64_t input_count,
                                 const dlops_array *const *inputs,
                                 int64_t scalar_count,
                                 const dlops_scalar *scalars,
                                 dlops_scalar *result);

/** One argument of a launch: an array, or else the value at an address. */
typedef struct dlops_kernel_argument {
    /** the address of this rank's first element in device memory is passed; NULL: `value` is */
    const dlops_array *array;
    /** a value of exactly the parameter's type, read during the call */
    const void *value;
} dlops_kernel_argument;

/**
 * Makes a kernel of a CUDA source: what CuPy calls a RawKernel. Compiled by NVRTC for the context's device and kept, on
 * disk too. Collective. Since 0.1.
 *
 * @param source   CUDA C++ without system headers, with a function `name` that is extern "C" __global__
 * @param name     of the function
 * @param options  of the compiler, separated by spaces, such as "--use_fast_math -DN=4"; NULL: none
 * @param result   the caller destroys it
 * Errors, the same on all ranks: NULL_POINTER, ARGUMENT (name; no such kernel), COMPILATION (the compiler's text, with the
 * lines of the source), OPTION, UNSUPPORTED (a context without a device; no NVRTC), CUDA, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_kernel_create_raw(const dlops_context *context,
                                     const char *source,
                                     const char *name,
                                     const char *options,
                                     dlops_kernel **result);

/**
 * Puts a raw kernel on the context's stream: kernel<<<grid, block, shared_bytes>>>(arguments). Local; does not wait, and
 * an error of the kernel's own is reported by the next call that does, such as dlops_context_synchronize. Nothing is
 * launched where a number of blocks is 0. Since 0.1.
 *
 * @param grid            3 numbers of blocks, x first
 * @param block           3 numbers of threads of a block, x first
 * @param shared_bytes    of dynamic shared memory of each block; more than 48 KiB where the device has it
 * @param argument_count  as many as the kernel has parameters
 * @param arguments       `argument_count` arguments. Arrays are of any rank's own size: the kernel must be told how many
 *                        elements there are here (dlops_space_get_local_count), and, where an array is padded, its strides.
 *                        It may write to them; the host answers for that
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (no raw kernel; sizes; more shared memory than the device has), CONTEXT, SPACE (an array in host memory or of a product
 * space), STATE (acquired), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_kernel_launch(const dlops_kernel *kernel,
                                 const int64_t *grid,
                                 const int64_t *block,
                                 int64_t shared_bytes,
                                 int64_t argument_count,
                                 const dlops_kernel_argument *arguments);

/* Operators ----------------------------------------------------------------------------------------------------- */

/** Modes of apply: A, A^H, A^T, conj(A). */
#define DLOPS_FORWARD 0
#define DLOPS_ADJOINT 1
#define DLOPS_TRANSPOSE 2
#define DLOPS_CONJUGATE 3

/**
 * y := op(A) x. Collective over the operator's context. Since 0.1.
 *
 * @param mode  DLOPS_FORWARD (A), DLOPS_ADJOINT (A^H), DLOPS_TRANSPOSE (A^T) or DLOPS_CONJUGATE (conj(A))
 * @param x     array congruent with the domain (the range for A^H and A^T); not changed
 * @param y     array congruent with the range (the domain for A^H and A^T); overwritten, never read; shares no
 *              memory with x
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, DTYPE, SPACE, OVERLAP, STATE (an array is acquired; the operator is
 * applied inside itself), UNSUPPORTED (an adjoint that the operator lacks; padded memory where other rows are needed),
 * CALLBACK, COLLECTIVE (with check level 1), MPI.
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_apply(dlops_operator *operator_,
                                  int32_t mode,
                                  const dlops_array *x,
                                  dlops_array *y);

/**
 * y := alpha op(A) x + beta y. Collective over the operator's context. Since 0.1.
 *
 * As dlops_operator_apply; with beta = 0, y is never read. A scalar with an imaginary part needs complex arrays.
 * Errors: as dlops_operator_apply, and UNSUPPORTED (complex alpha with an operator that is only real-linear).
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_apply_scaled(dlops_operator *operator_,
                                         int32_t mode,
                                         dlops_scalar alpha,
                                         const dlops_array *x,
                                         dlops_scalar beta,
                                         dlops_array *y);

/**
 * A^H as an operator. Local. Since 0.1.
 * @param result  keeps `operator` alive; the caller destroys it
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_adjoint(const dlops_operator *operator_, dlops_operator **result);

/** A^T as an operator. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_operator_transpose(const dlops_operator *operator_, dlops_operator **result);

/**
 * A^-1 as an operator, for those whose inverse is a multiple of the adjoint: identities, transposes, redistributions,
 * Fourier transforms. Local. Since 0.1.
 *
 * Of a Fourier transform whose lengths exceed the model's extents it is the inverse from the left; what a shorter one cuts
 * off comes back as zeros. Source: PyLops, the division by FFTND.
 * Errors: NULL_POINTER, HANDLE, UNSUPPORTED (solve with a solver instead).
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_inverse(const dlops_operator *operator_,
                                    dlops_operator **result);

/** conj(A) as an operator: x -> conj(A conj(x)). Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_operator_conjugate(const dlops_operator *operator_, dlops_operator **result);

/**
 * sum_k c_k A_k over congruent domains and ranges, accumulated in place. Local. Since 0.1.
 *
 * @param count         terms, 1 or more
 * @param coefficients  `count` scalars, or NULL for ones
 * @param terms         `count` operators of one context, kept alive by the sum
 * @param result        the caller destroys it
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE, DTYPE (complex coefficient of a real operator), UNSUPPORTED.
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_sum(int64_t count,
                                const dlops_scalar *coefficients,
                                const dlops_operator *const *terms,
                                dlops_operator **result);

/** c A. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, DTYPE, UNSUPPORTED. */
DLOPS_MUST_CHECK
dlops_status dlops_operator_scale(dlops_scalar coefficient,
                                  const dlops_operator *operator_,
                                  dlops_operator **result);

/**
 * A_1 A_2 ... A_n, the last applied first; one buffer between neighbours, made here. Local. Since 0.1.
 *
 * @param count    factors, 1 or more
 * @param factors  operators of one context, kept alive by the product; the domain of each is congruent with the range
 *                 of the next
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE, DTYPE, MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_product(int64_t count,
                                    const dlops_operator *const *factors,
                                    dlops_operator **result);

/**
 * A^n of an operator whose domain and range are congruent; A^0 is the identity. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (negative or absurd exponent), SPACE, MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_power(const dlops_operator *operator_, int64_t exponent, dlops_operator **result);

/**
 * A with the same shapes on elements of `dtype`, which holds those of A by NumPy's rules (dlops_dtype_promote): a real
 * operator for complex arrays, or one of single precision for double. It computes in A's own type: x is converted (and
 * rounded) on the way in, y on the way out, and a real A is applied to the real and to the imaginary part. Two arrays of
 * A's spaces are made here, and two more where the precision differs. Local. Since 0.1.
 *
 * @param dtype   DLOPS_FLOAT32 to DLOPS_COMPLEX128; A's own gives A
 * @param result  keeps `operator` alive; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, DTYPE (it does not hold A's), UNSUPPORTED (A is real on one side only), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_promote(const dlops_operator *operator_,
                                    int32_t dtype,
                                    dlops_operator **result);

/**
 * A with its domain and its range in the memory that is given, DLOPS_HOST or DLOPS_CUDA; 0: as they are. What goes in is
 * copied to where A works, what comes out is copied back, so that model and data may be on different sides, and a
 * solver works on such an operator. Makes an array for each side that moves. Local; apply waits for the device.
 * Since 0.1.
 *
 * @param domain_memory  of x in DLOPS_FORWARD
 * @param range_memory   of y in DLOPS_FORWARD
 * @param result         the new operator; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, UNSUPPORTED (unknown memory, or a context without a device), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_with_memory(const dlops_operator *operator_,
                                        int32_t domain_memory,
                                        int32_t range_memory,
                                        dlops_operator **result);

/** The domain, as a new handle that the caller destroys. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_operator_get_domain(const dlops_operator *operator_, dlops_space **domain);

/** The range, as a new handle that the caller destroys. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_operator_get_range(const dlops_operator *operator_, dlops_space **range);

/** A new array of the domain, elements unspecified. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, MEMORY. */
DLOPS_MUST_CHECK
dlops_status dlops_operator_create_domain_array(const dlops_operator *operator_, dlops_array **array);

/** A new array of the range, elements unspecified. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, MEMORY. */
DLOPS_MUST_CHECK
dlops_status dlops_operator_create_range_array(const dlops_operator *operator_, dlops_array **array);

/**
 * Applications so far: `forward` of A and conj(A), `adjoint` of A^H and A^T; either may be NULL. Local. Since 0.1.
 * Errors: HANDLE, NULL_POINTER.
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_get_apply_counts(const dlops_operator *operator_,
                                             int64_t *forward,
                                             int64_t *adjoint);

/** Applications are counted from 0 again. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_operator_reset_apply_counts(dlops_operator *operator_);

/**
 * The dot test |<A x, y> - <x, A^H y>| <= tolerance max(|A x||y|, |x||A^H y|), with x and y drawn from a normal
 * distribution (the same values for any number of ranks); real parts only for real-linear operators. Collective.
 * Since 0.1.
 *
 * @param seed            of the random vectors
 * @param tolerance       0 for 10 eps sqrt(n), with n the larger dimension and eps of the coarser dtype
 * @param relative_error  what was found, over the right side's max; may be NULL
 * @param passed          1 or 0
 * Errors: as dlops_operator_apply, ARGUMENT (negative tolerance), MEMORY (four vectors are made).
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_dot_test(dlops_operator *operator_,
                                     uint64_t seed,
                                     double tolerance,
                                     double *relative_error,
                                     int32_t *passed);

/**
 * Sends the expression tree, one line an operator, to the log at level DLOPS_LOG_INFO. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_view(const dlops_operator *operator_);

/** Another handle to the same operator. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_operator_retain(const dlops_operator *operator_, dlops_operator **copy);

/** Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE. */
dlops_status dlops_operator_destroy(dlops_operator **operator_);

/* Basic operators ----------------------------------------------------------------------------------------------- */

/** How the elements of a matrix follow one another. */
#define DLOPS_ROW_MAJOR 0
#define DLOPS_COLUMN_MAJOR 1

/** Optional choices for a transpose; initialise with DLOPS_TRANSPOSE_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_transpose_options {
    size_t struct_size;
    /** a space of the permuted shape in the layout of the result; NULL: the domain's layout with its axes permuted */
    const dlops_space *range;
} dlops_transpose_options;

#define DLOPS_TRANSPOSE_OPTIONS_INIT {sizeof(dlops_transpose_options), 0}

/** Optional choices for a matrix; initialise with DLOPS_MATRIX_MULT_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_matrix_mult_options {
    size_t struct_size;
    /** elements from one row (column, if column-major) to the next; 0: packed */
    int64_t leading_dimension;
    /** DLOPS_ROW_MAJOR (the default) or DLOPS_COLUMN_MAJOR */
    int32_t layout;
    /** axis of the space that A acts along, default 0; negative counts from the last */
    int32_t axis;
    /** 1: the operator reads the host's memory, which stays valid and unchanged while the operator lives; 0: a copy */
    int32_t borrow;
    int32_t reserved;
} dlops_matrix_mult_options;

#define DLOPS_MATRIX_MULT_OPTIONS_INIT {sizeof(dlops_matrix_mult_options), 0, 0, 0, 0, 0}

/**
 * Makes the identity: y[i] = x[i] for all i inside both shapes, 0 elsewhere. Local for congruent spaces, otherwise
 * collective. Since 0.1.
 *
 * Source: PyLops, Identity. Deterministic: any P. Elements travel where the layouts put them on different ranks.
 * @param domain  any space
 * @param range   NULL: the domain; a congruent space; or one with a global shape of as many axes, longer or shorter,
 *                which counts by its indices also where it is congruent
 * @param result  the caller destroys it
 * Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SHAPE (numbers of axes differ), SPACE (no global shape, or elements
 * would leave their mask colour), LAYOUT, MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_identity_create(const dlops_space *domain,
                                   const dlops_space *range,
                                   dlops_operator **result);

/**
 * Makes the zero operator, y = 0, between any two spaces of one context. Local. Since 0.1.
 *
 * @param range   NULL: the domain
 * @param result  the caller destroys it
 * Errors: NULL_POINTER, HANDLE, CONTEXT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_zero_create(const dlops_space *domain, const dlops_space *range, dlops_operator **result);

/**
 * Makes a diagonal operator: y = d x, element by element; adjoint conj(d) x. Local. Since 0.1.
 *
 * Source: PyLops, Diagonal. Deterministic: any P.
 * @param space   domain and range
 * @param values  d, an array congruent with the space, or real, of the same precision, where the space is complex; kept
 *                by the operator: later changes of its elements count
 * @param result  the caller destroys it
 * Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SPACE, MEMORY (a real diagonal of a complex space makes two real arrays).
 */
DLOPS_MUST_CHECK
dlops_status dlops_diagonal_create(const dlops_space *space,
                                   const dlops_array *values,
                                   dlops_operator **result);

/**
 * Makes a diagonal operator of a vector along one axis: y[.., i, ..] = d[i] x[.., i, ..]. Collective. Since 0.1.
 *
 * Source: PyLops, Diagonal. Deterministic: any P.
 * @param space   domain and range, with a global shape
 * @param axis    negative counts from the last
 * @param values  d for the whole axis, of the space's dtype, the same on all ranks; copied
 * @param result  the caller destroys it
 * Errors: NULL_POINTER, HANDLE, AXIS, DTYPE (integers), SPACE (no global shape), MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_diagonal_create_along(const dlops_space *space,
                                         int32_t axis,
                                         const void *values,
                                         dlops_operator **result);

/**
 * Makes a transpose of axes: axis k of y is axis permutation[k] of x. Unitary. Collective. Since 0.1.
 *
 * Without a range space nothing is ever sent: every rank permutes what it has, and axes stay cut as they are.
 * Source: PyLops, Transpose. Deterministic: any P.
 * @param space        domain, with a global shape
 * @param permutation  one axis for each axis of the space, 0-based; negative counts from the last
 * @param choices      NULL for the defaults
 * @param result       the caller destroys it; dlops_operator_get_range gives its range
 * Errors: NULL_POINTER, HANDLE, AXIS, SHAPE (of the range space), SPACE, DTYPE, CONTEXT, OPTION, LAYOUT, MEMORY,
 * COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_transpose_create(const dlops_space *space,
                                    const int32_t *permutation,
                                    const dlops_transpose_options *choices,
                                    dlops_operator **result);

/**
 * Makes y = A x with a dense matrix along one axis, for all indices of the others: trailing axes are right-hand sides.
 * Collective. Since 0.1.
 *
 * y[i, ..] = sum_j A[i, j] x[j, ..] along axis 0, or another. The range has `rows` elements along the axis in place of
 * `columns`. A^H, A^T and conj(A) read the same matrix. Where the axis is cut, the array is redistributed so that it is
 * whole. Source: PyLops, MatrixMult. Deterministic: same P.
 * @param space    domain, with a global shape of `columns` elements along the axis
 * @param matrix   rows x columns elements of the space's dtype, the same on all ranks; copied unless `borrow` is set
 * @param choices  NULL for the defaults
 * @param result   the caller destroys it; dlops_operator_get_range gives its range
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (sizes, leading dimension, alignment), AXIS, SHAPE, DTYPE, OPTION, SPACE,
 * LAYOUT (the axis is cut and the others cannot carry the cut), MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_matrix_mult_create(const dlops_space *space,
                                      int64_t rows,
                                      int64_t columns,
                                      const void *matrix,
                                      const dlops_matrix_mult_options *choices,
                                      dlops_operator **result);

/**
 * What stays and what travels in a product with a distributed matrix: the one that sends the fewest elements; A stays, and
 * X or Y goes round; A and X travel panel by panel on a process grid.
 */
#define DLOPS_PRODUCT_AUTOMATIC 0

#define DLOPS_PRODUCT_BLOCK 1
#define DLOPS_PRODUCT_SUMMA 2

/**
 * Optional choices for a distributed matrix; initialise with DLOPS_DISTRIBUTED_MATRIX_MULT_OPTIONS_INIT. Zero means the
 * default.
 */
typedef struct dlops_distributed_matrix_mult_options {
    size_t struct_size;
    /** elements from one row (column, if column-major) of this rank's part to the next; 0: packed */
    int64_t leading_dimension;
    /** indices of the inner axis that travel at once, the same on all ranks; 0: chosen */
    int64_t panel;
    /**
     * a space of Y's shape in the layout of the result; NULL: Y lies as A's rows and X's columns, or as X does where X is
     * not on A's grid
     */
    const dlops_space *range;
    /** order of this rank's part in memory: DLOPS_ROW_MAJOR (the default) or DLOPS_COLUMN_MAJOR */
    int32_t layout;
    /** 1: matrix_space and the elements are those of A^T */
    int32_t transposed;
    /** axis of the domain that A acts along, default 0; negative counts from the last */
    int32_t axis;
    /** DLOPS_PRODUCT_AUTOMATIC, BLOCK or SUMMA */
    int32_t algorithm;
    /** 1: keeps A^T too, so that the adjoint gathers X's kind of panels in place of adding up sums */
    int32_t save_adjoint;
    /** 1: the operator reads the host's memory, which stays valid and unchanged while the operator lives; 0: a copy */
    int32_t borrow;
} dlops_distributed_matrix_mult_options;

#define DLOPS_DISTRIBUTED_MATRIX_MULT_OPTIONS_INIT {sizeof(dlops_distributed_matrix_mult_options), 0, 0, 0, 0, 0, 0, 0, 0, 0}

/**
 * Makes Y = A X with a matrix that is spread over the ranks, as X and Y are: no vector is replicated. Collective.
 * Since 0.1.
 *
 * X has shape k x m or k, Y n x m or n (m x k and m x n, if A acts along axis 1); A is n x k in any layout. On a grid of p x q
 * ranks (space options `grid`, or one cut axis) with A's rows and Y's in its rows, A's columns and X's columns in its columns,
 * and X's rows in its rows, nothing is redistributed; cyclic blocks are multiplied as they are, and grids of any shape may
 * have empty ranks. BLOCK keeps A where it is, cut along its rows (k m (p - 1) / p elements of X leave each rank, p of p)
 * or along its columns (as many of Y); SUMMA sends n k (q - 1) / (p q) elements of A and k m (p - 1) / (p q) of X from each
 * rank. Memory: this rank's part of A, unless borrowed, once more with `save_adjoint`, and panels of
 * (2 n / p + 3 m / q) `panel` elements, made here; set-up needs one more part while A changes its layout.
 * A may be real for a complex X of the same precision. A complex one on a real X gives a complex Y; the operator is then
 * only real-linear, with Re(A^H Y) as its adjoint.
 * Source: PyLops-MPI, MPIMatrixMult ("block", "summa"); van de Geijn and Watts, SUMMA, 1997. Deterministic: same P.
 * @param domain        X, with a global shape of one or two axes and no mask
 * @param matrix_space  A, with a global shape of two axes on the same ranks
 * @param matrix        this rank's elements of A, in the memory of matrix_space; copied unless `borrow` is set
 * @param choices       NULL for the defaults
 * @param result        the caller destroys it; dlops_operator_get_range gives its range
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (leading dimension, panel, alignment), AXIS, SHAPE, DTYPE, OPTION, CONTEXT,
 * SPACE (no global shape, masked, wrong memory), LAYOUT (a borrowed A does not lie as the algorithm needs it), UNSUPPORTED,
 * MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_distributed_matrix_mult_create(const dlops_space *domain,
                                                  const dlops_space *matrix_space,
                                                  const void *matrix,
                                                  const dlops_distributed_matrix_mult_options *choices,
                                                  dlops_operator **result);

/* Derivatives --------------------------------------------------------------------------------------------------- */

/** On which side of a point its difference quotient lies. */
#define DLOPS_KIND_CENTERED 0
#define DLOPS_KIND_FORWARD 1
#define DLOPS_KIND_BACKWARD 2

/** Optional choices for a first derivative; initialise with DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_first_derivative_options {
    size_t struct_size;
    /** distance between samples along the axis, not 0; default 1 */
    double sampling;
    /** DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD */
    int32_t kind;
    /** points of the centered quotient, 3 (the default) or 5; the other kinds do not read it */
    int32_t order;
    /** 1: the ends of a centered derivative are one-sided differences; 0: they are zero */
    int32_t edge;
    int32_t reserved;
} dlops_first_derivative_options;

#define DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT {sizeof(dlops_first_derivative_options), 0, 0, 0, 0, 0}

/**
 * Optional choices for a second derivative; initialise with DLOPS_SECOND_DERIVATIVE_OPTIONS_INIT. Zero means the
 * default.
 */
typedef struct dlops_second_derivative_options {
    size_t struct_size;
    /** distance between samples along the axis, not 0; default 1 */
    double sampling;
    /** DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD */
    int32_t kind;
    /** 1: the ends of a centered derivative are one-sided quotients; 0: they are zero */
    int32_t edge;
} dlops_second_derivative_options;

#define DLOPS_SECOND_DERIVATIVE_OPTIONS_INIT {sizeof(dlops_second_derivative_options), 0, 0, 0}

/** Optional choices for a Laplacian; initialise with DLOPS_LAPLACIAN_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_laplacian_options {
    size_t struct_size;
    /** axes along which it differentiates, none twice; negative counts from the last; NULL: the last two, or the only one */
    const int32_t *axes;
    /** number of `axes` */
    int64_t axis_count;
    /** one weight an axis of `axes`; NULL: all 1 */
    const double *weights;
    /** number of `weights` */
    int64_t weight_count;
    /** distance between samples along each axis of `axes`, not 0; NULL: all 1 */
    const double *sampling;
    /** number of values in `sampling` */
    int64_t sampling_count;
    /** DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD */
    int32_t kind;
    /** 1: the ends of centered derivatives are one-sided quotients; 0: they are zero */
    int32_t edge;
} dlops_laplacian_options;

#define DLOPS_LAPLACIAN_OPTIONS_INIT {sizeof(dlops_laplacian_options), 0, 0, 0, 0, 0, 0, 0, 0}

/** Optional choices for a gradient; initialise with DLOPS_GRADIENT_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_gradient_options {
    size_t struct_size;
    /** distance between samples along each axis, not 0; one value serves all axes; NULL: 1 */
    const double *sampling;
    /** number of values in `sampling` */
    int64_t sampling_count;
    /** DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD */
    int32_t kind;
    /** points of the centered quotients, 3 (the default) or 5; the other kinds do not read it */
    int32_t order;
    /** 1: the ends of centered derivatives are one-sided differences; 0: they are zero */
    int32_t edge;
    int32_t reserved;
} dlops_gradient_options;

#define DLOPS_GRADIENT_OPTIONS_INIT {sizeof(dlops_gradient_options), 0, 0, 0, 0, 0, 0}

/**
 * Makes the first derivative along one axis, of any layout. Collective. Since 0.1.
 *
 * forward            y_i = (x_(i+1) - x_i) / d
 * backward           y_i = (x_i - x_(i-1)) / d
 * centered, order 3  y_i = (x_(i+1) - x_(i-1)) / 2d
 * centered, order 5  y_i = (x_(i-2) - 8 x_(i-1) + 8 x_(i+1) - x_(i+2)) / 12d
 *
 * Results whose points lie outside the axis are zero; with `edge`, those of the centered kinds are one-sided
 * differences (and of order 3 beside them, for order 5). Source: PyLops, FirstDerivative. Deterministic: any P.
 * Cut axes exchange halos while the interior is computed; block-cyclic and box layouts are redistributed.
 * @param space    domain and range, of float or complex elements with a global shape; kept alive by the operator
 * @param axis     negative counts from the last
 * @param choices  NULL for the defaults
 * @param result   the caller destroys it
 * Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (sampling not finite), OPTION, DTYPE (integers), SPACE (no global
 * shape, or the axis is cut between mask colours), MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_first_derivative_create(const dlops_space *space,
                                           int32_t axis,
                                           const dlops_first_derivative_options *choices,
                                           dlops_operator **result);

/**
 * Makes the second derivative along one axis, of any layout. Collective. Since 0.1.
 *
 * forward     y_i = (x_i - 2 x_(i+1) + x_(i+2)) / d^2
 * backward    y_i = (x_(i-2) - 2 x_(i-1) + x_i) / d^2
 * centered    y_i = (x_(i-1) - 2 x_i + x_(i+1)) / d^2
 *
 * Results whose points lie outside the axis are zero; with `edge`, the first and last of the centered kind are the
 * forward and the backward quotient. Source: PyLops, SecondDerivative. Deterministic: any P.
 * @param space    domain and range, of float or complex elements with a global shape; kept alive by the operator
 * @param axis     negative counts from the last
 * @param choices  NULL for the defaults
 * @param result   the caller destroys it
 * Errors: as dlops_first_derivative_create.
 */
DLOPS_MUST_CHECK
dlops_status dlops_second_derivative_create(const dlops_space *space,
                                            int32_t axis,
                                            const dlops_second_derivative_options *choices,
                                            dlops_operator **result);

/**
 * Makes the Laplacian y = sum_k w_k d^2 x / d(axis k)^2 of any layout, one pass over x. Collective. Since 0.1.
 *
 * Each second derivative is divided by its own axis' sampling squared; formulas as dlops_second_derivative_create.
 * Source: PyLops, Laplacian. Deterministic: any P.
 * @param space    domain and range, of float or complex elements with a global shape; kept alive by the operator
 * @param choices  axes, weights, samplings, kind and edge; NULL for the last two axes (or the only one), all ones
 * @param result   the caller destroys it
 * Errors: as dlops_first_derivative_create, and AXIS (an axis given twice), ARGUMENT (weights or samplings are not
 * one an axis, or not finite), UNSUPPORTED (more than 8 axes).
 */
DLOPS_MUST_CHECK
dlops_status dlops_laplacian_create(const dlops_space *space,
                                    const dlops_laplacian_options *choices,
                                    dlops_operator **result);

/**
 * Makes the gradient y_k = dx / d(axis k) along all axes, of any layout, one pass over x. Collective. Since 0.1.
 *
 * The range is the product of as many spaces as there are axes, each congruent with the domain; formulas as
 * dlops_first_derivative_create. Source: PyLops, Gradient. Deterministic: any P.
 * @param space    domain, of float or complex elements with a global shape; kept alive by the operator
 * @param choices  samplings, kind, order and edge; NULL for the defaults
 * @param result   the caller destroys it
 * Errors: as dlops_first_derivative_create, and ARGUMENT (samplings are neither one nor one an axis),
 * UNSUPPORTED (more than 8 axes).
 */
DLOPS_MUST_CHECK
dlops_status dlops_gradient_create(const dlops_space *space,
                                   const dlops_gradient_options *choices,
                                   dlops_operator **result);

/* Operators of the host ----------------------------------------------------------------------------------------- */

/**
 * Writes y = A x (or y = A^H x). x is not changed, y is overwritten. The handles are valid during the call and not the
 * host's to destroy: acquire their memory and release it, ask for spaces or components, or pass them to other calls.
 * Called on every rank of the operator's context in the same order, on the thread that applies, so that it may
 * communicate. Returns 0, or another number for a failure. An exception or a longjmp must not leave it: dlops.hpp catches
 * those of its lambdas and throws them again where the library was called.
 */
typedef int32_t (*dlops_operator_function)(const dlops_array *x, dlops_array *y, void *user);

/** Optional choices for an operator of the host; initialise with DLOPS_CALLBACK_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_callback_options {
    size_t struct_size;
    /** 1: A(c x) = c A x holds for real c only, as when a real part is taken; 0: for complex c */
    int32_t real_linear;
    int32_t reserved;
    /** in tables, views and error texts; copied; NULL: "Callback" */
    const char *name;
} dlops_callback_options;

#define DLOPS_CALLBACK_OPTIONS_INIT {sizeof(dlops_callback_options), 0, 0, 0}

/** As dlops_operator_function, on this rank's elements in C order, contiguous. */
typedef int32_t (*dlops_matvec_function)(const void *x, void *y, void *user);

/**
 * Makes an operator of the host's functions y = A x and y = A^H x, on arrays. Collective over the context of the
 * spaces. Since 0.1.
 *
 * The library adds alpha, beta, conj(A) x = conj(A conj(x)) and A^T x = conj(A^H conj(x)), with one array of the
 * domain and one of the range that are made here. The functions get arrays of exactly these spaces, in the caller's
 * memory or in those two. A non-zero return is DLOPS_ERROR_CALLBACK with that number; y holds NaN then. The context
 * also keeps the error, on one rank as on several, until the next dlops_context_agree or solver reduction tells all
 * ranks; a local context (dlops_context_get_local) leaves that to the operator that its operators are blocks of.
 *
 * With arrays in device memory the functions put their work on the context's stream, or behind it and before what
 * follows there. A solver that does not wait for its iterations calls them up to twice more than it iterates, and what
 * fails then is no failure.
 *
 * @param domain   of x, of any layout; also of a local context, for a block of BlockDiag and others
 * @param range    of y, of the same context
 * @param forward  y = A x
 * @param adjoint  y = A^H x; NULL: adjoint and transpose return UNSUPPORTED
 * @param user     passed to the functions
 * @param destroy  called exactly once with `user` when the last handle and everything that holds the operator are
 *                 gone; may be NULL. If this call fails, it is not called and `user` stays the caller's
 * @param choices  NULL for the defaults
 * @param result   the caller destroys it
 * Errors, the same on all ranks: NULL_POINTER, HANDLE, CONTEXT, OPTION, MEMORY, COLLECTIVE. A domain that is no handle
 * on one rank only is outside the guarantee.
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_create_callback(const dlops_space *domain,
                                            const dlops_space *range,
                                            dlops_operator_function forward,
                                            dlops_operator_function adjoint,
                                            void *user,
                                            dlops_destroy_callback destroy,
                                            const dlops_callback_options *choices,
                                            dlops_operator **result);

/**
 * Makes a complex-linear operator of the host's functions on this rank's elements, contiguous in C order: the short
 * form of dlops_operator_create_callback, with the same parameters and errors. Strided arrays are packed by the
 * library. Collective. Since 0.1.
 *
 * @param forward  y = A x on pointers to the elements' type; not dereferenced on a rank without elements
 * Errors: as dlops_operator_create_callback, and SPACE (a product space).
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_create_matvec(const dlops_space *domain,
                                          const dlops_space *range,
                                          dlops_matvec_function forward,
                                          dlops_matvec_function adjoint,
                                          void *user,
                                          dlops_destroy_callback destroy,
                                          dlops_operator **result);

/* Blocks of operators ------------------------------------------------------------------------------------------- */

/** Optional choices for BlockDiag, VStack and HStack; initialise with DLOPS_BLOCK_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_block_options {
    size_t struct_size;
    /** one colour a rank, 0 or more: sums stay among ranks of one colour; NULL: one group. The same on all ranks */
    const int32_t *mask;
} dlops_block_options;

#define DLOPS_BLOCK_OPTIONS_INIT {sizeof(dlops_block_options), 0}

/**
 * BlockDiag: y_i = A_i x_i over the operators of all ranks. Collective. Since 0.1.
 *
 * Domain and range have local counts only (dlops_space_create_unshaped): this rank's elements are those of its
 * operators' domains (ranges), one after the other, which any shaped space with these counts fits. An operator whose
 * domain or range is a product space has its components there one after the other. Blocks are views: nothing is
 * copied, and an apply sends nothing. Padded arrays (dlops_array_wrap_strided) work where each block consists of whole
 * rows of its own shape, else apply returns UNSUPPORTED. Deterministic: any P.
 *
 * @param count      operators of this rank, 0 or more; ranks may differ, but one of them has an operator
 * @param operators  of the local context of `context` (dlops_context_get_local), kept alive by the result; one dtype
 *                   for all domains of all ranks, and one for all ranges. Operators of one dtype on both sides may
 *                   differ in it: the result has the promoted one (see dlops_operator_promote)
 * @param choices    NULL for the defaults
 * @param result     the caller destroys it
 * Errors, the same on all ranks: NULL_POINTER, HANDLE, ARGUMENT (no operator on any rank), CONTEXT (an operator of
 * another context), DTYPE, SHAPE, LAYOUT (mask), OPTION, COLLECTIVE (different masks).
 */
DLOPS_MUST_CHECK
dlops_status dlops_block_diag_create(const dlops_context *context,
                                     int64_t count,
                                     const dlops_operator *const *operators,
                                     const dlops_block_options *choices,
                                     dlops_operator **result);

/**
 * VStack: y_i = A_i x over the operators of all ranks, and x = sum_i A_i^H y_i. Collective. Since 0.1.
 *
 * The domain is replicated: of the shape that all operators' domains have, else of one axis; every rank passes the same
 * x. The range has local counts only, as with dlops_block_diag_create. Forward sends nothing; the adjoint ends in one
 * allreduce over the ranks (of one colour, with a mask) in the domain's precision, into which beta y enters once. A
 * strided output of the sum takes one more array, made at its first use. Deterministic: forward any P, adjoint same P.
 *
 * @param operators  as with dlops_block_diag_create; all domains of all ranks have the same number of elements
 * Other parameters and errors as of dlops_block_diag_create; SHAPE also for different numbers of columns.
 */
DLOPS_MUST_CHECK
dlops_status dlops_vstack_create(const dlops_context *context,
                                 int64_t count,
                                 const dlops_operator *const *operators,
                                 const dlops_block_options *choices,
                                 dlops_operator **result);

/**
 * HStack: y = sum_i A_i x_i over the operators of all ranks: the mirror of dlops_vstack_create. Collective. Since 0.1.
 *
 * The domain has local counts only, the range is replicated. Forward ends in the allreduce, the adjoint sends nothing.
 * Deterministic: forward same P, adjoint any P.
 *
 * @param operators  as with dlops_block_diag_create; all ranges of all ranks have the same number of elements
 * Other parameters and errors as of dlops_block_diag_create; SHAPE also for different numbers of rows.
 */
DLOPS_MUST_CHECK
dlops_status dlops_hstack_create(const dlops_context *context,
                                 int64_t count,
                                 const dlops_operator *const *operators,
                                 const dlops_block_options *choices,
                                 dlops_operator **result);

/**
 * A local operator, the same on all ranks, on replicated vectors: each rank applies its own to its own copy of x, and
 * nothing is sent. An operator of `context` itself is given back as it is. Collective. Since 0.1.
 *
 * @param operator  of the local context of `context`, with the same spaces on all ranks, kept alive by the result
 * @param result    the caller destroys it
 * Errors, the same on all ranks: NULL_POINTER, HANDLE, CONTEXT, COLLECTIVE (the ranks passed different operators).
 */
DLOPS_MUST_CHECK
dlops_status dlops_operator_create_replicated(const dlops_context *context,
                                              const dlops_operator *operator_,
                                              dlops_operator **result);

/**
 * diag(A_1, ..., A_n) on product spaces: component i of y is A_i times component i of x, in sequence. Local. Since 0.1.
 *
 * @param count      1 or more
 * @param operators  of one context and mask, kept alive by the result
 * @param result     from the product of the domains to the product of the ranges; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, SPACE (different masks).
 */
DLOPS_MUST_CHECK
dlops_status dlops_stacked_block_diag_create(int64_t count,
                                             const dlops_operator *const *operators,
                                             dlops_operator **result);

/**
 * (A_1; ...; A_n): component i of y is A_i x; the adjoint sums A_i^H y_i in place. Local. Since 0.1.
 *
 * @param operators  as with dlops_stacked_block_diag_create, with congruent domains
 * @param result     from the domain to the product of the ranges; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, DTYPE, SPACE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_stacked_vstack_create(int64_t count,
                                         const dlops_operator *const *operators,
                                         dlops_operator **result);

/**
 * (A_1 ... A_n): y is the sum of A_i times component i of x, in place. Local. Since 0.1.
 *
 * @param operators  as with dlops_stacked_block_diag_create, with congruent ranges
 * @param result     from the product of the domains to the range; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, DTYPE, SPACE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_stacked_hstack_create(int64_t count,
                                         const dlops_operator *const *operators,
                                         dlops_operator **result);

/**
 * Block: y_i = sum_j A_ij x_j on product spaces. Local. Since 0.1.
 *
 * @param rows       1 or more
 * @param columns    1 or more
 * @param operators  rows * columns handles in row-major order, NULL for a block of zeros, kept alive by the result;
 *                   every row and every column has one; congruent ranges in a row, congruent domains in a column
 * @param result     from the product of the columns' domains to the product of the rows' ranges; the caller destroys it
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, CONTEXT, DTYPE, SPACE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_block_create(int64_t rows,
                                int64_t columns,
                                const dlops_operator *const *operators,
                                dlops_operator **result);

/* Signals ------------------------------------------------------------------------------------------------------- */

/** How a taper falls: not at all; as half a Hann window; as a cosine (the same), its square, its square root. */
#define DLOPS_TAPER_NONE 0
#define DLOPS_TAPER_HANNING 1
#define DLOPS_TAPER_COSINE 2
#define DLOPS_TAPER_COSINE_SQUARE 3
#define DLOPS_TAPER_COSINE_ROOT 4

/** Optional choices for a convolution; initialise with DLOPS_CONVOLVE1D_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_convolve1d_options {
    size_t struct_size;
    /** place of the filter's sample for lag 0, 0 to taps - 1; default 0 */
    int64_t offset;
    /** dtype of h, DLOPS_FLOAT32 to DLOPS_COMPLEX128; 0: the space's */
    int32_t filter_dtype;
    /** 1: a filter for each line; h has the shape of the space with `taps` samples along the axis, in C order */
    int32_t per_line;
} dlops_convolve1d_options;

#define DLOPS_CONVOLVE1D_OPTIONS_INIT {sizeof(dlops_convolve1d_options), 0, 0, 0}

/** Optional choices for a peak signal-to-noise ratio; initialise with DLOPS_PSNR_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_psnr_options {
    size_t struct_size;
    /** the range of the reference starts at this value */
    double least;
    /** and ends at this one */
    double largest;
    /** 1: `least` is the smallest element of the reference instead */
    int32_t find_least;
    /** 1: `largest` is as given; 0: it is the largest element of the reference */
    int32_t largest_given;
} dlops_psnr_options;

#define DLOPS_PSNR_OPTIONS_INIT {sizeof(dlops_psnr_options), 0, 0, 0, 0}

/**
 * Makes a convolution along one axis, of any layout. Collective. Since 0.1.
 *
 * y[i] = sum_k h[i - k + offset] x[k], i and k over the whole axis: the part of the full convolution that has the length
 * of the axis; x is zero outside. The adjoint correlates with conj(h). The filter may be longer than the axis.
 * With the option per_line each line has its own h.
 * Source: PyLops, Convolve1D (whose adjoint lacks the conjugate). Deterministic: any P.
 * Cut axes exchange halos, while the interior of long slabs is computed; block-cyclic and box layouts are redistributed.
 * @param space    domain and range, of float or complex elements with a global shape; kept alive by the operator
 * @param axis     negative counts from the last
 * @param taps     samples of h, 1 or more
 * @param h        real, or complex for complex spaces; the same on all ranks; copied. With per_line, a rank keeps the
 *                 samples of its own lines
 * @param choices  NULL for the defaults
 * @param result   the caller destroys it
 * Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (no sample, or the offset is outside), DTYPE, OPTION, SPACE (no global
 * shape, or the axis is cut between mask colours), LAYOUT (see above, and the other axes cannot carry the cut), MEMORY,
 * COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_convolve1d_create(const dlops_space *space,
                                     int32_t axis,
                                     int64_t taps,
                                     const void *h,
                                     const dlops_convolve1d_options *choices,
                                     dlops_operator **result);

/**
 * Ricker's wavelet (1 - 2 a) exp(-a), a = (pi f0 t)^2, at t = k dt for |k| < half; the sample `half - 1` is at time 0.
 * Local. Since 0.1.
 *
 * Source: Ricker, Geophysics 18 (1953); PyLops, ricker.
 * @param half     samples from time 0 on, 1 or more
 * @param dt       seconds between samples
 * @param f0       frequency of the largest amplitude, hertz
 * @param wavelet  room for 2 half - 1 values
 * Errors: NULL_POINTER, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_wavelet_ricker(int64_t half,
                                  double dt,
                                  double f0,
                                  double *wavelet);

/**
 * `count` factors that rise from 0 to 1 over `edge` samples at either end. Local. Since 0.1.
 *
 * Hann and cosine: sin^2(pi i / (2 edge - 2)) for i = 0 to edge - 1; an edge of one sample is left out.
 * Source: PyLops, taper.
 * @param kind     DLOPS_TAPER_NONE to DLOPS_TAPER_COSINE_ROOT
 * @param edge     at most count / 2
 * @param factors  room for `count` values
 * Errors: NULL_POINTER, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_taper(int32_t kind, int64_t count, int64_t edge, double *factors);

/**
 * Mean absolute error, sum |x - y| / n. Collective; waits for the sum over ranks. Since 0.1.
 *
 * @param x      the reference
 * @param y      an array congruent with it
 * @param value  the same on all ranks
 * Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SPACE, STATE (an array is acquired), MPI.
 */
DLOPS_MUST_CHECK
dlops_status dlops_measure_mae(const dlops_array *x, const dlops_array *y, double *value);

/** Mean squared error, sum |x - y|^2 / n. Collective; waits. Since 0.1. Arguments and errors as dlops_measure_mae. */
DLOPS_MUST_CHECK
dlops_status dlops_measure_mse(const dlops_array *x,
                               const dlops_array *y,
                               double *value);

/**
 * Signal-to-noise ratio in decibels, 10 log10(sum |x|^2 / sum |x - y|^2). Collective; waits. Since 0.1.
 * Arguments and errors as dlops_measure_mae; infinite where x and y are equal.
 */
DLOPS_MUST_CHECK
dlops_status dlops_measure_snr(const dlops_array *x, const dlops_array *y, double *value);

/**
 * Peak signal-to-noise ratio in decibels, 10 log10((largest - least)^2 / mse), of real arrays. Collective; waits.
 * Since 0.1.
 *
 * Source: PyLops, psnr: `least` is 0 and `largest` the largest element of x unless the options say otherwise.
 * @param choices  NULL for the defaults
 * Arguments and errors as dlops_measure_mae; DTYPE for complex arrays, OPTION.
 */
DLOPS_MUST_CHECK
dlops_status dlops_measure_psnr(const dlops_array *x,
                                const dlops_array *y,
                                const dlops_psnr_options *choices,
                                double *value);

/* Fourier transforms -------------------------------------------------------------------------------------------- */

/**
 * How a Fourier transform is scaled: by 1 / sqrt N both ways, so that the adjoint is the inverse; not at all; by 1 / N both
 * ways. N is the product of the lengths of the transforms.
 */
#define DLOPS_FFT_ORTHO 0

#define DLOPS_FFT_NONE 1
#define DLOPS_FFT_ONE_OVER_N 2

/** Optional choices for a Fourier transform; initialise with DLOPS_FFT_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_fft_options {
    size_t struct_size;
    /** length of the transform along each axis, 1 or more: the model is cut off or continued with zeros; NULL: its extents */
    const int64_t *lengths;
    /** for each axis, 1: the model starts in its middle (ifftshift before the transform); NULL: none */
    const int32_t *shift_before;
    /** for each axis, 1: frequency 0 is in the middle of the spectrum (fftshift after the transform); NULL: none */
    const int32_t *shift_after;
    /** the spectrum takes the layout of this space of its shape and dtype; NULL: see as_computed */
    const dlops_space *spectrum;
    /** DLOPS_FFT_ORTHO (the default), DLOPS_FFT_NONE or DLOPS_FFT_ONE_OVER_N */
    int32_t norm;
    /**
     * 1: of a real model the first n / 2 + 1 frequencies along the last of the axes, of which 1 to (n - 1) / 2 are
     * multiplied by sqrt 2
     */
    int32_t half;
    /** 1: the spectrum stays in the layout of the last transform, and no way back is paid; 0: it has the model's layout */
    int32_t as_computed;
    int32_t reserved;
} dlops_fft_options;

#define DLOPS_FFT_OPTIONS_INIT {sizeof(dlops_fft_options), 0, 0, 0, 0, 0, 0, 0, 0}

/**
 * Makes the Fourier transform along some axes of any layout, from `space` to complex elements. Collective. Since 0.1.
 *
 * X[.., k, ..] = c sum_j x[.., j, ..] exp(-2 pi i j k / n) along each of the axes, c by the norm; the adjoint has the
 * positive sign and the same c. One axis: PyLops' FFT, two: FFT2D, more: FFTND, whose conventions these are. Real models
 * give all frequencies, or with `half` those that the others follow from; operators on them are only real-linear, and
 * their inner product is Re<.,.>. dlops_operator_inverse gives the inverse.
 * Axes that are cut are made whole by redistribution, in as few rounds of messages as the shape allows. An axis that the
 * others cannot make whole, such as the only one, is transformed as a matrix of columns dealt out to the ranks (the
 * four-step transform; where its length has no factors that spread over the ranks, as a convolution of twice the length).
 * Arrays in device memory are transformed there by cuFFT, in the order of the context's stream. Where a rank finds no
 * cuFFT, or an axis is transformed as a matrix, all ranks transform copies on the host, and dlops_operator_view says so.
 * cuFFT works in room that is made here: with the buffers between the axes, up to three times the array's elements.
 * Source: PyLops, FFTND; NumPy's fft for signs, order and shifts. Deterministic: any P; same P by cuFFT, and where an axis
 * is transformed as a matrix.
 * @param space       the domain, of float or complex elements with a global shape; kept alive by the operator
 * @param axis_count  number of `axes`
 * @param axes        none twice; negative counts from the last
 * @param choices     NULL for the defaults
 * @param result      the caller destroys it
 * Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (no axis, a length below 1), DTYPE (integers, half of complex elements),
 * SHAPE (no elements along an axis), OPTION, SPACE (no global shape, another shape or dtype of `spectrum`, or axes cut
 * between mask colours), CONTEXT, LAYOUT (a layout that does not fit the spectrum), MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_fft_create(const dlops_space *space,
                              int32_t axis_count,
                              const int32_t *axes,
                              const dlops_fft_options *choices,
                              dlops_operator **result);

/**
 * Makes the exchange of the halves of some axes, fftshift, or ifftshift, which takes it back. Collective. Since 0.1.
 *
 * y[(i + s) mod n] = x[i] along each of the axes, with s = floor(n / 2), and with `inverse` ceil(n / 2); the adjoint is the
 * inverse. The layout stays, and along axes that are cut each element travels once, on host and device alike.
 * Source: numpy.fft.fftshift and ifftshift. Deterministic: any P.
 * @param space       domain and range, with a global shape; kept alive by the operator
 * @param axis_count  number of `axes`, 1 or more
 * @param axes        none twice; negative counts from the last
 * @param inverse     0: fftshift, 1: ifftshift
 * @param result      the caller destroys it
 * Errors: NULL_POINTER, HANDLE, AXIS, OPTION, SPACE (no global shape, or axes cut between mask colours), MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_fftshift_create(const dlops_space *space,
                                   int32_t axis_count,
                                   const int32_t *axes,
                                   int32_t inverse,
                                   dlops_operator **result);

/**
 * The frequencies of the elements of a transform, in cycles per unit of `sampling`. Local. Since 0.1.
 *
 * k / (n sampling) for k below n / 2, and k - n in place of k from there on; with `half` only k = 0 to n / 2.
 * Source: numpy.fft.fftfreq and rfftfreq.
 * @param n            length of the transform, 1 or more
 * @param sampling     distance between samples of the model, above 0
 * @param half         0 or 1
 * @param shifted      1: in the order of fftshift
 * @param frequencies  n values, n / 2 + 1 with `half`
 * Errors: NULL_POINTER, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_fft_get_frequencies(int64_t n,
                                       double sampling,
                                       int32_t half,
                                       int32_t shifted,
                                       double *frequencies);

/* Plans --------------------------------------------------------------------------------------------------------- */

/** From the domain of a plan to its range, or back. */
#define DLOPS_DIRECTION_FORWARD 0
#define DLOPS_DIRECTION_INVERSE 1

/**
 * What a Fourier transform takes and gives: by the dtype of its space (complex to complex, or real to complex); complex
 * to complex; real to the first n / 2 + 1 frequencies; the same described by the frequencies, for its inverse.
 */
#define DLOPS_FFT_BY_DTYPE 0

#define DLOPS_FFT_COMPLEX_TO_COMPLEX 1
#define DLOPS_FFT_REAL_TO_COMPLEX 2
#define DLOPS_FFT_COMPLEX_TO_REAL 3
/** Of the number n of real elements that m = n / 2 + 1 frequencies stand for: 2 (m - 1), or 2 m - 1. */
#define DLOPS_PARITY_EVEN 0
#define DLOPS_PARITY_ODD 1

/**
 * How a planned transform of N elements is scaled: not at all (cuFFT, FFTW: there and back is N times the input), by 1 / N
 * back (NumPy), or by 1 / sqrt N both ways.
 */
#define DLOPS_SCALING_NONE 0

#define DLOPS_SCALING_INVERSE 1
#define DLOPS_SCALING_ORTHO 2

/** Optional choices for a planned Fourier transform; initialise with DLOPS_FFT_PLAN_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_fft_plan_options {
    size_t struct_size;
    /** DLOPS_FFT_BY_DTYPE (the default) to DLOPS_FFT_COMPLEX_TO_REAL */
    int32_t kind;
    /** of DLOPS_FFT_COMPLEX_TO_REAL: DLOPS_PARITY_EVEN (the default) or DLOPS_PARITY_ODD */
    int32_t parity;
    /** DLOPS_SCALING_NONE (the default), DLOPS_SCALING_INVERSE or DLOPS_SCALING_ORTHO */
    int32_t scaling;
    /**
     * 1: the other end is in the layout that the last transform leaves, and no last change of layout is paid; 0: in the
     * layout of the space that is given
     */
    int32_t as_computed;
    /** 1: one buffer serves as domain and range */
    int32_t in_place;
    int32_t reserved;
    /** length of the transform along each axis, 1 or more: the domain is cut off or continued with zeros; NULL: its extents */
    const int64_t *lengths;
    /** the other end takes the layout of this space of its shape and dtype; NULL: see as_computed */
    const dlops_space *other;
    /**
     * strides in elements, one an axis, of this rank's part of the domain, the last 1; NULL: contiguous, or in place with
     * rows of 2 (n / 2 + 1) real elements (see dlops_plan_get_domain_strides)
     */
    const int64_t *domain_strides;
    /** the same of the range; NULL: contiguous */
    const int64_t *range_strides;
} dlops_fft_plan_options;

#define DLOPS_FFT_PLAN_OPTIONS_INIT {sizeof(dlops_fft_plan_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}

/** Optional choices for a plan; initialise with DLOPS_PLAN_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_plan_options {
    size_t struct_size;
    /** 1: one buffer serves as domain and range */
    int32_t in_place;
    int32_t reserved;
    /** strides in elements, one an axis, of this rank's part of the domain, the last 1; NULL: contiguous */
    const int64_t *domain_strides;
    /** the same of the range */
    const int64_t *range_strides;
} dlops_plan_options;

#define DLOPS_PLAN_OPTIONS_INIT {sizeof(dlops_plan_options), 0, 0, 0, 0}

/**
 * Describes a Fourier transform of memory that dlops_plan_set_buffers names, along some axes of any layout. dlops_plan_prepare
 * plans it. Collective. Since 0.1.
 *
 * X[.., k, ..] = s sum_j x[.., j, ..] exp(-2 pi i j k / n) along each of the axes from the domain to the range; back with
 * the positive sign. Unscaled both ways unless `scaling` says otherwise. Real elements give the first n / 2 + 1
 * frequencies along the last of the axes, as they are (dlops_fft_create weighs them). The space is the domain, or with
 * DLOPS_FFT_COMPLEX_TO_REAL the range, whose DLOPS_DIRECTION_INVERSE is the transform.
 * In place with a real domain, whose last axis is whole and the last of the axes, its rows are padded to 2 (n / 2 + 1)
 * elements. Memory of a device needs no symmetric allocation.
 * Source: cuFFT and cuFFTMp for types, scaling, parity, padding and complementary layouts.
 * @param space       of float or complex elements with a global shape; kept alive by the plan
 * @param axis_count  number of `axes`
 * @param axes        none twice; negative counts from the last
 * @param choices     NULL for the defaults
 * @param plan        the caller destroys it
 * Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (a length below 1), DTYPE (a type that does not fit the space), SHAPE (no
 * elements along an axis, no length of this parity, strides), OPTION, SPACE (no global shape, another shape or dtype of
 * `other`, or axes cut between mask colours), CONTEXT, LAYOUT (the other axes cannot carry the cut), MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_fft_plan_create(const dlops_space *space,
                                   int32_t axis_count,
                                   const int32_t *axes,
                                   const dlops_fft_plan_options *choices,
                                   dlops_plan **plan);

/**
 * Describes the change of layout of memory that dlops_plan_set_buffers names: of any dtype, from any layout to any other of
 * the same global shape. dlops_plan_prepare plans it. Collective. Since 0.1.
 *
 * Every element that a rank needs and does not hold travels once, packed into one message for each pair of ranks;
 * DLOPS_DIRECTION_INVERSE goes back. Memory of a device needs no symmetric allocation.
 * @param from     the domain; kept alive by the plan
 * @param to       the range, of the same shape, dtype and memory
 * @param choices  NULL for the defaults
 * @param plan     the caller destroys it
 * Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SHAPE (also of strides), OPTION, SPACE (no global shape, host and device
 * memory, colours of a mask that would have to communicate), MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_redistribution_plan_create(const dlops_space *from,
                                              const dlops_space *to,
                                              const dlops_plan_options *choices,
                                              dlops_plan **plan);

/**
 * The space of the elements that a plan takes forward, as a new handle that the caller destroys. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_plan_get_domain(const dlops_plan *plan,
                                   dlops_space **space);

/**
 * The space of the elements that a plan gives forward, as a new handle that the caller destroys. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_plan_get_range(const dlops_plan *plan,
                                  dlops_space **space);

/** Strides in elements of this rank's part of the domain, one an axis. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_plan_get_domain_strides(const dlops_plan *plan,
                                           int64_t *strides);

/** Strides in elements of this rank's part of the range, one an axis. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_plan_get_range_strides(const dlops_plan *plan,
                                          int64_t *strides);

/**
 * Bytes of workspace that this rank needs, in the memory of the plan's spaces; known before the plan is prepared. Ranks may
 * differ. Small scratch of threads, page-locked memory of messages and what cuFFT asks for are the library's own. Local.
 * Since 0.1. Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_plan_get_workspace_size(const dlops_plan *plan,
                                           size_t *bytes);

/**
 * Bytes that a buffer of this rank needs to serve as either end of the plan. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_plan_get_capacity(const dlops_plan *plan, size_t *bytes);

/**
 * Lends the plan its workspace, from the next dlops_plan_prepare on, until another is set and prepared or the plan is gone.
 * What the plan has now is released. Plans that are not executed at the same time may share one. Local. Since 0.1.
 *
 * @param pointer  aligned to 16 bytes, in the memory of the plan's spaces; NULL: the library's own (the default)
 * @param bytes    at least what dlops_plan_get_workspace_size says
 * Errors: NULL_POINTER, HANDLE; dlops_plan_prepare judges the memory, on all ranks.
 */
DLOPS_MUST_CHECK
dlops_status dlops_plan_set_workspace(dlops_plan *plan,
                                      void *pointer,
                                      size_t bytes);

/**
 * Plans: the plan has its workspace then, and can be executed any number of times. Collective. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (a lent workspace that is too small, not aligned to 16 bytes, or in other memory
 * than the plan's spaces), MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_plan_prepare(dlops_plan *plan);

/**
 * Names the memory of this rank's elements, borrowed until other memory is named or the plan is gone. May be called before
 * and after dlops_plan_prepare, and between executions; nothing is planned again. Local. Since 0.1.
 *
 * @param domain  elements of the domain, with the plan's strides; NULL where this rank has none
 * @param range   elements of the range; in place NULL or the same as `domain`, of dlops_plan_get_capacity bytes
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (not aligned for the elements, or in other memory than the spaces), OVERLAP (the
 * buffers share memory, or in place are two).
 */
DLOPS_MUST_CHECK
dlops_status dlops_plan_set_buffers(dlops_plan *plan,
                                    void *domain,
                                    void *range);

/**
 * Puts the work of later executions on another stream of the device of the plan's context, behind what is on the context's
 * stream then; what is put on the context's stream afterwards waits for it. Local. Since 0.1.
 *
 * @param stream  a cudaStream_t, borrowed until another is set or the plan is gone; NULL: the legacy default stream. That
 *                of dlops_context_get_stream is the default
 * Errors: NULL_POINTER, HANDLE, STATE (a context without a device), ARGUMENT (a stream of another device), CUDA.
 */
DLOPS_MUST_CHECK
dlops_status dlops_plan_set_stream(dlops_plan *plan,
                                   CUstream_st *stream);

/**
 * Takes the elements from one buffer to the other. Those of the input are kept, but in place. Waits for messages over MPI; on
 * a device the work may not be done when it returns. Allocates nothing. Collective. Since 0.1.
 *
 * @param direction  DLOPS_DIRECTION_FORWARD: from domain to range; DLOPS_DIRECTION_INVERSE: back
 * Errors: NULL_POINTER, HANDLE, OPTION, STATE (not prepared, released, or without buffers), and what fails on the way.
 */
DLOPS_MUST_CHECK
dlops_status dlops_plan_execute(dlops_plan *plan,
                                int32_t direction);

/**
 * Gives the workspace back, the host's or the library's. dlops_plan_prepare is needed before the next execution. Local.
 * Since 0.1. Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_plan_release_workspace(dlops_plan *plan);

/** Sends a line that describes the plan to the log at level DLOPS_LOG_INFO. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_plan_view(const dlops_plan *plan);

/** Another handle to the same plan. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_plan_retain(const dlops_plan *plan, dlops_plan **copy);

/** Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE. */
dlops_status dlops_plan_destroy(dlops_plan **plan);

/** Optional choices for symmetric memory; initialise with DLOPS_SYMMETRIC_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_symmetric_options {
    size_t struct_size;
    /** 0: the context's; DLOPS_HOST or DLOPS_CUDA */
    int32_t memory;
    /** 1: ranks may ask for different sizes, and all get the largest */
    int32_t pad;
} dlops_symmetric_options;

#define DLOPS_SYMMETRIC_OPTIONS_INIT {sizeof(dlops_symmetric_options), 0, 0}

/**
 * Allocates memory of one size on every rank: what nvmath calls symmetric. No function needs it, since messages go over MPI
 * or NCCL from any memory; no NVSHMEM is used. Collective. Since 0.1.
 *
 * @param bytes    the same on all ranks, unless the options say `pad`
 * @param choices  NULL for the defaults
 * @param pointer  aligned to 64 bytes, on a device to 256, and usable on any stream; the caller frees it by
 *                 dlops_symmetric_free. What is left is freed with the context
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (other sizes on other ranks without `pad`, or 0 bytes on all), OPTION, UNSUPPORTED
 * (unknown memory, or a context without a device), MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_symmetric_allocate(dlops_context *context,
                                      size_t bytes,
                                      const dlops_symmetric_options *choices,
                                      void **pointer);

/**
 * Bytes of symmetric memory that starts at a pointer, the same on all ranks. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (no symmetric memory of this context, or freed).
 */
DLOPS_MUST_CHECK
dlops_status dlops_symmetric_get_size(const dlops_context *context, const void *pointer, size_t *bytes);

/**
 * Frees symmetric memory, on a device once the work that is on the context's stream is done. Collective. Since 0.1.
 *
 * @param pointer  of dlops_symmetric_allocate; every rank passes its own of the same allocation
 * Errors: NULL_POINTER, HANDLE, ARGUMENT (no symmetric memory of this context, or freed; then no rank frees).
 */
DLOPS_MUST_CHECK
dlops_status dlops_symmetric_free(dlops_context *context,
                                  void *pointer);

/* Seismic amplitudes -------------------------------------------------------------------------------------------- */

/** Optional choices for post-stack modelling; initialise with DLOPS_POSTSTACK_OPTIONS_INIT. Zero means the default. */
typedef struct dlops_poststack_options {
    size_t struct_size;
    /** of the derivative: DLOPS_KIND_CENTERED (the default), DLOPS_KIND_FORWARD or DLOPS_KIND_BACKWARD */
    int32_t kind;
    /** 1: one wavelet for each sample of the axis, [n][samples]; 0: one for all */
    int32_t per_sample;
} dlops_poststack_options;

#define DLOPS_POSTSTACK_OPTIONS_INIT {sizeof(dlops_poststack_options), 0, 0}

/**
 * Makes the model of post-stack seismic data d = W D m, m the natural logarithm of acoustic impedance. Collective.
 * Since 0.1.
 *
 * D is the first derivative along time with unit sampling, W the convolution with the wavelet, whose sample samples / 2
 * is time 0; with one wavelet a sample, that of the reflectivity's sample. The factor 1/2 of the reflection coefficient
 * is left to the wavelet. Source: PyLops, PoststackLinearModelling. Deterministic: any P.
 * Cut axes exchange halos, while the interior of long slabs is computed; block-cyclic and box layouts are redistributed.
 * @param space    domain and range, of float or complex elements with a global shape; kept alive by the operator
 * @param axis     of time; negative counts from the last, which is the fastest
 * @param samples  of a wavelet, 1 or more; odd for a wavelet that is symmetric about its time 0
 * @param wavelet  `samples` values, or one wavelet of them for each sample of the axis; the same on all ranks; copied
 * @param choices  NULL for the defaults
 * @param result   the caller destroys it
 * Errors: NULL_POINTER, HANDLE, AXIS, ARGUMENT (no sample, or too many), DTYPE, OPTION, SPACE (no global shape, or the axis is cut
 * between mask colours), LAYOUT, MEMORY, COLLECTIVE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_poststack_create(const dlops_space *space,
                                    int32_t axis,
                                    int64_t samples,
                                    const double *wavelet,
                                    const dlops_poststack_options *choices,
                                    dlops_operator **result);

/* Solvers ------------------------------------------------------------------------------------------------------- */

/** Methods: conjugate gradients for A x = b, A Hermitian positive definite. */
#define DLOPS_SOLVER_CG 1
/** Conjugate gradients on the normal equations: least squares with damping. */
#define DLOPS_SOLVER_CGLS 2

/**
 * Makes a solver. Its vectors are made by the first set-up. Local. Since 0.1.
 *
 * @param method    DLOPS_SOLVER_CG or DLOPS_SOLVER_CGLS
 * @param operator  A, kept alive by the solver; for CG its domain and range are congruent
 * @param solver    the caller destroys it
 * Errors: NULL_POINTER, HANDLE, ARGUMENT, SPACE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_create(int32_t method, const dlops_operator *operator_, dlops_solver **solver);

/**
 * Solves from set-up to the end: the reason tells how it ended (not converging is no error). Collective. Since 0.1.
 *
 * On arrays in device memory, without a monitor, the host does not wait for what an iteration finds: it puts iterations
 * on the context's stream and looks at each two iterations later, and x, histories and reason are to the bit those of
 * waiting. A is then applied, in vain, up to twice more than iterations tell, a time limit is seen up to two iterations
 * late, and an iteration becomes one launch (a CUDA graph) where A allows it: see the option graphs. It waits in every
 * iteration with a monitor, in deterministic mode, when ranks do not talk by NCCL, when A or the preconditioner waits
 * (DLOPS operators that move arrays or solve do), and in dlops_solver_step. When it returns, the last update of x may
 * still be on the stream.
 *
 * @param b  array congruent with the range of A; not changed
 * @param x  array congruent with its domain; not read unless an initial guess is set; shares no memory with b
 * Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SPACE, OVERLAP, STATE (an array is acquired; called from within its own
 * monitor), CALLBACK, MEMORY, MPI. The same on all ranks.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_solve(dlops_solver *solver,
                                const dlops_array *b,
                                dlops_array *x);

/**
 * Makes the vectors and the first residual: the beginning of a solve whose loop is the host's. Collective. Since 0.1.
 *
 * @param x  kept until dlops_solver_finalize; holds the present solution after every step
 * Errors: as dlops_solver_solve.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_setup(dlops_solver *solver,
                                const dlops_array *b,
                                dlops_array *x);

/**
 * One iteration. Collective. Since 0.1.
 *
 * @param reason  DLOPS_REASON_RUNNING while another iteration is wanted; may be NULL
 * Errors: NULL_POINTER, HANDLE, STATE (not set up), CALLBACK, MPI. The same on all ranks.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_step(dlops_solver *solver, int32_t *reason);

/**
 * Ends a solve that dlops_solver_setup began; the vectors stay for the next one. Collective. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, STATE, CALLBACK, MPI.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_finalize(dlops_solver *solver);

/**
 * The solver as an operator from the range of A to its domain: each apply is a solve from zero with the settings that
 * the solver has now. Local. Since 0.1.
 *
 * @param result  the caller destroys it; shares A with the solver, nothing else. With a preconditioner it is applied
 *                forward only; without, the other modes make vectors of their own when they are first used
 * Errors: NULL_POINTER, HANDLE, MEMORY.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_create_operator(const dlops_solver *solver,
                                          dlops_operator **result);

/**
 * Sends a description (method, operator, options, state) to the log at level DLOPS_LOG_INFO. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_view(const dlops_solver *solver);

/** Another handle to the same solver. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_solver_retain(const dlops_solver *solver, dlops_solver **copy);

/** Destroys a handle and sets it to NULL; NULL is accepted. Local. Since 0.1. Errors: HANDLE. */
dlops_status dlops_solver_destroy(dlops_solver **solver);

/** x is not read and the solver starts from zero. */
#define DLOPS_GUESS_ZERO 0
/** x holds an initial guess. */
#define DLOPS_GUESS_GIVEN 1
/** The stopping rule: norm <= max(rtol * norm at x = 0, atol). */
#define DLOPS_TOLERANCE_STANDARD 0
/** The squared norm <= atol, as PyLops and PyLops-MPI compare their tol. */
#define DLOPS_TOLERANCE_PYLOPS 1
/** When a monitor is called: after set-up (iteration 0), after every iteration, after the last one. */
#define DLOPS_EVENT_START 0
#define DLOPS_EVENT_ITERATION 1
#define DLOPS_EVENT_END 2
/** What a monitor returns to stop the solver with DLOPS_REASON_MONITOR. */
#define DLOPS_STOP 1

/**
 * Watches a solver. Called on every rank, on the calling thread; the getters of `solver` tell its state, and the array
 * x holds the present solution. Returns 0 to go on, DLOPS_STOP to stop; any other value is a failure, which all ranks
 * return as DLOPS_ERROR_CALLBACK. A wish of any rank becomes known to all in the next iteration, before x changes.
 */
typedef int32_t (*dlops_monitor)(dlops_solver *solver, int32_t event, void *user);

/**
 * Tolerances of the stopping rule; defaults 1e-5, 1e-50 and 1e5 as in PETSc. Both 0 runs to the iteration limit (or an
 * exactly zero norm). The norm is |b - A x| for CG and |A^H (b - A x) - damp^2 x| for CGLS. Local. Since 0.1.
 *
 * @param rtol  relative to the norm at x = 0
 * @param atol  absolute
 * @param dtol  the solver has diverged when the norm exceeds dtol times its value at x = 0; 0: never
 * Errors: NULL_POINTER, HANDLE, OPTION (negative or not finite).
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_set_tolerances(dlops_solver *solver,
                                         double rtol,
                                         double atol,
                                         double dtol);

/**
 * How the stopping rule compares: DLOPS_TOLERANCE_STANDARD or DLOPS_TOLERANCE_PYLOPS. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_set_tolerance_rule(dlops_solver *solver, int32_t rule);

/** Most iterations, default 10000. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, OPTION. */
DLOPS_MUST_CHECK
dlops_status dlops_solver_set_max_iterations(dlops_solver *solver, int64_t iterations);

/**
 * Seconds after which the solver stops, 0 (the default) for none; rank 0's clock decides. On a device it may be seen two
 * iterations late. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, OPTION.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_set_time_limit(dlops_solver *solver,
                                         double seconds);

/**
 * CGLS minimises |A x - b|^2 + damp^2 |x|^2; default 0. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, OPTION, UNSUPPORTED (a method without damping).
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_set_damping(dlops_solver *solver, double damp);

/**
 * Whether x holds an initial guess: DLOPS_GUESS_ZERO (the default) or DLOPS_GUESS_GIVEN. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_set_initial_guess(dlops_solver *solver, int32_t guess);

/**
 * The preconditioner: M ~ A^-1 for CG, M ~ (A^H A)^-1 for CGLS, Hermitian positive definite on the domain of A.
 * Local. Since 0.1.
 *
 * @param preconditioner  kept alive by the solver; NULL removes it
 * Errors: NULL_POINTER, HANDLE, CONTEXT, DTYPE, SPACE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_set_preconditioner(dlops_solver *solver,
                                             const dlops_operator *preconditioner);

/**
 * Sets an option from text; keys mirror the setters: rtol, atol, dtol, tolerance, max_iterations, time_limit, damp,
 * initial_guess, show. One has no setter: graphs is automatic (the default) or off, and says whether an iteration on a
 * device may be recorded, after the first two of a solve, and replayed as one launch. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE, OPTION (a wrong key lists the valid ones).
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_set_option(dlops_solver *solver,
                                     const char *key,
                                     const char *value);

/**
 * Which iterations dlops_monitor_table prints: the first ones, the last ones before the limit, and every n-th;
 * default 10, 10, 10. Local. Since 0.1. Errors: NULL_POINTER, HANDLE, OPTION.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_set_show(dlops_solver *solver,
                                   int64_t first,
                                   int64_t last,
                                   int64_t every);

/**
 * Sets the monitor, such as dlops_monitor_table or the host's own. Local. Since 0.1.
 *
 * @param monitor  NULL removes it
 * @param user     passed to the monitor
 * @param destroy  called once with `user` when the monitor is replaced or the solver is gone; may be NULL
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_set_monitor(dlops_solver *solver,
                                      dlops_monitor monitor,
                                      void *user,
                                      dlops_destroy_callback destroy);

/**
 * A ready-made monitor: the iteration table that PyLops users know, on rank 0, to the context's log callback at level
 * DLOPS_LOG_INFO, or to stdout where there is none. Columns: iteration, first element of x on rank 0, |b - A x|, and
 * for CGLS sqrt(|b - A x|^2 + damp^2 |x|^2). Pass it to dlops_solver_set_monitor; `user` is not used. Local. Since 0.1.
 */
int32_t dlops_monitor_table(dlops_solver *solver,
                            int32_t event,
                            void *_user);

/** Why a solver stopped: positive when it is satisfied, negative when it is not, 0 while it runs. */
#define DLOPS_REASON_RUNNING 0
#define DLOPS_REASON_RELATIVE_TOLERANCE 1
#define DLOPS_REASON_ABSOLUTE_TOLERANCE 2
/** The monitor asked to stop. */
#define DLOPS_REASON_MONITOR 3
#define DLOPS_REASON_ITERATION_LIMIT (-1)
#define DLOPS_REASON_TIME_LIMIT (-2)
/** The norm exceeded dtol times its value at x = 0. */
#define DLOPS_REASON_DIVERGED (-3)
/** The operator (or the preconditioner) is not positive definite. */
#define DLOPS_REASON_INDEFINITE (-4)
/** A norm is infinite or not a number. */
#define DLOPS_REASON_NOT_FINITE (-5)
/** Histories of dlops_solver_get_history: |b - A x|, sqrt(|b - A x|^2 + damp^2 |x|^2), and the norm of the stopping rule. */
#define DLOPS_HISTORY_RESIDUAL 0
#define DLOPS_HISTORY_DAMPED 1
#define DLOPS_HISTORY_CONVERGENCE 2

/** Why the last solve stopped: DLOPS_REASON_... Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_solver_get_reason(const dlops_solver *solver, int32_t *reason);

/** A reason in words; never NULL. Local. Since 0.1. */
const char *dlops_reason_text(int32_t reason);

/** Iterations so far. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_solver_get_iterations(const dlops_solver *solver, int64_t *iterations);

/** |b - A x| as the method's recurrence knows it. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_solver_get_residual_norm(const dlops_solver *solver, double *norm);

/** sqrt(|b - A x|^2 + damp^2 |x|^2). Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_solver_get_damped_norm(const dlops_solver *solver, double *norm);

/**
 * The norm of the stopping rule: |b - A x| for CG, |A^H (b - A x) - damp^2 x| for CGLS. Local. Since 0.1.
 * Errors: NULL_POINTER, HANDLE.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_get_convergence_norm(const dlops_solver *solver, double *norm);

/** Seconds of the last solve, from set-up to finalize, on this rank. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_solver_get_seconds(const dlops_solver *solver,
                                      double *seconds);

/**
 * Copies a history of iterations 0, 1, ... as far as `room` allows. Local. Since 0.1.
 *
 * @param which   DLOPS_HISTORY_RESIDUAL (PyLops' cost), DLOPS_HISTORY_DAMPED (its cost1) or DLOPS_HISTORY_CONVERGENCE
 * @param values  room for `room` numbers; may be NULL when `room` is 0
 * @param count   how many numbers the history has; may be NULL
 * Errors: NULL_POINTER, HANDLE, ARGUMENT.
 */
DLOPS_MUST_CHECK
dlops_status dlops_solver_get_history(const dlops_solver *solver,
                                      int32_t which,
                                      double *values,
                                      int64_t room,
                                      int64_t *count);

/** Bytes of vectors that a set-up makes on this rank. Local. Since 0.1. Errors: NULL_POINTER, HANDLE. */
DLOPS_MUST_CHECK
dlops_status dlops_solver_get_memory_usage(const dlops_solver *solver, int64_t *bytes);

#ifdef __cplusplus
}
#endif

#endif /* DLOPS_H */
