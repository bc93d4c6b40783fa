/* Impedance from an .npy file or made up, line by line. */
#ifndef IMPEDANCE_VOLUME_H
#define IMPEDANCE_VOLUME_H

#include "command_line.h"

#include <dlops_mpi.h>

typedef struct {
    double *values;      /* lines of nx traces of nz samples */
    int64_t line_size;   /* nx nz */
    int repeated;        /* one line serves for all */
} impedance_volume;

/* Shape (ny, nx, nz) of the volume that the command line asks for. Collective; as dlops calls, with a reason. */
dlops_status impedance_volume_shape(const command_line *line, dlops_context *context, int64_t shape[3], const char **reason);

/* Lines y_first .. y_first + y_count - 1, all of positive values. Collective; each rank its own lines. */
dlops_status impedance_volume_read(impedance_volume *v, const command_line *line, dlops_context *context,
                                   const int64_t shape[3], int64_t y_first, int64_t y_count, const char **reason);

/* Line `iy`, counted from y_first. */
const double *impedance_volume_line(const impedance_volume *v, int64_t iy);
void impedance_volume_free(impedance_volume *v);

#endif
