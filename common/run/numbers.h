// What a run has found: a number under each name.
#ifndef KNOBS_RUN_NUMBERS_H
#define KNOBS_RUN_NUMBERS_H

#include <stdbool.h>

#include "base/error.h"

enum { NUMBERS_MAX = 32 };

// Names have at most 31 letters. All zero is none yet.
typedef struct Numbers {
    int count;
    char names[NUMBERS_MAX][32];
    double values[NUMBERS_MAX];
} Numbers;

void numbers_add(Numbers *numbers, const char *name, double value); // fatal: one too many
double numbers_get(const Numbers *numbers, const char *name);       // fatal: none of that name
bool numbers_has(const Numbers *numbers, const char *name);

// folder/result.csv: a row name,value for each.
bool numbers_write(const Numbers *numbers, const char *folder, Error *error);
bool numbers_read(Numbers *numbers, const char *folder, Error *error);

#endif
