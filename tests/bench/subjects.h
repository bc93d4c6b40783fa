/* What several programs measure: vector verbs, an operator's application, and the operator that the solvers invert. */
#ifndef SUBJECTS_H
#define SUBJECTS_H

#include "measure.h"

/* What the verbs work on; each takes a pointer to it as its state. */
typedef struct vectors {
    dlops_array *x, *y, *w;
} vectors;

void vectors_dot(void *v);      /* <x, y> */
void vectors_norm(void *v);     /* |x| */
void vectors_sum(void *v);      /* sum of x */
void vectors_axpy(void *v);     /* y += a x */
void vectors_axpby(void *v);    /* y = a x + b y */
void vectors_waxpby(void *v);   /* w = a x + b y */
void vectors_multiply(void *v); /* w = x y */
void vectors_scale(void *v);    /* y = a y */
void vectors_copy(void *v);     /* w = x */
void vectors_fill(void *v);     /* w = 0 */

/* y = A x + beta y in a mode. */
typedef struct application {
    dlops_operator *op;
    int32_t mode;
    double beta;
    dlops_array *x, *y;
} application;

void apply(void *application);

/* 2 I - L/8 with the 5-point Laplacian. */
dlops_operator *shifted_laplacian(dlops_space *space);

#endif
