// Functions of loaded modules.
#pragma once
#include "lock.h"

namespace function {

constexpr int MOST_THREADS = 1024;
constexpr int MOST_SHARED = 227 << 10;

Function& find(CUfunction handle);       // throws INVALID_HANDLE
int dynamic_shared(const Function& f);   // bytes that a launch may ask for
int static_shared(const Function& f);     // bytes; all __shared__ variables of its module are counted

}  // namespace function
