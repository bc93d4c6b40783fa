#include "subjects.h"

void vectors_dot(void *state)
{
    vectors *v = state;
    dlops_scalar result;
    CHECK(dlops_array_dot(v->x, v->y, &result));
}

void vectors_norm(void *state)
{
    vectors *v = state;
    double result;
    CHECK(dlops_array_norm(v->x, &result));
}

void vectors_sum(void *state)
{
    vectors *v = state;
    dlops_scalar result;
    CHECK(dlops_array_sum(v->x, &result));
}

void vectors_axpy(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_axpy(dlops_real(1e-3), v->x, v->y));
}

void vectors_axpby(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_axpby(dlops_real(0.5), v->x, dlops_real(0.5), v->y));
}

void vectors_waxpby(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_waxpby(dlops_real(0.5), v->x, dlops_real(0.5), v->y, v->w));
}

void vectors_multiply(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_multiply(v->x, v->y, 0, v->w));
}

void vectors_scale(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_scale(dlops_real(1.0000001), v->y));
}

void vectors_copy(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_copy(v->x, v->w));
}

void vectors_fill(void *state)
{
    vectors *v = state;
    CHECK(dlops_array_fill(v->w, dlops_real(0)));
}

void apply(void *state)
{
    application *a = state;
    CHECK(dlops_operator_apply_scaled(a->op, a->mode, dlops_real(1), a->x, dlops_real(a->beta), a->y));
}

dlops_operator *shifted_laplacian(dlops_space *space)
{
    dlops_operator *laplacian = NULL, *identity = NULL, *sum = NULL;
    CHECK(dlops_laplacian_create(space, NULL, &laplacian));
    CHECK(dlops_identity_create(space, NULL, &identity));
    CHECK(dlops_operator_sum(2, (dlops_scalar[]){dlops_real(-0.125), dlops_real(2)},
                             (const dlops_operator *const[]){laplacian, identity}, &sum));
    dlops_operator_destroy(&identity);
    dlops_operator_destroy(&laplacian);
    return sum;
}
