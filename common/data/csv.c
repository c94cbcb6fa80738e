#include "data/csv.h"

#include <stdlib.h>

typedef struct Reader {
    const char *name, *next, *end;
    int line; // from 1
} Reader;

// The next character; '\0' at the end, which no right table holds.
static char peek(const Reader *reader) {
    return reader->next < reader->end ? *reader->next : '\0';
}

// One number: up to three digits, no more than `maximum`.
static bool read_number(Reader *reader, int column, int maximum, unsigned char *value,
                        Error *error) {
    int number = 0, digits = 0;
    for (; peek(reader) >= '0' && peek(reader) <= '9' && digits < 4; digits++)
        number = 10 * number + (*reader->next++ - '0');
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

static bool read_row(Reader *reader, const unsigned char *maxima, int columns, unsigned char *row,
                     Error *error) {
    for (int column = 0; column < columns; column++) {
        if (column > 0 && peek(reader) != ',')
            return error_set(error, "%s: line %d: expected a comma and %d fields, found %d fields",
                             reader->name, reader->line, columns, column);
        reader->next += column > 0;
        if (!read_number(reader, column, maxima[column], &row[column], error))
            return false;
    }
    if (reader->next == reader->end) // the last line may lack its end
        return true;
    reader->next += *reader->next == '\r';
    if (peek(reader) != '\n')
        return error_set(error, "%s: line %d: expected the line to end after %d fields",
                         reader->name, reader->line, columns);
    reader->next++;
    reader->line++;
    return true;
}

bool csv_parse(const char *name, const char *text, size_t size, const unsigned char *maxima,
               int columns, unsigned char **values, int *rows, Error *error) {
    *values = NULL;
    *rows = 0;
    if (size == 0)
        return error_set(error, "%s: the table is empty", name);
    // A field takes a digit and a separator (only the last may lack it), so the text itself bounds
    // the rows.
    unsigned char *table = memory_alloc((size / (2 * (size_t)columns) + 1) * (size_t)columns);
    Reader reader = {.name = name, .next = text, .end = text + size, .line = 1};
    int row = 0;
    for (; reader.next < reader.end; row++)
        if (!read_row(&reader, maxima, columns, table + (size_t)row * columns, error)) {
            free(table);
            return false;
        }
    *values = table;
    *rows = row;
    return true;
}
