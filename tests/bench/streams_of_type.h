/* The loops of streams.c for one element type: included once for each, with TYPE, NAME and VECTOR... defined. */

WIDTHS static double NAME(square)(const TYPE *restrict x, size_t n)
{
    TYPE sums[32] = {0};
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        for (size_t k = 0; k < 32; ++k) sums[k] += x[i + k] * x[i + k];
    }
    double total = 0;
    for (size_t k = 0; k < 32; ++k) total += sums[k];
    for (; i < n; ++i) total += x[i] * x[i];
    return total;
}

WIDTHS static double NAME(product)(const TYPE *restrict x, const TYPE *restrict y, size_t n)
{
    TYPE sums[32] = {0};
    size_t i = 0;
    for (; i + 32 <= n; i += 32) {
        for (size_t k = 0; k < 32; ++k) sums[k] += x[i + k] * y[i + k];
    }
    double total = 0;
    for (size_t k = 0; k < 32; ++k) total += sums[k];
    for (; i < n; ++i) total += x[i] * y[i];
    return total;
}

/* The output may be one of the inputs, at the same index. */
WIDTHS static void NAME(add)(TYPE *out, int reads, const TYPE *a, const TYPE *b, const TYPE *c, const TYPE *d, size_t n)
{
    switch (reads) {
    case 0:
        for (size_t i = 0; i < n; ++i) out[i] = 0;
        break;
    case 1:
#pragma GCC ivdep
        for (size_t i = 0; i < n; ++i) out[i] = a[i];
        break;
    case 2:
#pragma GCC ivdep
        for (size_t i = 0; i < n; ++i) out[i] = a[i] + b[i];
        break;
    case 3:
#pragma GCC ivdep
        for (size_t i = 0; i < n; ++i) out[i] = a[i] + b[i] + c[i];
        break;
    default:
#pragma GCC ivdep
        for (size_t i = 0; i < n; ++i) out[i] = a[i] + b[i] + c[i] + d[i];
    }
}

WIDTHS static void NAME(spread)(TYPE *restrict p, TYPE *restrict q, TYPE *restrict r, const TYPE *restrict x, int adds, size_t n)
{
    if (adds && r) for (size_t i = 0; i < n; ++i) p[i] += x[i], q[i] += x[i], r[i] += x[i];
    else if (adds) for (size_t i = 0; i < n; ++i) p[i] += x[i], q[i] += x[i];
    else if (r) for (size_t i = 0; i < n; ++i) p[i] = x[i], q[i] = x[i], r[i] = x[i];
    else for (size_t i = 0; i < n; ++i) p[i] = x[i], q[i] = x[i];
}

#if defined(__x86_64__)
/* Elements before the first that is aligned for a store past the cache. */
static size_t NAME(head)(const TYPE *out, size_t n)
{
    size_t head = ((16 - ((uintptr_t)out & 15)) & 15) / sizeof(TYPE);
    return head < n ? head : n;
}

static void NAME(add_past)(TYPE *out, int reads, const TYPE *a, const TYPE *b, const TYPE *c, const TYPE *d, size_t n)
{
    const size_t width = 16 / sizeof(TYPE);
    size_t i = NAME(head)(out, n);
    NAME(add)(out, reads, a, b, c, d, i);
    for (; i + width <= n; i += width) {
        VECTOR v = reads > 0 ? VECTOR_LOAD(a + i) : VECTOR_ZERO();
        if (reads > 1) v = VECTOR_ADD(v, VECTOR_LOAD(b + i));
        if (reads > 2) v = VECTOR_ADD(v, VECTOR_LOAD(c + i));
        if (reads > 3) v = VECTOR_ADD(v, VECTOR_LOAD(d + i));
        VECTOR_STREAM(out + i, v);
    }
    _mm_sfence();
    for (; i < n; ++i) out[i] = reads ? a[i] : 0;
}

/* Outputs of one alignment. */
static void NAME(spread_past)(TYPE *p, TYPE *q, TYPE *r, const TYPE *x, size_t n)
{
    const size_t width = 16 / sizeof(TYPE);
    size_t i = NAME(head)(p, n);
    NAME(spread)(p, q, r, x, 0, i);
    for (; i + width <= n; i += width) {
        VECTOR v = VECTOR_LOAD(x + i);
        VECTOR_STREAM(p + i, v);
        VECTOR_STREAM(q + i, v);
        if (r) VECTOR_STREAM(r + i, v);
    }
    _mm_sfence();
    for (; i < n; ++i) {
        p[i] = q[i] = x[i];
        if (r) r[i] = x[i];
    }
}
#endif

static void NAME(pass)(const streams *s, size_t first, size_t last)
{
    const TYPE *in[4] = {0};
    TYPE *out[3] = {0};
    size_t n = last - first;
    for (int k = 0; k < s->reads && k < 4; ++k) in[k] = s->in[k] ? (const TYPE *)s->in[k] + first : NULL;
    for (int k = 0; k < s->writes; ++k) out[k] = (TYPE *)s->out[k] + first;
    int bypass = s->bypass;
#if !defined(__x86_64__)
    bypass = 0;
#endif
    if (s->writes == 0) {
        sink = s->reads > 1 ? NAME(product)(in[0], in[1], n) : NAME(square)(in[0], n);
    } else if (s->writes == 1 && !bypass) {
        NAME(add)(out[0], s->reads, in[0], in[1], in[2], in[3], n);
    } else if (!bypass) {
        NAME(spread)(out[0], out[1], out[2], in[0], s->accumulate, n);
    }
#if defined(__x86_64__)
    else if (s->writes == 1) {
        NAME(add_past)(out[0], s->reads, in[0], in[1], in[2], in[3], n);
    } else {
        NAME(spread_past)(out[0], out[1], out[2], in[0], n);
    }
#endif
}

#undef TYPE
#undef NAME
#undef VECTOR
#undef VECTOR_LOAD
#undef VECTOR_ADD
#undef VECTOR_ZERO
#undef VECTOR_STREAM
