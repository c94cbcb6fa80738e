// Reads a whole file into memory, unpacking it when it is gzip (RFC 1952), with zlib.
#ifndef KNOBS_DATA_GZIP_H
#define KNOBS_DATA_GZIP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// Whether the file is gzip is seen from its first two bytes, not from its name. Several members one
// after another are one file, as in gzip itself; anything else behind the last member is refused.
//
// `limit` is the most bytes that the content may have (at most GZIP_LIMIT): memory never grows
// beyond the packed file and that. On success the caller owns *bytes and gives it back with free();
// *size is at least 1. Errors: no such file, not a regular file, unreadable, empty, larger than the
// limit, cut short, damaged, trailing bytes. *bytes is then NULL.
bool gzip_read(const char *path, size_t limit, unsigned char **bytes, size_t *size, Error *error);

#define GZIP_LIMIT ((size_t)1 << 30) // zlib counts in unsigned int

#endif
