#include "lock.h"

namespace driver {

std::mutex mutex;
std::condition_variable changed;
bool initialized;
thread_local bool in_callback;

std::set<Context*>& contexts() {
    static auto all = new std::set<Context*>;      // outlives other static objects
    return *all;
}

std::vector<Context*>& stack() {
    static thread_local std::vector<Context*> contexts;
    return contexts;
}

bool alive(const Context* context) { return contexts().count(const_cast<Context*>(context)) != 0; }

CUresult current(Context*& context) {
    context = stack().empty() ? nullptr : stack().back();
    if (!context) return CUDA_ERROR_INVALID_CONTEXT;
    return alive(context) ? CUDA_SUCCESS : CUDA_ERROR_CONTEXT_IS_DESTROYED;
}

}  // namespace driver

std::vector<std::shared_ptr<Stream>> Context::all_streams() const {
    std::vector<std::shared_ptr<Stream>> all(orphans.begin(), orphans.end());
    if (legacy) all.push_back(legacy);
    for (auto& s : per_thread) all.push_back(s.second);
    for (auto& s : streams) all.push_back(s.second);
    return all;
}
