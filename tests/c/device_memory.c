/* Memory that is shared, copied and ordered, on the host and where a driver is found on the device: DLPack tensors made by
   hand, page-locked arrays and copies that do not wait, streams, events, the current device, a host's allocator, peers. */
#include "check.h"

/* The structures of DLPack, as <dlpack/dlpack.h> lays them out. */
struct tensor {
    void *data;
    int32_t device, number;
    int32_t dimensions;
    uint8_t code, bits;
    uint16_t lanes;
    int64_t *shape, *strides;
    uint64_t byte_offset;
};

struct versioned {
    uint32_t major, minor;
    void *manager;
    void (*deleter)(struct versioned *self);
    uint64_t flags;
    struct tensor tensor;
};

struct managed {
    struct tensor tensor;
    void *manager;
    void (*deleter)(struct managed *self);
};

enum { CPU = 1, CUDA = 2, READ_ONLY = 1 };

static dlops_space *host_of(const dlops_space *space)
{
    dlops_space *host = NULL;
    OK(dlops_space_with_memory(space, DLOPS_HOST, &host));
    return host;
}

/* Every element of this rank is `value`. */
static void all(const dlops_array *x, double value)
{
    dlops_space *space = NULL, *host = NULL;
    dlops_array *here = NULL;
    int64_t count = 0;
    double *data = NULL;
    OK(dlops_array_get_space(x, &space));
    host = host_of(space);
    OK(dlops_array_create(host, &here));
    OK(dlops_array_copy(x, here));
    OK(dlops_space_get_local_count(space, &count));
    OK(dlops_array_acquire(here, DLOPS_ACCESS_READ, (void **)&data));
    for (int64_t k = 0; k < count; k++)
        CHECK(data[k] == value);
    OK(dlops_array_release(here));
    dlops_array_destroy(&here);
    dlops_space_destroy(&space);
    dlops_space_destroy(&host);
}

static int deleted;

static void delete_versioned(struct versioned *self)
{
    deleted++;
    free(self);
}

static struct versioned *made(void *data, int32_t device, int32_t number, int64_t *shape, int64_t *strides)
{
    struct versioned *made = calloc(1, sizeof *made);
    CHECK(made != NULL);
    made->major = 1;
    made->deleter = delete_versioned;
    made->tensor = (struct tensor){data, device, number, 2, 2, 64, 1, shape, strides, 0};
    return made;
}

static DLManagedTensorVersioned *as_tensor(struct versioned *tensor) { return (DLManagedTensorVersioned *)tensor; }

/* Arrays of the space go out and come in again; `device` is DLPack's name of its memory. */
static void dlpack_round(const dlops_space *space, int32_t device, int32_t number)
{
    dlops_array *x = filled(space, 3.0), *back = NULL, *old = NULL;
    struct versioned *out = NULL;
    struct managed *plain = NULL;
    int64_t count = 0, handles = 0, before = 0;
    OK(dlops_space_get_local_count(space, &count));
    OK(dlops_get_live_handles(&before));
    OK(dlops_array_get_dlpack(x, NULL, (DLManagedTensorVersioned **)&out));
    CHECK(out->major == 1 && out->flags == 0 && out->tensor.device == device && out->tensor.number == number);
    CHECK(out->tensor.dimensions == 1 && out->tensor.shape[0] == count && out->tensor.strides[0] == 1);
    CHECK(out->tensor.code == 2 && out->tensor.bits == 64 && out->tensor.lanes == 1 && out->tensor.byte_offset == 0);
    OK(dlops_array_get_dlpack_unversioned(x, NULL, (DLManagedTensor **)&plain));
    CHECK(plain->tensor.data == out->tensor.data);
    OK(dlops_array_create_from_dlpack(space, as_tensor(out), NULL, &back));
    OK(dlops_array_create_from_dlpack_unversioned(space, (DLManagedTensor *)plain, NULL, &old));
    OK(dlops_array_fill(x, dlops_real(5.0)));
    dlops_array_destroy(&x);
    all(back, 5.0);
    all(old, 5.0);
    dlops_array_destroy(&back);
    /* A tensor alone keeps the memory. */
    OK(dlops_array_get_dlpack(old, NULL, (DLManagedTensorVersioned **)&out));
    dlops_array_destroy(&old);
    out->deleter(out);
    OK(dlops_get_live_handles(&handles));
    CHECK(handles == before - 1);
}

static void dlpack_of_the_host(const dlops_context *context)
{
    dlops_context *local = NULL;
    dlops_space *space = NULL;
    dlops_array *x = NULL, *y = NULL;
    double data[12] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
    int64_t shape[2] = {2, 3}, strides[2] = {5, 1}, wrong[2] = {3, 2};
    OK(dlops_context_get_local(context, &local));
    OK(dlops_space_create(local, DLOPS_FLOAT64, 2, shape, NULL, &space));
    deleted = 0;
    struct versioned *tensor = made(data, CPU, 0, shape, strides);
    tensor->tensor.byte_offset = 8;
    tensor->flags = READ_ONLY;
    OK(dlops_array_create_from_dlpack(space, as_tensor(tensor), NULL, &x));
    CHECK(fabs(norm(x) - sqrt(1 + 4 + 9 + 36 + 49 + 64)) < 1e-14);
    REFUSED(dlops_array_fill(x, dlops_real(1)), DLOPS_ERROR_STATE, "read-only");
    void *pointer = NULL;
    REFUSED(dlops_array_acquire(x, DLOPS_ACCESS_WRITE, &pointer), DLOPS_ERROR_STATE, "read-only");
    OK(dlops_array_acquire(x, DLOPS_ACCESS_READ, &pointer));
    CHECK(pointer == data + 1);
    OK(dlops_array_release(x));
    REFUSED(dlops_array_get_dlpack_unversioned(x, NULL, (DLManagedTensor **)&pointer), DLOPS_ERROR_UNSUPPORTED,
            "read-only");
    dlops_space_destroy(&space);
    CHECK(deleted == 0);
    dlops_array_destroy(&x);
    CHECK(deleted == 1);

    /* What is refused stays its owner's. */
    OK(dlops_space_create(local, DLOPS_FLOAT64, 2, shape, NULL, &space));
    tensor = made(data, CPU, 0, wrong, NULL);
    REFUSED(dlops_array_create_from_dlpack(space, as_tensor(tensor), NULL, &y), DLOPS_ERROR_SHAPE, "[3, 2]");
    tensor->tensor.shape = shape;
    tensor->tensor.bits = 32;
    REFUSED(dlops_array_create_from_dlpack(space, as_tensor(tensor), NULL, &y), DLOPS_ERROR_DTYPE, "of 32 bits");
    tensor->tensor.bits = 64;
    tensor->tensor.device = CUDA;
    REFUSED(dlops_array_create_from_dlpack(space, as_tensor(tensor), NULL, &y), DLOPS_ERROR_ARGUMENT, "CUDA device 0");
    tensor->tensor.device = CPU;
    tensor->major = 2;
    REFUSED(dlops_array_create_from_dlpack(space, as_tensor(tensor), NULL, &y), DLOPS_ERROR_UNSUPPORTED, "version 2");
    tensor->major = 1;
    strides[1] = 2;
    tensor->tensor.strides = strides;
    REFUSED(dlops_array_create_from_dlpack(space, as_tensor(tensor), NULL, &y), DLOPS_ERROR_SHAPE, "last axis");
    REFUSED(dlops_array_create_from_dlpack(space, NULL, NULL, &y), DLOPS_ERROR_NULL_POINTER, "tensor");
    REFUSED(dlops_array_create_from_dlpack(space, as_tensor(tensor), NULL, NULL), DLOPS_ERROR_NULL_POINTER, "array");
    CHECK(y == NULL && deleted == 1);
    free(tensor);
    dlops_space_destroy(&space);
    dlops_context_destroy(&local);
}

/* The same on either side: what has been put before the event is over after it. */
static void events(dlops_context *context)
{
    dlops_event *start = NULL, *end = NULL, *copy = NULL;
    dlops_space *space = line(context, DLOPS_FLOAT64, 1000), *host = host_of(space);
    dlops_array *x = filled(space, 1.0), *pinned = NULL;
    int32_t done = -1;
    double elapsed = -1;
    OK(dlops_event_create(context, &start));
    OK(dlops_event_create(context, &end));
    OK(dlops_event_retain(end, &copy));
    OK(dlops_event_get_done(start, &done));
    CHECK(done == 1);
    REFUSED(dlops_event_get_elapsed(start, end, &elapsed), DLOPS_ERROR_STATE, "start was not recorded");
    OK(dlops_array_create_pinned(host, &pinned));
    OK(dlops_event_record(start));
    REFUSED(dlops_event_get_elapsed(start, end, &elapsed), DLOPS_ERROR_STATE, "end was not recorded");
    OK(dlops_array_fill(x, dlops_real(7.0)));
    OK(dlops_array_copy_async(x, pinned));
    OK(dlops_event_record(copy));
    OK(dlops_event_synchronize(end));
    all(pinned, 7.0);
    OK(dlops_event_get_done(end, &done));
    OK(dlops_event_get_elapsed(start, end, &elapsed));
    CHECK(done == 1 && elapsed >= 0 && elapsed < 60000);
    OK(dlops_event_wait(end, context));
    OK(dlops_array_fill(pinned, dlops_real(9.0)));
    OK(dlops_array_copy_async(pinned, x));
    OK(dlops_context_synchronize(context));
    all(x, 9.0);
    REFUSED(dlops_event_record(NULL), DLOPS_ERROR_NULL_POINTER, "event");
    REFUSED(dlops_event_record((dlops_event *)context), DLOPS_ERROR_HANDLE, "dlops_context");
    REFUSED(dlops_event_get_done(end, NULL), DLOPS_ERROR_NULL_POINTER, "done");
    dlops_event *gone = start;
    dlops_event_destroy(&start);
    REFUSED(dlops_event_record(gone), DLOPS_ERROR_HANDLE, "destroyed");
    dlops_event_destroy(&end);
    dlops_event_destroy(&copy);
    dlops_array_destroy(&x);
    dlops_array_destroy(&pinned);
    dlops_space_destroy(&space);
    dlops_space_destroy(&host);
}

static dlops_context_options cuda(void)
{
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    choices.memory = DLOPS_CUDA;
    choices.own_stream = 1;
    return choices;
}

/* A plan's work goes to another stream, behind what is on the context's and before what is put there afterwards. */
static void planned_streams(dlops_context *context, CUstream_st *own, CUstream_st *second)
{
    const int64_t shape[2] = {2 * size, 6};
    CUstream_st *turns[] = {second, NULL, own, second};
    dlops_space *space = NULL, *range = NULL;
    dlops_plan *plan = NULL;
    dlops_fft_plan_options choices = DLOPS_FFT_PLAN_OPTIONS_INIT;
    choices.scaling = DLOPS_SCALING_INVERSE;
    OK(dlops_space_create(context, DLOPS_COMPLEX128, 2, shape, NULL, &space));
    OK(dlops_fft_plan_create(space, 2, (int32_t[]){0, 1}, &choices, &plan));
    OK(dlops_plan_get_range(plan, &range));
    dlops_array *x = filled(space, 1.0), *y = filled(range, 0.0);
    void *p = NULL, *q = NULL;
    OK(dlops_array_acquire(x, DLOPS_ACCESS_WRITE, &p));
    OK(dlops_array_acquire(y, DLOPS_ACCESS_WRITE, &q));
    OK(dlops_array_release(x));
    OK(dlops_array_release(y));
    OK(dlops_plan_set_buffers(plan, p, q));
    OK(dlops_plan_prepare(plan));
    for (int k = 0; k < 4; k++) {
        OK(dlops_plan_set_stream(plan, turns[k]));
        OK(dlops_array_fill(x, dlops_real(k + 1)));
        OK(dlops_plan_execute(plan, DLOPS_DIRECTION_FORWARD));
        /* The sum of all elements stands in the first one. */
        CHECK(fabs(norm(y) - 12.0 * size * (k + 1)) < 1e-11 * size);
        OK(dlops_array_scale(dlops_real(2), y));
        OK(dlops_plan_execute(plan, DLOPS_DIRECTION_INVERSE));
        CHECK(fabs(norm(x) - 2.0 * (k + 1) * sqrt(12.0 * size)) < 1e-11 * size);
    }
    dlops_plan_destroy(&plan);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&range);
    dlops_space_destroy(&space);
}

/* Work goes from the context's stream to another one, to the legacy default one and back. */
static void streams(dlops_context *context)
{
    dlops_context_options choices = cuda();
    dlops_context *other = world(&choices);
    dlops_event *event = NULL;
    CUstream_st *own = NULL, *second = NULL, *now = NULL;
    dlops_space *space = line(context, DLOPS_FLOAT64, 3000), *host = host_of(space);
    dlops_array *x = filled(space, 1.0), *y = filled(space, 0.0), *pinned = NULL;
    OK(dlops_context_get_stream(context, &own));
    OK(dlops_context_get_stream(other, &second));
    CUstream_st *turns[] = {second, NULL, own, second};
    /* What cuFFT is asked for follows. */
    const int64_t dims[2] = {2 * size, 6};
    dlops_space *plane = NULL;
    dlops_operator *f = NULL;
    dlops_array *spectrum = NULL;
    OK(dlops_space_create(context, DLOPS_FLOAT64, 2, dims, NULL, &plane));
    OK(dlops_fft_create(plane, 1, (int32_t[]){1}, NULL, &f));
    OK(dlops_operator_create_range_array(f, &spectrum));
    dlops_array *model = filled(plane, 1.0);
    for (int k = 0; k < 4; k++) {
        OK(dlops_array_copy(x, y));
        OK(dlops_context_set_stream(context, turns[k]));
        OK(dlops_context_get_stream(context, &now));
        CHECK(now == turns[k]);
        OK(dlops_array_axpy(dlops_real(1), y, x));
        OK(dlops_operator_apply(f, DLOPS_FORWARD, model, spectrum));
        OK(dlops_operator_apply(f, DLOPS_ADJOINT, spectrum, model));
    }
    OK(dlops_context_set_stream(context, own));
    all(x, 16.0);
    CHECK(fabs(norm(model) - sqrt(12.0 * size)) < 1e-12 * size);
    dlops_operator_destroy(&f);
    dlops_array_destroy(&model);
    dlops_array_destroy(&spectrum);
    dlops_space_destroy(&plane);
    planned_streams(context, own, second);
    /* A copy on the second stream, ordered by events. */
    OK(dlops_array_create_pinned(host, &pinned));
    OK(dlops_event_create(context, &event));
    OK(dlops_array_fill(x, dlops_real(2.0)));
    OK(dlops_event_record(event));
    OK(dlops_event_wait_on(event, second));
    OK(dlops_array_copy_on(x, pinned, second));
    OK(dlops_event_record_on(event, second));
    OK(dlops_event_wait(event, context));
    OK(dlops_array_fill(x, dlops_real(3.0)));
    OK(dlops_event_synchronize(event));
    all(pinned, 2.0);
    /* Arrays of two contexts. */
    dlops_space *there = line(other, DLOPS_FLOAT64, 3000), *longer = line(other, DLOPS_FLOAT64, 3001);
    dlops_array *z = filled(there, 0.0), *w = filled(longer, 0.0);
    OK(dlops_array_copy(x, z));
    OK(dlops_array_fill(x, dlops_real(0.0)));
    all(z, 3.0);
    REFUSED(dlops_array_copy(x, w), DLOPS_ERROR_SPACE, "y");
    REFUSED(dlops_array_copy_async(x, z), DLOPS_ERROR_CONTEXT, "another context");
    OK(dlops_context_synchronize(other));
    dlops_event_destroy(&event);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&z);
    dlops_array_destroy(&w);
    dlops_array_destroy(&pinned);
    dlops_space_destroy(&space);
    dlops_space_destroy(&host);
    dlops_space_destroy(&there);
    dlops_space_destroy(&longer);
    dlops_context_destroy(&other);
}

/* The last device is pushed over what is current and taken back. */
static void current(int32_t devices)
{
    int32_t before = -2, device = -2, can = -1;
    OK(dlops_device_get_current(&before));
    OK(dlops_device_push(devices - 1));
    OK(dlops_device_get_current(&device));
    CHECK(device == devices - 1);
    OK(dlops_device_push(0));
    OK(dlops_device_pop());
    OK(dlops_device_get_current(&device));
    CHECK(device == devices - 1);
    OK(dlops_device_pop());
    OK(dlops_device_get_current(&device));
    CHECK(device == before);
    REFUSED(dlops_device_pop(), DLOPS_ERROR_STATE, "pushed");
    REFUSED(dlops_device_push(devices), DLOPS_ERROR_ARGUMENT, "device is");
    REFUSED(dlops_device_push(-1), DLOPS_ERROR_ARGUMENT, "device is -1");
    OK(dlops_device_can_access_peer(0, 0, &can));
    CHECK(can == 1);
    OK(dlops_device_can_access_peer(0, devices - 1, &can));
    REFUSED(dlops_device_can_access_peer(0, 99, &can), DLOPS_ERROR_ARGUMENT, "peer is 99");
}

/* Two devices of one process. */
static void peers(const char **way)
{
    dlops_context_options choices = cuda();
    dlops_context *a = NULL, *b = NULL;
    choices.device = DLOPS_DEVICE(0);
    OK(dlops_context_create_self(&choices, &a));
    choices.device = DLOPS_DEVICE(1);
    OK(dlops_context_create_self(&choices, &b));
    dlops_space *here = line(a, DLOPS_FLOAT64, 5000), *there = line(b, DLOPS_FLOAT64, 5000);
    dlops_array *x = filled(here, 4.0), *y = filled(there, 0.0);
    OK(dlops_array_copy(x, y));
    OK(dlops_array_fill(x, dlops_real(0.0)));
    all(y, 4.0);
    int32_t can = -1;
    OK(dlops_device_can_access_peer(0, 1, &can));
    *way = can ? "directly" : "through the host";
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&here);
    dlops_space_destroy(&there);
    dlops_context_destroy(&a);
    dlops_context_destroy(&b);
}

static void *refuse(size_t bytes, CUstream_st *stream, void *user)
{
    (void)stream;
    *(size_t *)user += bytes;
    return NULL;
}

static void take_back(void *memory, size_t bytes, CUstream_st *stream, void *user)
{
    (void)memory, (void)bytes, (void)stream, (void)user;
    abort();    /* nothing was given */
}

/* The host's allocator has nothing to give: a clear error, and no more. */
static void allocator(void)
{
    size_t asked = 0;
    dlops_context_options choices = cuda();
    dlops_context *context = NULL;
    dlops_array *x = NULL;
    choices.allocate = refuse;
    REFUSED(dlops_context_create_self(&choices, &context), DLOPS_ERROR_OPTION, "deallocate is NULL");
    choices.deallocate = take_back;
    choices.allocator_data = &asked;
    OK(dlops_context_create_self(&choices, &context));
    dlops_space *space = line(context, DLOPS_FLOAT64, 100);
    REFUSED(dlops_array_create(space, &x), DLOPS_ERROR_MEMORY, "800 bytes of device memory");
    CHECK(asked == 800 && x == NULL);
    dlops_space_destroy(&space);
    dlops_context_destroy(&context);
}

static void options(void)
{
    dlops_context *context = NULL;
    dlops_context_options choices = DLOPS_CONTEXT_OPTIONS_INIT;
    choices.allocate = refuse;
    choices.deallocate = take_back;
    REFUSED(dlops_context_create_self(&choices, &context), DLOPS_ERROR_OPTION, "memory = DLOPS_CUDA");
    choices.allocate = NULL;
    REFUSED(dlops_context_create_self(&choices, &context), DLOPS_ERROR_OPTION, "allocate is NULL");
    choices.deallocate = NULL;
    choices.allocator_data = &choices;
    REFUSED(dlops_context_create_self(&choices, &context), DLOPS_ERROR_OPTION, "allocator_data");
}

int main(void)
{
    begin();
    dlops_context *host = world(NULL);
    dlops_space *space = line(host, DLOPS_FLOAT64, 40);
    options();
    dlpack_round(space, CPU, 0);
    dlpack_of_the_host(host);
    events(host);
    REFUSED(dlops_context_set_stream(host, NULL), DLOPS_ERROR_STATE, "without a device");

    int32_t devices = 0, number = -1;
    if (dlops_device_get_count(&devices) != DLOPS_OK || devices == 0) {
        const char *wanted = getenv("DLOPS_TEST_MEMORY");
        CHECK(!wanted || strcmp(wanted, "cuda") != 0);
        REFUSED(dlops_device_get_current(&number), DLOPS_ERROR_UNSUPPORTED, "CUDA");
        REFUSED(dlops_device_push(0), DLOPS_ERROR_UNSUPPORTED, "");
        if (rank == 0)
            printf("SKIPPED: memory of a device: no device\n");
    } else {
        const char *way = NULL;
        dlops_context_options choices = cuda();
        dlops_context *context = world(&choices);
        dlops_space *there = line(context, DLOPS_FLOAT64, 40);
        dlops_array *x = NULL;
        OK(dlops_context_get_device(context, &number));
        dlpack_round(there, CUDA, number);
        REFUSED(dlops_array_create_pinned(there, &x), DLOPS_ERROR_SPACE, "page-locked");
        events(context);
        streams(context);
        current(devices);
        allocator();
        if (devices > 1) {
            peers(&way);
            if (rank == 0)
                printf("copies between devices 0 and 1 go %s\n", way);
        } else if (rank == 0) {
            printf("SKIPPED: copies between devices: there is one\n");
        }
        dlops_space_destroy(&there);
        dlops_context_destroy(&context);
    }
    dlops_space_destroy(&space);
    dlops_context_destroy(&host);
    return end();
}
