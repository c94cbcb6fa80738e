// CSV files: a line of column names, then rows.
//
// A table, for a figure, is whole or not there (see file.h). What goes wrong is told at the end, so
// that no row has to be asked:
//
//     Table *table = table_open(lesson->out, "cost.csv", "layer,phase,multiply_adds");
//     table_row(table, "%s,forward,%d", name, count);
//     return table_close(table, error);
//
// A log is the table of a run as it goes on. Each row goes to the system at once, so a run that is
// killed keeps its rows. Numbers have 17 digits, so that they read back exactly:
//
//     Log *log = log_new(folder, "steps.csv", "step,epoch,loss,lr");
//     if (!log_begin(log, NULL, &error)) return error_report(&error);
//     log_row(log, step, epoch, loss, lr);
//     if (!table_close(log, &error)) return error_report(&error);
//
// A checkpoint keeps the place that a log had reached, and a run that goes on begins there: its log
// must hold, bit for bit, what it held then, and what came after is cut off.
#ifndef KNOBS_FILES_TABLE_H
#define KNOBS_FILES_TABLE_H

#include <stdbool.h>

#include "base/error.h"

typedef struct Table Table;
typedef Table Log;

// `columns` is the first line: their names, with commas between. Never NULL.
Table *table_open(const char *folder, const char *name, const char *columns);

// The log folder/name, not begun. Never NULL.
Log *log_new(const char *folder, const char *name, const char *columns);

typedef struct LogPlace {
    long bytes, sum; // so many are written, and this is their CRC-32
} LogPlace;

// Opens the file: afresh, or, with a place, to go on behind it. Errors: no regular file, no room; the
// columns or the rows up to the place aren't those that were written.
bool log_begin(Log *log, const LogPlace *place, Error *error);

// The error: a row couldn't be written.
bool log_is_whole(const Log *log, Error *error);

// Sees that all rows are on the disk, and tells the place behind them. The error: rows are lost.
bool log_sync(Log *log, LogPlace *place, Error *error);

// One row, as by printf: the commas of the format part the columns (fatal, if they aren't as many as
// the table has). A comma or a newline within a value becomes a semicolon: gnuplot takes every comma
// for a border, also between quotes.
void table_row(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

// One row of numbers, one a column (else fatal); the first columns may be a text, with commas where it
// fills several: log_named_row(log, "features.0", mean, deviation).
#define log_row(LOG, ...) log_named_row(LOG, NULL, __VA_ARGS__)
#define log_named_row(LOG, NAME, ...)                                                              \
    table_numbers(LOG, NAME, (const double[]){__VA_ARGS__},                                        \
                  (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)))
void table_numbers(Table *table, const char *name, const double *values, int count);

// Ends and frees a table or a log; NULL is allowed. True: the file is there, whole. False: a table's
// old file stays as it was; a log has lost rows; the error says why. A log that wasn't begun, or whose
// beginning failed, has lost none: that error is known.
bool table_close(Table *table, Error *error);

#endif
