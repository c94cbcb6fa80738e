// Two kinds of mistakes, two ways out.
//
// The world's mistake (a missing, broken or hostile file, a full disk, a bad option) comes back as
// an `Error`:
//     Error error;
//     if (!dataset_load(&data, "fashion", &error)) return error_report(&error);
//
// The programmer's mistake (shapes that don't fit, a parameter in two groups) ends the program
// through `fatal`.
#ifndef KNOBS_BASE_ERROR_H
#define KNOBS_BASE_ERROR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct Error {
    char message[1024]; // one line, no newline: what was wrong, what was expected, what to do
} Error;

// Writes the message and returns false, so that a function can say `return error_set(error, …);`.
// Of a message that is too long the middle is left out; a control character becomes a '?'.
bool error_set(Error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Prints "error: <message>" to stderr and returns the exit status 1, so that main can say
// `return error_report(&error);`.
int error_report(const Error *error);

// Ends the program by abort() after one line on stderr, which names the operation, the shapes and
// the parameter concerned.
_Noreturn void fatal(const char *format, ...) __attribute__((format(printf, 1, 2)));

// For tests: `fatal` calls the handler with its message first, and the handler may longjmp away.
// NULL: no handler, which is the default. Returns the handler that was set before.
typedef void (*FatalHandler)(const char *message);
FatalHandler fatal_set_handler(FatalHandler handler);

// malloc, calloc, realloc and strdup that never return NULL: running out of memory is fatal.
// For sizes that the program chose; a size read from a file is checked before it gets here.
void *memory_alloc(size_t bytes);
void *memory_zeroed(size_t count, size_t bytes);
void *memory_resize(void *memory, size_t bytes);
char *memory_string(const char *text);

#endif
