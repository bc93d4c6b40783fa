// CUDA C++ on the CPU: what NVRTC gives a kernel source without any #include. Included before the source by the stand-in's
// compiler.
#pragma once
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <type_traits>
#include <utility>

#include "../abi/kernel_entry.h"
#include "../abi/thread_operations.h"
#include "../abi/thread_state.h"

#include "access.h"
#include "qualifiers.h"
#include "vectors.h"
#include "threads.h"
#include "shared.h"
#include "warp.h"
#include "atomics.h"
#include "loads.h"
#include "intrinsics.h"
#include "mathematics.h"
#include "entry.h"

// NVRTC knows no <stdint.h>: a source that wants these names defines them itself, as it likes.
#define int8_t standin_source_int8_t
#define int16_t standin_source_int16_t
#define int32_t standin_source_int32_t
#define int64_t standin_source_int64_t
#define uint8_t standin_source_uint8_t
#define uint16_t standin_source_uint16_t
#define uint32_t standin_source_uint32_t
#define uint64_t standin_source_uint64_t
#define uintptr_t standin_source_uintptr_t
#define intptr_t standin_source_intptr_t
