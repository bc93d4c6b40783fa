"""The problems of the device benchmarks in CuPy, as PyLops-MPI computes them there: derivatives by slices, vectors by
operators, CG and CGLS by PyLops' formulas with their scalars on the host.

    cupy_peer.py [--bytes N] [--table FILE] [--match TEXT]

Prints seconds of each case and, where FILE (the rows of scripts/bench-gpu) has the same case, CuPy's time over the
library's: above 1 the library is faster. Says so where CuPy cannot be used.
"""

import argparse
import statistics
import sys
import time

PAIRS, STEPS = 15, 20


def rows_of(path):
    """Seconds by (title, name): the fields of tests/bench/summary.awk."""
    table = {}
    if path:
        with open(path, encoding="utf-8") as file:
            for line in file:
                fields = line.rstrip("\n").split("\t")
                table[fields[3], fields[5]] = float(fields[6])
    return table


def centered(cp, x, y, axis):
    """PyLops' FirstDerivative, centred of order 3 without edges."""
    x, y = cp.moveaxis(x, axis, 0), cp.moveaxis(y, axis, 0)
    y[...] = 0
    y[1:-1] = 0.5 * (x[2:] - x[:-2])


def centered_adjoint(cp, x, y, axis):
    x, y = cp.moveaxis(x, axis, 0), cp.moveaxis(y, axis, 0)
    y[...] = 0
    y[:-2] -= 0.5 * x[1:-1]
    y[2:] += 0.5 * x[1:-1]


def second(cp, x, y, axis):
    """PyLops' SecondDerivative, centred, added to y."""
    x, y = cp.moveaxis(x, axis, 0), cp.moveaxis(y, axis, 0)
    y[1:-1] += x[2:] - 2 * x[1:-1] + x[:-2]


def laplacian(cp, x, y):
    y[...] = 0
    for axis in range(x.ndim):
        second(cp, x, y, axis)


def gradient(cp, x, ys):
    for axis, y in enumerate(ys):
        centered(cp, x, y, axis)


def over(a, b):
    """a / b; 0 where single precision has come to its end."""
    return a / b if b else 0.0


def cg(cp, x0, b, steps):
    """PyLops' CG on 2 I - L/8."""
    work = cp.empty_like(b)

    def apply(v):
        laplacian(cp, v, work)
        return 2 * v - 0.125 * work

    x = x0.copy()
    r = b - apply(x)
    c = r.copy()
    old = float(cp.vdot(r, r).real)
    for _ in range(steps):
        d = apply(c)
        alpha = over(old, float(cp.vdot(c, d).real))
        x += alpha * c
        r -= alpha * d
        new = float(cp.vdot(r, r).real)
        c = r + over(new, old) * c
        old = new
    return x


def cgls(cp, x0, b, steps):
    """PyLops' CGLS on the stack of the first derivatives along both axes; b has their two results."""
    work = [cp.empty_like(x0) for _ in b]

    def forward(v):
        out = [cp.empty_like(v) for _ in b]
        gradient(cp, v, out)
        return out

    def adjoint(s):
        total = 0
        for axis, part in enumerate(s):
            centered_adjoint(cp, part, work[axis], axis)
            total = total + work[axis]
        return total

    x = x0.copy()
    s = [p - q for p, q in zip(b, forward(x))]
    r = adjoint(s)
    c = r.copy()
    old = float(cp.vdot(r, r).real)
    q = forward(c)
    for _ in range(steps):
        a = over(old, sum(float(cp.vdot(p, p).real) for p in q))
        x += a * c
        s = [p - a * v for p, v in zip(s, q)]
        r = adjoint(s)
        new = float(cp.vdot(r, r).real)
        c = r + over(new, old) * c
        q = forward(c)
        old = new
        float(cp.linalg.norm(x)), [float(cp.linalg.norm(p)) for p in s]
    return x


def timed(cp, work):
    """Median seconds of one call, after one that compiles and allocates."""
    work()
    seconds = []
    for _ in range(PAIRS):
        cp.cuda.get_current_stream().synchronize()
        start = time.perf_counter()
        work()
        cp.cuda.get_current_stream().synchronize()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def per_iteration(cp, solve):
    """As the benchmark: the difference of two solves, one of them twice as long."""
    return (timed(cp, lambda: solve(2 * STEPS)) - timed(cp, lambda: solve(STEPS))) / STEPS


def extent(count, dimensions):
    """The extents of tests/bench/device/gpu.c."""
    n = int(count ** (1.0 / dimensions) + 0.5)
    return n // 16 * 16 if n >= 64 else n


def cases(cp, size, dtype):
    """(title, name, seconds) of all cases of one dtype."""
    count = size // cp.dtype(dtype).itemsize
    n = extent(count, 1)
    title = f"{n}^1 {dtype}"
    x, y = (cp.ones(n, dtype=dtype) for _ in range(2))

    def axpy():
        y[...] = y + cp.asarray(1e-3, dtype=dtype) * x

    yield title, "copy", lambda: timed(cp, lambda: cp.copyto(y, x))
    yield title, "dot", lambda: timed(cp, lambda: float(cp.vdot(x, y).real))
    yield title, "norm", lambda: timed(cp, lambda: float(cp.linalg.norm(x)))
    yield title, "axpy", lambda: timed(cp, axpy)
    for dimensions in (2, 3):
        n = extent(count, dimensions)
        title = f"{n}^{dimensions} {dtype}"
        v = cp.ones((n,) * dimensions, dtype=dtype)
        ws = [cp.empty_like(v) for _ in range(dimensions)]
        for axis in range(dimensions):
            name = f"first derivative, axis {axis}, order 3, forward, beta 0"
            yield title, name, lambda axis=axis: timed(cp, lambda: centered(cp, v, ws[0], axis))
        yield title, f"Laplacian, {dimensions} axes, forward, beta 0", lambda: timed(cp, lambda: laplacian(cp, v, ws[0]))
        yield title, "Gradient, forward, beta 0", lambda: timed(cp, lambda: gradient(cp, v, ws))
        if dimensions == 2:
            b = cp.random.random(v.shape).astype(dtype)
            name = "an iteration over its bytes' time"
            yield title, f"CG on a Laplacian, {name}", lambda: per_iteration(cp, lambda k: cg(cp, v, b, k))
            yield title, f"CGLS on a derivative stack, {name}", lambda: per_iteration(cp, lambda k: cgls(cp, v, [b, b], k))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bytes", type=float, default=float(1 << 30))
    parser.add_argument("--table")
    parser.add_argument("--match", default="")
    options = parser.parse_args()
    try:
        import cupy as cp

        cp.cuda.runtime.getDeviceCount()
        device = cp.cuda.runtime.getDeviceProperties(0)["name"].decode()
    except Exception as error:  # pylint: disable=broad-except
        print(f"CuPy: not run, since it cannot be used here: {type(error).__name__}: {error}")
        return 0
    print(f"CuPy {cp.__version__} on {device}\n{'case':<76} {'CuPy':>12}   CuPy over dlops")
    table, failed = rows_of(options.table), 0
    for dtype in ("float32", "float64"):
        for title, name, run in cases(cp, int(options.bytes), dtype):
            if options.match not in title and options.match not in name:
                continue
            case = f"{title}, {name}"
            try:
                seconds = run()
            except Exception as error:  # pylint: disable=broad-except
                print(f"{case:<76} failed: {type(error).__name__}: {error}")
                failed += 1
                continue
            mine = table.get((title, name))
            print(f"{case:<76} {1e3 * seconds:9.3f} ms   {f'{seconds / mine:.2f}' if mine else 'no row of the library'}")
            sys.stdout.flush()
        cp.get_default_memory_pool().free_all_blocks()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
