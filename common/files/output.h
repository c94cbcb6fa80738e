// Files and folders that are either whole or not there: every output is made in memory, written to a
// temporary file in the same folder, synced, renamed over the old one, and the folder synced. Only
// logs, which grow row by row, are not.
#ifndef KNOBS_FILES_OUTPUT_H
#define KNOBS_FILES_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/file.h" // paths, reading

// Makes the folder and the folders above it that are missing. One that exists is fine. Error: it can't be
// made or written, so that a run says so before it trains and not after.
bool folder_create(const char *path, Error *error);

// Locks the folder for this process, until it ends in whatever way (a lock on the file `lock` in it, which
// stays), and removes the temporary files that a killed one has left in it. Error: another process has it,
// whose number it gives.
bool folder_lock(const char *path, Error *error);
// Whether folder_lock would succeed; the same error.
bool folder_is_free(const char *path, Error *error);
// Removes the temporary files of processes that have ended, in a folder that nobody locks.
void folder_clear_leftovers(const char *path);

// Whether a file of this name is there; and that it is there no more.
bool folder_has(const char *path, const char *name);
void folder_remove_file(const char *path, const char *name);

// Writes a file, whole or not at all: on an error the old one stays as it was. Errors: the path isn't a
// regular file, can't be written.
bool file_write(const char *path, const void *bytes, size_t length, Error *error);

// For a file that another program writes. file_begin makes an empty temporary file beside `path` and
// returns its name (NULL: error). file_keep moves it to `path`. file_drop, after either, removes it if it
// is still there, and frees the name.
char *file_begin(const char *path, Error *error);
bool file_keep(const char *temporary, const char *path, Error *error);
void file_drop(char *temporary);

#endif
