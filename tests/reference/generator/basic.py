"""Identity, diagonal, transpose and dense matrix products."""

import itertools

import numpy as np
import pylops

from .reference_file import DIAGONAL, MATRIX, values

BOTH = ("float64", "complex128")


def write(out):
    for n, m in ((7, 7), (5, 8), (8, 5)):
        out.operator_case("identity", dict(n=n, m=m), pylops.Identity(n, m, inplace=False))
    for n, m in (((3, 4), (5, 4)), ((5, 4), (3, 2)), ((2, 3, 4), (3, 3, 5))):
        out.operator_case("identity", dict(n=n, m=m), pylops.Identity(n, m, inplace=False))

    for dtype, dims in itertools.product(BOTH, [(6,), (3, 5), (2, 3, 4)]):
        for axis in range(len(dims)):
            diagonal = values(DIAGONAL, (dims[axis],), dtype)
            operator = pylops.Diagonal(diagonal, dims=dims, axis=axis, dtype=dtype)
            out.operator_case("diagonal", dict(dims=dims, axis=axis), operator)
        operator = pylops.Diagonal(values(DIAGONAL, dims, dtype), dtype=dtype)
        out.operator_case("diagonal", dict(dims=dims, axis="all"), operator)

    for dims in ((3, 5), (2, 3, 4)):
        for axes in itertools.permutations(range(len(dims))):
            out.operator_case("transpose", dict(dims=dims, axes=axes), pylops.Transpose(dims, axes))
    out.operator_case("transpose", dict(dims=(2, 3, 2, 2), axes=(3, 1, 0, 2)), pylops.Transpose((2, 3, 2, 2), (3, 1, 0, 2)))

    for dtype, shape, others in itertools.product(BOTH, [(4, 6), (6, 4), (5, 5)], [(), (3,), (2, 3)]):
        matrix = values(MATRIX, shape, dtype)
        operator = pylops.MatrixMult(matrix, otherdims=others or None, dtype=dtype)
        formula = np.kron(matrix, np.eye(int(np.prod(others)) if others else 1))
        options = dict(rows=shape[0], columns=shape[1], others=others or 0)
        out.operator_case("matrix_mult", options, operator, formula)
