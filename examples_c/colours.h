/* Colour maps. */
#ifndef COLOURS_H
#define COLOURS_H

#include "picture.h"

/* Colour (0xRRGGBB) of a value between 0 and 1; values outside get the end's colour, NaN grey. */
unsigned colour_of(colour_scale scale, double value);

#endif
