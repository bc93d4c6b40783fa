/* Comparison with figures that another program computed for the same problem. */
#ifndef POSTSTACK_REFERENCE_H
#define POSTSTACK_REFERENCE_H

#include "inversion.h"

/* Compares with poststack_reference.json in the folder of `file` and prints each figure on rank 0: norms and the costs of
   iterations 0 to 5 to 1e-10 relative, final errors and residuals to 1e-6. Collective; 0 if all agree. */
int poststack_reference_compare(const poststack_problem *p, const inversion *v, const char *file);

#endif
