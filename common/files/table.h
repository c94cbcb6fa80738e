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
//     Log *log = log_open(folder, "steps.csv", "step,epoch,loss,lr", LOG_NEW, &error);
//     log_row(log, step, epoch, loss, lr);
//     if (!table_close(log, &error)) return error_report(&error);
#ifndef KNOBS_FILES_TABLE_H
#define KNOBS_FILES_TABLE_H

#include <stdbool.h>

#include "base/error.h"

typedef struct Table Table;
typedef Table Log;

// `columns` is the first line: their names, with commas between. Never NULL.
Table *table_open(const char *folder, const char *name, const char *columns);

#define LOG_NEW (-1.0)

// The file folder/name. LOG_NEW starts it afresh. A step ≥ 0 goes on after that step: rows with more
// than it in the first column, and a row cut short, are dropped; columns other than those in the file
// are an error. NULL on an error.
Log *log_open(const char *folder, const char *name, const char *columns, double resume_step,
              Error *error);

// One row, as by printf: the commas of the format part the columns (fatal, if they aren't as many as
// the table has). A comma or a newline within a value becomes a semicolon: gnuplot takes every comma
// for a border, also between quotes.
void table_row(Table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

// One row of numbers, one a column (else fatal); the first column may be a name, without a comma:
// log_named_row(log, "features.0", mean, deviation).
#define log_row(LOG, ...) log_named_row(LOG, NULL, __VA_ARGS__)
#define log_named_row(LOG, NAME, ...)                                                              \
    table_numbers(LOG, NAME, (const double[]){__VA_ARGS__},                                        \
                  (int)(sizeof((double[]){__VA_ARGS__}) / sizeof(double)))
void table_numbers(Table *table, const char *name, const double *values, int count);

// Ends and frees a table or a log. True: the file is there, whole. False: a table's old file stays as
// it was; a log has lost rows; the error says why. NULL, a log that couldn't be opened and whose error
// is known, is true.
bool table_close(Table *table, Error *error);

#endif
