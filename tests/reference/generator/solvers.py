"""Iterates, costs and stopping of CG and CGLS.

CG:   cost_k = |r_k|, also with damping: r = b - (A + damp I) x.
CGLS: cost_k = |b - A x_k|; cost1_k = sqrt(cost_k^2 + damp^2 |x_k|^2).

PyLops and PyLops-MPI start CGLS from A^H s - damp x (damp^2 in every later iteration) and take damp |x|^2 into cost1_0.
With x0 != 0 and damp not 0 or 1 their iterates are not those of the method; damp^2 is used here throughout (corrected=1).
"""

import itertools

import numpy as np
import pylops
from pylops.optimization.cls_basic import CG, CGLS

from .reference_file import values

try:
    import pylops_mpi
except ImportError:
    pylops_mpi = None

BOTH = ("float64", "complex128")


def cg(a, b, x, iterations, damp):
    """Conjugate gradients on (A + damp I) x = b: iterates and costs."""
    r = b - a @ x - damp * x
    p, gamma = r.copy(), np.vdot(r, r).real
    iterates, cost = [], [np.sqrt(gamma)]
    for _ in range(iterations):
        q = a @ p + damp * p
        alpha = gamma / np.vdot(p, q).real
        x = x + alpha * p
        r = r - alpha * q
        gamma, previous = np.vdot(r, r).real, gamma
        p = r + (gamma / previous) * p
        iterates.append(x)
        cost.append(np.sqrt(gamma))
    return np.array(iterates), np.array(cost)


def cgls(a, b, x, iterations, damp):
    """Conjugate gradients on (A^H A + damp^2 I) x = A^H b: iterates and the two costs."""
    s = b - a @ x
    r = a.conj().T @ s - damp**2 * x
    p, gamma = r.copy(), np.vdot(r, r).real
    iterates, cost = [], [np.linalg.norm(s)]
    cost1 = [np.sqrt(cost[0] ** 2 + damp**2 * np.vdot(x, x).real)]
    for _ in range(iterations):
        q = a @ p
        alpha = gamma / (np.vdot(q, q).real + damp**2 * np.vdot(p, p).real)
        x = x + alpha * p
        s = s - alpha * q
        r = a.conj().T @ s - damp**2 * x
        gamma, previous = np.vdot(r, r).real, gamma
        p = r + (gamma / previous) * p
        iterates.append(x)
        cost.append(np.linalg.norm(s))
        cost1.append(np.sqrt(cost[-1] ** 2 + damp**2 * np.vdot(x, x).real))
    return np.array(iterates), np.array(cost), np.array(cost1)


def upstream(solver, a, b, x0, iterations, damp):
    x = solver.setup(b, x0.copy(), niter=iterations, damp=damp, tol=0.0)
    iterates = []
    for _ in range(iterations):
        x = solver.step(x)
        iterates.append(x.copy())
    return np.array(iterates), np.array(solver.cost), getattr(solver, "cost1", None)


def distributed(method, a, b, x0, iterations, **options):
    """The last iterate and the costs of PyLops-MPI on one rank."""
    y, x = pylops_mpi.DistributedArray(len(b), dtype=b.dtype), pylops_mpi.DistributedArray(len(x0), dtype=x0.dtype)
    y[:], x[:] = b, x0
    operator = pylops_mpi.MPIBlockDiag([pylops.MatrixMult(a, dtype=a.dtype)])
    result = method(operator, y, x, niter=iterations, tol=0.0, **options)
    return result[0].asarray(), np.array(result[-1])


def close(a, b, tolerance=1e-12):
    return np.allclose(a, b, rtol=tolerance, atol=tolerance)


def hermitian(n, dtype):
    """A = M^H M / 4 + I with M from the sequence of seed 5: positive definite."""
    m = values(5, (n, n), dtype)
    return m.conj().T @ m / 4 + np.eye(n)


def write_cg(out):
    n, iterations = 8, 6
    for dtype, damp, start in itertools.product(BOTH, (0.0, 0.5), ("zero", "given")):
        a, b = hermitian(n, dtype), values(2, (n,), dtype)
        x0 = values(1, (n,), dtype) if start == "given" else np.zeros(n, dtype)
        iterates, cost = cg(a, b, x0, iterations, damp)
        theirs, their_cost, _ = upstream(CG(pylops.MatrixMult(a, dtype=dtype)), a, b, x0, iterations, damp)
        assert close(iterates, theirs) and close(cost, their_cost)
        if pylops_mpi and damp == 0:
            last, their_cost = distributed(pylops_mpi.cg, a, b, x0, iterations)
            assert close(iterates[-1], last) and close(cost, their_cost)
        options = dict(n=n, iterations=iterations, damp=damp, start=start, dtype=dtype)
        out.case("cg", options, {"matrix": a, "iterates": iterates, "cost": cost})


def write_cgls(out):
    rows, columns, iterations = 10, 6, 5
    for dtype, damp, start in itertools.product(BOTH, (0.0, 0.5, 1.0), ("zero", "given")):
        a, b = values(5, (rows, columns), dtype), values(2, (rows,), dtype)
        x0 = values(1, (columns,), dtype) if start == "given" else np.zeros(columns, dtype)
        iterates, cost, cost1 = cgls(a, b, x0, iterations, damp)
        ours = iterates, cost, cost1
        theirs = upstream(CGLS(pylops.MatrixMult(a, dtype=dtype)), a, b, x0, iterations, damp)
        corrected = damp not in (0.0, 1.0) and start == "given"
        assert all(close(p, q) for p, q in zip(ours, theirs)) is not corrected, (dtype, damp, start)
        if pylops_mpi and not corrected:
            last, their_cost = distributed(pylops_mpi.cgls, a, b, x0, iterations, damp=damp)
            assert close(iterates[-1], last) and close(cost, their_cost)
        exact = np.linalg.solve(a.conj().T @ a + damp**2 * np.eye(columns), a.conj().T @ b)
        assert close(cgls(a, b, x0, columns, damp)[0][-1], exact, 1e-6)
        options = dict(rows=rows, columns=columns, iterations=iterations, damp=damp, start=start, dtype=dtype)
        options["corrected"] = corrected
        out.case("cgls", options, {"iterates": iterates, "cost": cost, "cost1": cost1, "solution": exact})


def write_stopping(out):
    """PyLops' rule: go on while the *squared* norm of r (CG) or of A^H s - damp^2 x (CGLS) exceeds tol, absolutely."""
    n = 8
    a, b = hermitian(n, "float64"), values(2, (n,), "float64")
    for tolerance in (1.0, 1e-2, 1e-4):
        x, count, cost = pylops.cg(pylops.MatrixMult(a), b, np.zeros(n), niter=50, tol=tolerance)
        out.case("cg_stop", dict(n=n, tol=tolerance, iterations=count), {"x": x, "cost": cost})
    a, b = values(5, (10, 6), "float64"), values(2, (10,), "float64")
    for tolerance in (1.0, 1e-2, 1e-4):
        x, istop, count, r1, r2, cost = pylops.cgls(pylops.MatrixMult(a), b, np.zeros(6), niter=50, tol=tolerance)
        # istop 1: tolerance; 2: iterations. r1norm is the squared norm of the normal residual.
        options = dict(rows=10, columns=6, tol=tolerance, iterations=count, istop=istop)
        out.case("cgls_stop", options, {"x": x, "cost": cost, "r1norm": r1, "r2norm": r2})


def write(out):
    write_cg(out)
    write_cgls(out)
    write_stopping(out)
