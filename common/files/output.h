// Files and folders that are either whole or not there: every output is made in memory, written to a
// temporary file in the same folder, synced, renamed over the old one, and the folder synced. Only
// logs, which grow row by row, are not.
#ifndef KNOBS_FILES_OUTPUT_H
#define KNOBS_FILES_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/file.h" // paths, reading

// Makes the folder and the folders above it that are missing. True where it is there already; then
// temporary files that a killed process has left in it are removed. Refuses a folder that can't be
// written, so that a run says so before it trains and not after.
bool folder_create(const char *path, Error *error);

// One process writes into a folder: this one, from here to its end, however it ends. The error names
// the one that does already. (The lock is on the file `lock` in it, which stays.)
bool folder_lock(const char *path, Error *error);
// The same without taking it: the error is that another process has it.
bool folder_is_free(const char *path, Error *error);

// Writes a file, whole or not at all: on an error the old one stays as it was. Refuses what is no
// regular file.
bool file_write(const char *path, const void *bytes, size_t length, Error *error);

// For a file that another program writes: an empty temporary file beside `path` (NULL: it can't be
// made); file_keep puts it at its place; file_drop removes it, if it is still there, and frees its name.
char *file_begin(const char *path, Error *error);
bool file_keep(const char *temporary, const char *path, Error *error);
void file_drop(char *temporary);

#endif
