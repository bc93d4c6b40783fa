// Barriers of a block and operations of a warp.
#include <cstring>

#include "../abi/thread_operations.h"
#include "block.h"
#include "report.h"

namespace {

const char* barrier_name(int kind) {
    static const char* names[] = {"__syncthreads", "__syncthreads_count", "__syncthreads_and", "__syncthreads_or"};
    return names[kind];
}

const char* warp_name(int kind) {
    static const char* names[] = {"__syncwarp", "a shuffle", "a vote", "__match_any_sync"};
    return names[kind];
}

}  // namespace

void BlockRunner::leave() {
    unsigned me = static_cast<unsigned>(current_), warp = me / 32;
    threads_[me].wait = Wait::Gone;
    ++gone_;
    warp_live_[warp] &= ~(1u << (me % 32));
    if (at_barrier_) {
        report("%s: a thread leaves the kernel while %u threads of its block wait at %s", where().c_str(), at_barrier_,
               barrier_name(barrier_kind_));
        fail(CUDA_ERROR_LAUNCH_FAILED);
    }
    if (warp_waiting_[warp]) try_warp(warp);
    current_ = -1;
}

int BlockRunner::barrier(int kind, int predicate) {
    if (gone_) {
        report("%s: %s in a block of which %u threads have left the kernel", where().c_str(), barrier_name(kind), gone_);
        fail(CUDA_ERROR_LAUNCH_FAILED);
    }
    if (at_barrier_ && kind != barrier_kind_) {
        report("%s: %s while other threads of the block wait at %s", where().c_str(), barrier_name(kind),
               barrier_name(barrier_kind_));
        fail(CUDA_ERROR_LAUNCH_FAILED);
    }
    if (!at_barrier_) {
        barrier_kind_ = kind;
        barrier_sum_ = 0;
    }
    barrier_sum_ += predicate != 0;
    if (++at_barrier_ == count_) {
        at_barrier_ = 0;
        barrier_result_ = kind == BARRIER_AND ? barrier_sum_ == count_ : kind == BARRIER_OR ? barrier_sum_ > 0 : barrier_sum_;
        for (unsigned index : order_)
            if (static_cast<int>(index) != current_) wake(index);
        return static_cast<int>(barrier_result_);
    }
    threads_[current_].wait = Wait::Barrier;
    suspend();
    return static_cast<int>(barrier_result_);
}

uint32_t BlockRunner::active() const { return warp_live_[current_ / 32]; }

uint64_t BlockRunner::warp(int kind, uint32_t mask, uint64_t value, int source) {
    unsigned me = static_cast<unsigned>(current_), warp = me / 32;
    BlockThread& t = threads_[me];
    if (!(mask >> (me % 32) & 1)) {
        report("%s: %s with mask %#x, which does not name lane %u that calls it", where().c_str(), warp_name(kind), mask,
               me % 32);
        fail(CUDA_ERROR_LAUNCH_FAILED);
    }
    t.wait = Wait::Warp;
    t.kind = static_cast<uint8_t>(kind);
    t.mask = mask;
    t.value = value;
    t.source = static_cast<uint8_t>(source);
    ++warp_waiting_[warp];
    try_warp(warp);
    if (t.wait == Wait::Warp) suspend();
    return t.value;
}

// Completes each operation of the warp for which every lane of its mask has come or has left the kernel.
void BlockRunner::try_warp(unsigned warp) {
    unsigned first = warp * 32, lanes = std::min(32u, count_ - first);
    uint32_t seen = 0;
    for (unsigned l = 0; l < lanes; ++l) {
        const BlockThread& lead = threads_[first + l];
        if (lead.wait != Wait::Warp || seen >> l & 1) continue;
        uint32_t group = lead.mask & warp_live_[warp];
        seen |= group;
        bool complete = true;
        for (unsigned k = 0; k < lanes && complete; ++k)
            if (group >> k & 1) {
                const BlockThread& t = threads_[first + k];
                complete = t.wait == Wait::Warp && t.kind == lead.kind && t.mask == lead.mask;
            }
        if (!complete) continue;
        uint64_t in[32];
        uint32_t vote = 0;
        for (unsigned k = 0; k < lanes; ++k)
            if (group >> k & 1) {
                in[k] = threads_[first + k].value;
                if (in[k]) vote |= 1u << k;
            }
        int kind = lead.kind;
        for (unsigned k = 0; k < lanes; ++k) {
            if (!(group >> k & 1)) continue;
            BlockThread& t = threads_[first + k];
            if (kind == WARP_SHUFFLE) {
                // A lane that does not take part gives garbage on a GPU; here it gives a NaN.
                t.value = group >> t.source & 1 ? in[t.source] : ~uint64_t{0};
            } else if (kind == WARP_VOTE) {
                t.value = vote;
            } else if (kind == WARP_MATCH) {
                uint32_t same = 0;
                for (unsigned j = 0; j < lanes; ++j)
                    if (group >> j & 1 && in[j] == in[k]) same |= 1u << j;
                t.value = same;
            }
        }
        for (unsigned k = 0; k < lanes; ++k)
            if (group >> k & 1) {
                threads_[first + k].wait = Wait::None;
                --warp_waiting_[warp];
                if (static_cast<int>(first + k) != current_) wake(first + k);
            }
    }
}

void BlockRunner::report_deadlock() {
    unsigned warp_waits = 0, example = 0;
    for (unsigned i = 0; i < count_; ++i)
        if (threads_[i].wait == Wait::Warp) {
            if (!warp_waits++) example = i;
        }
    const auto& b = standin_thread.block;
    if (warp_waits)
        report("deadlock: kernel %.200s, block (%u,%u,%u): %u threads wait at barriers of the block and %u in warp "
               "operations; thread %u waits in %s for mask %#x, of which lanes %#x have not left",
               launch_->name, b.x, b.y, b.z, at_barrier_, warp_waits, example, warp_name(threads_[example].kind),
               threads_[example].mask, warp_live_[example / 32]);
    else
        report("deadlock: kernel %.200s, block (%u,%u,%u): %u of %u threads wait at %s", launch_->name, b.x, b.y, b.z,
               at_barrier_, count_, barrier_name(barrier_kind_));
    unsigned none = CUDA_SUCCESS;
    grid_->failure.compare_exchange_strong(none, CUDA_ERROR_LAUNCH_FAILED);
}
