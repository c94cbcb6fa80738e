// A run's log as CSV: a line of column names, then rows of numbers (17 digits, so that they read
// back exactly).
//
//     Log *log = log_open(folder, "steps.csv", "step,epoch,loss,lr", LOG_NEW, &error);
//     log_row(log, step, epoch, loss, lr);
//     if (!log_close(log, &error)) return error_report(&error);
//
// Each row goes to the system at once, so a killed run keeps its rows.
#ifndef KNOBS_RUN_LOG_H
#define KNOBS_RUN_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

typedef struct Log Log;

#define LOG_NEW (-1.0)

// The file folder/name. LOG_NEW starts it afresh. A step ≥ 0 goes on after that step: rows with more than it in the
// first column, and a row cut short, are dropped; columns other than those in the file are an
// error. NULL on an error.
Log *log_open(const char *folder, const char *name, const char *columns, double resume_step,
              Error *error);

// One number a column. False once the disk has failed; log_close then says how.
#define log_row(LOG, ...)                                                                          \
    log_write(LOG, NULL, (const double[]){__VA_ARGS__},                                            \
              sizeof((double[]){__VA_ARGS__}) / sizeof(double))
// The same where the first column is a name, without a comma: log_named_row(log, "features.0", mean,
// deviation).
#define log_named_row(LOG, NAME, ...)                                                              \
    log_write(LOG, NAME, (const double[]){__VA_ARGS__},                                            \
              sizeof((double[]){__VA_ARGS__}) / sizeof(double))
bool log_write(Log *log, const char *name, const double *values, size_t count);

// Syncs, closes and frees. False if any row of the log was lost. NULL, a log that couldn't be opened
// and whose error is known, is true.
bool log_close(Log *log, Error *error);

// Writes numbers as a line, or the rest of one: whole ones below 2^53 as such, all else with %.17g.
void csv_write_numbers(FILE *file, const double *values, size_t count);

// How many columns a line of names has.
size_t csv_columns(const char *columns);

#endif
