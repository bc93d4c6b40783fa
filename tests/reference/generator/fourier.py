"""Fourier transforms along one, two and three axes."""

import itertools
import warnings

import numpy as np
from pylops.signalprocessing import FFT, FFT2D, FFTND

from .reference_file import DATA, MODEL, values

NORMS = ("ortho", "none", "1/n")


def choices(dims, axes):
    """(nffts, norm, real, shifts before, shifts after), every norm with every kind of length and shift."""
    n = len(axes)
    lengths = [tuple(dims[a] for a in axes), tuple(dims[a] + 1 + k for k, a in enumerate(axes))]
    lengths.append(tuple(max(dims[a] - 1 - k, 1) for k, a in enumerate(axes)))
    shifts = [(False,) * n, (True,) * n, tuple(k % 2 == 0 for k in range(n))]
    for norm, nffts, real in itertools.product(NORMS, lengths, (False, True)):
        for before, after in [(shifts[0], shifts[0]), (shifts[1], shifts[2]), (shifts[2], shifts[1])]:
            yield nffts, norm, real, before, after


def operator(dims, axes, nffts, norm, real, before, after, dtype):
    common = dict(norm=norm, real=real, dtype=dtype)
    if len(axes) == 1:
        return FFT(dims, axis=axes[0], nfft=nffts[0], sampling=0.5, ifftshift_before=before[0], fftshift_after=after[0], **common)
    kind = FFT2D if len(axes) == 2 else FFTND
    return kind(dims, axes=axes, nffts=nffts, sampling=0.5, ifftshift_before=before, fftshift_after=after, **common)


def write(out):
    warnings.simplefilter("ignore")
    for dims, axes in [((8,), (0,)), ((7,), (0,)), ((1,), (0,)), ((4, 5), (0, 1)), ((4, 3), (1, 0)), ((3, 4, 5), (1,)), ((2, 3, 4), (0, 1, 2))]:
        for k, (nffts, norm, real, before, after) in enumerate(choices(dims, axes)):
            # Complex and real models in turn; a half spectrum has a real one.
            dtype = "float64" if real or k % 4 == 2 else "complex128"
            f = operator(dims, axes, nffts, norm, real, before, after, dtype)
            x, y = values(MODEL, f.dims, dtype), values(DATA, f.dimsd, "complex128")
            forward, adjoint = f.matvec(x.ravel()), f.rmatvec(y.ravel())
            # Re<A x, y> = Re<x, A^H y>: the whole product for a complex model.
            left, right = np.vdot(forward, y.ravel()), np.vdot(x.ravel(), adjoint)
            assert np.isclose(left if dtype == "complex128" else left.real, right, rtol=1e-11, atol=1e-11), (dims, axes, nffts, norm, real)
            options = dict(dims=dims, axes=axes, nffts=nffts, norm=norm, real=real, before=before, after=after, dtype=dtype)
            frequencies = f.f if len(axes) == 1 else f.fs[-1] if len(axes) == 3 else f.f2
            arrays = {"forward": forward.reshape(f.dimsd), "adjoint": adjoint.reshape(f.dims), "frequencies": frequencies}
            out.case("fft", options, arrays)
