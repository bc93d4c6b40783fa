#include "poststack_pictures.h"

#include "check.h"
#include "picture.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_METHODS = 3, PANEL_WIDTH = 560, PANEL_HEIGHT = 440 };

static const unsigned method_colours[MAX_METHODS] = {0x1f77b4, 0xf4a582, 0x2ca02c};
static const double method_widths[MAX_METHODS] = {1.8, 4.5, 1.4}; /* the last two have one minimiser: one is drawn on the other */

/* The middle line of everything, on rank 0; models as impedance. */
typedef struct {
    float *model, *background, *data, *estimate[MAX_METHODS];
    int nx, nz, count;
    double dt;
    char subtitle[512];
} middle_line;

static float *impedance_line(const poststack_problem *p, dlops_array *array)
{
    float *line = poststack_problem_line(p, array, p->shape[0] / 2);
    for (int64_t i = 0; line && i < p->shape[1] * p->shape[2]; i++) line[i] = expf(line[i]);
    return line;
}

static picture_section section_of(const middle_line *l, const char *title, const float *values, double low, double high)
{
    return (picture_section){title, "Trace", "Time (s)", "Impedance", 0, 1, 0, l->dt, values, l->nz, l->nx, low, high, COLOURS_SEQUENTIAL};
}

static int finish(picture *page, const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int status = picture_write(page, path);
    if (status) fprintf(stderr, "poststack_inversion: cannot write %s: %s\n", path, strerror(errno));
    picture_destroy(page);
    return status;
}

static int draw_sections(const middle_line *l, const inversion *v, const char *folder)
{
    double low, high, quiet, loud;
    picture *page = picture_create(2, 3, PANEL_WIDTH, PANEL_HEIGHT, "Post-stack inversion for acoustic impedance", l->subtitle);
    if (!page) return -1;
    picture_percentiles(l->model, (long)l->nx * l->nz, 0.002, 0.998, &low, &high);
    picture_percentiles(l->data, (long)l->nx * l->nz, 0.005, 0.995, &quiet, &loud);
    loud = fmax(loud, -quiet);
    picture_section model = section_of(l, "True model", l->model, low, high);
    picture_section background = section_of(l, "Background, where the inversions start", l->background, low, high);
    picture_section data = section_of(l, "Seismic data", l->data, -loud, loud);
    data.colours = COLOURS_DIVERGING;
    data.unit = "Amplitude";
    picture_draw_section(page, 0, 0, &model);
    picture_draw_section(page, 0, 1, &background);
    picture_draw_section(page, 0, 2, &data);
    for (int k = 0; k < l->count; k++) {
        picture_section estimate = section_of(l, v[k].title, l->estimate[k], low, high);
        picture_draw_section(page, 1, k, &estimate);
    }
    return finish(page, folder, "sections.png");
}

/* Impedance along the middle trace, and the cost of each method over its iterations, relative to its first. */
static int draw_curves(const middle_line *l, const inversion *v, const char *folder)
{
    picture *page = picture_create(1, 2, 760, 560, "Middle trace, and convergence", l->subtitle);
    int longest = l->nz;
    for (int k = 0; k < l->count; k++) longest = v[k].count > longest ? (int)v[k].count : longest;
    double *memory = malloc(sizeof *memory * (size_t)longest * (size_t)(4 + 2 * l->count)), *at = memory + longest;
    if (!page || !memory) {
        picture_destroy(page);
        free(memory);
        return -1;
    }
    picture_curve traces[2 + MAX_METHODS], costs[MAX_METHODS];
    const float *lines[2 + MAX_METHODS] = {l->background, l->model};
    for (int k = 0; k < l->count; k++) lines[2 + k] = l->estimate[k];
    for (int i = 0; i < longest; i++) memory[i] = i * l->dt;
    for (int k = 0; k < 2 + l->count; k++, at += longest) {
        for (int i = 0; i < l->nz; i++) at[i] = lines[k][(long)(l->nx / 2) * l->nz + i];
        traces[k] = (picture_curve){k == 0 ? "background" : k == 1 ? "true" : v[k - 2].title, at, memory, l->nz,
                                    k == 0 ? 0xbbbbbb : k == 1 ? 0x000000 : method_colours[k - 2], k < 2 ? 1.8 : method_widths[k - 2]};
    }
    double *iterations = at;
    for (int i = 0; i < longest; i++) iterations[i] = i;
    for (int k = 0; k < l->count; k++) {
        at += longest;
        for (int64_t i = 0; i < v[k].count; i++) at[i] = v[k].cost[i] / v[k].cost[0];
        costs[k] = (picture_curve){v[k].title, iterations, at, (int)v[k].count, method_colours[k], 2.0};
    }
    picture_draw_plot(page, 0, 0, &(picture_plot){"Impedance of the middle trace", "Impedance", "Time (s)", traces, 2 + l->count, 0, 1});
    picture_draw_plot(page, 0, 1, &(picture_plot){"Cost over the first cost", "Iteration", "Relative cost", costs, l->count, 1, 0});
    free(memory);
    return finish(page, folder, "curves.png");
}

static void describe(middle_line *l, const poststack_problem *p, const command_line *line)
{
    const char *file = line->file ? strrchr(line->file, '/') : NULL;
    file = file ? file + 1 : line->file ? line->file : "made-up model";
    snprintf(l->subtitle, sizeof l->subtitle, "%.200s, line %lld of %lld; Ricker wavelet of %g Hz, noise %g %%; %ld iterations", file,
             (long long)(p->shape[0] / 2 + 1), (long long)p->shape[0], line->frequency, 100 * line->noise, line->iterations);
}

int poststack_pictures_write(const poststack_problem *p, const inversion *v, int count, const command_line *line)
{
    middle_line l = {.nx = (int)p->shape[1], .nz = (int)p->shape[2], .count = count, .dt = p->dt};
    int failed = 0;
    describe(&l, p, line);
    l.model = impedance_line(p, p->model);
    l.background = impedance_line(p, p->background);
    l.data = poststack_problem_line(p, p->data, p->shape[0] / 2);
    for (int k = 0; k < count; k++) l.estimate[k] = impedance_line(p, v[k].estimate);
    if (p->rank == 0) failed = draw_sections(&l, v, line->output) || draw_curves(&l, v, line->output);
    MPI_Bcast(&failed, 1, MPI_INT, 0, MPI_COMM_WORLD);
    free(l.model);
    free(l.background);
    free(l.data);
    for (int k = 0; k < count; k++) free(l.estimate[k]);
    return failed;
}
