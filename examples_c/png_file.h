/* Writes 8-bit RGB pictures as PNG. */
#ifndef PNG_FILE_H
#define PNG_FILE_H

/* `rgb` has height rows of width pixels of three bytes. 0, or -1 with errno set. */
int png_write(const char *path, const unsigned char *rgb, int width, int height);

#endif
