// Where a thread is, and how the threads of a block wait for each other.
#pragma once

// The indices are constants to the kernel, as in CUDA.
#define threadIdx (reinterpret_cast<const uint3&>(standin_thread.thread))
#define blockIdx (reinterpret_cast<const uint3&>(standin_thread.block))
#define blockDim (reinterpret_cast<const dim3&>(standin_thread.block_dim))
#define gridDim (reinterpret_cast<const dim3&>(standin_thread.grid_dim))
static constexpr int warpSize = 32;

static inline void __syncthreads() { standin_barrier(BARRIER_PLAIN, 0); }
static inline int __syncthreads_count(int predicate) { return standin_barrier(BARRIER_COUNT, predicate); }
static inline int __syncthreads_and(int predicate) { return standin_barrier(BARRIER_AND, predicate); }
static inline int __syncthreads_or(int predicate) { return standin_barrier(BARRIER_OR, predicate); }

static inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void __threadfence_block() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static inline void __threadfence_system() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

static inline long long clock64() { return standin_clock(); }
static inline long clock() { return static_cast<long>(standin_clock()); }
static inline unsigned long long globaltimer() { return static_cast<unsigned long long>(standin_clock()); }
static inline void __nanosleep(unsigned int) {}
