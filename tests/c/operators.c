/* Operators: apply against loops, every refusal of apply and of the algebra, callbacks, stacks, life and counts. */
#include "check.h"

#define LIST(...) ((const dlops_operator *[]){__VA_ARGS__})

static dlops_operator *derivative(const dlops_space *space)
{
    dlops_operator *d = NULL;
    OK(dlops_first_derivative_create(space, 0, NULL, &d));
    return d;
}

/* x_i = i^2 has the centered derivative 2 i, zero at the ends; the scaled form accumulates. */
static void apply(dlops_context *context)
{
    dlops_space *space = line(context, DLOPS_FLOAT64, 6 * size);
    dlops_operator *d = derivative(space);
    dlops_array *x = filled(space, 0), *y = filled(space, NAN), *part = NULL;
    double *data = NULL;
    int64_t first, count, forward = -1, adjoint = -1;
    int32_t passed = 0;
    double error = -1;
    OK(dlops_local_split(6 * size, size, rank, &first, &count));
    borrowed elements = lend(x, DLOPS_ACCESS_WRITE, &data);
    for (int64_t i = 0; i < count; i++)
        data[i] = (double)((first + i) * (first + i));
    give_back(elements, 1);
    OK(dlops_array_acquire(x, DLOPS_ACCESS_WRITE, (void **)&data));
    REFUSED(dlops_operator_apply(d, DLOPS_FORWARD, x, y), DLOPS_ERROR_STATE, "acquired");
    OK(dlops_array_release(x));
    OK(dlops_operator_apply(d, DLOPS_FORWARD, x, y));    /* y held NaN, and is not read */
    OK(dlops_operator_apply_scaled(d, DLOPS_FORWARD, dlops_real(2), x, dlops_real(-1), y));
    elements = lend(y, DLOPS_ACCESS_READ, &data);
    for (int64_t i = 0; i < count; i++) {
        int64_t k = first + i;
        CHECK(data[i] == (k == 0 || k == 6 * size - 1 ? 0 : 2.0 * (double)k));
    }
    give_back(elements, 0);
    OK(dlops_operator_apply(d, DLOPS_ADJOINT, y, x));
    OK(dlops_operator_get_apply_counts(d, &forward, &adjoint));
    CHECK(forward == 2 && adjoint == 1);
    OK(dlops_operator_reset_apply_counts(d));
    OK(dlops_operator_get_apply_counts(d, &forward, NULL));
    CHECK(forward == 0);
    OK(dlops_operator_dot_test(d, 3, 0, &error, &passed));
    CHECK(passed == 1 && error >= 0);
    REFUSED(dlops_operator_dot_test(d, 3, -1, NULL, &passed), DLOPS_ERROR_ARGUMENT, "tolerance is -1");
    REFUSED(dlops_operator_dot_test(d, 3, 0, NULL, NULL), DLOPS_ERROR_NULL_POINTER, "passed is NULL");

    REFUSED(dlops_operator_apply(d, 4, x, y), DLOPS_ERROR_ARGUMENT, "mode is 4");
    REFUSED(dlops_operator_apply(d, -1, x, y), DLOPS_ERROR_ARGUMENT, "mode is -1");
    REFUSED(dlops_operator_apply(NULL, 0, x, y), DLOPS_ERROR_NULL_POINTER, "NULL");
    REFUSED(dlops_operator_apply(d, 0, NULL, y), DLOPS_ERROR_NULL_POINTER, "x is NULL");
    REFUSED(dlops_operator_apply(d, 0, x, NULL), DLOPS_ERROR_NULL_POINTER, "y is NULL");
    REFUSED(dlops_operator_apply(d, 0, (dlops_array *)space, y), DLOPS_ERROR_HANDLE, "dlops_space");
    REFUSED(dlops_operator_apply(d, 0, (dlops_array *)&first, y), DLOPS_ERROR_HANDLE, "not a handle");
    REFUSED(dlops_operator_apply(d, 0, x, x), DLOPS_ERROR_OVERLAP, "share memory");
    REFUSED(dlops_operator_apply_scaled(d, 0, dlops_complex(1, 2), x, dlops_real(0), y), DLOPS_ERROR_DTYPE, "2i");
    OK(dlops_array_view_as(x, space, &part));
    REFUSED(dlops_operator_apply(d, 0, part, x), DLOPS_ERROR_OVERLAP, "share memory");
    OK(dlops_array_destroy(&part));
    OK(dlops_operator_view(d));
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_operator_destroy(&d);
    dlops_space_destroy(&space);
}

/* Arrays of another cut, type, size or context. */
static void mismatches(dlops_context *context)
{
    dlops_space *rows = plane(context, 8, 8, 0), *columns = plane(context, 8, 8, 1), *small = plane(context, 7, 8, 0);
    dlops_space *single = line(context, DLOPS_FLOAT32, 64), *foreign, *product = NULL;
    dlops_context *other = world(NULL);
    dlops_operator *a = derivative(rows), *b = derivative(columns), *c, *result = NULL;
    dlops_array *x = filled(rows, 1), *y = filled(rows, 1), *turned = filled(columns, 1), *less = filled(small, 1);
    dlops_array *f32 = filled(single, 1), *away;
    dlops_scalar dot;
    foreign = plane(other, 8, 8, 0);
    away = filled(foreign, 1);
    c = derivative(foreign);
    OK(dlops_space_create_product(1, (const dlops_space *[]){rows}, &product));
    if (size > 1) {
        REFUSED(dlops_operator_apply(a, 0, turned, y), DLOPS_ERROR_SPACE, "x");
        REFUSED(dlops_operator_apply(a, 0, x, turned), DLOPS_ERROR_SPACE, "y");
        REFUSED(dlops_array_axpy(dlops_real(1), turned, y), DLOPS_ERROR_SPACE, "congruent");
        REFUSED(dlops_array_dot(turned, y, &dot), DLOPS_ERROR_SPACE, "congruent");
        REFUSED(dlops_operator_product(2, LIST(a, b), &result), DLOPS_ERROR_SPACE, "congruent");
        REFUSED(dlops_operator_sum(2, NULL, LIST(a, b), &result), DLOPS_ERROR_SPACE, "congruent");
    }
    REFUSED(dlops_operator_apply(a, 0, less, y), DLOPS_ERROR_SPACE, "x");
    REFUSED(dlops_operator_apply(a, 0, f32, y), DLOPS_ERROR_DTYPE, "float32");
    REFUSED(dlops_operator_apply(a, 0, x, f32), DLOPS_ERROR_DTYPE, "float32");
    REFUSED(dlops_operator_apply(a, 0, away, y), DLOPS_ERROR_CONTEXT, "context");
    REFUSED(dlops_array_axpy(dlops_real(1), away, y), DLOPS_ERROR_CONTEXT, "context");
    REFUSED(dlops_array_dot(f32, y, &dot), DLOPS_ERROR_DTYPE, "float32");
    REFUSED(dlops_array_dot(less, y, &dot), DLOPS_ERROR_SPACE, "congruent");
    REFUSED(dlops_operator_product(2, LIST(a, c), &result), DLOPS_ERROR_CONTEXT, "context");
    REFUSED(dlops_operator_sum(2, NULL, LIST(a, c), &result), DLOPS_ERROR_CONTEXT, "context");
    REFUSED(dlops_stacked_block_diag_create(2, LIST(a, c), &result), DLOPS_ERROR_CONTEXT, "context");
    CHECK(result == NULL);
    dlops_operator_destroy(&a);
    dlops_operator_destroy(&b);
    dlops_operator_destroy(&c);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&turned);
    dlops_array_destroy(&less);
    dlops_array_destroy(&f32);
    dlops_array_destroy(&away);
    dlops_space_destroy(&rows);
    dlops_space_destroy(&columns);
    dlops_space_destroy(&small);
    dlops_space_destroy(&single);
    dlops_space_destroy(&foreign);
    dlops_space_destroy(&product);
    dlops_context_destroy(&other);
}

static void algebra(dlops_context *context)
{
    dlops_space *space = line(context, DLOPS_FLOAT64, 5 * size), *of = NULL;
    dlops_operator *d = derivative(space), *a = NULL, *b = NULL, *none = NULL;
    dlops_array *x = drawn(space, 1), *y = NULL, *z = NULL;
    int32_t congruent = 0;

    /* (2 D - D^T) D^2 on the one hand, step by step on the other. */
    dlops_operator *t = NULL, *square = NULL, *sum = NULL, *whole = NULL;
    OK(dlops_operator_transpose(d, &t));
    OK(dlops_operator_power(d, 2, &square));
    OK(dlops_operator_sum(2, (dlops_scalar[]){{2, 0}, {-1, 0}}, LIST(d, t), &sum));
    OK(dlops_operator_product(2, LIST(sum, square), &whole));
    OK(dlops_operator_create_range_array(whole, &y));
    OK(dlops_operator_create_domain_array(whole, &z));
    dlops_array *w = filled(space, 0);
    OK(dlops_operator_apply(d, DLOPS_FORWARD, x, z));
    OK(dlops_operator_apply(d, DLOPS_FORWARD, z, w));
    OK(dlops_operator_apply(d, DLOPS_FORWARD, w, z));
    OK(dlops_operator_apply_scaled(d, DLOPS_TRANSPOSE, dlops_real(-1), w, dlops_real(2), z));
    dlops_operator_destroy(&t);    /* the product keeps its factors */
    dlops_operator_destroy(&square);
    dlops_operator_destroy(&sum);
    OK(dlops_operator_apply(whole, DLOPS_FORWARD, x, y));
    OK(dlops_array_axpy(dlops_real(-1), z, y));
    CHECK(norm(y) <= 1e-14 * norm(z) && norm(z) > 0);
    dlops_operator_destroy(&whole);

    OK(dlops_operator_adjoint(d, &a));
    OK(dlops_operator_conjugate(d, &b));
    OK(dlops_operator_get_domain(a, &of));
    OK(dlops_space_is_congruent(of, space, &congruent));
    CHECK(congruent == 1);
    dlops_space_destroy(&of);
    OK(dlops_operator_get_range(b, &of));
    dlops_space_destroy(&of);
    dlops_operator_destroy(&b);
    OK(dlops_operator_power(d, 0, &b));
    OK(dlops_operator_apply(b, DLOPS_FORWARD, x, y));
    OK(dlops_array_axpy(dlops_real(-1), x, y));
    CHECK(norm(y) == 0);

    REFUSED(dlops_operator_sum(0, NULL, LIST(d), &none), DLOPS_ERROR_ARGUMENT, "0");
    REFUSED(dlops_operator_sum(-1, NULL, LIST(d), &none), DLOPS_ERROR_ARGUMENT, "-1");
    REFUSED(dlops_operator_sum(2, NULL, NULL, &none), DLOPS_ERROR_NULL_POINTER, "NULL");
    REFUSED(dlops_operator_sum(2, NULL, LIST(d, NULL), &none), DLOPS_ERROR_NULL_POINTER, "[1] is NULL");
    REFUSED(dlops_operator_sum(1, (dlops_scalar[]){{1, 1}}, LIST(d), &none), DLOPS_ERROR_DTYPE, "1i");
    REFUSED(dlops_operator_scale(dlops_complex(0, 3), d, &none), DLOPS_ERROR_DTYPE, "3i");
    REFUSED(dlops_operator_product(0, LIST(d), &none), DLOPS_ERROR_ARGUMENT, "0");
    REFUSED(dlops_operator_product(1, LIST(d), NULL), DLOPS_ERROR_NULL_POINTER, "result is NULL");
    REFUSED(dlops_operator_power(d, -1, &none), DLOPS_ERROR_ARGUMENT, "-1");
    REFUSED(dlops_operator_power(d, INT64_MAX, &none), DLOPS_ERROR_ARGUMENT, "9223372036854775807");
    REFUSED(dlops_stacked_vstack_create(0, NULL, &none), DLOPS_ERROR_ARGUMENT, "0");
    REFUSED(dlops_block_create(1, 0, NULL, &none), DLOPS_ERROR_ARGUMENT, "0");
    REFUSED(dlops_block_create(INT64_MAX, INT64_MAX, LIST(d), &none), DLOPS_ERROR_ARGUMENT, "");
    REFUSED(dlops_operator_get_apply_counts(NULL, NULL, NULL), DLOPS_ERROR_NULL_POINTER, "NULL");
    CHECK(none == NULL);
    dlops_operator_destroy(&a);
    dlops_operator_destroy(&b);
    dlops_operator_destroy(&d);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&z);
    dlops_array_destroy(&w);
    dlops_space_destroy(&space);
}

static void derivatives(dlops_context *context)
{
    dlops_space *space = plane(context, 6, 5, 0), *counts = NULL, *whole = line(context, DLOPS_INT64, 9), *product = NULL;
    dlops_operator *d = NULL;
    dlops_first_derivative_options o = DLOPS_FIRST_DERIVATIVE_OPTIONS_INIT;
    dlops_laplacian_options l = DLOPS_LAPLACIAN_OPTIONS_INIT;
    int odd = rank == size - 1, culprit = size - 1;
    int32_t twice[2] = {1, 1};
    OK(dlops_space_create_unshaped(context, DLOPS_FLOAT64, 4, &counts));
    OK(dlops_space_create_product(1, (const dlops_space *[]){space}, &product));
    AGREED(dlops_first_derivative_create(space, 2, NULL, &d), DLOPS_ERROR_AXIS, "axis is 2", 0);
    AGREED(dlops_first_derivative_create(space, -3, NULL, &d), DLOPS_ERROR_AXIS, "axis is -3", 0);
    AGREED(dlops_second_derivative_create(space, INT32_MIN, NULL, &d), DLOPS_ERROR_AXIS, "axis", 0);
    AGREED(dlops_first_derivative_create(space, odd ? 9 : 0, NULL, &d), DLOPS_ERROR_AXIS, "axis is 9", culprit);
    AGREED(dlops_first_derivative_create(space, 0, NULL, odd ? NULL : &d), DLOPS_ERROR_NULL_POINTER, "result", culprit);
    if (size > 1)
        AGREED(dlops_first_derivative_create(space, odd, NULL, &d), DLOPS_ERROR_COLLECTIVE, "axis", culprit);
    AGREED(dlops_first_derivative_create(whole, 0, NULL, &d), DLOPS_ERROR_DTYPE, "int64", 0);
    AGREED(dlops_first_derivative_create(counts, 0, NULL, &d), DLOPS_ERROR_SPACE, "local counts", 0);
    AGREED(dlops_gradient_create(product, NULL, &d), DLOPS_ERROR_SPACE, "product", 0);
    REFUSED(dlops_first_derivative_create(NULL, 0, NULL, &d), DLOPS_ERROR_NULL_POINTER, "space is NULL");
    REFUSED(dlops_first_derivative_create((dlops_space *)context, 0, NULL, &d), DLOPS_ERROR_HANDLE, "dlops_context");
    o.sampling = odd ? NAN : 1;
    AGREED(dlops_first_derivative_create(space, 0, &o, &d), DLOPS_ERROR_ARGUMENT, "sampling", culprit);
    o.sampling = 0, o.kind = 5;
    AGREED(dlops_first_derivative_create(space, 0, &o, &d), DLOPS_ERROR_OPTION, "kind is 5", 0);
    o.kind = 0, o.order = 4;
    AGREED(dlops_first_derivative_create(space, 0, &o, &d), DLOPS_ERROR_OPTION, "order is 4", 0);
    o.order = 0, o.edge = 2;
    AGREED(dlops_first_derivative_create(space, 0, &o, &d), DLOPS_ERROR_OPTION, "edge is 2", 0);
    l.axes = twice, l.axis_count = 2;
    AGREED(dlops_laplacian_create(space, &l, &d), DLOPS_ERROR_AXIS, "1", 0);
    l.axis_count = -2;
    AGREED(dlops_laplacian_create(space, &l, &d), DLOPS_ERROR_ARGUMENT, "-2", 0);
    CHECK(d == NULL);
    dlops_space_destroy(&space);
    dlops_space_destroy(&counts);
    dlops_space_destroy(&product);
    dlops_space_destroy(&whole);
}

/* BlockDiag of this rank's operators: any number of them; what is wrong on one rank is told to all. */
static void blocks(dlops_context *context)
{
    dlops_operator *between = NULL;
    dlops_array *widest = NULL;
    dlops_space *found = NULL;
    int32_t dtype = 0;
    dlops_context *local = NULL;
    dlops_space *mine, *small;
    dlops_operator *d, *none = NULL, *diagonal = NULL, *of_all;
    dlops_array *x = NULL, *y = NULL;
    dlops_space *domain = NULL, *global = line(context, DLOPS_FLOAT64, 7);
    int odd = rank == size - 1, culprit = size - 1;
    int64_t count = 0;
    char where[24];
    OK(dlops_context_get_local(context, &local));
    mine = line(local, DLOPS_FLOAT64, 5 + rank);
    small = line(local, DLOPS_FLOAT32, 5);
    d = derivative(mine);
    of_all = derivative(global);
    OK(dlops_block_diag_create(context, odd ? 2 : 0, LIST(d, d), NULL, &diagonal));
    OK(dlops_operator_get_domain(diagonal, &domain));
    OK(dlops_space_get_global_count(domain, &count));
    CHECK(count == 2 * (5 + size - 1));
    OK(dlops_operator_create_domain_array(diagonal, &x));
    OK(dlops_operator_create_range_array(diagonal, &y));
    OK(dlops_array_fill(x, dlops_real(1)));
    OK(dlops_operator_apply(diagonal, DLOPS_FORWARD, x, y));
    CHECK(norm(y) == 0);
    REFUSED(dlops_block_diag_create(context, 0, NULL, NULL, &none), DLOPS_ERROR_ARGUMENT, "no operator");
    AGREED(dlops_block_diag_create(context, 1, odd ? NULL : LIST(d), NULL, &none), DLOPS_ERROR_NULL_POINTER, "operators",
           culprit);
    AGREED(dlops_block_diag_create(context, odd ? -1 : 1, LIST(d), NULL, &none), DLOPS_ERROR_ARGUMENT, "-1", culprit);
    if (size > 1) {
        AGREED(dlops_block_diag_create(context, 1, odd ? LIST(of_all) : LIST(d), NULL, &none), DLOPS_ERROR_CONTEXT, "context",
               culprit);
        REFUSED(dlops_vstack_create(context, 1, LIST(d), NULL, &none), DLOPS_ERROR_SHAPE, "column");
    }
    /* An error of the local context names this rank of the context of all. */
    REFUSED(dlops_operator_apply(d, 9, x, y), DLOPS_ERROR_ARGUMENT, "mode is 9");
    snprintf(where, sizeof where, "[rank %d]", rank);
    CHECK(size == 1 || strstr(dlops_last_error(), where));
    dlops_operator_destroy(&d);
    d = derivative(odd ? small : mine);
    /* Blocks of several dtypes take the widest, but not maps between dtypes. */
    OK(dlops_block_diag_create(context, 1, LIST(d), NULL, &none));
    OK(dlops_operator_create_domain_array(none, &widest));
    OK(dlops_array_get_space(widest, &found));
    OK(dlops_space_get_dtype(found, &dtype));
    CHECK(dtype == (size == 1 ? DLOPS_FLOAT32 : DLOPS_FLOAT64));
    dlops_array_destroy(&widest);
    dlops_space_destroy(&found);
    dlops_operator_destroy(&none);
    OK(dlops_zero_create(small, mine, &between));
    if (size > 1)
        AGREED(dlops_block_diag_create(context, 1, odd ? LIST(between) : LIST(d), NULL, &none), DLOPS_ERROR_DTYPE, "float32",
               culprit);
    dlops_operator_destroy(&between);
    CHECK(none == NULL);
    dlops_operator_destroy(&d);
    dlops_operator_destroy(&of_all);
    dlops_operator_destroy(&diagonal);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_space_destroy(&mine);
    dlops_space_destroy(&small);
    dlops_space_destroy(&domain);
    dlops_space_destroy(&global);
    dlops_context_destroy(&local);
}

/* A real operator on complex arrays, and what no wider type holds. */
static void wider(dlops_context *context)
{
    dlops_space *space = line(context, DLOPS_FLOAT64, 4 * size), *complex = NULL, *single = line(context, DLOPS_COMPLEX64, 4);
    dlops_operator *d = derivative(space), *wide = NULL, *same = NULL, *weights = NULL, *none = NULL;
    dlops_array *x = NULL, *y = NULL, *real = filled(space, 3);
    dlops_scalar sum;
    int32_t passed = 0;
    OK(dlops_operator_promote(d, DLOPS_COMPLEX128, &wide));
    OK(dlops_operator_dot_test(wide, 5, 0, NULL, &passed));
    CHECK(passed == 1);
    OK(dlops_operator_get_domain(wide, &complex));
    OK(dlops_diagonal_create(complex, real, &weights));
    x = filled(complex, 0);
    y = filled(complex, NAN);
    OK(dlops_array_fill(x, dlops_complex(1, -2)));
    OK(dlops_operator_apply_scaled(weights, DLOPS_ADJOINT, dlops_complex(0, 1), x, dlops_real(0), y));
    OK(dlops_array_sum(y, &sum));    /* 3 i (1 - 2 i) = 6 + 3 i */
    CHECK(sum.re == 24 * size && sum.im == 12 * size);
    OK(dlops_operator_promote(d, DLOPS_FLOAT64, &same));
    REFUSED(dlops_operator_promote(d, DLOPS_COMPLEX64, &none), DLOPS_ERROR_DTYPE, "float64");
    REFUSED(dlops_operator_promote(d, 9, &none), DLOPS_ERROR_DTYPE, "9");
    REFUSED(dlops_operator_promote(d, DLOPS_COMPLEX128, NULL), DLOPS_ERROR_NULL_POINTER, "result is NULL");
    REFUSED(dlops_diagonal_create(single, real, &none), DLOPS_ERROR_DTYPE, "float64");
    CHECK(none == NULL);
    dlops_operator_destroy(&d);
    dlops_operator_destroy(&wide);
    dlops_operator_destroy(&same);
    dlops_operator_destroy(&weights);
    dlops_array_destroy(&x);
    dlops_array_destroy(&y);
    dlops_array_destroy(&real);
    dlops_space_destroy(&space);
    dlops_space_destroy(&complex);
    dlops_space_destroy(&single);
}

int main(void)
{
    dlops_context *context;
    begin();
    context = world(NULL);
    apply(context);
    mismatches(context);
    algebra(context);
    derivatives(context);
    blocks(context);
    wider(context);
    dlops_context_destroy(&context);
    return end();
}
