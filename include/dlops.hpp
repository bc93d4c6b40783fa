/*
 * dlops for C++17: the objects of dlops.h as move-only types, its statuses as exceptions. Header only.
 *
 *     #include <dlops_mpi.h>                       // before or after; not needed without MPI
 *     #include <dlops.hpp>
 *
 *     auto context = dlops::context::from_mpi(MPI_COMM_WORLD);
 *     dlops::space model(context, dlops::dtype::float64, {nx, ny});
 *     auto D = dlops::first_derivative(model, 0);
 *     auto A = D.adjoint() * D + 0.1 * dlops::identity(model);
 *     auto y = A(x);
 *     dlops::solver cg(dlops::method::cg, A);
 *     cg.set_max_iterations(100).solve(y, x);
 *
 * What a function computes, its parameters, and whether it is collective stand in dlops.h beside the C function of the
 * same name. What is added here:
 *
 * Errors       Every call throws dlops::error, with the status and the text of the library, where the C function
 *              returns one. Destructors never throw.
 * Ownership    An object owns one C handle, is moved and not copied; retain() gives another handle to the same thing,
 *              get() the C handle, release() gives it away, and a constructor takes one over. A default-constructed or
 *              moved-from object has none. Destroy order is free.
 * Constness    const members may be called by several threads at once, others by one at a time (dlops.h, Threads).
 * Callbacks    Operators of the host, monitors and log sinks are any callable objects; the library keeps a copy. An
 *              exception thrown in an operator or a monitor comes out of the apply, dot_test, solve, setup, step or
 *              finalize that ran it, unchanged, on the rank that threw; the other ranks of a collective call get
 *              dlops::error with the status DLOPS_ERROR_CALLBACK, by the rules of dlops.h.
 * Options      Aggregates whose initial values are the library's defaults: change what should differ.
 */
#ifndef DLOPS_HPP
#define DLOPS_HPP

#include "dlops/array.hpp"
#include "dlops/basic.hpp"
#include "dlops/block.hpp"
#include "dlops/callback.hpp"
#include "dlops/context.hpp"
#include "dlops/derivative.hpp"
#include "dlops/error.hpp"
#include "dlops/event.hpp"
#include "dlops/fourier.hpp"
#include "dlops/kernel.hpp"
#include "dlops/linear_operator.hpp"
#include "dlops/plan.hpp"
#include "dlops/signal.hpp"
#include "dlops/solver.hpp"
#include "dlops/space.hpp"
#include "dlops/transfer.hpp"

#endif
