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

size_t csv_columns(const char *columns) {
    size_t count = 1;
    for (; *columns; columns++)
        count += *columns == ',';
    return count;
}

void csv_write_numbers(FILE *file, const double *values, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const bool whole = fabs(values[i]) < 0x1p53 && values[i] == floor(values[i]);
        fprintf(file, whole ? "%.0f" : "%.17g", values[i]);
        fputc(i + 1 < count ? ',' : '\n', file);
    }
}

static size_t line_length(const char *text) {
    const char *end = strchr(text, '\n');
    return end ? (size_t)(end - text) : strlen(text);
}

// How many bytes of the log there is are to be kept: the header and the whole rows up to the
// resumed step. -1 on an error.
static long bytes_to_keep(const char *path, const char *columns, double resume_step, Error *error) {
    char *text;
    size_t length;
    if (!file_read(path, LOG_BYTES_MAX, &text, &length, error))
        return -1;
    size_t kept = line_length(text);
    if (kept != strlen(columns) || memcmp(text, columns, kept) != 0 || text[kept] != '\n') {
        error_set(error,
                  "%s: can't go on with this log: its columns are \"%.*s\", not \"%s\"; run "
                  "without --resume",
                  path, (int)(kept < 200 ? kept : 200), text, columns);
        free(text);
        return -1;
    }
    kept++;
    for (;;) {
        char *row = text + kept, *end;
        const double step = strtod(row, &end);
        const size_t row_length = line_length(row);
        if (row[row_length] != '\n' || end == row || (*end != ',' && *end != '\n') ||
            !(step <= resume_step))
            break;
        kept += row_length + 1;
    }
    free(text);
    return (long)kept;
}

Log *log_open(const char *folder, const char *name, const char *columns, double resume_step,
              Error *error) {
    char *path = path_format("%s/%s", folder, name);
    const bool resume = resume_step >= 0;
    const long keep = resume ? bytes_to_keep(path, columns, resume_step, error) : 0;
    FILE *file = keep < 0 ? NULL : fopen(path, resume ? "r+" : "w");
    bool good = file != NULL;
    if (good && resume)
        good = ftruncate(fileno(file), keep) == 0 && fseek(file, 0, SEEK_END) == 0;
    else if (good)
        good = fprintf(file, "%s\n", columns) >= 0 && fflush(file) == 0;
    if (!good) {
        if (keep >= 0)
            error_set(error, "%s: can't write: %s", path, strerror(errno));
        if (file)
            fclose(file);
        free(path);
        return NULL;
    }
    Log *log = memory_alloc(sizeof *log);
    *log = (Log){.file = file, .path = path, .columns = csv_columns(columns)};
    return log;
}

bool log_write(Log *log, const char *name, const double *values, size_t count) {
    if (count + (name != NULL) != log->columns)
        fatal("log_row: %s has %zu columns, and the row has %zu", log->path, log->columns,
              count + (name != NULL));
    if (log->failure)
        return false;
    if (name)
        fprintf(log->file, "%s,", name);
    csv_write_numbers(log->file, values, count);
    if (fflush(log->file) != 0 || ferror(log->file))
        log->failure = errno ? errno : EIO;
    return !log->failure;
}

bool log_close(Log *log, Error *error) {
    if (!log)
        return true;
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
