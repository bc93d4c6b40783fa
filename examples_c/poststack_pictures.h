/* Pictures of the problem and its inversions. */
#ifndef POSTSTACK_PICTURES_H
#define POSTSTACK_PICTURES_H

#include "inversion.h"

/* Writes sections.png (the middle line: model, background, data, inversions) and curves.png (its middle trace, costs) into the
   output folder. Collective; 0 on success, on all ranks. */
int poststack_pictures_write(const poststack_problem *p, const inversion *v, int count, const command_line *line);

#endif
