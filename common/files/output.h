// Files and folders that are either whole or not there: every output is made in memory, written to a
// temporary file in the same folder, synced, renamed over the old one, and the folder synced. Only
// logs, which grow row by row, are not.
#ifndef KNOBS_FILES_OUTPUT_H
#define KNOBS_FILES_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/file.h" // paths, reading

// Makes the folder and the folders above it that are missing. True where it is there already.
// Refuses a folder that can't be written, so that a run says so before it trains and not after.
bool folder_create(const char *path, Error *error);

// Writes a file, whole or not at all: on an error the old one stays as it was. Refuses what is no
// regular file.
bool file_write(const char *path, const void *bytes, size_t length, Error *error);

#endif
