#include "run/table.h"

#include <stdarg.h>
#include <stdlib.h>

#include "run/file.h"
#include "run/log.h"

struct Table {
    OutputFile file; // its stream is NULL where it couldn't be opened
    size_t columns;
    Error error;
};

Table *table_open(const char *folder, const char *name, const char *columns) {
    Table *table = memory_zeroed(1, sizeof *table);
    char *path = path_format("%s/%s", folder, name);
    table->columns = csv_columns(columns);
    if (output_open(&table->file, path, &table->error))
        fprintf(table->file.stream, "%s\n", columns);
    else
        table->file.stream = NULL;
    free(path);
    return table;
}

void table_row(Table *table, const char *format, ...) {
    enum { BORDER = '\x1f' }; // stands for the format's commas, until those of the values are gone
    if (csv_columns(format) != table->columns)
        fatal("table_row: the table has %zu columns, and the row has %zu: %s", table->columns,
              csv_columns(format), format);
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
    if (table->file.stream)
        fprintf(table->file.stream, "%s\n", text); // output_commit asks ferror
}

bool table_close(Table *table, Error *error) {
    const bool whole = table->file.stream && output_commit(&table->file, &table->error);
    if (!whole)
        *error = table->error;
    free(table);
    return whole;
}
