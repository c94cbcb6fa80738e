// What all exercises share. lessons/NN-name/exercise.c has a hole to fill; its check.h, included at its end, is the main
// that tries what was written; solution.c is the same file, filled.
#ifndef KNOBS_LESSONS_EXERCISE_H
#define KNOBS_LESSONS_EXERCISE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

// Stands in a hole: says what is asked, and ends the program.
#define exercise_asks(what) exercise_ask(__FILE__, __LINE__, what)

_Noreturn static inline void exercise_ask(const char *file, int line, const char *what) {
    printf("to do: %s, in place of line %d of %s\n", what, line, file);
    exit(1);
}

// Each number that comes out is compared with one that is known; the first that differs ends the program.
static inline void exercise_expect(const char *what, double got, double expected,
                                   double tolerance) {
    if (fabs(got - expected) <= tolerance) // a NaN is never within
        return;
    printf("not yet: %s is %.9g; expected was %.9g\n", what, got, expected);
    exit(1);
}

static inline int exercise_solved(const char *next) {
    printf("solved. Next: %s\n", next);
    return 0;
}

#endif
