// CSV files: a line of column names, then rows.
//
// A table, the data of a figure, is written whole or not at all, when it is closed. Errors are
// reported there, so that no row has to be checked:
//
//     Table *table = table_open(lesson->out, "cost.csv", "layer,phase,multiply_adds");
//     table_row(table, "%s,forward,%d", name, count);
//     return table_close(table, error);
//
// A log is a table that grows while a run goes on. Each row is written at once, so a run that is killed
// keeps its rows. Numbers have 17 digits, so that they read back exactly:
//
//     Log *log = log_new(folder, "steps.csv", "step,epoch,loss,lr");
//     if (!log_begin(log, NULL, &error)) return error_report(&error);
//     log_row(log, step, epoch, loss, lr);
//     if (!table_close(log, &error)) return error_report(&error);
//
// A checkpoint keeps the place that a log had reached. A run that is resumed goes on from there: up to
// that place the file must be what it was, bit for bit, and what came after is cut off.
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
    long bytes; // written up to here
    long sum;   // their CRC-32
} LogPlace;

// Opens the file: empty, or, with a place, to go on behind it. Errors: it isn't a regular file, can't be
// written, or, up to the place, isn't what was written.
bool log_begin(Log *log, const LogPlace *place, Error *error);

// True: every row was written so far. Error: one couldn't be.
bool log_is_whole(const Log *log, Error *error);

// Flushes all rows to the disk (fsync) and gives the place behind them. Error: rows are lost.
bool log_sync(Log *log, LogPlace *place, Error *error);

// One row, as by printf: the commas of the format separate the columns (fatal if the table has another
// number of them). A comma or a newline within a value becomes a semicolon, because gnuplot takes every
// comma for a separator, even between quotes.
void table_row(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

// An empty line, which gnuplot wants between the rows of a grid.
void table_gap(Table *table);

// One row of numbers, one for each column (else fatal). log_named_row begins the row with a text, which
// fills several columns if it has commas: log_named_row(log, "features.0", mean, deviation).
#define log_row(LOG, ...) log_named_row(LOG, NULL, __VA_ARGS__)
#define log_named_row(LOG, NAME, ...)                                                              \
    table_numbers(LOG, NAME, (const double[]){__VA_ARGS__},                                        \
                  (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)))
void table_numbers(Table *table, const char *name, const double *values, int count);

// Writes the table, or closes the log, and frees it; NULL is allowed. Error: a table wasn't written, and an
// old file of that name is as it was; or a log has lost rows. A log that wasn't begun, or whose
// log_begin failed, reports nothing.
bool table_close(Table *table, Error *error);

#endif
