#include "files/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool folder_create(const char *path, Error *error) {
    char *folder = path_format("%s/.", path);
    int reason = ENOENT; // of no path at all
    for (char *at = folder + 1; *at; at++)
        if (*at == '/') { // what went wrong with one above is wrong with the last, too
            *at = '\0';
            reason = mkdir(folder, 0777) == 0 ? 0 : errno;
            *at = '/';
        }
    if (reason == EEXIST) // a folder, in which one can write or not, or a file
        reason = access(folder, W_OK | X_OK) == 0 ? 0 : errno;
    free(folder);
    return !reason ||
           error_set(error, "%s: can't make or write this folder: %s; choose another with --out",
                     path, strerror(reason));
}

// The rename is on the disk only when its folder is. A file system that can't sync folders isn't an
// error.
static void folder_sync(const char *path) {
    char *copy = memory_string(path);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY);
    if (folder >= 0) {
        fsync(folder);
        close(folder);
    }
    free(copy);
}

bool file_write(const char *path, const void *bytes, size_t length, Error *error) {
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, "%s: can't write here: it is no regular file", path);
    char *temporary = path_format("%s.tmp-%ld", path, (long)getpid());
    FILE *file = fopen(temporary, "wb");
    const bool written = file && fwrite(bytes, 1, length, file) == length && fflush(file) == 0 &&
                         fsync(fileno(file)) == 0 && rename(temporary, path) == 0;
    if (!written)
        error_set(error, "%s: can't write: %s", path, strerror(errno));
    if (file)
        fclose(file);
    unlink(temporary); // after the rename there is none
    free(temporary);
    folder_sync(path);
    return written;
}
