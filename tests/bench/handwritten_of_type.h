/* The loops of handwritten.c for one element type: included once for each, with TYPE and NAME defined. */

/* y = beta y + sum, for the elements of a line. */
#define LINE(sum)                                                              \
    do {                                                                       \
        if (beta) for (size_t k = first; k < last; ++k) y[k] += (sum);         \
        else for (size_t k = first; k < last; ++k) y[k] = (sum);               \
    } while (0)

WIDTHS static void NAME(first_line)(TYPE *restrict y, const TYPE *restrict x, size_t row, size_t first, size_t last, int beta)
{
    const TYPE near = (TYPE)(8.0 / 12), far = (TYPE)(1.0 / 12);
    LINE(near * (x[k + row] - x[k - row]) - far * (x[k + 2 * row] - x[k - 2 * row]));
}

WIDTHS static void NAME(second_line)(TYPE *restrict y, const TYPE *restrict x, size_t row, size_t first, size_t last, int beta)
{
    LINE(x[k - row] - 2 * x[k] + x[k + row]);
}

WIDTHS static void NAME(laplacian2_line)(TYPE *restrict y, const TYPE *restrict x, size_t row, size_t first, size_t last, int beta)
{
    LINE(x[k - row] + x[k + row] + x[k - 1] + x[k + 1] - 4 * x[k]);
}

WIDTHS static void NAME(laplacian3_line)(TYPE *restrict y, const TYPE *restrict x, size_t plane, size_t row, size_t first, size_t last, int beta)
{
    LINE(x[k - plane] + x[k + plane] + x[k - row] + x[k + row] + x[k - 1] + x[k + 1] - 6 * x[k]);
}

WIDTHS static void NAME(gradient_line)(TYPE *restrict p, TYPE *restrict q, TYPE *restrict r, const TYPE *restrict x, size_t plane, size_t row,
                                       size_t first, size_t last, int beta)
{
    const TYPE half = (TYPE)0.5;
    for (size_t k = first; k < last; ++k) {
        p[k] = half * (x[k + plane] - x[k - plane]) + (beta ? p[k] : 0);
        q[k] = half * (x[k + row] - x[k - row]) + (beta ? q[k] : 0);
        r[k] = half * (x[k + 1] - x[k - 1]) + (beta ? r[k] : 0);
    }
}

WIDTHS static void NAME(divergence_line)(TYPE *restrict y, const TYPE *restrict p, const TYPE *restrict q, const TYPE *restrict r,
                                         size_t plane, size_t row, size_t first, size_t last, int beta)
{
    const TYPE half = (TYPE)0.5;
    LINE(half * (p[k - plane] - p[k + plane] + q[k - row] - q[k + row] + r[k - 1] - r[k + 1]));
}

static void NAME(first)(void *state)
{
    const loop *l = state;
    for (size_t i = 2; i + 2 < l->n; ++i) {
        NAME(first_line)((TYPE *)l->y[0] + i * l->n, (const TYPE *)l->x[0] + i * l->n, l->n, 0, l->n, l->beta);
    }
}

static void NAME(second)(void *state)
{
    const loop *l = state;
    for (size_t i = 1; i + 1 < l->n; ++i) {
        NAME(second_line)((TYPE *)l->y[0] + i * l->n, (const TYPE *)l->x[0] + i * l->n, l->n, 0, l->n, l->beta);
    }
}

static void NAME(laplacian2)(void *state)
{
    const loop *l = state;
    for (size_t i = 1; i + 1 < l->n; ++i) {
        NAME(laplacian2_line)((TYPE *)l->y[0] + i * l->n, (const TYPE *)l->x[0] + i * l->n, l->n, 1, l->n - 1, l->beta);
    }
}

static void NAME(laplacian3)(void *state)
{
    const loop *l = state;
    for (size_t i = 1; i + 1 < l->n; ++i) {
        for (size_t j = 1; j + 1 < l->n; ++j) {
            const size_t at = (i * l->n + j) * l->n;
            NAME(laplacian3_line)((TYPE *)l->y[0] + at, (const TYPE *)l->x[0] + at, l->n * l->n, l->n, 1, l->n - 1, l->beta);
        }
    }
}

static void NAME(gradient)(void *state)
{
    const loop *l = state;
    for (size_t i = 1; i + 1 < l->n; ++i) {
        for (size_t j = 1; j + 1 < l->n; ++j) {
            const size_t at = (i * l->n + j) * l->n;
            NAME(gradient_line)((TYPE *)l->y[0] + at, (TYPE *)l->y[1] + at, (TYPE *)l->y[2] + at, (const TYPE *)l->x[0] + at, l->n * l->n, l->n, 1,
                                l->n - 1, l->beta);
        }
    }
}

static void NAME(divergence)(void *state)
{
    const loop *l = state;
    for (size_t i = 1; i + 1 < l->n; ++i) {
        for (size_t j = 1; j + 1 < l->n; ++j) {
            const size_t at = (i * l->n + j) * l->n;
            NAME(divergence_line)((TYPE *)l->y[0] + at, (const TYPE *)l->x[0] + at, (const TYPE *)l->x[1] + at, (const TYPE *)l->x[2] + at,
                                  l->n * l->n, l->n, 1, l->n - 1, l->beta);
        }
    }
}

#undef LINE
#undef TYPE
#undef NAME
