#include "files/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "files/output.h"

struct Table {
    FILE *stream; // to the file of a log, once it has begun; or to
    char *text;   // what is written at the end; NULL in a log
    size_t length;
    char *path;
    const char *header; // names of the columns,
    int columns;        // and how many there are
    LogPlace place;     // of a log, behind its last row
    int failure;        // errno of the first row that was lost
};

enum { ROW_MAX = 1024 }; // bytes of a row, the '\0' included

static int columns_count(const char *columns) {
    int count = 1;
    for (; *columns; columns++)
        count += *columns == ',';
    return count;
}

static Table *table_new(const char *folder, const char *name, const char *columns) {
    Table *table = memory_zeroed(1, sizeof *table);
    table->path = path_format("%s/%s", folder, name);
    table->header = columns;
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

// Does nothing for a log that couldn't begin: that error has been reported.
static void row_write(Table *table, const char *text) {
    if (!table->stream)
        return;
    const size_t length = strlen(text);
    if ((fputs(text, table->stream) < 0 || fputc('\n', table->stream) == EOF ||
         fflush(table->stream) != 0) &&
        !table->failure)
        table->failure = errno;
    const uLong sum = crc32((uLong)table->place.sum, (const unsigned char *)text, (uInt)length);
    table->place.sum = (long)crc32(sum, (const unsigned char *)"\n", 1);
    table->place.bytes += (long)length + 1;
}

void table_row(Table *table, const char *format, ...) {
    enum { BORDER = '\x1f' }; // stands for the format's commas, until those of the values are gone
    row_check(table, columns_count(format));
    char text[ROW_MAX], *borders = memory_string(format);
    for (char *at = borders; *at; at++)
        *at = *at == ',' ? BORDER : *at;
    va_list arguments;
    va_start(arguments, format);
    const int length = vsnprintf(text, sizeof text, borders, arguments);
    va_end(arguments);
    free(borders);
    if (length < 0 || length >= ROW_MAX)
        fatal("table_row: a row has more than %d bytes: %s", ROW_MAX - 1, format);
    for (char *at = text; *at; at++)
        *at = *at == BORDER ? ',' : *at == ',' || *at == '\n' ? ';' : *at;
    row_write(table, text);
}

void table_gap(Table *table) {
    row_write(table, "");
}

void table_numbers(Table *table, const char *name, const double *values, int count) {
    row_check(table, count + (name ? columns_count(name) : 0));
    char text[ROW_MAX];
    int length = snprintf(text, sizeof text, "%s", name ? name : "");
    for (int i = 0; i < count && length < ROW_MAX; i++)
        length += snprintf(text + length, (size_t)(ROW_MAX - length), "%s%.17g",
                           i || name ? "," : "", values[i]);
    if (length >= ROW_MAX)
        fatal("%s: a row has more than %d bytes", table->path, ROW_MAX - 1);
    row_write(table, text);
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
    bool whole = table->text || log_sync(table, &(LogPlace){0}, error);
    if (whole && table->text)
        whole = file_write(table->path, table->text, table->length, error);
    table_free(table);
    return whole;
}

// --- logs ----------------------------------------------------------------------------------------

Log *log_new(const char *folder, const char *name, const char *columns) {
    return table_new(folder, name, columns);
}

// Whether the file holds, up to the place, what was written. Its bytes are read as they are: a gzip
// of the rows isn't what was written.
static bool log_holds(const Log *log, const LogPlace *place) {
    char bytes[1 << 14];
    const size_t header = strlen(log->header);
    uLong sum = crc32(0, NULL, 0);
    for (long at = 0; at < place->bytes;) {
        const long left = place->bytes - at;
        const size_t wanted = left < (long)sizeof bytes ? (size_t)left : sizeof bytes;
        const ssize_t got = pread(fileno(log->stream), bytes, wanted, at);
        if (got <= 0 || (at == 0 && ((size_t)got <= header || bytes[header] != '\n' ||
                                     memcmp(bytes, log->header, header) != 0)))
            return false;
        sum = crc32(sum, (const unsigned char *)bytes, (uInt)got);
        at += got;
    }
    return place->bytes > 0 && (long)sum == place->sum;
}

// Opens a regular file only: no link, which could lead to any file, and no named pipe, which might wait
// for a reader that never comes.
static FILE *log_open(const Log *log, bool afresh, Error *error) {
    const int file = open(
        log->path, O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | (afresh ? O_CREAT : 0),
        0666);
    struct stat status;
    const int reason = file < 0 ? errno : 0;
    if (file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode))
        return fdopen(file, "a");
    if (file >= 0)
        close(file);
    if (reason && reason != ELOOP)
        error_set(error, "%s: can't write: %s", log->path, strerror(reason));
    else
        error_set(error, "%s: can't write here: it is no regular file", log->path);
    return NULL;
}

bool log_begin(Log *log, const LogPlace *place, Error *error) {
    log->stream = log_open(log, !place, error);
    if (!log->stream)
        return false;
    bool good = !place || log_holds(log, place) ||
                error_set(error,
                          "%s: it doesn't hold the rows that were there when the checkpoint was "
                          "saved; start anew without --resume",
                          log->path);
    if (good && ftruncate(fileno(log->stream), place ? place->bytes : 0) != 0)
        good = error_set(error, "%s: can't write: %s", log->path, strerror(errno));
    if (!good) {
        fclose(log->stream);
        log->stream = NULL;
        return false;
    }
    log->place = place ? *place : (LogPlace){0};
    if (!place)
        row_write(log, log->header);
    return true;
}

bool log_is_whole(const Log *log, Error *error) {
    return !log->failure || error_set(error, "%s: can't write, rows are lost: %s", log->path,
                                      strerror(log->failure));
}

bool log_sync(Log *log, LogPlace *place, Error *error) {
    if (log->stream && !log->failure && fsync(fileno(log->stream)) != 0)
        log->failure = errno;
    *place = log->place;
    return log_is_whole(log, error);
}
