// The key of a run, which stands beside its result: a line that tells the program, by its checksum; the run's
// arguments, a line each; and the files that they name, by theirs, since weights that are trained again are others.
// Under another key a result counts for nothing.
#ifndef KNOBS_RUN_KEY_H
#define KNOBS_RUN_KEY_H

#include <stdbool.h>

#include "base/error.h"

// The CRC-32 of a file of up to 1 GB.
bool key_checksum(const char *path, unsigned long *checksum, Error *error);

// The caller frees it.
char *key_make(unsigned long program, const char *arguments);

// False always: the error says in what the key that a folder has differs from the one that is wanted.
bool key_refuse(const char *folder, const char *old, const char *wanted, Error *error);

#endif
