#include "files/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/output.h"

struct Table {
    FILE *stream; // to the file of a log, or to
    char *text;   // what is written at the end; NULL in a log
    size_t length;
    char *path;
    int columns;
    int failure; // errno of the first row that was lost
};

static int columns_count(const char *columns) {
    int count = 1;
    for (; *columns; columns++)
        count += *columns == ',';
    return count;
}

static Table *table_new(const char *folder, const char *name, const char *columns) {
    Table *table = memory_zeroed(1, sizeof *table);
    table->path = path_format("%s/%s", folder, name);
    table->columns = columns_count(columns);
    return table;
}

static void table_free(Table *table) {
    if (table->stream)
        fclose(table->stream);
    free(table->text);
    free(table->path);
    free(table);
}

// --- rows ----------------------------------------------------------------------------------------

static void row_check(const Table *table, int columns) {
    if (columns != table->columns)
        fatal("%s has %d columns, and the row has %d", table->path, table->columns, columns);
}

static void row_write(Table *table, const char *text) {
    fprintf(table->stream, "%s\n", text);
    if ((fflush(table->stream) != 0 || ferror(table->stream)) && !table->failure)
        table->failure = errno;
}

void table_row(Table *table, const char *format, ...) {
    enum { BORDER = '\x1f' }; // stands for the format's commas, until those of the values are gone
    row_check(table, columns_count(format));
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
    row_write(table, text);
}

void table_numbers(Table *table, const char *name, const double *values, int count) {
    row_check(table, count + (name != NULL));
    if (name)
        fprintf(table->stream, "%s,", name);
    for (int i = 0; i < count; i++)
        fprintf(table->stream, i ? ",%.17g" : "%.17g", values[i]);
    row_write(table, "");
}

// --- tables --------------------------------------------------------------------------------------

Table *table_open(const char *folder, const char *name, const char *columns) {
    Table *table = table_new(folder, name, columns);
    table->stream = open_memstream(&table->text, &table->length);
    if (!table->stream)
        fatal("table_open: out of memory");
    row_write(table, columns);
    return table;
}

bool table_close(Table *table, Error *error) {
    if (!table)
        return true;
    if (!table->text && !table->failure && fsync(fileno(table->stream)) != 0)
        table->failure = errno;
    bool whole = !table->failure || error_set(error, "%s: can't write, rows are lost: %s",
                                              table->path, strerror(table->failure));
    if (whole && table->text)
        whole = file_write(table->path, table->text, table->length, error);
    table_free(table);
    return whole;
}

// --- logs ----------------------------------------------------------------------------------------

// Cuts a log that is there behind its header and the whole rows up to the step.
static bool log_cut(const char *path, const char *columns, double step, Error *error) {
    char *text, *number_end;
    size_t length, header = strlen(columns);
    if (!file_read(path, (size_t)1 << 30, &text, &length, error))
        return false;
    bool good =
        (strncmp(text, columns, header) == 0 && text[header] == '\n') ||
        error_set(error, "%s: run without --resume: expected the columns \"%s\", found \"%.*s\"",
                  path, columns, (int)strcspn(text, "\n"), text);
    char *kept = good ? text + header + 1 : text;
    while (good && strchr(kept, '\n') && strtod(kept, &number_end) <= step && number_end > kept)
        kept = strchr(kept, '\n') + 1;
    if (good && truncate(path, kept - text) != 0)
        good = error_set(error, "%s: can't write: %s", path, strerror(errno));
    free(text);
    return good;
}

Log *log_open(const char *folder, const char *name, const char *columns, double resume_step,
              Error *error) {
    Log *log = table_new(folder, name, columns);
    const bool resume = resume_step >= 0;
    if (!resume || log_cut(log->path, columns, resume_step, error)) {
        log->stream = fopen(log->path, resume ? "a" : "w");
        if (log->stream && !resume)
            row_write(log, columns);
        if (log->stream && !log->failure)
            return log;
        error_set(error, "%s: can't write: %s", log->path, strerror(errno));
    }
    table_free(log);
    return NULL;
}
