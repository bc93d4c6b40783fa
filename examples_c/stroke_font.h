/* Text drawn with a pen: smooth at any size, along a row or up a column. */
#ifndef STROKE_FONT_H
#define STROKE_FONT_H

/* A picture's memory: height rows of width pixels, three bytes each. */
typedef struct {
    unsigned char *rgb;
    int width, height;
} canvas;

/* Width of the text in pixels, for capitals `size` pixels high. */
double text_width(const char *text, double size);

/* Draws text whose baseline begins at (x, y); `upwards` turns it a quarter to the left. `colour` is 0xRRGGBB. */
void text_draw(canvas *c, const char *text, double x, double y, double size, int upwards, unsigned colour);

/* Draws a line of the given width. */
void line_draw(canvas *c, double x0, double y0, double x1, double y1, double width, unsigned colour);

#endif
