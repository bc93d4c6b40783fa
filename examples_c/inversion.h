/* One inversion: solve, time, and judge it against the true model. */
#ifndef INVERSION_H
#define INVERSION_H

#include "poststack_problem.h"

typedef struct {
    const char *title;
    const char *formula;
    dlops_array *estimate;
    int64_t count;      /* length of `cost`: iterations + 1 */
    double *cost;       /* |r| of what the method solves, from the initial guess on */
    double seconds;
    double error;       /* |x - m| */
    double residual;    /* |G x - d| */
    double band_error;  /* |G (x - m)|: the part of the error that the data can see */
} inversion;

/* Solves `operator` x = `right_side` from the background, printing the iteration table on rank 0. Collective. */
void inversion_run(inversion *v, int32_t method, dlops_operator *operator_, dlops_array *right_side,
                   const poststack_problem *p, int64_t iterations);
void inversion_destroy(inversion *v);

/* |G (x - m)| and |x - m| of any x, the background for one. Collective. */
void model_errors(const poststack_problem *p, dlops_array *x, double *error, double *band_error);

#endif
