#include "impedance_volume.h"

#include "check.h"
#include "impedance_model.h"

#include <stdlib.h>

dlops_status impedance_volume_shape(const command_line *line, dlops_context *context, int64_t shape[3], const char **reason)
{
    int64_t extents[DLOPS_MAX_DIMENSIONS];
    int32_t dtype, dimensions;
    if (!line->file) {
        shape[0] = line->volume ? line->volume : 1;
        shape[1] = line->traces;
        shape[2] = line->samples;
        return DLOPS_OK;
    }
    dlops_status status = dlops_npy_inspect(context, line->file, &dtype, &dimensions, extents);
    *reason = dlops_last_error();
    if (status != DLOPS_OK) return status;
    *reason = "the file must hold float32 or float64 of shape (time, trace) or (line, trace, time), at least 2 traces and 8 samples";
    if ((dtype != DLOPS_FLOAT32 && dtype != DLOPS_FLOAT64) || (dimensions != 2 && dimensions != 3)) return DLOPS_ERROR_SHAPE;
    shape[0] = dimensions == 3 ? extents[0] : line->volume ? line->volume : 1;
    shape[1] = (extents[1] + line->every - 1) / line->every;
    shape[2] = dimensions == 3 ? extents[2] : extents[0];
    if (dimensions == 3 && line->volume && line->volume < shape[0]) shape[0] = line->volume;
    return shape[0] < 1 || shape[1] < 2 || shape[2] < 8 ? DLOPS_ERROR_SHAPE : DLOPS_OK;
}

/* The whole file on every rank (a section), or this rank's lines (a volume, cut along its lines as the problem is). */
static dlops_status read_array(const char *file, dlops_context *context, int32_t dtype, int32_t dimensions,
                               const int64_t *extents, int replicated, dlops_array **array)
{
    dlops_space_options options = DLOPS_SPACE_OPTIONS_INIT;
    dlops_space *space;
    options.partition = replicated ? DLOPS_PARTITION_REPLICATED : DLOPS_PARTITION_BALANCED;
    CHECK(dlops_space_create(context, dtype, dimensions, extents, &options, &space));
    CHECK(dlops_array_create(space, array));
    dlops_status status = dlops_array_read_npy(*array, file);
    CHECK(dlops_space_destroy(&space));
    return status;
}

/* Every n-th trace, time contiguous. */
static void take_line(const void *from, int32_t dtype, int64_t at, int64_t trace_stride, int64_t time_stride,
                      const int64_t shape[3], double *out)
{
    for (int64_t ix = 0; ix < shape[1]; ix++)
        for (int64_t iz = 0; iz < shape[2]; iz++) {
            int64_t i = at + ix * trace_stride + iz * time_stride;
            *out++ = dtype == DLOPS_FLOAT32 ? ((const float *)from)[i] : ((const double *)from)[i];
        }
}

static dlops_status read_file(impedance_volume *v, const command_line *line, dlops_context *context,
                              const int64_t shape[3], int64_t y_first, int64_t y_count, const char **reason)
{
    int64_t extents[DLOPS_MAX_DIMENSIONS], traces;
    int32_t dtype, dimensions, ranks;
    dlops_array *array;
    const void *from;
    CHECK(dlops_context_get_size(context, &ranks));
    CHECK(dlops_npy_inspect(context, line->file, &dtype, &dimensions, extents));
    traces = extents[1];
    /* The problem is cut along its lines only where each rank has one; a volume that --volume shortens is read whole. */
    int whole = dimensions == 2 || shape[0] < ranks || shape[0] != extents[0];
    dlops_status status = read_array(line->file, context, dtype, dimensions, extents, whole, &array);
    *reason = dlops_last_error();
    if (status != DLOPS_OK) return status;
    CHECK(dlops_array_acquire(array, DLOPS_ACCESS_READ, (void **)&from));
    for (int64_t iy = 0; iy < (v->repeated ? 1 : y_count); iy++) {
        int64_t at = dimensions == 2 ? 0 : (iy + (whole ? y_first : 0)) * traces * shape[2];
        int64_t trace_stride = line->every * (dimensions == 2 ? 1 : shape[2]), time_stride = dimensions == 2 ? traces : 1;
        take_line(from, dtype, at, trace_stride, time_stride, shape, v->values + iy * v->line_size);
    }
    CHECK(dlops_array_release(array));
    CHECK(dlops_array_destroy(&array));
    return DLOPS_OK;
}

/* Its logarithm is taken, so an impedance must be positive; all ranks agree. */
static int all_positive(const double *values, int64_t count)
{
    int mine = 1, all;
    for (int64_t i = 0; i < count; i++)
        if (!(values[i] > 0)) mine = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    return all;
}

dlops_status impedance_volume_read(impedance_volume *v, const command_line *line, dlops_context *context,
                                   const int64_t shape[3], int64_t y_first, int64_t y_count, const char **reason)
{
    int64_t extents[DLOPS_MAX_DIMENSIONS];
    int32_t dtype, dimensions = 3;
    if (line->file) CHECK(dlops_npy_inspect(context, line->file, &dtype, &dimensions, extents));
    *v = (impedance_volume){NULL, shape[1] * shape[2], dimensions == 2};
    int64_t count = v->line_size * (v->repeated ? 1 : y_count);
    v->values = malloc((size_t)(count + 1) * sizeof *v->values);
    if (!v->values) MPI_Abort(MPI_COMM_WORLD, 1);
    if (!line->file) {
        impedance_model_fill(v->values, (int)shape[0], (int)shape[1], (int)shape[2], (int)y_first, (int)y_count);
        return DLOPS_OK;
    }
    dlops_status status = read_file(v, line, context, shape, y_first, y_count, reason);
    if (status != DLOPS_OK) return status;
    *reason = "the file holds an impedance that is not positive";
    return all_positive(v->values, count) ? DLOPS_OK : DLOPS_ERROR_ARGUMENT;
}

const double *impedance_volume_line(const impedance_volume *v, int64_t iy)
{
    return v->values + (v->repeated ? 0 : iy * v->line_size);
}

void impedance_volume_free(impedance_volume *v)
{
    free(v->values);
    v->values = NULL;
}
