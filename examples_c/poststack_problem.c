#include "poststack_problem.h"

#include "check.h"
#include "impedance_volume.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MEAN_TRACES = 30, MEAN_SAMPLES = 20, HALF_WAVELET = 20, WAVELET = 2 * HALF_WAVELET + 1 };

static int64_t limited(int64_t i, int64_t n)
{
    return i < 0 ? 0 : i >= n ? n - 1 : i;
}

/* Running mean over i - width/2 .. i + width/2 - 1 of `count` values that are `stride` apart; the ends are repeated. */
static void running_mean(const double *in, double *out, int64_t count, int64_t stride, int64_t width)
{
    for (int64_t i = 0; i < count; i++) {
        double sum = 0;
        for (int64_t k = i - width / 2; k < i - width / 2 + width; k++) sum += in[limited(k, count) * stride];
        out[i * stride] = sum / (double)width;
    }
}

/* A line of nx traces, smoothed along x and then along time. */
static void smooth_line(const double *line, double *scratch, double *out, int64_t nx, int64_t nz)
{
    for (int64_t iz = 0; iz < nz; iz++) running_mean(line + iz, scratch + iz, nx, nz, MEAN_TRACES);
    for (int64_t ix = 0; ix < nx; ix++) running_mean(scratch + ix * nz, out + ix * nz, nz, 1, MEAN_SAMPLES);
}

/* This rank's part of m and m0. Each line is smoothed whole, since the mean reaches across a cut along x. */
static int fill_models(poststack_problem *p, const impedance_volume *volume)
{
    int64_t nx = p->shape[1], nz = p->shape[2], size = nx * nz, part = p->local[1] * nz, offset = p->start[1] * nz;
    double *line = malloc((size_t)(3 * size) * sizeof *line), *scratch = line + size, *smooth = scratch + size, *m, *m0;
    if (!line) return -1;
    CHECK(dlops_array_acquire(p->model, DLOPS_ACCESS_WRITE, (void **)&m));
    CHECK(dlops_array_acquire(p->background, DLOPS_ACCESS_WRITE, (void **)&m0));
    for (int64_t iy = 0; iy < p->local[0]; iy++) {
        const double *impedance = impedance_volume_line(volume, iy);
        for (int64_t i = 0; i < size; i++) line[i] = log(impedance[i]);
        smooth_line(line, scratch, smooth, nx, nz);
        memcpy(m + iy * part, line + offset, (size_t)part * sizeof *m);
        memcpy(m0 + iy * part, smooth + offset, (size_t)part * sizeof *m0);
    }
    CHECK(dlops_array_release(p->model));
    CHECK(dlops_array_release(p->background));
    free(line);
    return 0;
}

/* G: every rank builds post-stack modelling for its own traces, on its own local context; BlockDiag makes them one operator. */
static void create_modelling(poststack_problem *p, double frequency)
{
    double wavelet[WAVELET];
    dlops_context *local;
    dlops_space *traces;
    dlops_operator *block;
    CHECK(dlops_wavelet_ricker(HALF_WAVELET + 1, p->dt, frequency, wavelet));
    for (int i = 0; i < WAVELET; i++) {
        p->wavelet_sum += wavelet[i];
        p->wavelet_norm += wavelet[i] * wavelet[i];
    }
    p->wavelet_norm = sqrt(p->wavelet_norm);
    CHECK(dlops_context_get_local(p->context, &local));
    CHECK(dlops_space_create(local, DLOPS_FLOAT64, 3, p->local, NULL, &traces));
    CHECK(dlops_poststack_create(traces, -1, WAVELET, wavelet, NULL, &block));
    CHECK(dlops_block_diag_create(p->context, 1, (const dlops_operator *const[]){block}, NULL, &p->modelling));
    CHECK(dlops_operator_destroy(&block));
    CHECK(dlops_space_destroy(&traces));
    CHECK(dlops_context_destroy(&local));
}

/* d = G m, and white noise of the given fraction of d's root mean square. */
static void create_data(poststack_problem *p, double noise)
{
    CHECK(dlops_array_create(p->space, &p->data));
    CHECK(dlops_operator_apply(p->modelling, DLOPS_FORWARD, p->model, p->data));
    if (noise > 0) {
        double norm, count = (double)p->shape[0] * (double)p->shape[1] * (double)p->shape[2];
        dlops_array *random;
        CHECK(dlops_array_create(p->space, &random));
        CHECK(dlops_array_fill_random(random, DLOPS_NORMAL, 2024));
        CHECK(dlops_array_norm(p->data, &norm));
        CHECK(dlops_array_axpy(dlops_real(noise * norm / sqrt(count)), random, p->data));
        CHECK(dlops_array_destroy(&random));
    }
}

dlops_status poststack_problem_create(poststack_problem *p, dlops_context *context, const command_line *line, const char **reason)
{
    impedance_volume volume;
    *p = (poststack_problem){.context = context, .dt = 0.004};
    CHECK(dlops_context_get_rank(context, &p->rank));
    CHECK(dlops_context_get_size(context, &p->ranks));
    dlops_status status = impedance_volume_shape(line, context, p->shape, reason);
    if (status != DLOPS_OK) return status;

    dlops_space_options options = DLOPS_SPACE_OPTIONS_INIT;
    p->cut = options.axis = p->shape[0] < p->ranks ? 1 : 0;
    CHECK(dlops_space_create(context, DLOPS_FLOAT64, 3, p->shape, &options, &p->space));
    CHECK(dlops_space_get_local_shape(p->space, p->local));
    CHECK(dlops_space_get_local_start(p->space, p->start));
    status = impedance_volume_read(&volume, line, context, p->shape, p->start[0], p->local[0], reason);
    if (status != DLOPS_OK) {
        impedance_volume_free(&volume);
        return status;
    }

    CHECK(dlops_array_create(p->space, &p->model));
    CHECK(dlops_array_create(p->space, &p->background));
    if (fill_models(p, &volume)) MPI_Abort(MPI_COMM_WORLD, 1);
    impedance_volume_free(&volume);
    create_modelling(p, line->frequency);
    create_data(p, line->noise);
    return DLOPS_OK;
}

void poststack_problem_destroy(poststack_problem *p)
{
    CHECK(dlops_array_destroy(&p->data));
    CHECK(dlops_array_destroy(&p->background));
    CHECK(dlops_array_destroy(&p->model));
    CHECK(dlops_operator_destroy(&p->modelling));
    CHECK(dlops_space_destroy(&p->space));
}

float *poststack_problem_line(const poststack_problem *p, dlops_array *array, int64_t iy)
{
    int64_t mine = iy >= p->start[0] && iy < p->start[0] + p->local[0] ? p->local[1] * p->shape[2] : 0;
    int count = (int)mine, *counts = calloc(2 * (size_t)p->ranks, sizeof *counts), *offsets = counts + p->ranks;
    float *part = malloc((size_t)(mine + 1) * sizeof *part), *line = NULL;
    const double *values;
    if (!counts || !part) MPI_Abort(MPI_COMM_WORLD, 1);
    CHECK(dlops_array_acquire(array, DLOPS_ACCESS_READ, (void **)&values));
    for (int64_t i = 0; i < mine; i++) part[i] = (float)values[(iy - p->start[0]) * p->local[1] * p->shape[2] + i];
    CHECK(dlops_array_release(array));
    MPI_Gather(&count, 1, MPI_INT, counts, 1, MPI_INT, 0, MPI_COMM_WORLD);
    for (int r = 1; r < p->ranks; r++) offsets[r] = offsets[r - 1] + counts[r - 1];
    if (p->rank == 0) line = malloc((size_t)(p->shape[1] * p->shape[2]) * sizeof *line);
    if (p->rank == 0 && !line) MPI_Abort(MPI_COMM_WORLD, 1);
    MPI_Gatherv(part, count, MPI_FLOAT, line, counts, offsets, MPI_FLOAT, 0, MPI_COMM_WORLD);
    free(counts);
    free(part);
    return line;
}
