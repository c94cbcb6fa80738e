#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool error_set(Error *error, const char *format, ...) {
    char text[16384];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const size_t length = strlen(text), size = sizeof error->message, half = size / 2 - 3;
    if (length < size)
        memcpy(error->message, text, length + 1);
    else // a path as long as the world likes; the reason stands at the end
        snprintf(error->message, size, "%.*s … %s", (int)half, text, text + length - half);
    for (char *at = error->message; *at; at++) // one line, whatever a file's name or content says
        *at = (unsigned char)*at < ' ' ? '?' : *at;
    return false;
}

int error_report(const Error *error) {
    fprintf(stderr, "error: %s\n", error->message);
    return 1;
}

static FatalHandler fatal_handler = NULL;

FatalHandler fatal_set_handler(FatalHandler handler) {
    FatalHandler before = fatal_handler;
    fatal_handler = handler;
    return before;
}

void fatal(const char *format, ...) {
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    if (fatal_handler)
        fatal_handler(message);
    fprintf(stderr, "fatal: %s\n", message);
    abort();
}

static void *memory_check(void *memory, size_t bytes) {
    if (!memory)
        fatal("out of memory: %zu bytes wanted", bytes);
    return memory;
}

void *memory_alloc(size_t bytes) {
    return memory_check(malloc(bytes ? bytes : 1), bytes);
}

void *memory_zeroed(size_t count, size_t bytes) {
    return memory_check(calloc(count ? count : 1, bytes ? bytes : 1), count * bytes);
}

void *memory_resize(void *memory, size_t bytes) {
    return memory_check(realloc(memory, bytes ? bytes : 1), bytes);
}

char *memory_string(const char *text) {
    return memory_check(strdup(text), strlen(text) + 1);
}
