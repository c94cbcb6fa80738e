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

static char *format_text(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    const size_t size = (size_t)vsnprintf(NULL, 0, format, again) + 1;
    va_end(again);
    char *text = memory_alloc(size);
    vsnprintf(text, size, format, arguments);
    return text;
}

char *path_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *path = format_text(format, arguments);
    va_end(arguments);
    return path;
}

void text_append(char **text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *more = format_text(format, arguments);
    va_end(arguments);
    *text = memory_resize(*text, strlen(*text) + strlen(more) + 1);
    strcat(*text, more);
    free(more);
}

void buffer_append(char *buffer, size_t size, const char *format, ...) {
    const size_t length = strlen(buffer);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer + length, size - length, format, arguments);
    va_end(arguments);
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

// Opens a regular file and nothing else; a named pipe isn't waited for. −1 where it fails.
static int open_regular(const char *path, Error *error) {
    struct stat status;
    const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
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

// How the next bytes come: as many as there is room for, or fewer at the end or after an error.
typedef size_t ReadBytes(void *stream, char *to, size_t room);

static size_t read_plain(void *stream, char *to, size_t room) {
    return fread(to, 1, room, stream);
}

static size_t read_unpacked(void *stream, char *to, size_t room) {
    return gzfread(to, 1, room, stream);
}

// Reads to the end, but at most one byte more than the limit: that byte shows that there is too much.
static char *read_whole(ReadBytes *read_bytes, void *stream, size_t limit, size_t *length) {
    char *text = NULL;
    *length = 0;
    for (size_t room = 1 << 16; *length <= limit; room *= 2) {
        room = room < limit + 1 ? room : limit + 1;
        text = memory_resize(text, room + 1);
        *length += read_bytes(stream, text + *length, room - *length);
        if (*length < room)
            break;
    }
    text[*length] = '\0';
    return text;
}

// Gives the text to the caller; after an error, or beyond the limit, frees it.
static bool finish_read(const char *path, size_t limit, char *read, size_t length, bool good,
                        char **text, Error *error) {
    if (good && length > limit)
        good = error_set(error, "%s: expected at most %zu bytes, found more", path, limit);
    if (!good)
        free(read);
    *text = good ? read : NULL;
    return good;
}

bool file_read(const char *path, size_t limit, char **text, size_t *length, Error *error) {
    *text = NULL;
    *length = 0;
    const int file = open_regular(path, error);
    if (file < 0)
        return false;
    FILE *stream = fdopen(file, "rb");
    if (!stream)
        fatal("file_read: out of memory");
    char *read = read_whole(read_plain, stream, limit, length);
    const bool good =
        !ferror(stream) || error_set(error, "%s: can't read: %s", path, strerror(errno));
    fclose(stream);
    return finish_read(path, limit, read, *length, good, text, error);
}

bool file_read_unpacked(const char *path, size_t limit, char **text, size_t *length, Error *error) {
    *text = NULL;
    *length = 0;
    const int file = open_regular(path, error);
    if (file < 0)
        return false;
    gzFile stream = gzdopen(file, "rb");
    if (!stream)
        fatal("file_read_unpacked: out of memory");
    char *read = read_whole(read_unpacked, stream, limit, length);
    int code;
    const char *problem = gzerror(stream, &code); // "<fd:3>: what is wrong"
    const char *colon = strstr(problem, ": ");
    const bool good =
        code == Z_OK || error_set(error, "%s: %s: the file is damaged", path,
                                  code == Z_ERRNO ? strerror(errno)
                                  : colon         ? colon + 2
                                                  : problem);
    gzclose(stream);
    return finish_read(path, limit, read, *length, good, text, error);
}
