#include "data/csv.h"

#include <limits.h>
#include <stdlib.h>

typedef struct Reader {
    const char *name;
    const unsigned char *next, *end;
    int line; // from 1
} Reader;

// One number: up to three digits, no more than `maximum`.
static bool read_number(Reader *reader, int column, int maximum, unsigned char *value,
                        Error *error) {
    int number = 0, digits = 0;
    while (reader->next < reader->end && *reader->next >= '0' && *reader->next <= '9' &&
           digits < 4) {
        number = 10 * number + (*reader->next++ - '0');
        digits++;
    }
    if (digits == 0)
        return error_set(error, "%s: line %d, field %d: expected a whole number 0 … %d",
                         reader->name, reader->line, column + 1, maximum);
    if (digits > 3 || number > maximum)
        return error_set(error, "%s: line %d, field %d: expected at most %d, found %d%s",
                         reader->name, reader->line, column + 1, maximum, number,
                         digits > 3 ? "…" : "");
    *value = (unsigned char)number;
    return true;
}

// The end of a line: LF, CR LF, or the end of the file.
static bool read_line_end(Reader *reader, int columns, Error *error) {
    const unsigned char *at = reader->next;
    if (at < reader->end && *at == '\r')
        at++;
    if (at < reader->end ? *at != '\n' : at != reader->next)
        return error_set(error, "%s: line %d: expected the line to end after %d fields",
                         reader->name, reader->line, columns);
    reader->next = at < reader->end ? at + 1 : at;
    reader->line++;
    return true;
}

static bool read_row(Reader *reader, const unsigned char *maxima, int columns, unsigned char *row,
                     Error *error) {
    for (int column = 0; column < columns; column++) {
        if (column > 0) {
            if (reader->next == reader->end || *reader->next != ',')
                return error_set(error,
                                 "%s: line %d: expected a comma and %d fields, found %d fields",
                                 reader->name, reader->line, columns, column);
            reader->next++;
        }
        if (!read_number(reader, column, maxima[column], &row[column], error))
            return false;
    }
    return read_line_end(reader, columns, error);
}

bool csv_parse(const char *name, const unsigned char *text, size_t size,
               const unsigned char *maxima, int columns, unsigned char **values, int *rows,
               Error *error) {
    if (columns < 1)
        fatal("csv_parse: %d columns, expected at least 1", columns);
    *values = NULL;
    *rows = 0;
    if (size == 0)
        return error_set(error, "%s: the table is empty", name);
    if (size > INT_MAX)
        return error_set(error, "%s: the table has %zu bytes, expected at most %d", name, size,
                         INT_MAX);
    // A field takes a digit and a separator (only the last may lack it), so the text itself bounds
    // the rows.
    size_t most_rows = size / (2 * (size_t)columns) + 1;
    unsigned char *table = memory_alloc(most_rows * (size_t)columns);
    Reader reader = {.name = name, .next = text, .end = text + size, .line = 1};
    int row = 0;
    while (reader.next < reader.end) {
        if (!read_row(&reader, maxima, columns, table + (size_t)row * columns, error)) {
            free(table);
            return false;
        }
        row++;
    }
    *values = table;
    *rows = row;
    return true;
}
