// Paths and texts, and reading a whole file. files/output.h writes files.
#ifndef KNOBS_BASE_FILE_H
#define KNOBS_BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// A path, or any other text, formatted as by printf; the caller frees it.
char *path_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
// Appends to such a text, which may move.
void text_append(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Appends to the text in a buffer of `size` bytes; what doesn't fit is cut off.
void buffer_append(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// The path of the program that is running; the caller frees it. Where the system doesn't tell it, the
// path of no file.
char *program_path(void);

bool file_exists(const char *path);

// Reads a whole file, its bytes as they are. `limit` is the most bytes that it may have (below 2 GB);
// memory never grows beyond it. *text gets one '\0' more than *length says; the caller frees it.
// Errors: no such file, not a regular file, unreadable, larger than the limit. *text is then NULL.
bool file_read(const char *path, size_t limit, char **text, size_t *length, Error *error);

// The same, unpacked where it is gzip (RFC 1952), which is seen from its first two bytes, not from
// its name; the limit and the length are then of what was packed. A further error: gzip that is cut
// short or damaged.
bool file_read_unpacked(const char *path, size_t limit, char **text, size_t *length, Error *error);

#endif
