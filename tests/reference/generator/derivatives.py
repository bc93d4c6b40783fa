"""First and second derivative, Laplacian, gradient: every kind, order and edge rule along every axis."""

import itertools

import numpy as np
import pylops

try:
    import pylops_mpi
except ImportError:
    pylops_mpi = None

STENCILS = [("forward", 3, False), ("backward", 3, False)]
STENCILS += [("centered", order, edge) for order, edge in itertools.product((3, 5), (False, True))]
SECOND = [("forward", False), ("backward", False), ("centered", False), ("centered", True)]
SHAPES = [((11,), 0), ((7, 6), 0), ((7, 6), 1), ((5, 6, 5), 1)]


def distributed_agrees(operator, distributed):
    """PyLops-MPI gives the same forward and adjoint (one rank)."""
    for action, n in (("matvec", operator.shape[1]), ("rmatvec", operator.shape[0])):
        x = pylops_mpi.DistributedArray(global_shape=n)
        x[:] = np.cos(np.arange(n) ** 2)
        ours, theirs = getattr(operator, action)(x[:]), getattr(distributed, action)(x).asarray()
        assert np.allclose(ours, theirs, rtol=1e-14, atol=1e-14)


def first(out):
    for (dims, axis), (kind, order, edge) in itertools.product(SHAPES, STENCILS):
        for dtype in ("float64", "complex128") if dims == (7, 6) and order == 3 else ("float64",):
            operator = pylops.FirstDerivative(
                dims, axis=axis, sampling=0.75, kind=kind, order=order, edge=edge, dtype=dtype
            )
            options = dict(dims=dims, axis=axis, sampling=0.75, kind=kind, order=order, edge=edge)
            out.operator_case("first_derivative", options, operator)
            if pylops_mpi and axis == 0 and dtype == "float64":
                distributed_agrees(
                    operator, pylops_mpi.MPIFirstDerivative(dims, sampling=0.75, kind=kind, edge=edge, order=order)
                )


def second(out):
    for (dims, axis), (kind, edge) in itertools.product(SHAPES, SECOND):
        for dtype in ("float64", "complex128") if dims == (7, 6) else ("float64",):
            operator = pylops.SecondDerivative(dims, axis=axis, sampling=0.75, kind=kind, edge=edge, dtype=dtype)
            options = dict(dims=dims, axis=axis, sampling=0.75, kind=kind, edge=edge)
            out.operator_case("second_derivative", options, operator)
            if pylops_mpi and axis == 0 and dtype == "float64":
                distributed_agrees(
                    operator, pylops_mpi.MPISecondDerivative(dims, sampling=0.75, kind=kind, edge=edge)
                )


def short(out):
    """Axes as short as the stencil or shorter, from the formulas: PyLops' slices wrap round there.

    y_i is 0 where the stencil leaves the axis; an edge formula is used where its own samples exist, the outer one winning.
    """
    for n in (1, 2, 3, 4):
        for kind, order, edge in STENCILS:
            matrix = np.zeros((n, n))
            offsets = {"forward": ((0, -1), (1, 1)), "backward": ((-1, -1), (0, 1))}.get(kind)
            if offsets is None and order == 3:
                offsets = ((-1, -0.5), (1, 0.5))
            elif offsets is None:
                offsets = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
            fill(matrix, offsets)
            if kind == "centered" and edge and order == 5 and n >= 3:
                matrix[1], matrix[n - 2] = 0, 0
                matrix[1, [0, 2]] = matrix[n - 2, [n - 3, n - 1]] = -0.5, 0.5
            if kind == "centered" and edge and n >= 2:
                matrix[0], matrix[n - 1] = 0, 0
                matrix[0, [0, 1]] = matrix[n - 1, [n - 2, n - 1]] = -1, 1
            options = dict(dims=(n,), axis=0, sampling=0.75, kind=kind, order=order, edge=edge)
            out.matrix_case("first_derivative_short", options, matrix / 0.75, (n,), (n,), "float64")
        for kind, edge in SECOND:
            matrix = np.zeros((n, n))
            start = {"forward": 0, "backward": -2, "centered": -1}[kind]
            fill(matrix, tuple(zip((start, start + 1, start + 2), (1, -2, 1))))
            if edge and n >= 3:
                matrix[0], matrix[n - 1] = 0, 0
                matrix[0, :3] = matrix[n - 1, n - 3 :] = 1, -2, 1
            options = dict(dims=(n,), axis=0, sampling=0.75, kind=kind, edge=edge)
            out.matrix_case("second_derivative_short", options, matrix / 0.75**2, (n,), (n,), "float64")


def fill(matrix, stencil):
    """Rows whose whole stencil lies on the axis."""
    n = len(matrix)
    for i in range(n):
        if all(0 <= i + k < n for k, _ in stencil):
            for k, weight in stencil:
                matrix[i, i + k] = weight


def laplacian(out):
    plans = [((7, 6), (0, 1)), ((7, 6), (1, 0)), ((7, 6), (1,)), ((5, 4, 6), (0, 1, 2)), ((5, 4, 6), (-2, -1))]
    for (dims, axes), (kind, edge) in itertools.product(plans, SECOND):
        weights, sampling = (1.0, 2.5, -0.5)[: len(axes)], (0.75, 1.5, 2.0)[: len(axes)]
        operator = pylops.Laplacian(dims, axes=axes, weights=weights, sampling=sampling, edge=edge, kind=kind)
        options = dict(dims=dims, axes=axes, weights=weights, sampling=sampling, kind=kind, edge=edge)
        out.operator_case("laplacian", options, operator)
        if pylops_mpi and len(axes) > 1:
            distributed_agrees(
                operator,
                pylops_mpi.MPILaplacian(dims, axes=axes, weights=weights, sampling=sampling, edge=edge, kind=kind),
            )


def gradient(out):
    """The components lie one after another: the range has shape (number of axes, *dims)."""
    for dims, (kind, order, edge) in itertools.product([(9,), (5, 6), (3, 5, 4)], STENCILS):
        if order == 5:
            continue
        sampling = (0.75, 1.5, 2.0)[: len(dims)]
        operator = pylops.Gradient(dims, sampling=sampling, kind=kind, edge=edge)
        out.operator_case("gradient", dict(dims=dims, sampling=sampling, kind=kind, edge=edge), operator)


def write(out):
    first(out)
    second(out)
    short(out)
    laplacian(out)
    gradient(out)
