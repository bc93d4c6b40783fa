// Life and death of contexts.
#pragma once
#include "lock.h"

namespace context {

Context* create(CUdevice device, unsigned flags, bool primary);
void destroy(Lock& lock, Context* context);     // frees everything made in it; pending work is done first
void synchronize(Lock& lock, Context& context); // all work done; throws the sticky error

}  // namespace context
