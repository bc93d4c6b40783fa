// The driver's lock, the current context, and the frame in which each entry point runs.
#pragma once
#include <mutex>
#include <condition_variable>

#include "objects.h"

using Lock = std::unique_lock<std::mutex>;

namespace driver {

extern std::mutex mutex;
extern std::condition_variable changed;          // an operation is done, or a queue has grown
extern bool initialized;
extern thread_local bool in_callback;            // a host function runs on this thread: it may not call the driver

CUresult current(Context*& context);             // needs the lock; INVALID_CONTEXT, CONTEXT_IS_DESTROYED
std::vector<Context*>& stack();                  // current contexts of this thread, the last is current
bool alive(const Context* context);              // needs the lock

std::set<Context*>& contexts();

[[noreturn]] inline void refuse(CUresult error) { throw error; }
inline void require(bool condition, CUresult error = CUDA_ERROR_INVALID_VALUE) { if (!condition) refuse(error); }

// Runs body(lock) with the driver initialised; what it throws becomes the result.
template <class F> CUresult enter(F body) {
    try {
        if (in_callback) return CUDA_ERROR_NOT_PERMITTED;
        Lock lock(mutex);
        if (!initialized) return CUDA_ERROR_NOT_INITIALIZED;
        body(lock);
        return CUDA_SUCCESS;
    } catch (CUresult error) {
        return error;
    } catch (const std::bad_alloc&) {
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
}

// Runs body(lock, context) in the current context, unless a sticky error is set there; one that the body meets is
// returned, as a real driver returns it from the first call that notices it.
template <class F> CUresult enter_context(F body) {
    return enter([&](Lock& lock) {
        Context* context;
        CUresult error = current(context);
        if (error != CUDA_SUCCESS) refuse(error);
        if (context->sticky != CUDA_SUCCESS) refuse(context->sticky);
        body(lock, *context);
    });
}

}  // namespace driver
