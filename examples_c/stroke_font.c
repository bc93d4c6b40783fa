/* Glyphs are strokes on a grid: two digits a point (x, y), y upwards, baseline at 2, capitals to 9.
   Two points are a straight line; more are the control points of a smooth curve, closed if it ends where it began. */
#include "stroke_font.h"

#include <math.h>
#include <string.h>

enum { MAX_SEGMENTS = 256, BASELINE = 2, CAPITAL = 7 };

typedef struct {
    char character;
    const char *strokes;
} glyph;

static const glyph glyphs[] = {
    {'0', "0959520209"}, {'1', "0729 2922"}, {'2', "0709595602 0252"}, {'3', "0819595626 2656520204"},
    {'4', "4942 4904 0454"}, {'5', "5909 0906 0657520203"}, {'6', "49080804 0656520206"}, {'7', "0959 5912"},
    {'8', "0959560609 0656520206"}, {'9', "0959550509 575312"}, {'a', "0747420207 4742"}, {'b', "0902 0747420207"},
    {'c', "463707023243"}, {'d', "4942 0747420207"}, {'e', "0545 454707023243"}, {'f', "391917 1712 0737"},
    {'g', "0747420207 4742 42400001"}, {'h', "0902 05074745 4542"}, {'i', "0702 0909"}, {'j', "1712 121000 1919"},
    {'k', "0902 4704 1542"}, {'l', "0902"}, {'m', "0702 05073735 3532 35376765 6562"}, {'n', "0702 05074745 4542"},
    {'o', "0747420207"}, {'p', "0700 0747420207"}, {'q', "4740 0747420207"}, {'r', "0702 050737"},
    {'s', "4647070544420203"}, {'t', "1914 141232 0737"}, {'u', "0704 04024244 4742"}, {'v', "0722 2247"},
    {'w', "0722 2236 3642 4267"}, {'x', "0742 4702"}, {'y', "0722 4710"}, {'z', "0747 4702 0242"},
    {'A', "0239 3962 1454"}, {'B', "0902 09595606 06666202"}, {'C', "675909025264"}, {'D', "0902 09696202"},
    {'E', "0902 0959 0646 0252"}, {'F', "0902 0959 0646"}, {'G', "675909026265 6535"}, {'H', "0902 6962 0666"},
    {'I', "0902"}, {'J', "3934 34320204"}, {'K', "0902 5905 2652"}, {'L', "0902 0252"}, {'M', "0209 0934 3469 6962"},
    {'N', "0209 0962 6269"}, {'O', "0969620209"}, {'P', "0902 09595505"}, {'Q', "0969620209 4462"},
    {'R', "0902 09595505 2552"}, {'S', "5759090655520204"}, {'T', "0969 3932"}, {'U', "0904 04025254 5459"},
    {'V', "0932 3269"}, {'W', "0922 2238 3842 4269"}, {'X', "0962 6902"}, {'Y', "0935 6935 3532"}, {'Z', "0969 6902 0262"},
    {'.', "0202"}, {',', "1201"}, {':', "0202 0606"}, {';', "1201 1616"}, {'-', "0545"}, {'+', "0545 2723"}, {'=', "0646 0444"},
    {'(', "19070311"}, {')', "09171301"}, {'/', "0149"}, {'%', "0269 0929260609 4565624245"}, {'^', "0729 2947"},
    {'|', "0901"}, {'_', "0151"}, {'\'', "0907"}, {'<', "4604 0442"}, {'>', "0644 4402"}, {'*', "0545 1733 3713"},
    {'[', "1909 0901 0111"}, {']', "0919 1911 1101"},
};

typedef struct {
    double x0, y0, x1, y1;
} segment;

static const char *strokes_of(char character)
{
    for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++)
        if (glyphs[i].character == character) return glyphs[i].strokes;
    return "";
}

/* Grid units to the next glyph. */
static double advance_of(char character)
{
    int widest = 0;
    const char *s = strokes_of(character);
    if (!*s) return 4.0;
    for (; *s; s += *s == ' ' ? 1 : 2)
        if (*s != ' ' && *s - '0' > widest) widest = *s - '0';
    return widest + 2.4;
}

double text_width(const char *text, double size)
{
    double units = 0;
    for (; *text; text++) units += advance_of(*text);
    return units * size / CAPITAL;
}

/* Quadratic B-spline through the middles of the control polygon's sides, ending at its ends if it is open. */
static int add_curve(const double (*p)[2], int n, segment *out, int count)
{
    int closed = p[0][0] == p[n - 1][0] && p[0][1] == p[n - 1][1], corners = closed ? n - 1 : n - 2;
    for (int i = 0; i < corners; i++) {
        const double *a = p[closed ? (i + n - 2) % (n - 1) : i], *b = p[closed ? i : i + 1], *c = p[closed ? i + 1 : i + 2];
        double start[2], end[2], last[2];
        for (int k = 0; k < 2; k++) {
            start[k] = !closed && i == 0 ? a[k] : 0.5 * (a[k] + b[k]);
            end[k] = !closed && i == corners - 1 ? c[k] : 0.5 * (b[k] + c[k]);
            last[k] = start[k];
        }
        for (int step = 1; step <= 5 && count < MAX_SEGMENTS; step++) {
            double t = step / 5.0, q[2];
            for (int k = 0; k < 2; k++) q[k] = (1 - t) * (1 - t) * start[k] + 2 * t * (1 - t) * b[k] + t * t * end[k];
            out[count++] = (segment){last[0], last[1], q[0], q[1]};
            memcpy(last, q, sizeof last);
        }
    }
    return count;
}

static int segments_of(char character, segment *out)
{
    int count = 0;
    for (const char *s = strokes_of(character); *s;) {
        double points[16][2];
        int n = 0;
        for (; *s && *s != ' ' && n < 16; s += 2, n++) {
            points[n][0] = s[0] - '0';
            points[n][1] = s[1] - '0' - BASELINE;
        }
        while (*s == ' ') s++;
        if (n > 2)
            count = add_curve((const double (*)[2])points, n, out, count);
        else if (n == 2 && count < MAX_SEGMENTS)
            out[count++] = (segment){points[0][0], points[0][1], points[1][0], points[1][1]};
    }
    return count;
}

static double distance_to(const segment *s, double x, double y)
{
    double dx = s->x1 - s->x0, dy = s->y1 - s->y0, length = dx * dx + dy * dy;
    double t = length > 0 ? ((x - s->x0) * dx + (y - s->y0) * dy) / length : 0;
    t = t < 0 ? 0 : t > 1 ? 1 : t;
    return hypot(x - s->x0 - t * dx, y - s->y0 - t * dy);
}

/* Draws all segments with one pen, so that joints are not darker than lines. */
static void draw_segments(canvas *c, const segment *s, int count, double width, unsigned colour)
{
    double left = 1e30, right = -1e30, top = 1e30, bottom = -1e30;
    for (int i = 0; i < count; i++) {
        left = fmin(left, fmin(s[i].x0, s[i].x1));
        right = fmax(right, fmax(s[i].x0, s[i].x1));
        top = fmin(top, fmin(s[i].y0, s[i].y1));
        bottom = fmax(bottom, fmax(s[i].y0, s[i].y1));
    }
    int x_first = (int)fmax(0, left - width - 1), x_last = (int)fmin(c->width - 1, right + width + 1);
    int y_first = (int)fmax(0, top - width - 1), y_last = (int)fmin(c->height - 1, bottom + width + 1);
    for (int y = y_first; count && y <= y_last; y++) {
        for (int x = x_first; x <= x_last; x++) {
            double nearest = 1e30;
            for (int i = 0; i < count; i++) nearest = fmin(nearest, distance_to(&s[i], x + 0.5, y + 0.5));
            double cover = fmin(1, 0.5 + 0.5 * width - nearest);
            if (cover <= 0) continue;
            unsigned char *pixel = c->rgb + 3 * ((size_t)y * (size_t)c->width + (size_t)x);
            for (int k = 0; k < 3; k++) {
                double ink = colour >> (16 - 8 * k) & 255;
                pixel[k] = (unsigned char)lrint(pixel[k] + cover * (ink - pixel[k]));
            }
        }
    }
}

void text_draw(canvas *c, const char *text, double x, double y, double size, int upwards, unsigned colour)
{
    double unit = size / CAPITAL, at = 0.5 * unit;
    for (; *text; at += advance_of(*text) * unit, text++) {
        segment s[MAX_SEGMENTS];
        int count = segments_of(*text, s);
        for (int i = 0; i < count; i++) {
            double u0 = at + s[i].x0 * unit, v0 = s[i].y0 * unit, u1 = at + s[i].x1 * unit, v1 = s[i].y1 * unit;
            s[i] = upwards ? (segment){x - v0, y - u0, x - v1, y - u1} : (segment){x + u0, y - v0, x + u1, y - v1};
        }
        draw_segments(c, s, count, fmax(1.0, 0.12 * size), colour);
    }
}

void line_draw(canvas *c, double x0, double y0, double x1, double y1, double width, unsigned colour)
{
    segment s = {x0, y0, x1, y1};
    draw_segments(c, &s, 1, width, colour);
}
