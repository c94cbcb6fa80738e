// Tables of small whole numbers, one row a line, separated by commas.
#ifndef KNOBS_DATA_CSV_H
#define KNOBS_DATA_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

// Parses rows of exactly `columns` numbers (≥ 1), where column c holds 0 … maxima[c]. Lines end in
// LF or CR LF; the last may lack it. Nothing else is allowed: no spaces, signs, quotes, headers or
// empty lines. `name` (the file's) and the line number open the message. On success *values is
// [*rows][columns], *rows ≥ 1, and the caller frees it with free(); it is NULL after an error.
bool csv_parse(const char *name, const char *text, size_t size, const unsigned char *maxima,
               int columns, unsigned char **values, int *rows, Error *error);

#endif
