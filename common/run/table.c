#include "run/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/file.h"

#define LOG_BYTES_MAX ((size_t)1 << 30)

int columns_count(const char *columns) {
    int count = 1;
    for (; *columns; columns++)
        count += *columns == ',';
    return count;
}

int columns_find(const char *columns, const char *name) {
    const size_t length = strlen(name);
    for (int i = 0; columns; i++) {
        if (strcspn(columns, ",") == length && strncmp(columns, name, length) == 0)
            return i;
        columns = strchr(columns, ',');
        columns += columns != NULL;
    }
    return -1;
}

static void write_numbers(FILE *file, const char *name, const double *values, int count) {
    if (name)
        fprintf(file, "%s,", name);
    for (int i = 0; i < count; i++)
        fprintf(file, "%.17g%c", values[i], i + 1 < count ? ',' : '\n');
}

// --- tables --------------------------------------------------------------------------------------

struct Table {
    char *path;
    int columns;
    FILE *memory; // writes `text`, which is complete when this is closed
    char *text;
    size_t length;
};

Table *table_open(const char *folder, const char *name, const char *columns) {
    Table *table = memory_zeroed(1, sizeof *table);
    table->path = path_format("%s/%s", folder, name);
    table->columns = columns_count(columns);
    table->memory = open_memstream(&table->text, &table->length);
    if (!table->memory)
        fatal("table_open: out of memory");
    fprintf(table->memory, "%s\n", columns);
    return table;
}

void table_row(Table *table, const char *format, ...) {
    enum { BORDER = '\x1f' }; // stands for the format's commas, until those of the values are gone
    if (columns_count(format) != table->columns)
        fatal("table_row: the table has %d columns, and the row has %d: %s", table->columns,
              columns_count(format), format);
    char text[1024], *borders = memory_string(format);
    for (char *at = borders; *at; at++)
        *at = *at == ',' ? BORDER : *at;
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text, sizeof text, borders, arguments);
    va_end(arguments);
    free(borders);
    if (length < 0 || length >= (int)sizeof text)
        fatal("table_row: a row has more than %zu bytes: %s", sizeof text - 1, format);
    for (char *at = text; *at; at++)
        *at = *at == BORDER ? ',' : *at == ',' || *at == '\n' ? ';' : *at;
    fprintf(table->memory, "%s\n", text);
}

void table_numbers(Table *table, const char *name, const double *values) {
    write_numbers(table->memory, name, values, table->columns - (name != NULL));
}

bool table_close(Table *table, Error *error) {
    if (fclose(table->memory) != 0)
        fatal("table_close: out of memory");
    const bool written = file_write(table->path, table->text, table->length, error);
    free(table->text);
    free(table->path);
    free(table);
    return written;
}

// --- logs ----------------------------------------------------------------------------------------

struct Log {
    FILE *file;
    char *path;
    int columns;
    int failure; // errno of the first row that was lost
};

// Cuts a log that is there behind its header and the whole rows up to the step.
static bool log_cut(const char *path, const char *columns, double step, Error *error) {
    char *text, *number_end;
    size_t length, header = strlen(columns);
    if (!file_read(path, LOG_BYTES_MAX, &text, &length, error))
        return false;
    char *kept = text + header + 1;
    bool good = strncmp(text, columns, header) == 0 && text[header] == '\n';
    if (!good)
        error_set(
            error,
            "%s: can't go on with this log, run without --resume: expected the columns \"%s\", "
            "found \"%.*s\"",
            path, columns, (int)strcspn(text, "\n"), text);
    while (good && strchr(kept, '\n') && strtod(kept, &number_end) <= step && number_end > kept)
        kept = strchr(kept, '\n') + 1;
    if (good && truncate(path, kept - text) != 0)
        good = error_set(error, "%s: can't write: %s", path, strerror(errno));
    free(text);
    return good;
}

static bool log_start(Log *log, const char *columns, double resume_step, Error *error) {
    const bool resume = resume_step >= 0;
    if (resume && !log_cut(log->path, columns, resume_step, error))
        return false;
    log->file = fopen(log->path, resume ? "a" : "w");
    if (log->file && !resume)
        fprintf(log->file, "%s\n", columns);
    return (log->file && fflush(log->file) == 0) ||
           error_set(error, "%s: can't write: %s", log->path, strerror(errno));
}

static void log_free(Log *log) {
    if (log->file)
        fclose(log->file);
    free(log->path);
    free(log);
}

Log *log_open(const char *folder, const char *name, const char *columns, double resume_step,
              Error *error) {
    Log *log = memory_zeroed(1, sizeof *log);
    log->path = path_format("%s/%s", folder, name);
    log->columns = columns_count(columns);
    if (log_start(log, columns, resume_step, error))
        return log;
    log_free(log);
    return NULL;
}

void log_write(Log *log, const char *name, const double *values, int count) {
    const int given = count + (name != NULL);
    if (given != log->columns)
        fatal("log_row: %s has %d columns, and the row has %d", log->path, log->columns, given);
    write_numbers(log->file, name, values, count);
    if ((fflush(log->file) != 0 || ferror(log->file)) && !log->failure)
        log->failure = errno;
}

bool log_close(Log *log, Error *error) {
    if (!log)
        return true;
    if (!log->failure && fsync(fileno(log->file)) != 0)
        log->failure = errno;
    const bool whole = !log->failure;
    if (!whole)
        error_set(error, "%s: can't write, rows are lost: %s", log->path, strerror(log->failure));
    log_free(log);
    return whole;
}
