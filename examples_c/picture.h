/* Pictures of sections: panels with a title, labelled axes and a colour bar, and panels of curves, written as PNG. */
#ifndef PICTURE_H
#define PICTURE_H

typedef struct picture picture;

typedef enum {
    COLOURS_SEQUENTIAL, /* dark blue to yellow, even in lightness: impedance */
    COLOURS_DIVERGING   /* blue, white, red: data and differences */
} colour_scale;

typedef struct {
    const char *title;
    const char *x_label, *z_label, *unit; /* unit: what the colour bar shows */
    double x_first, x_step;               /* position of the first sample and the distance to the next */
    double z_first, z_step;
    const float *values;                  /* nx columns of nz samples: values[ix * nz + iz] */
    int nz, nx;
    double low, high;                     /* values of the ends of the colour bar */
    colour_scale colours;
} picture_section;

typedef struct {
    const char *name;
    const double *x, *y; /* logarithm of y is drawn with `logarithmic` */
    int count;
    unsigned colour;     /* 0xRRGGBB */
    double width;        /* pixels */
} picture_curve;

typedef struct {
    const char *title, *x_label, *y_label;
    const picture_curve *curves;
    int count, logarithmic, downwards; /* downwards: y grows down the page, as depth does */
} picture_plot;

/* A white page with rows x columns panels of the given size in pixels under a title; NULL when memory is short. */
picture *picture_create(int rows, int columns, int panel_width, int panel_height, const char *title, const char *subtitle);
void picture_draw_section(picture *p, int row, int column, const picture_section *section);
void picture_draw_plot(picture *p, int row, int column, const picture_plot *plot);
/* 0, or -1 with errno set. */
int picture_write(const picture *p, const char *path);
void picture_destroy(picture *p);

/* Values below which the fractions `low` and `high` of the samples lie. */
void picture_percentiles(const float *values, long count, double low, double high, double *low_value, double *high_value);

#endif
