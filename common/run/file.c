#include "run/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *path_format(const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    char *path = memory_alloc((size_t)length + 1);
    vsnprintf(path, (size_t)length + 1, format, again);
    va_end(again);
    return path;
}

bool file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

static bool make_one_folder(const char *path, Error *error) {
    if (mkdir(path, 0777) == 0)
        return true;
    int reason =
        errno; // where the folder is there already, it may be EEXIST, EROFS, EISDIR or EACCES
    struct stat status;
    if (stat(path, &status) != 0)
        return error_set(error, "%s: can't make this folder: %s", path, strerror(reason));
    if (!S_ISDIR(status.st_mode))
        return error_set(error, "%s: a folder is wanted here, and there is a file of that name",
                         path);
    return true;
}

bool folder_create(const char *path, Error *error) {
    if (!*path)
        return error_set(error, "a folder's name is empty");
    char *part = memory_string(path);
    bool made = true;
    for (char *slash = strchr(part + 1, '/'); made && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        made = make_one_folder(part, error);
        *slash = '/';
    }
    free(part);
    if (!made || !make_one_folder(path, error))
        return false;
    if (access(path, W_OK | X_OK) != 0)
        return error_set(error, "%s: can't write in this folder: %s; choose another with --out",
                         path, strerror(errno));
    return true;
}

bool file_read(const char *path, size_t limit, char **text, size_t *length, Error *error) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return error_set(error, "%s: can't open: %s", path, strerror(errno));
    struct stat status;
    if (fstat(fileno(file), &status) != 0 || !S_ISREG(status.st_mode)) {
        fclose(file);
        return error_set(error, "%s: not a regular file", path);
    }
    if ((uintmax_t)status.st_size > limit) {
        fclose(file);
        return error_set(error, "%s: %lld bytes, more than the %zu that such a file may have", path,
                         (long long)status.st_size, limit);
    }
    char *bytes = memory_alloc((size_t)status.st_size + 1);
    size_t got = fread(bytes, 1, (size_t)status.st_size, file);
    bool failed = ferror(file);
    fclose(file);
    if (failed) {
        free(bytes);
        return error_set(error, "%s: can't read: %s", path, strerror(errno));
    }
    bytes[got] = '\0';
    *text = bytes;
    *length = got;
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

void output_discard(OutputFile *output) {
    if (output->stream)
        fclose(output->stream);
    unlink(output->temporary);
    free(output->path);
    free(output->temporary);
    *output = (OutputFile){0};
}

// The rename is on the disk only when its folder is. A file system that can't sync folders isn't an
// error.
static void folder_sync(const char *path_inside) {
    char *folder = memory_string(path_inside);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    int descriptor = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY);
    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
    free(folder);
}

bool output_commit(OutputFile *output, Error *error) {
    bool written = !ferror(output->stream) && fflush(output->stream) == 0 &&
                   fsync(fileno(output->stream)) == 0;
    int reason = errno;
    if (fclose(output->stream) != 0 && written) {
        written = false;
        reason = errno;
    }
    output->stream = NULL;
    if (written && rename(output->temporary, output->path) != 0) {
        written = false;
        reason = errno;
    }
    if (written)
        folder_sync(output->path);
    else
        error_set(error, "%s: can't write: %s", output->path, strerror(reason));
    output_discard(output); // after the rename there is no temporary file to remove
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
