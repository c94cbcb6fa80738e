// CSV files, of two kinds: tables and logs. Both begin with a line of column names.
//
// A table is for a figure: texts and numbers mixed, whole or not there (see file.h). What goes wrong
// is told at the end, so that no row has to be asked:
//
//     Table *table = table_open(lesson->out, "cost.csv", "layer,phase,multiply_adds");
//     table_row(table, "%s,forward,%d", name, count);
//     return table_close(table, error);
//
// A log has a run's numbers, with 17 digits, so that they read back exactly. Each row goes to the
// system at once, so a run that is killed keeps its rows:
//
//     Log *log = log_open(folder, "steps.csv", "step,epoch,loss,lr", LOG_NEW, &error);
//     log_row(log, step, epoch, loss, lr);
//     if (!log_close(log, &error)) return error_report(&error);
#ifndef KNOBS_RUN_TABLE_H
#define KNOBS_RUN_TABLE_H

#include <stdbool.h>

#include "base/error.h"

typedef struct Table Table;

// `columns` is the first line: their names, with commas between. Never NULL.
Table *table_open(const char *folder, const char *name, const char *columns);

// One row, as by printf: the commas of the format part the columns (fatal, if they aren't as many as
// the table has). A comma or a newline within a value becomes a semicolon: gnuplot takes every comma
// for a border, also between quotes.
void table_row(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

// One row of numbers as in a log, a number for each column; behind a name, unless that is NULL.
void table_numbers(Table *table, const char *name, const double *values);

// Writes and frees the table. True: the file is there, whole. False: the old one stays as it was.
bool table_close(Table *table, Error *error);

typedef struct Log Log;

#define LOG_NEW (-1.0)

// The file folder/name. LOG_NEW starts it afresh. A step ≥ 0 goes on after that step: rows with more
// than it in the first column, and a row cut short, are dropped; columns other than those in the file
// are an error. NULL on an error.
Log *log_open(const char *folder, const char *name, const char *columns, double resume_step,
              Error *error);

// One number a column.
#define log_row(LOG, ...) log_named_row(LOG, NULL, __VA_ARGS__)
// The same where the first column is a name, without a comma: log_named_row(log, "features.0", mean,
// deviation).
#define log_named_row(LOG, NAME, ...)                                                              \
    log_write(LOG, NAME, (const double[]){__VA_ARGS__},                                            \
              (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)))
void log_write(Log *log, const char *name, const double *values, int count);

// Syncs, closes and frees. False if any row of the log was lost; the error says why. NULL, a log that
// couldn't be opened and whose error is known, is true.
bool log_close(Log *log, Error *error);

// Of a line of column names: how many there are, and which one `name` is, from 0; −1: none.
int columns_count(const char *columns);
int columns_find(const char *columns, const char *name);

#endif
