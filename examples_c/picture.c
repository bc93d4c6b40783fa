#include "picture.h"

#include "colours.h"
#include "png_file.h"
#include "stroke_font.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INK = 0x222222, GRID = 0xdddddd, MARGIN = 24, TEXT = 11, TITLE = 13, HEADING = 18, HEADING_HEIGHT = 76 };

struct picture {
    canvas page;
    int rows, columns, panel_width, panel_height;
};

/* The axes' rectangle in a panel, in pixels of the page. */
typedef struct {
    int left, top, width, height;
} frame;

/* A linear axis from `first` at pixel 0 to `last` at the end. */
typedef struct {
    double first, last;
} span;

picture *picture_create(int rows, int columns, int panel_width, int panel_height, const char *title, const char *subtitle)
{
    picture *p = malloc(sizeof *p);
    if (!p) return NULL;
    *p = (picture){{NULL, MARGIN + columns * panel_width, HEADING_HEIGHT + rows * panel_height}, rows, columns, panel_width, panel_height};
    size_t bytes = 3 * (size_t)p->page.width * (size_t)p->page.height;
    p->page.rgb = malloc(bytes);
    if (!p->page.rgb) {
        free(p);
        return NULL;
    }
    memset(p->page.rgb, 255, bytes);
    text_draw(&p->page, title, MARGIN, 36, HEADING, 0, INK);
    text_draw(&p->page, subtitle, MARGIN, 61, TEXT, 0, 0x555555);
    return p;
}

void picture_destroy(picture *p)
{
    if (p) free(p->page.rgb);
    free(p);
}

int picture_write(const picture *p, const char *path)
{
    return png_write(path, p->page.rgb, p->page.width, p->page.height);
}

static void set_pixel(canvas *c, int x, int y, unsigned colour)
{
    if (x < 0 || y < 0 || x >= c->width || y >= c->height) return;
    unsigned char *pixel = c->rgb + 3 * ((size_t)y * (size_t)c->width + (size_t)x);
    for (int k = 0; k < 3; k++) pixel[k] = (unsigned char)(colour >> (16 - 8 * k));
}

static void draw_frame(canvas *c, frame f)
{
    for (int x = -1; x <= f.width; x++) {
        set_pixel(c, f.left + x, f.top - 1, INK);
        set_pixel(c, f.left + x, f.top + f.height, INK);
    }
    for (int y = -1; y <= f.height; y++) {
        set_pixel(c, f.left - 1, f.top + y, INK);
        set_pixel(c, f.left + f.width, f.top + y, INK);
    }
}

/* The largest of 1, 2, 5 times a power of ten that gives at least `count` intervals. */
static double tick_step(span s, int count)
{
    double raw = fabs(s.last - s.first) / count, power = pow(10, floor(log10(raw)));
    return raw >= 5 * power ? 5 * power : raw >= 2 * power ? 2 * power : power;
}

static void number_text(char *out, size_t size, double value, double step)
{
    int decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    if (fabs(value) >= 1e5 || (value != 0 && decimals > 4))
        snprintf(out, size, "%.1e", value);
    else
        snprintf(out, size, "%.*f", decimals, fabs(value) < 0.5 * step ? 0.0 : value);
}

static void horizontal_axis(canvas *c, frame f, span s, const char *label)
{
    double step = tick_step(s, f.width / 90 + 1), low = fmin(s.first, s.last), high = fmax(s.first, s.last);
    for (double v = ceil(low / step - 1e-9) * step; v <= high + 1e-9 * step; v += step) {
        char text[32];
        double x = f.left + (v - s.first) / (s.last - s.first) * f.width;
        number_text(text, sizeof text, v, step);
        for (int i = 1; i <= 4; i++) set_pixel(c, (int)x, f.top + f.height + i, INK);
        text_draw(c, text, x - 0.5 * text_width(text, TEXT - 1), f.top + f.height + 19, TEXT - 1, 0, INK);
    }
    text_draw(c, label, f.left + 0.5 * (f.width - text_width(label, TEXT)), f.top + f.height + 39, TEXT, 0, INK);
}

/* Ticks on the left of the frame (side -1) or on its right (side 1); pixel 0 is the top. */
static void vertical_axis(canvas *c, frame f, span s, const char *label, int side, int logarithmic)
{
    double step = logarithmic ? 1 : tick_step(s, f.height / 80 + 1), low = fmin(s.first, s.last), high = fmax(s.first, s.last);
    double widest = 0;
    int edge = side < 0 ? f.left - 1 : f.left + f.width;
    for (double v = ceil(low / step - 1e-9) * step; v <= high + 1e-9 * step; v += step) {
        char text[32];
        double y = f.top + (v - s.first) / (s.last - s.first) * f.height, width;
        if (logarithmic)
            snprintf(text, sizeof text, "%g", pow(10, v));
        else
            number_text(text, sizeof text, v, step);
        width = text_width(text, TEXT - 1);
        widest = fmax(widest, width);
        for (int i = 1; i <= 4; i++) set_pixel(c, edge + side * i, (int)y, INK);
        text_draw(c, text, side < 0 ? edge - 7 - width : edge + 7, y + 0.5 * (TEXT - 1), TEXT - 1, 0, INK);
    }
    double x = side < 0 ? edge - 15 - widest : edge + 15 + widest + TEXT;
    text_draw(c, label, x, f.top + 0.5 * (f.height + text_width(label, TEXT)), TEXT, 1, INK);
}

static frame panel_frame(const picture *p, int row, int column, int right)
{
    int left = MARGIN + column * p->panel_width, top = HEADING_HEIGHT + row * p->panel_height;
    return (frame){left + 56, top + 28, p->panel_width - 56 - right, p->panel_height - 28 - 60};
}

/* Mean of 3 x 3 places in a pixel: smooth edges when the picture is finer than the section, no aliasing when coarser. */
static double section_value(const picture_section *s, double x, double z, double dx, double dz)
{
    double sum = 0;
    for (int i = 0; i < 9; i++) {
        int ix = (int)(x + dx * (0.5 + i % 3) / 3), iz = (int)(z + dz * (0.5 + i / 3) / 3);
        ix = ix >= s->nx ? s->nx - 1 : ix;
        iz = iz >= s->nz ? s->nz - 1 : iz;
        sum += s->values[(long)ix * s->nz + iz];
    }
    return sum / 9;
}

void picture_draw_section(picture *p, int row, int column, const picture_section *s)
{
    canvas *c = &p->page;
    frame f = panel_frame(p, row, column, 96), bar = {f.left + f.width + 14, f.top, 14, f.height};
    double dx = (double)s->nx / f.width, dz = (double)s->nz / f.height, range = s->high > s->low ? s->high - s->low : 1;
    for (int y = 0; y < f.height; y++)
        for (int x = 0; x < f.width; x++) {
            double value = section_value(s, x * dx, y * dz, dx, dz);
            set_pixel(c, f.left + x, f.top + y, colour_of(s->colours, (value - s->low) / range));
        }
    for (int y = 0; y < bar.height; y++)
        for (int x = 0; x < bar.width; x++)
            set_pixel(c, bar.left + x, bar.top + y, colour_of(s->colours, 1 - (y + 0.5) / bar.height));
    draw_frame(c, f);
    draw_frame(c, bar);
    text_draw(c, s->title, f.left, f.top - 10, TITLE, 0, INK);
    horizontal_axis(c, f, (span){s->x_first, s->x_first + s->x_step * s->nx}, s->x_label);
    vertical_axis(c, f, (span){s->z_first, s->z_first + s->z_step * s->nz}, s->z_label, -1, 0);
    vertical_axis(c, bar, (span){s->low + range, s->low}, s->unit, 1, 0);
}

static double plotted(const picture_plot *plot, double y)
{
    return plot->logarithmic ? log10(fmax(y, 1e-300)) : y;
}

static void plot_range(const picture_plot *plot, span *x, span *y)
{
    *x = *y = (span){1e300, -1e300};
    for (int k = 0; k < plot->count; k++)
        for (int i = 0; i < plot->curves[k].count; i++) {
            double u = plot->curves[k].x[i], v = plotted(plot, plot->curves[k].y[i]);
            *x = (span){fmin(x->first, u), fmax(x->last, u)};
            *y = (span){fmin(y->first, v), fmax(y->last, v)};
        }
    double x_room = fmax(x->last - x->first, 1e-12), y_room = fmax(y->last - y->first, 1e-12);
    if (plot->downwards) *x = (span){x->first - 0.04 * x_room, x->last + 0.04 * x_room};
    else *y = (span){y->last + 0.05 * y_room, y->first - 0.05 * y_room};
}

void picture_draw_plot(picture *p, int row, int column, const picture_plot *plot)
{
    canvas *c = &p->page;
    frame f = panel_frame(p, row, column, 28);
    span x, y;
    plot_range(plot, &x, &y);
    double widest = 0;
    for (int k = 0; k < plot->count; k++) {
        const picture_curve *curve = &plot->curves[k];
        for (int i = 0; i + 1 < curve->count; i++) {
            double ends[4];
            for (int e = 0; e < 2; e++) {
                ends[2 * e] = f.left + (curve->x[i + e] - x.first) / (x.last - x.first) * f.width;
                ends[2 * e + 1] = f.top + (plotted(plot, curve->y[i + e]) - y.first) / (y.last - y.first) * f.height;
            }
            line_draw(c, ends[0], ends[1], ends[2], ends[3], curve->width, curve->colour);
        }
        widest = fmax(widest, text_width(curve->name, TEXT));
    }
    draw_frame(c, f);
    for (int k = 0; k < plot->count; k++) { /* the legend, in the upper right corner */
        double left = f.left + f.width - widest - 46, at = f.top + 20 + 20 * k;
        line_draw(c, left, at - 4, left + 24, at - 4, plot->curves[k].width, plot->curves[k].colour);
        text_draw(c, plot->curves[k].name, left + 32, at, TEXT, 0, INK);
    }
    text_draw(c, plot->title, f.left, f.top - 10, TITLE, 0, INK);
    horizontal_axis(c, f, x, plot->x_label);
    vertical_axis(c, f, y, plot->y_label, -1, plot->logarithmic);
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

void picture_percentiles(const float *values, long count, double low, double high, double *low_value, double *high_value)
{
    float *sorted = malloc((size_t)count * sizeof *sorted);
    *low_value = 0;
    *high_value = 1;
    if (!sorted || count < 1) {
        free(sorted);
        return;
    }
    memcpy(sorted, values, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, ascending);
    *low_value = sorted[(long)(low * (double)(count - 1))];
    *high_value = sorted[(long)(high * (double)(count - 1))];
    free(sorted);
}
