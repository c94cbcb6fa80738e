#include "run/key.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/file.h"

enum { INPUT_BYTES_MAX = 1 << 30 };

bool key_checksum(const char *path, unsigned long *checksum, Error *error) {
    char *bytes;
    size_t length;
    if (!file_read(path, INPUT_BYTES_MAX, &bytes, &length, error))
        return false;
    *checksum = crc32(0, (const unsigned char *)bytes, (unsigned)length);
    free(bytes);
    return true;
}

char *key_make(unsigned long program, const char *arguments) {
    char *key = path_format("program %08lx\n%s", program, arguments);
    char *words = memory_string(arguments);
    for (char *word = strtok(words, "\n"); word; word = strtok(NULL, "\n")) {
        const char *value = strchr(word, '=');
        unsigned long checksum;
        if (value && key_checksum(value + 1, &checksum, &(Error){""}))
            text_append(&key, "file %s %08lx\n", value + 1, checksum);
    }
    free(words);
    return key;
}

// Is the line that begins here one of the lines of text?
static bool has_line(const char *text, const char *line) {
    const size_t length = strcspn(line, "\n");
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        if (strcspn(text, "\n") == length && strncmp(text, line, length) == 0)
            return true;
    return false;
}

// The first line of text that another text lacks; NULL: none.
static const char *line_missing(const char *text, const char *other) {
    for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
        if (!has_line(other, text))
            return text;
    return NULL;
}

bool key_refuse(const char *folder, const char *old, const char *wanted, Error *error) {
    const char *had = line_missing(old, wanted), *lacks = line_missing(wanted, old);
    const char *line = had ? had : lacks ? lacks : "";
    const int length = (int)strcspn(line, "\n");
    if (strncmp(line, "program ", 8) == 0)
        return error_set(error,
                         "--resume: %s is of another build of this program; without "
                         "--resume it is made anew",
                         folder);
    return error_set(error, "--resume: %s was made %s %.*s; without --resume it is made anew",
                     folder, had ? "with" : "without", length, line);
}
