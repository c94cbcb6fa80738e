#include "base/file.h"

#include <errno.h>
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

// Opens a regular file, not a named pipe, which might wait for a writer that never comes.
static gzFile open_regular(const char *path, Error *error) {
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        error_set(error, "%s: expected a file, found %s", path,
                  S_ISDIR(status.st_mode) ? "a folder" : "something that is no regular file");
        return NULL;
    }
    gzFile stream = gzopen(path, "rbe"); // e: programs that we start don't inherit it
    if (!stream)
        error_set(error, "%s: can't open: %s", path, strerror(errno));
    return stream;
}

bool file_read(const char *path, size_t limit, char **text, size_t *length, Error *error) {
    *text = NULL;
    *length = 0;
    gzFile stream = open_regular(path, error);
    if (!stream)
        return false;
    // Up to one byte beyond the limit: the byte that shows that there is too much.
    for (size_t room = 1 << 16; *length <= limit; room *= 2) {
        room = room < limit + 1 ? room : limit + 1;
        *text = memory_resize(*text, room + 1);
        *length += gzfread(*text + *length, 1, room - *length, stream);
        if (*length < room)
            break;
    }
    (*text)[*length] = '\0';
    int code;
    const char *problem = gzerror(stream, &code); // "path: what is wrong"
    bool good = true;
    if (code != Z_OK)
        good = error_set(error, "%s: the file is damaged; get it again", problem);
    else if (*length > limit)
        good = error_set(error, "%s: expected at most %zu bytes, found more", path, limit);
    gzclose(stream);
    if (!good) {
        free(*text);
        *text = NULL;
    }
    return good;
}
