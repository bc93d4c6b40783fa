/* The inverse problem: logarithm of impedance, its smooth background, the modelling operator and the data. */
#ifndef POSTSTACK_PROBLEM_H
#define POSTSTACK_PROBLEM_H

#include "command_line.h"

#include <dlops_mpi.h>

typedef struct {
    dlops_context *context;
    int rank, ranks;
    int64_t shape[3];          /* (ny, nx, nz), time contiguous */
    int64_t local[3], start[3]; /* this rank's part: cut along y, or along x where there are fewer lines than ranks */
    int cut;                   /* the axis that is cut */
    double dt;                 /* s */
    dlops_space *space;
    dlops_operator *modelling; /* G = W D: derivative along time, then convolution with the wavelet, trace by trace */
    dlops_array *model;        /* m = ln(impedance) */
    dlops_array *background;   /* m0: running means of 30 traces and 20 samples of m */
    dlops_array *data;         /* d = G m + noise */
    double wavelet_sum, wavelet_norm;
} poststack_problem;

/* Collective. On failure every rank gets the same status, and dlops_last_error() or `reason` says why. */
dlops_status poststack_problem_create(poststack_problem *p, dlops_context *context, const command_line *line, const char **reason);
void poststack_problem_destroy(poststack_problem *p);

/* The line of an array that lies at `iy`, as nx traces of nz samples on rank 0 (NULL elsewhere); the caller frees it. Collective. */
float *poststack_problem_line(const poststack_problem *p, dlops_array *array, int64_t iy);

#endif
