#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include <zlib.h>

char *path_format(const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t size = (size_t)vsnprintf(NULL, 0, format, arguments) + 1;
    va_end(arguments);
    char *path = memory_alloc(size);
    vsnprintf(path, size, format, again);
    va_end(again);
    return path;
}

char *program_path(void) {
    char path[4096] = "";
#ifdef __APPLE__
    uint32_t size = sizeof path;
    const bool found = _NSGetExecutablePath(path, &size) == 0;
#else
    const bool found = readlink("/proc/self/exe", path, sizeof path - 1) > 0;
#endif
    return memory_string(found ? path : "(this program)");
}

bool file_exists(const char *path) {
    return access(path, F_OK) == 0;
}

// A descriptor of a regular file, or -1.
static int open_regular(const char *path, Error *error) {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer that may never come.
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    struct stat status;
    if (file < 0 || fstat(file, &status) != 0) {
        error_set(error, "%s: can't open: %s", path, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        error_set(error, "%s: expected a file, found %s", path,
                  S_ISDIR(status.st_mode) ? "a folder" : "something that is no regular file");
    } else {
        return file;
    }
    if (file >= 0)
        close(file);
    return -1;
}

// Why zlib stopped before the end of the file; true where it didn't.
static bool stream_is_whole(gzFile stream, const char *path, size_t length, Error *error) {
    int code;
    const char *said = gzerror(stream, &code), *words = strstr(said, ": "); // "<fd:3>: words"
    if (code == Z_ERRNO)
        return error_set(error, "%s: can't read: %s", path, strerror(errno));
    if (code == Z_BUF_ERROR)
        return error_set(error, "%s: the gzip file is cut short after %zu bytes; get it again",
                         path, length);
    if (code != Z_OK && code != Z_STREAM_END)
        return error_set(error, "%s: the gzip file is damaged (%s); get it again", path,
                         words ? words + 2 : said);
    return true;
}

bool file_read(const char *path, size_t limit, char **text, size_t *length, Error *error) {
    *text = NULL;
    *length = 0;
    int file = open_regular(path, error);
    if (file < 0)
        return false;
    gzFile stream = gzdopen(file, "rb");
    if (!stream)
        fatal("file_read: zlib doesn't start");
    int got = 0;
    // Up to one byte beyond the limit: the byte that shows that there is too much.
    for (size_t room = 1 << 16; *length <= limit; room *= 2) {
        room = room < limit + 1 ? room : limit + 1;
        *text = memory_resize(*text, room + 1);
        got = gzread(stream, *text + *length, (unsigned)(room - *length));
        *length += got > 0 ? (size_t)got : 0;
        if (*length < room)
            break;
    }
    bool good = stream_is_whole(stream, path, *length, error);
    gzclose(stream);
    if (good && *length > limit)
        good = error_set(error, "%s: expected at most %zu bytes, found more", path, limit);
    if (good) {
        (*text)[*length] = '\0';
        return true;
    }
    free(*text);
    *text = NULL;
    return false;
}
