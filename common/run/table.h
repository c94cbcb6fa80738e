// A small CSV file for a figure: texts and numbers mixed, whole or not there (see file.h). What goes
// wrong is kept until the end, so that no row has to be asked:
//
//     Table *table = table_open(lesson->out, "cost.csv", "layer,phase,multiply_adds");
//     table_row(table, "%s,forward,%d", name, count);
//     return table_close(table, error);
//
// Rows that come while a run goes on, and that it keeps when it is stopped, are a log's (log.h).
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

// Frees the table. True: the file is there, whole. False: the old one stays as it was, and the error
// is the first thing that went wrong.
bool table_close(Table *table, Error *error);

#endif
