/* A made-up acoustic impedance model that looks like geology: deterministic, any size, computed point by point.

   From the top: flat young layers with meandering channels; an erosional surface; below it folded layers cut by
   normal faults, with gas under a flat contact in the crest of the fold; and a salt dome that drags the layers up. */
#ifndef IMPEDANCE_MODEL_H
#define IMPEDANCE_MODEL_H

/* Fills samples [y_first, y_first + y_count) x nx x nz of a model of ny x nx x nz samples, nz contiguous,
   in 10^6 kg / (m^2 s), between about 3 and 10. `ny` = 1 is a section through the middle. */
void impedance_model_fill(double *out, int ny, int nx, int nz, int y_first, int y_count);

#endif
