#include "run/log.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/file.h"

#define LOG_BYTES_MAX ((size_t)1 << 30)

struct Log {
    FILE *file;
    char *path;
    size_t columns;
    int failure; // errno of the first row that was lost
};

int number_format(char *text, size_t size, double value) {
    if (fabs(value) < 0x1p53 && value == floor(value))
        return snprintf(text, size, "%.0f", value);
    return snprintf(text, size, "%.17g", value);
}

static size_t count_columns(const char *columns) {
    size_t count = 1;
    for (; *columns; columns++)
        count += *columns == ',';
    return count;
}

static size_t line_length(const char *text) {
    const char *end = strchr(text, '\n');
    return end ? (size_t)(end - text) : strlen(text);
}

// How many bytes of the log there is are to be kept: the header and the whole rows up to the
// resumed step.
static bool bytes_to_keep(const char *path, const char *columns, double resume_step, long *keep,
                          Error *error) {
    char *text;
    size_t length;
    if (!file_read(path, LOG_BYTES_MAX, &text, &length, error))
        return false;
    size_t header = line_length(text);
    if (header != strlen(columns) || memcmp(text, columns, header) != 0 || text[header] != '\n') {
        error_set(error,
                  "%s: can't go on with this log: its columns are \"%.*s\", not \"%s\"; run "
                  "without --resume",
                  path, (int)(header < 200 ? header : 200), text, columns);
        free(text);
        return false;
    }
    size_t kept = header + 1;
    for (;;) {
        size_t row = line_length(text + kept);
        char *end;
        double step = strtod(text + kept, &end);
        bool whole = text[kept + row] == '\n' && end != text + kept &&
                     *end == (strchr(columns, ',') ? ',' : '\n');
        if (!whole || !(step <= resume_step))
            break;
        kept += row + 1;
    }
    free(text);
    *keep = (long)kept;
    return true;
}

static FILE *reopen(const char *path, const char *columns, double resume_step, Error *error) {
    long keep;
    if (!bytes_to_keep(path, columns, resume_step, &keep, error))
        return NULL;
    FILE *file = fopen(path, "r+");
    if (file && ftruncate(fileno(file), keep) == 0 && fseek(file, 0, SEEK_END) == 0)
        return file;
    error_set(error, "%s: can't go on with this log: %s", path, strerror(errno));
    if (file)
        fclose(file);
    return NULL;
}

static FILE *open_new(const char *path, const char *columns, Error *error) {
    FILE *file = fopen(path, "w");
    if (file && fprintf(file, "%s\n", columns) >= 0 && fflush(file) == 0)
        return file;
    error_set(error, "%s: can't write: %s", path, strerror(errno));
    if (file)
        fclose(file);
    return NULL;
}

Log *log_open(const char *path, const char *columns, double resume_step, Error *error) {
    FILE *file = resume_step >= 0 ? reopen(path, columns, resume_step, error)
                                  : open_new(path, columns, error);
    if (!file)
        return NULL;
    Log *log = memory_zeroed(1, sizeof *log);
    log->file = file;
    log->path = memory_string(path);
    log->columns = count_columns(columns);
    return log;
}

void csv_write_text(FILE *file, const char *text) {
    const bool quoted = strpbrk(text, ",\"\n") != NULL;
    if (quoted)
        fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    if (quoted)
        fputc('"', file);
}

bool log_write(Log *log, const char *name, const double *values, size_t count) {
    if (count + (name != NULL) != log->columns)
        fatal("log_row: %s has %zu columns, and the row has %zu", log->path, log->columns,
              count + (name != NULL));
    if (log->failure)
        return false;
    if (name)
        csv_write_text(log->file, name);
    for (size_t i = 0; i < count; i++) {
        char text[32];
        number_format(text, sizeof text, values[i]);
        if (i || name)
            fputc(',', log->file);
        fputs(text, log->file);
    }
    fputc('\n', log->file);
    if (fflush(log->file) != 0 || ferror(log->file))
        log->failure = errno ? errno : EIO;
    return !log->failure;
}

bool log_close(Log *log, Error *error) {
    // EINVAL: a pipe or a device, which has nothing to sync.
    if (!log->failure && fsync(fileno(log->file)) != 0 && errno != EINVAL && errno != ENOTSUP)
        log->failure = errno;
    if (fclose(log->file) != 0 && !log->failure)
        log->failure = errno;
    bool whole = !log->failure;
    if (!whole)
        error_set(error, "%s: can't write, rows are lost: %s", log->path, strerror(log->failure));
    free(log->path);
    free(log);
    return whole;
}
