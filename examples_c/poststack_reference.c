#include "poststack_reference.h"

#include "check.h"
#include "json.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { COMPARED_ITERATIONS = 6 };

/* The file beside `file`, NUL-terminated; NULL with errno. */
static char *read_text(const char *file)
{
    char path[4096], *text = NULL;
    const char *slash = strrchr(file, '/');
    snprintf(path, sizeof path, "%.*spoststack_reference.json", slash ? (int)(slash + 1 - file) : 0, file);
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    long size = fseek(f, 0, SEEK_END) ? -1 : ftell(f);
    if (size >= 0 && (text = malloc((size_t)size + 1)) != NULL) {
        rewind(f);
        text[fread(text, 1, (size_t)size, f)] = 0;
    }
    fclose(f);
    return text;
}

/* 1 where `value` and the reference differ by more than `tolerance`, relative to the reference. */
static int differs(const char *section, const char *name, int index, double value, const char *json, double tolerance)
{
    double reference, relative;
    if (json_number(json, &reference)) {
        printf("  %-28s %-10s no figure in the reference\n", section, name);
        return 1;
    }
    relative = fabs(value - reference) / fabs(reference);
    int bad = !(relative <= tolerance);
    char label[32];
    snprintf(label, sizeof label, index < 0 ? "%s" : "%s %d", name, index);
    printf("  %-28s %-10s %.16e  %.16e  %.1e  %s\n", section, label, value, reference, relative, bad ? "DIFFERS" : "agrees");
    return bad;
}

static int compare_method(const char *text, const char *name, const inversion *v)
{
    const char *method = json_member(text, name), *cost = json_member(method, "cost");
    int bad = 0;
    for (int i = 0; i < COMPARED_ITERATIONS; i++)
        bad += differs(name, "cost", i, i < v->count ? v->cost[i] : NAN, json_element(cost, i), 1e-10);
    bad += differs(name, "error", -1, v->error, json_member(method, "error"), 1e-6);
    bad += differs(name, "residual", -1, v->residual, json_member(method, "residual"), 1e-6);
    return bad;
}

static double norm_of(dlops_array *array)
{
    double norm;
    CHECK(dlops_array_norm(array, &norm));
    return norm;
}

static double norm_of_applied(const poststack_problem *p, int32_t mode, dlops_array *array)
{
    dlops_array *result;
    CHECK(dlops_array_create(p->space, &result));
    CHECK(dlops_operator_apply(p->modelling, mode, array, result));
    double norm = norm_of(result);
    CHECK(dlops_array_destroy(&result));
    return norm;
}

int poststack_reference_compare(const poststack_problem *p, const inversion *v, const char *file)
{
    const struct {
        const char *name;
        double value;
    } norms[] = {{"wavelet_norm", p->wavelet_norm},
                 {"norm_m", norm_of(p->model)},
                 {"norm_m0", norm_of(p->background)},
                 {"norm_d", norm_of(p->data)},
                 {"norm_Gm0", norm_of_applied(p, DLOPS_FORWARD, p->background)},
                 {"norm_GHd", norm_of_applied(p, DLOPS_ADJOINT, p->data)}};
    const char *methods[] = {"cgls", "cg_normal_equations_eps_0.1", "cgls_stacked_sqrt_eps"};
    int bad = 0;
    if (p->rank == 0) {
        char *text = read_text(file);
        if (!text) {
            fprintf(stderr, "poststack_inversion: cannot read poststack_reference.json beside %s: %s\n", file, strerror(errno));
            bad = 1;
        } else {
            printf("\nReference: value, reference, relative difference (1e-10 allowed; 1e-6 for the end)\n");
            for (size_t i = 0; i < sizeof norms / sizeof *norms; i++)
                bad += differs("problem", norms[i].name, -1, norms[i].value, json_member(text, norms[i].name), 1e-10);
            for (int k = 0; k < 3; k++) bad += compare_method(text, methods[k], &v[k]);
            printf("Reference: %s.\n\n", bad ? "DIFFERENT" : "all figures agree");
            free(text);
        }
    }
    MPI_Bcast(&bad, 1, MPI_INT, 0, MPI_COMM_WORLD);
    return bad;
}
