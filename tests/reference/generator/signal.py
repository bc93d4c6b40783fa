"""Convolution, post-stack modelling, wavelets, tapers and error measures."""

import itertools

import numpy as np
import pylops
from pylops.avo.poststack import PoststackLinearModelling
from pylops.signalprocessing import Convolve1D
from pylops.utils import metrics, tapers
from pylops.utils.wavelets import ricker

from .reference_file import FILTER, values

BOTH = ("float64", "complex128")


def convolution_matrix(h, offset, n, rows):
    """C_ij = h[i - j + offset]: y_i = sum_j h[i - j + offset] x_j."""
    matrix = np.zeros((rows, n), h.dtype)
    for i, j in itertools.product(range(rows), range(n)):
        if 0 <= i - j + offset < len(h):
            matrix[i, j] = h[i - j + offset]
    return matrix


def along(matrix, dims, axis):
    """I (x) matrix (x) I: the matrix acting along one axis."""
    before, after = int(np.prod(dims[:axis])), int(np.prod(dims[axis + 1 :]))
    return np.kron(np.kron(np.eye(before), matrix), np.eye(after))


def convolve1d(out):
    shapes = [((9,), 0), ((8,), 0), ((6, 5), 0), ((6, 5), 1), ((3, 6, 4), 1)]
    for dtype, (dims, axis), nh in itertools.product(BOTH, shapes, (1, 3, 4, 5)):
        for offset in sorted({0, nh // 2, nh - 1}):
            if nh > dims[axis] or (dtype == "complex128" and dims == (3, 6, 4)):
                continue
            h = values(FILTER, (nh,), dtype)
            matrix = along(convolution_matrix(h, offset, dims[axis], dims[axis]), dims, axis)
            operator = Convolve1D(dims, h, offset=offset, axis=axis, dtype=dtype)
            options = dict(dims=dims, axis=axis, filter=nh, offset=offset)
            # PyLops' complex adjoint lacks the conjugate of h.
            out.operator_case("convolve1d", options, operator, matrix, corrected=dtype == "complex128")


def convolve1d_long(out):
    """Filter longer than the axis.

    PyLops then gives as many samples as the filter has (range=full): the same formula, i < max(n, nh), for 1-D arrays.
    range=same keeps the shape of the model.
    """
    for dtype, n, nh in itertools.product(BOTH, (5, 6), (8, 11)):
        for offset in (0, 2, n - 1, nh - 1):
            h = values(FILTER, (nh,), dtype)
            options = dict(dims=(n,), axis=0, filter=nh, offset=offset)
            matrix = convolution_matrix(h, offset, n, nh)
            if offset < n:
                operator = Convolve1D(n, h, offset=offset, dtype=dtype)
                corrected = dtype == "complex128"
                out.operator_case("convolve1d_long", {**options, "range": "full"}, operator, matrix, corrected=corrected)
            out.matrix_case("convolve1d_long", {**options, "range": "same"}, matrix[:n], (n,), (n,), dtype)
    dims, h = (3, 4), values(FILTER, (7,), "float64")
    for axis, offset in ((0, 3), (1, 3), (1, 6)):
        matrix = along(convolution_matrix(h, offset, dims[axis], dims[axis]), dims, axis)
        options = dict(dims=dims, axis=axis, filter=7, offset=offset, range="same")
        out.matrix_case("convolve1d_long", options, matrix, dims, dims, "float64")


def derivative_matrix(n, kind):
    matrix = np.zeros((n, n))
    for i in range(n - 1):
        if kind == "forward":
            matrix[i, [i, i + 1]] = -1, 1
        elif i > 0:
            matrix[i, [i - 1, i + 1]] = -0.5, 0.5
    return matrix


def poststack(out):
    """Axis 0 is PyLops' own; the other axes are the same matrix along another axis."""
    shapes = [((12,), 0), ((9, 3), 0), ((3, 9), 1), ((8, 2, 3), 0), ((2, 3, 8), 2)]
    for kind, (dims, axis), nw in itertools.product(("centered", "forward"), shapes, (5, 15)):
        nt = dims[axis]
        wavelet = values(FILTER, (nw,), "float64")
        matrix = convolution_matrix(wavelet, nw // 2, nt, nt) @ derivative_matrix(nt, kind)
        options = dict(dims=dims, axis=axis, kind=kind, wavelet=nw, stationary=True)
        if axis == 0 and nw < nt:
            operator = PoststackLinearModelling(wavelet, nt, dims[1:] or None, kind=kind)
            explicit = PoststackLinearModelling(wavelet, nt, None, kind=kind, explicit=True)
            assert np.allclose(explicit.A, matrix)
            out.operator_case("poststack", options, operator, along(matrix, dims, 0))
        else:
            out.matrix_case("poststack", options, along(matrix, dims, axis), dims, dims, "float64")
    for kind, dims in itertools.product(("centered", "forward"), ((10,), (8, 3))):
        nt, nw = dims[0], 5
        wavelets = values(FILTER, (nt, nw), "float64")
        # column j holds wavelet j centred on sample j
        matrix = np.zeros((nt, nt))
        for i, j in itertools.product(range(nt), range(nt)):
            if 0 <= i - j + nw // 2 < nw:
                matrix[i, j] = wavelets[j, i - j + nw // 2]
        operator = PoststackLinearModelling(wavelets, nt, dims[1:] or None, kind=kind)
        options = dict(dims=dims, axis=0, kind=kind, wavelet=nw, stationary=False)
        out.operator_case("poststack", options, operator, along(matrix @ derivative_matrix(nt, kind), dims, 0))


def wavelet_and_tapers(out):
    for samples, dt, f0 in ((21, 0.004, 15.0), (11, 0.002, 30.0), (8, 0.004, 20.0), (1, 0.004, 20.0)):
        wavelet, _, centre = ricker(np.arange(samples) * dt, f0)
        # an even number of samples is cropped to an odd one by PyLops
        out.case("ricker", dict(samples=samples, dt=dt, f0=f0, centre=int(centre)), {"wavelet": wavelet})
    for kind, n, ntap in itertools.product(("hanning", "cosine", "cosinesquare", "cosinesqrt", "none"), (11, 12), (3, 5)):
        out.case("taper", dict(kind=kind, n=n, ntap=ntap), {"taper": tapers.taper(n, ntap, kind)})


def error_measures(out):
    for dtype in BOTH:
        a, b = values(1, (17,), dtype), values(2, (17,), dtype)
        measures = dict(mae=metrics.mae(a, b), mse=metrics.mse(a, b), snr=metrics.snr(a, b))
        if dtype == "float64":
            measures["psnr"] = metrics.psnr(a, b)
            measures["psnr_min"] = metrics.psnr(a, b, xmin=None)
            measures["psnr_given"] = metrics.psnr(a, b, xmax=3.0, xmin=-1.0)
        out.case("metrics", dict(n=17, dtype=dtype), measures)


def write(out):
    convolve1d(out)
    convolve1d_long(out)
    poststack(out)
    wavelet_and_tapers(out)
    error_measures(out)
