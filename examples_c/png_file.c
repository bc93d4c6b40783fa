#include "png_file.h"

#include "deflate.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t crc_of(uint32_t crc, const unsigned char *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) crc = crc & 1 ? crc >> 1 ^ 0xedb88320u : crc >> 1;
    }
    return crc;
}

static void big_endian(unsigned char *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (24 - 8 * i));
}

static void put_chunk(FILE *file, const char *type, const unsigned char *bytes, size_t count)
{
    unsigned char length[4], sum[4];
    uint32_t crc = crc_of(0xffffffffu, (const unsigned char *)type, 4);
    big_endian(length, (uint32_t)count);
    big_endian(sum, ~crc_of(crc, bytes, count));
    fwrite(length, 1, 4, file);
    fwrite(type, 1, 4, file);
    fwrite(bytes, 1, count, file);
    fwrite(sum, 1, 4, file);
}

static int paeth(int left, int up, int corner)
{
    int p = left + up - corner, a = abs(p - left), b = abs(p - up), c = abs(p - corner);
    return a <= b && a <= c ? left : b <= c ? up : corner;
}

/* Row minus its prediction by the pixel on the left (1), above (2) or the nearest of three (4); 0 is the row itself. */
static long filter_row(int filter, const unsigned char *row, const unsigned char *above, size_t bytes, unsigned char *out)
{
    long cost = 0;
    out[0] = (unsigned char)filter;
    for (size_t i = 0; i < bytes; i++) {
        int left = i >= 3 ? row[i - 3] : 0, up = above ? above[i] : 0, corner = above && i >= 3 ? above[i - 3] : 0;
        int predicted = filter == 1 ? left : filter == 2 ? up : filter == 4 ? paeth(left, up, corner) : 0;
        out[i + 1] = (unsigned char)(row[i] - predicted);
        cost += abs((signed char)out[i + 1]);
    }
    return cost;
}

/* Each row with the filter whose differences are smallest in sum. */
static unsigned char *filtered(const unsigned char *rgb, size_t bytes, int height)
{
    static const int filters[] = {0, 1, 2, 4};
    unsigned char *out = malloc((bytes + 1) * (size_t)height), *trial = malloc(bytes + 1);
    for (int y = 0; out && trial && y < height; y++) {
        const unsigned char *row = rgb + (size_t)y * bytes, *above = y ? row - bytes : NULL;
        long best = -1;
        for (size_t f = 0; f < sizeof filters / sizeof *filters; f++) {
            long cost = filter_row(filters[f], row, above, bytes, trial);
            if (best >= 0 && cost >= best) continue;
            best = cost;
            memcpy(out + (size_t)y * (bytes + 1), trial, bytes + 1);
        }
    }
    if (!trial) {
        free(out);
        out = NULL;
    }
    free(trial);
    return out;
}

int png_write(const char *path, const unsigned char *rgb, int width, int height)
{
    size_t bytes = 3 * (size_t)width, length = 0;
    unsigned char header[13] = {0}, *rows = filtered(rgb, bytes, height), *stream = NULL;
    if (rows) stream = deflate_compress(rows, (bytes + 1) * (size_t)height, &length);
    free(rows);
    if (!stream) {
        errno = ENOMEM;
        return -1;
    }
    FILE *file = fopen(path, "wb");
    int status = -1;
    if (file) {
        big_endian(header, (uint32_t)width);
        big_endian(header + 4, (uint32_t)height);
        header[8] = 8; /* bits a sample */
        header[9] = 2; /* RGB */
        fwrite("\x89PNG\r\n\x1a\n", 1, 8, file);
        put_chunk(file, "IHDR", header, sizeof header);
        put_chunk(file, "IDAT", stream, length);
        put_chunk(file, "IEND", header, 0);
        status = ferror(file) ? -1 : 0;
        if (fclose(file) != 0) status = -1;
    }
    free(stream);
    return status;
}
