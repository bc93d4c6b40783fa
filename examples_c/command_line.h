/* What the user asked of poststack_inversion. */
#ifndef COMMAND_LINE_H
#define COMMAND_LINE_H

typedef struct {
    const char *file;   /* .npy impedance: (nz, nx) or (ny, nx, nz); NULL: a made-up model */
    const char *output; /* folder for arrays and pictures */
    long volume;        /* lines along y; 0: as the file has, or a single section */
    long traces, samples; /* nx and nz of the made-up model */
    long every;         /* every how manieth trace of the file is used */
    long iterations;
    double noise;       /* standard deviation over the data's root mean square */
    double frequency;   /* peak of the Ricker wavelet, Hz */
    double epsilon;     /* weight of the Laplacian, squared: |G x - d|^2 + epsilon |L x|^2 */
    int reference;      /* compare with poststack_reference.json in the file's folder */
} command_line;

/* 0; 1 when help was asked for, -1 when the line is wrong; `speak`: this rank prints why. */
int command_line_read(command_line *line, int argc, char **argv, int speak);

#endif
