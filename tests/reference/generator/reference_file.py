"""The text format of the reference values, the inputs they belong to, and the checks each case passes before it is written."""

import pathlib

import numpy as np


def sequence(seed, count):
    """v_k = ((31 k^2 + 17 (seed + 1) k + 97 seed + 5) mod 1021) / 512 - 1: exact in float32, so one reference serves all dtypes."""
    k = np.arange(count, dtype=np.int64)
    return ((31 * k * k + 17 * (seed + 1) * k + 97 * seed + 5) % 1021) / 512.0 - 1.0


def values(seed, shape, dtype):
    """C-ordered array of `sequence(seed)`; a complex one has `sequence(seed + 100)` as its imaginary part."""
    count = int(np.prod(shape))
    v = sequence(seed, count)
    if np.issubdtype(dtype, np.complexfloating):
        v = v + 1j * sequence(seed + 100, count)
    return v.astype(dtype).reshape(shape)


MODEL, DATA, FILTER, DIAGONAL, MATRIX = 1, 2, 3, 4, 5


def dense(operator):
    """Matrix whose columns are the operator applied to unit vectors."""
    n = operator.shape[1]
    columns = [operator.matvec(e) for e in np.eye(n, dtype=operator.dtype)]
    return np.stack(columns, axis=1)


def option(value):
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (tuple, list)):
        return "x".join(option(v) for v in value)
    return repr(value) if isinstance(value, float) else str(value)


class ReferenceFile:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.lines = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is None:
            self.path.write_text("\n".join(self.lines) + "\n")

    def case(self, operator, options, arrays):
        self.lines.append(f"case {operator} " + " ".join(f"{k}={option(v)}" for k, v in options.items()))
        for name, array in arrays.items():
            array = np.asarray(array)
            shape = " ".join(str(n) for n in array.shape)
            self.lines.append(f"array {name} {array.dtype.name} {array.ndim} {shape}".rstrip())
            flat = array.ravel()
            if np.iscomplexobj(flat):
                flat = np.stack([flat.real, flat.imag], axis=1).ravel()
            # repr is the shortest decimal that reads back to the same bits; -0.0 is written as 0.
            text = [repr(float(v) + 0.0).removesuffix(".0") for v in flat]
            self.lines += [" ".join(text[i : i + 12]) for i in range(0, len(text), 12)]
        self.lines.append("end")

    def matrix_case(self, name, options, matrix, domain, codomain, dtype, **more):
        """Forward and adjoint of an operator given by its matrix, on the standard inputs."""
        x, y = values(MODEL, domain, dtype), values(DATA, codomain, dtype)
        arrays = {
            "forward": (matrix @ x.ravel()).reshape(codomain),
            "adjoint": (matrix.conj().T @ y.ravel()).reshape(domain),
        }
        self.case(name, {**options, "dtype": np.dtype(dtype).name}, {**more, **arrays})

    def operator_case(self, name, options, operator, formula=None, corrected=False, **more):
        """Forward and adjoint as PyLops computes them.

        Both are compared with the operator's matrix and, where given, with the independent `formula` (a matrix).
        With `corrected`, PyLops' adjoint is asserted to be wrong, and the conjugate transpose is written instead.
        """
        x = values(MODEL, operator.dims, operator.dtype)
        y = values(DATA, operator.dimsd, operator.dtype)
        matrix = dense(operator)
        if formula is not None:
            assert np.allclose(matrix, formula, rtol=1e-13, atol=1e-13), (name, options)
        forward, adjoint = operator.matvec(x.ravel()), operator.rmatvec(y.ravel())
        right = matrix.conj().T @ y.ravel()
        assert np.allclose(forward, matrix @ x.ravel(), rtol=1e-12, atol=1e-12), (name, options)
        assert np.allclose(adjoint, right, rtol=1e-12, atol=1e-12) is not corrected, (name, options)
        if corrected:
            adjoint = right
            options = {**options, "corrected": 1}
        arrays = {"forward": forward.reshape(operator.dimsd), "adjoint": adjoint.reshape(operator.dims)}
        self.case(name, {**options, "dtype": np.dtype(operator.dtype).name}, {**more, **arrays})
