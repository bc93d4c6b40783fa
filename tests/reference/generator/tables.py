"""The iteration tables that PyLops-MPI prints, as text: cg_table.txt and cgls_table.txt (times left out)."""

import contextlib
import io
import re

import numpy as np
import pylops
import pylops_mpi

from .reference_file import values
from .solvers import hermitian


def printed(method, a, b, dtype, **options):
    operator = pylops_mpi.MPIBlockDiag([pylops.MatrixMult(a, dtype=dtype)])
    y = pylops_mpi.DistributedArray(a.shape[0], dtype=dtype)
    x = pylops_mpi.DistributedArray(a.shape[1], dtype=dtype)
    y[:], x[:] = b, np.zeros(a.shape[1], dtype)
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        method(operator, y, x, show=True, **options)
    return re.sub(r"(Total time \(s\) =).*", r"\1 TIME", text.getvalue())


def write(folder):
    n = 8
    for dtype, suffix in (("float64", ""), ("complex128", "_complex")):
        a, b = hermitian(n, dtype), values(2, (n,), dtype)
        text = printed(pylops_mpi.cg, a, b, dtype, niter=6, tol=0.0, itershow=(2, 2, 2))
        (folder / f"cg_table{suffix}.txt").write_text(text)
        a, b = values(5, (10, 6), dtype), values(2, (10,), dtype)
        text = printed(pylops_mpi.cgls, a, b, dtype, niter=5, damp=0.5, tol=0.0, itershow=(2, 2, 2))
        (folder / f"cgls_table{suffix}.txt").write_text(text)
