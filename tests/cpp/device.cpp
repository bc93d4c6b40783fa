// Devices: what contexts and spaces say about them, and arrays in their memory. Without a driver: that this is said,
// which DLOPS_TEST_MEMORY=cuda makes a failure.
#include "check.hpp"

#include <cstdlib>
#include <limits>

using dlops::array;
using dlops::dtype;
using dlops::memory;
using dlops::space;

static dlops::context_options cuda()
{
    dlops::context_options choices;
    choices.memory = memory::cuda;
    choices.own_stream = true;
    return choices;
}

static dlops::context world(const dlops::context_options &choices)
{
    return dlops::context::from_mpi(MPI_COMM_WORLD, choices);
}

/// Whether there is a device.
static bool found()
{
    const char *wanted = std::getenv("DLOPS_TEST_MEMORY");
    try {
        if (dlops::device_count() > 0) {
            return true;
        }
    } catch (const dlops::error &error) {
        CHECK(error.status() == DLOPS_ERROR_UNSUPPORTED && std::strstr(error.what(), "CUDA") != nullptr);
    }
    CHECK_THROWS(world(cuda()), DLOPS_ERROR_UNSUPPORTED, "CUDA");
    CHECK_THROWS(dlops::context::self(cuda()), DLOPS_ERROR_UNSUPPORTED, "CUDA");
    CHECK(wanted == nullptr || std::strcmp(wanted, "cuda") != 0);
    return false;
}

static void refusals(const dlops::context &context)
{
    space s(context, dtype::float64, {4});
    CHECK(s.memory() == memory::host && s.with_memory(memory::standard).memory() == memory::host);
    CHECK_THROWS(s.with_memory(memory::cuda), DLOPS_ERROR_UNSUPPORTED, "without a device");
    dlops::space_options there;
    there.memory = memory::cuda;
    CHECK_THROWS(space(context, dtype::float64, {4}, there), DLOPS_ERROR_UNSUPPORTED, "without a device");
    dlops::context same = context.retain();
    CHECK_THROWS(context.device(), DLOPS_ERROR_STATE, "dlops_context_get_device");
    CHECK_THROWS(context.device_name(), DLOPS_ERROR_STATE, "without a device");
    CHECK_THROWS(context.stream(), DLOPS_ERROR_STATE, "without a device");
    CHECK_THROWS(context.transport(), DLOPS_ERROR_STATE, "without a device");
    CHECK_THROWS(context.nccl(), DLOPS_ERROR_STATE, "without a device");
    CHECK_THROWS(context.memory_statistics(), DLOPS_ERROR_STATE, "without a device");
    CHECK_THROWS(same.set_memory_limit(), DLOPS_ERROR_STATE, "without a device");
    CHECK_THROWS(same.trim_memory(), DLOPS_ERROR_STATE, "without a device");
    context.synchronize();

    for (int32_t number : {-1, -2, std::numeric_limits<int32_t>::max()}) {
        dlops::context_options choices = cuda();
        choices.device = number;
        CHECK_THROWS(world(choices), DLOPS_ERROR_OPTION, "device is -1");
    }
    dlops::context_options choices;
    choices.device = 0;
    CHECK_THROWS(world(choices), DLOPS_ERROR_OPTION, "need memory = DLOPS_CUDA");
    choices.memory = memory::host;
    CHECK_THROWS(world(choices), DLOPS_ERROR_OPTION, "need memory = DLOPS_CUDA");
}

/// Which way from device to device, with NCCL only where it is found.
static void transports()
{
    dlops::context_options choices = cuda();
    choices.transport = dlops::transport::staged;
    const dlops::context staged = world(choices);
    CHECK(staged.transport() == dlops::transport::staged);
    CHECK_THROWS(staged.nccl(), DLOPS_ERROR_STATE, "is not NCCL");
    choices.transport = dlops::transport::cuda_aware;
    CHECK(world(choices).transport() == dlops::transport::cuda_aware);
    choices.transport = dlops::transport::nccl;
    try {
        const dlops::context own = dlops::context::self(choices);
        CHECK(own.transport() == dlops::transport::nccl && own.nccl() != nullptr);
        choices.transport = dlops::transport::automatic;
        choices.nccl = own.nccl();
        const dlops::context given = dlops::context::self(choices);
        CHECK(given.nccl() == own.nccl());
    } catch (const dlops::error &error) {
        CHECK(error.status() == DLOPS_ERROR_UNSUPPORTED && std::strstr(error.what(), "libnccl.so.2") != nullptr);
    }
}

static void arrays()
{
    dlops::context context = world(cuda());
    CHECK(context.device() == context.rank() % dlops::device_count() && !context.device_name().empty());
    CHECK(context.stream() != nullptr);
    context.synchronize();
    const uint64_t before = context.memory_statistics().used;
    {
        space s(context, dtype::float64, {40, 3});
        const space host = s.with_memory(memory::host);
        CHECK(s.memory() == memory::cuda && host.memory() == memory::host);
        array x(host), y(host), back(host), a(s), b(s);
        x.fill_random(dlops::distribution::normal, 1);
        y.fill_random(dlops::distribution::normal, 2);
        a.copy_from(x);
        b.copy_from(y);
        b.axpy(-0.5, a);
        y.axpy(-0.5, x);
        back.copy_from(b);
        CHECK(back.axpy(-1.0, y).norm() < 1e-13 * y.norm() && close(a.dot(b), x.dot(y)));
        CHECK_THROWS(b.axpy(1.0, x), DLOPS_ERROR_SPACE, "memory");
        CHECK(context.memory_statistics().used > before);
        context.set_memory_limit(context.memory_statistics().used);
        CHECK_THROWS(array(space(context, dtype::float64, {100000})), DLOPS_ERROR_MEMORY, "limit");
        context.set_memory_limit();
        CHECK(context.memory_statistics().limit == std::numeric_limits<uint64_t>::max());

        dlops::context_options choices;
        choices.memory = memory::cuda;
        choices.device = context.device();
        choices.stream = context.stream();
        dlops::context other = world(choices);
        CHECK(other.stream() == context.stream() && other.device() == context.device());
        choices.own_stream = true;
        CHECK_THROWS(world(choices), DLOPS_ERROR_OPTION, "own_stream");
        choices.stream = nullptr;
        choices.device = 99;
        CHECK_THROWS(world(choices), DLOPS_ERROR_ARGUMENT, "device is 99");
    }
    context.synchronize();
    CHECK(context.memory_statistics().used == before);
    context.trim_memory();
}

/// The same on the host and on a device: page-locked arrays, copies that do not wait, events, DLPack.
static void ordered(dlops::context &context)
{
    const space s(context, dtype::float64, {200}), host = s.with_memory(memory::host);
    array x(s), y(s), pinned = array::pinned(host);
    dlops::work_event start(context), end(context);
    CHECK(start.done());
    CHECK_THROWS(end.milliseconds_since(start), DLOPS_ERROR_STATE, "start was not recorded");
    start.record();
    x.fill(2.0);
    pinned.start_copy_from(x);
    end.record().synchronize();
    CHECK(end.done() && end.milliseconds_since(start) >= 0.0);
    y.copy_from(pinned);
    CHECK(close(y.norm(), x.norm()));
    end.wait(context);
    array shared = array::from_dlpack(s, x.dlpack()), old = array::from_dlpack(s, x.dlpack_unversioned());
    x.fill(5.0);
    CHECK(close(shared.norm(), x.norm()) && close(old.norm(), x.norm()));
    CHECK_THROWS(array::from_dlpack(s, static_cast<DLManagedTensor *>(nullptr)), DLOPS_ERROR_NULL_POINTER, "tensor");
}

static void streams()
{
    dlops::context context = world(cuda()), other = world(cuda());
    ordered(context);
    CUstream_st *const own = context.stream(), *const second = other.stream();
    const space s(context, dtype::float64, {100});
    array x(s), pinned = array::pinned(s.with_memory(memory::host));
    x.fill(3.0);
    context.set_stream(second);
    CHECK(context.stream() == second);
    x.scale(2.0);
    context.set_stream(own);
    dlops::work_event event(context);
    event.record().wait_on(second);
    pinned.start_copy_from(x, second);
    event.record_on(second).synchronize();
    CHECK(close(pinned.norm(), x.norm()) && close(x.norm(), 60.0));
    const auto before = dlops::current_device();
    {
        const dlops::device_guard guard(context.device());
        CHECK(dlops::current_device() == context.device());
    }
    CHECK(dlops::current_device() == before && dlops::can_access_peer(0, 0));
    CHECK_THROWS(dlops::device_guard(99), DLOPS_ERROR_ARGUMENT, "device is 99");
}

static void test(dlops::context &context)
{
    const bool there = found();
    refusals(context);
    CHECK_THROWS(context.set_stream(nullptr), DLOPS_ERROR_STATE, "without a device");
    ordered(context);
    if (there) {
        arrays();
        streams();
        transports();
    } else if (context.rank() == 0) {
        std::puts("SKIPPED: arrays in device memory: no device");
    }
}

int main(int argc, char **argv) { return run(argc, argv, test); }
