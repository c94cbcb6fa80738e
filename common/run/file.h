// Files and folders that are either whole or not there: every output is written to a temporary file
// in the same folder, synced, renamed over the old one, and the folder synced. Only logs, which
// grow row by row, are not.
#ifndef KNOBS_RUN_FILE_H
#define KNOBS_RUN_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "base/file.h" // paths, reading

// Makes the folder and the folders above it that are missing. True where it is there already.
// Refuses a folder that can't be written, so that a run says so before it trains and not after.
bool folder_create(const char *path, Error *error);

// An output in the making: write to `stream`, then commit: the file appears, whole, or
// nothing does.
typedef struct OutputFile {
    FILE *stream;
    char *path, *temporary;
} OutputFile;

bool output_open(OutputFile *output, const char *path, Error *error);
bool output_commit(OutputFile *output, Error *error); // on an error the old file stays as it was

// Both in one, for what is in memory already.
bool file_write(const char *path, const void *bytes, size_t length, Error *error);

#endif
