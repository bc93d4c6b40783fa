/* Lossless compression into the zlib format (RFC 1950, RFC 1951). */
#ifndef DEFLATE_H
#define DEFLATE_H

#include <stddef.h>

/* Compresses `count` bytes; gives the stream, to be freed by the caller, and its length. NULL when memory is short. */
unsigned char *deflate_compress(const unsigned char *bytes, size_t count, size_t *length);

#endif
