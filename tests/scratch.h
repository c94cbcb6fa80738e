// A folder for a test's files, and what a test wants to do with them. cmocka's headers come first.
//     cmocka_run_group_tests(tests, scratch_make, scratch_remove)
#ifndef KNOBS_TESTS_SCRATCH_H
#define KNOBS_TESTS_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/output.h"

static char scratch_folder[64];

// Its name has what a careless program stumbles over.
static inline int scratch_make(void **state) {
    (void)state;
    char made[] = "/tmp/knobs test's XXXXXX";
    if (!mkdtemp(made))
        return 1;
    snprintf(scratch_folder, sizeof scratch_folder, "%s", made);
    return 0;
}

static inline int scratch_remove(void **state) {
    (void)state;
    char command[256];
    snprintf(command, sizeof command, "chmod -R u+rwx \"%s\" && rm -rf \"%s\"", scratch_folder,
             scratch_folder);
    return system(command);
}

// One of a few paths in the folder, valid until the eighth call after this one.
static inline const char *scratch(const char *name) {
    static char paths[8][256];
    static int next = 0;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", scratch_folder, name);
    return path;
}

static inline void scratch_write(const char *name, const char *text) {
    FILE *file = fopen(scratch(name), "wb");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

// The whole file as text; valid until the next call.
static inline const char *scratch_read(const char *name) {
    static char *text = NULL;
    static char none[] = "(no such file)";
    size_t length;
    Error error;
    if (text && text != none)
        free(text);
    text = none;
    char *read;
    if (file_read(scratch(name), (size_t)1 << 24, &read, &length, &error))
        text = read;
    return text;
}

// Sends what is written to a descriptor (1 or 2) to a file of the folder, until capture_end.
static inline int capture_begin(int descriptor, const char *name) {
    fflush(NULL);
    int before = dup(descriptor);
    FILE *file = fopen(scratch(name), "wb");
    assert_non_null(file);
    assert_true(dup2(fileno(file), descriptor) == descriptor);
    fclose(file);
    return before;
}

static inline const char *capture_end(int descriptor, int before, const char *name) {
    fflush(NULL);
    dup2(before, descriptor);
    close(before);
    return scratch_read(name);
}

static inline void assert_contains(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("wanted \"%s\" in \"%s\"", part, text);
}

#endif
