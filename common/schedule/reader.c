#include "schedule/reader.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"

enum { DEPTH_MAX = 64 };

// --- words ---------------------------------------------------------------------------------------

void reader_skip_spaces(Reader *reader) {
    reader->at += strspn(reader->at, " \t\n");
}

bool reader_is_next(Reader *reader, char wanted) {
    reader_skip_spaces(reader);
    return *reader->at == wanted;
}

bool reader_take(Reader *reader, char wanted) {
    const bool taken = reader_is_next(reader, wanted);
    reader->at += taken;
    return taken;
}

Word reader_take_word(Reader *reader) {
    reader_skip_spaces(reader);
    Word word = {.start = reader->at};
    if (isalpha((unsigned char)*reader->at) || *reader->at == '_')
        while (isalnum((unsigned char)*reader->at) || *reader->at == '_')
            reader->at++;
    word.length = (int)(reader->at - word.start < 100 ? reader->at - word.start : 100);
    return word;
}

bool word_is(Word word, const char *name) {
    return strlen(name) == (size_t)word.length && strncasecmp(word.start, name, strlen(name)) == 0;
}

// --- errors --------------------------------------------------------------------------------------

bool reader_wrong(Reader *reader, const char *at, const char *format, ...) {
    char message[900];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    const long column = (long)(at - reader->text) + 1;
    if (*at)
        return error_set(reader->error, "schedule, column %ld, at \"%.20s\": %s", column, at,
                         message);
    return error_set(reader->error, "schedule, column %ld, at the end: %s", column, message);
}

static bool wrong_name(Reader *reader, Word word) {
    char names[256] = "";
    for (int n = 0; n < reader->name_count; n++)
        buffer_append(names, sizeof names, "%s%s", n ? ", " : "; known by name are ",
                      reader->names[n].name);
    if (word.length == 0)
        return reader_wrong(reader, word.start, "a number must stand here%s", names);
    return reader_wrong(reader, word.start, "'%.*s' is no number%s", word.length, word.start,
                        names);
}

// --- numbers -------------------------------------------------------------------------------------

static bool read_name(Reader *reader, double *value) {
    const Word word = reader_take_word(reader);
    for (int n = 0; n < reader->name_count; n++)
        if (word_is(word, reader->names[n].name)) {
            *value = reader->names[n].value;
            reader->unknown = reader->unknown || isnan(*value);
            return true;
        }
    return wrong_name(reader, word);
}

static bool read_in_brackets(Reader *reader, double *value) {
    if (!reader_take_number(reader, value))
        return false;
    return reader_take(reader, ')') || reader_wrong(reader, reader->at, "a bracket ) is missing");
}

static bool read_factor(Reader *reader, double *value) {
    if (++reader->depth > DEPTH_MAX)
        return reader_wrong(reader, reader->at, "it is nested more than %d deep", DEPTH_MAX);
    bool good = true;
    if (reader_take(reader, '-')) {
        good = read_factor(reader, value);
        *value = -*value;
    } else if (reader_take(reader, '('))
        good = read_in_brackets(reader, value);
    else if (isdigit((unsigned char)*reader->at) ||
             (*reader->at == '.' && isdigit((unsigned char)reader->at[1]))) {
        char *end;
        *value = strtod(reader->at, &end);
        reader->at = end;
    } else
        good = read_name(reader, value);
    reader->depth--;
    return good;
}

static bool read_product(Reader *reader, double *value) {
    bool good = read_factor(reader, value);
    while (good && (reader_is_next(reader, '*') || reader_is_next(reader, '/'))) {
        const char sign = *reader->at++;
        double other = 0;
        good = read_factor(reader, &other);
        *value = sign == '*' ? *value * other : *value / other;
        reader->reckoned = true;
    }
    return good;
}

bool reader_take_number(Reader *reader, double *value) {
    *value = 0;
    bool good = read_product(reader, value);
    while (good && (reader_is_next(reader, '+') || reader_is_next(reader, '-'))) {
        const char sign = *reader->at++;
        double other = 0;
        good = read_product(reader, &other);
        *value = sign == '+' ? *value + other : *value - other;
        reader->reckoned = true;
    }
    return good;
}
