#include "run/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_one_folder(const char *path, Error *error) {
    if (mkdir(path, 0777) == 0)
        return true;
    int reason = errno; // of a folder that is there already: EEXIST, EROFS, EISDIR or EACCES
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set(error, "%s: can't make this folder: %s", path, strerror(reason));
    if (!S_ISDIR(status.st_mode))
        return error_set(error, "%s: a folder is wanted here, and there is a file of that name",
                         path);
    return true;
}

bool folder_create(const char *path, Error *error) {
    char *part = memory_string(path);
    bool made = true;
    for (char *at = part; made && *at; at++)
        if (at > part && *at == '/') {
            *at = '\0';
            made = make_one_folder(part, error);
            *at = '/';
        }
    free(part);
    if (!made || !make_one_folder(path, error))
        return false;
    if (access(path, W_OK | X_OK) != 0)
        return error_set(error, "%s: can't write in this folder: %s; choose another with --out",
                         path, strerror(errno));
    return true;
}

bool output_open(OutputFile *output, const char *path, Error *error) {
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, "%s: can't write here: it is no regular file", path);
    output->path = memory_string(path);
    output->temporary = path_format("%s.tmp-%ld", path, (long)getpid());
    output->stream = fopen(output->temporary, "wb");
    if (output->stream)
        return true;
    error_set(error, "%s: can't write: %s", path, strerror(errno));
    free(output->path);
    free(output->temporary);
    return false;
}

// The rename is on the disk only when its folder is. A file system that can't sync folders isn't an
// error.
static void folder_sync(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash ? path_format("%.*s/", (int)(slash - path), path) : memory_string(".");
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

bool output_commit(OutputFile *output, Error *error) {
    bool written = !ferror(output->stream) && fflush(output->stream) == 0 &&
                   fsync(fileno(output->stream)) == 0 &&
                   rename(output->temporary, output->path) == 0;
    if (written)
        folder_sync(output->path);
    else
        error_set(error, "%s: can't write: %s", output->path, strerror(errno));
    fclose(output->stream);
    unlink(output->temporary); // after the rename there is none
    free(output->path);
    free(output->temporary);
    return written;
}

bool file_write(const char *path, const void *bytes, size_t length, Error *error) {
    OutputFile output;
    if (!output_open(&output, path, error))
        return false;
    if (length)
        fwrite(bytes, 1, length, output.stream); // output_commit asks ferror
    return output_commit(&output, error);
}
