! dlops from Fortran 2018: distributed arrays, matrix-free linear operators and the solvers that invert them.
!
!     use dlops
!
! A compiled module fits one compiler only, so this source is installed: CMake's dlops::fortran compiles it with yours.
! By hand: mpifort -cpp -DDLOPS_MPI -c $(pkg-config --variable=fortran_source dlops); leave DLOPS_MPI out for a library
! without MPI.
!
! Names are those of dlops.h, objects are type(dlops_context) to type(dlops_kernel). Required arguments come first,
! outputs after inputs; the options of C are optional arguments, to be passed by keyword.
!
! Fortran order
!     Shapes are in Fortran order: the first axis is contiguous. Axes, indices and components count from 1, ranks from 0
!     as in MPI. Axis a of n is C's axis n - a, and all that is per axis turns round with it: options, permutations,
!     local shapes and starts, the dimensions of a process grid. A space is cut along its last axis, the slowest one,
!     unless its options say otherwise. The components of product spaces turn round too, so that component a of a
!     gradient is along axis a. A .npy file of shape [n1, n2] here is one of shape (n2, n1) in Python, the same bytes.
!     A(m, n) is the m by n matrix A.
!
! Numbers
!     Numbers of elements are integer(int64), other integers of default kind; scalars that multiply arrays are real,
!     complex or integer numbers of any kind. real(real32) is DLOPS_FLOAT32, real(real64) DLOPS_FLOAT64,
!     complex(real32) DLOPS_COMPLEX64, complex(real64) DLOPS_COMPLEX128.
!
! Errors
!     Every subroutine takes `stat` (DLOPS_OK or a negative DLOPS_ERROR_ number) and `errmsg` (set after an error only).
!     Without `stat` an error ends the program by error stop with its text.
!
! Memory
!     Variables that arrays, operators, logs or monitors keep (dlops_array_wrap, `user`, borrowed matrices) are targets
!     that outlive them. Handles are ended by dlops_<object>_destroy, in any order; assignment copies no object.

#include "fortran/constants.f90"
#include "fortran/types.f90"
#include "fortran/bindings.f90"
#include "fortran/options.f90"
#include "fortran/errors.f90"
#include "fortran/arguments.f90"
#include "fortran/contexts.f90"
#include "fortran/devices.f90"
#include "fortran/events.f90"
#include "fortran/spaces.f90"
#include "fortran/memory.f90"
#include "fortran/pointers.f90"
#include "fortran/global.f90"
#include "fortran/arrays.f90"
#include "fortran/vectors.f90"
#include "fortran/kernels.f90"
#include "fortran/operators.f90"
#include "fortran/basic.f90"
#include "fortran/dense.f90"
#include "fortran/derivatives.f90"
#include "fortran/callbacks.f90"
#include "fortran/blocks.f90"
#include "fortran/signals.f90"
#include "fortran/distributed_matrices.f90"
#include "fortran/fouriers.f90"
#include "fortran/plans.f90"
#include "fortran/solvers.f90"

module dlops
  use dlops_constants
  use dlops_types, only: dlops_context, dlops_space, dlops_array, dlops_operator, dlops_solver, dlops_kernel, &
    dlops_grid_dimension, dlops_memory_statistics, dlops_kernel_block, dlops_kernel_argument, dlops_event, &
    dlops_plan
  use dlops_errors, only: dlops_last_error, dlops_status_text, dlops_reason_text, dlops_version, dlops_build_info, &
    dlops_abi_version, dlops_live_handles
  use dlops_contexts
  use dlops_devices
  use dlops_events
  use dlops_spaces
  use dlops_memory, only: dlops_array_wrap, dlops_array_wrap_strided
  use dlops_pointers
  use dlops_global
  use dlops_arrays
  use dlops_vectors
  use dlops_kernels
  use dlops_operators
  use dlops_basic
  use dlops_dense
  use dlops_derivatives
  use dlops_callbacks
  use dlops_blocks
  use dlops_signals
  use dlops_distributed_matrices
  use dlops_fouriers
  use dlops_plans
  use dlops_solvers
  implicit none
  public
end module dlops
