// Kernel launches: the parameters are taken when the launch is asked for, the kernel runs when its stream reaches it.
#include <cstring>

#include "function.h"
#include "order.h"
#include "report.h"

namespace {

struct Parameters {
    std::vector<char> bytes;
    std::vector<void*> pointers;
};

std::shared_ptr<Parameters> take(const standin_kernel& k, void** given, void** extra) {
    auto p = std::make_shared<Parameters>();
    const char* packed = nullptr;
    size_t packed_bytes = 0;
    if (!given && extra)
        for (void** e = extra; *e; e += 2) {
            if (e[0] == reinterpret_cast<void*>(uintptr_t{1})) packed = static_cast<const char*>(e[1]);
            if (e[0] == reinterpret_cast<void*>(uintptr_t{2})) packed_bytes = *static_cast<size_t*>(e[1]);
        }
    driver::require(k.parameters == 0 || given || packed);
    // Every parameter is copied to an aligned place; offset counts as CUDA lays out a packed buffer.
    std::vector<size_t> places;
    size_t offset = 0, place = 0;
    for (unsigned i = 0; i < k.parameters; ++i) {
        offset = (offset + k.alignments[i] - 1) / k.alignments[i] * k.alignments[i];
        place = (place + 15) / 16 * 16;
        places.push_back(place);
        p->bytes.resize(place + k.sizes[i]);
        const void* from = given ? given[i] : packed + offset;
        driver::require(from && (given || offset + k.sizes[i] <= packed_bytes));
        std::memcpy(p->bytes.data() + place, from, k.sizes[i]);
        offset += k.sizes[i];
        place += k.sizes[i];
    }
    for (size_t at : places) p->pointers.push_back(p->bytes.data() + at);
    p->pointers.push_back(nullptr);
    return p;
}

CUresult launch(CUfunction handle, standin_index grid, standin_index block, unsigned dynamic, CUstream stream, void** given,
                void** extra) {
    return driver::enter_context([&](Lock& lock, Context& c) {
        Function& f = function::find(handle);
        auto s = order::stream(c, stream);
        driver::require(s->context == f.module->context, CUDA_ERROR_INVALID_HANDLE);
        driver::require(grid.x && grid.y && grid.z && block.x && block.y && block.z);
        driver::require(grid.x <= 2147483647u && grid.y <= 65535 && grid.z <= 65535);
        driver::require(block.x <= 1024 && block.y <= 1024 && block.z <= 64 &&
                        uint64_t{block.x} * block.y * block.z <= function::MOST_THREADS);
        driver::require(dynamic <= static_cast<unsigned>(function::dynamic_shared(f)));
        auto parameters = take(*f.kernel, given, extra);
        auto module = c.modules[f.module];
        if (!module) module = s->context->modules[f.module];
        Launch l{f.kernel->name, f.kernel, &module->memory, grid, block, dynamic, s->context->device, {}, nullptr};
        for (Context* peer : s->context->peers) l.peers.push_back(peer->device);
        auto use = std::shared_ptr<void>(nullptr, [module](void*) { --module->uses; });
        ++module->uses;
        order::enqueue(lock, s, {l.name, [l, parameters, module, use] {
            Launch now = l;
            now.parameters = parameters->pointers.data();
            return runner::run(now);
        }});
    });
}

}  // namespace

CUDA_API CUresult cuLaunchKernel(CUfunction f, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                                 unsigned dynamic, CUstream stream, void** parameters, void** extra) {
    return launch(f, {gx, gy, gz}, {bx, by, bz}, dynamic, stream, parameters, extra);
}

CUDA_API CUresult cuLaunchKernelEx(const CUlaunchConfig* c, CUfunction f, void** parameters, void** extra) {
    if (!c) return CUDA_ERROR_INVALID_VALUE;
    return launch(f, {c->gridDimX, c->gridDimY, c->gridDimZ}, {c->blockDimX, c->blockDimY, c->blockDimZ},
                  c->sharedMemBytes, c->hStream, parameters, extra);
}

// Blocks run one after another, so that none can wait for another: a grid that synchronises cannot run.
CUDA_API CUresult cuLaunchCooperativeKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned,
                                            CUstream, void**) {
    return CUDA_ERROR_NOT_SUPPORTED;
}
