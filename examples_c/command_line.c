#include "command_line.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: poststack_inversion [FILE] [options]\n"
    "Inverts seismic data for acoustic impedance, three ways.\n"
    "  FILE             impedance, .npy, float32 or float64: a section (time, trace) or a volume (line, trace, time);\n"
    "                   without it the program makes up a faulted, layered model\n"
    "  --volume NY      a volume of NY lines: a section from a file is repeated, a made-up model varies\n"
    "  --traces N       traces of the made-up model (400)\n"
    "  --samples N      time samples of the made-up model (500)\n"
    "  --every N        use every N-th trace of FILE (1)\n"
    "  --iterations N   iterations of each inversion (20)\n"
    "  --noise S        noise, as a fraction of the data's root mean square (0.05)\n"
    "  --frequency F    peak frequency of the Ricker wavelet, Hz (15)\n"
    "  --epsilon E      weight of the smoothness term (0.1)\n"
    "  --output DIR     where arrays (.npy) and pictures (.png) go (poststack_output)\n"
    "  --reference      the reference problem: every third trace of FILE, 20 lines, 20 iterations, no noise; compares\n"
    "                   with poststack_reference.json in FILE's folder\n";

static int read_long(const char *text, long least, long *out)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno || end == text || *end || value < least || value > 1000000000) return -1;
    *out = value;
    return 0;
}

static int read_double(const char *text, double least, double *out)
{
    char *end;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value) || value < least) return -1;
    *out = value;
    return 0;
}

static int read_value(command_line *line, const char *key, const char *text)
{
    if (!strcmp(key, "--volume")) return read_long(text, 1, &line->volume);
    if (!strcmp(key, "--traces")) return read_long(text, 2, &line->traces);
    if (!strcmp(key, "--samples")) return read_long(text, 8, &line->samples);
    if (!strcmp(key, "--every")) return read_long(text, 1, &line->every);
    if (!strcmp(key, "--iterations")) return read_long(text, 1, &line->iterations);
    if (!strcmp(key, "--noise")) return read_double(text, 0, &line->noise);
    if (!strcmp(key, "--frequency")) return read_double(text, 0.1, &line->frequency);
    if (!strcmp(key, "--epsilon")) return read_double(text, 0, &line->epsilon);
    if (!strcmp(key, "--output")) {
        line->output = text;
        return 0;
    }
    return -2;
}

int command_line_read(command_line *line, int argc, char **argv, int speak)
{
    *line = (command_line){NULL, "poststack_output", 0, 400, 500, 1, 20, 0.05, 15.0, 0.1, 0};
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help")) {
            if (speak) fputs(usage, stdout);
            return 1;
        }
        if (!strcmp(argv[i], "--reference")) {
            line->reference = 1;
        } else if (argv[i][0] != '-') {
            line->file = argv[i];
        } else {
            int status = i + 1 < argc ? read_value(line, argv[i], argv[i + 1]) : -1;
            if (status) {
                if (speak && status == -2) fprintf(stderr, "poststack_inversion: no option %s\n%s", argv[i], usage);
                else if (speak) fprintf(stderr, "poststack_inversion: %s needs a value that fits, got '%s'\n", argv[i], i + 1 < argc ? argv[i + 1] : "");
                return -1;
            }
            i++;
        }
    }
    if (line->reference) {
        if (!line->file) {
            if (speak) fputs("poststack_inversion: --reference needs FILE, with poststack_reference.json beside it\n", stderr);
            return -1;
        }
        line->volume = 20;
        line->every = 3;
        line->iterations = 20;
        line->noise = 0;
        line->frequency = 15;
        line->epsilon = 0.1;
    }
    return 0;
}
