// What a kind of schedule is: a row of one table, that the constructors, the reader of expressions,
// the messages and the tests share. For who writes a curve; who uses one needs schedule.h alone.
// The README of this folder shows how to add one.
#ifndef KNOBS_SCHEDULE_KINDS_H
#define KNOBS_SCHEDULE_KINDS_H

#include <stddef.h>

#include "base/error.h"
#include "schedule/schedule.h"

typedef enum ScheduleType {
    IS_NUMBER,   // finite
    IS_POSITIVE, // above 0
    IS_SIZE,     // at least 0
    IS_SHARE,    // 0 to 1
    IS_STEPS,    // whole, at least 0
    IS_COUNT,    // whole, at least 1
    IS_WORD,     // one of `words`; its value is the word's place among them
    IS_LIST,     // at most SCHEDULE_MAX_LIST numbers
} ScheduleType;

typedef struct ScheduleArgument {
    const char *name;
    int place; // in a piece's values
    ScheduleType type;
    double otherwise;      // the default; REQUIRED or SETTLED
    const char *words[4];  // NULL at the end
    ScheduleType of_items; // of a list
} ScheduleArgument;

#define REQUIRED NAN
#define SETTLED INFINITY // kind->settle finds the default
// ARGUMENT(cosine, t_max, IS_COUNT, REQUIRED), and behind it .words or .of_items
#define ARGUMENT(KIND, NAME, TYPE, OTHERWISE, ...)                                                 \
    {                                                                                              \
        .name = #NAME,                                                                             \
        .place = (offsetof(SchedulePiece, KIND.NAME) - offsetof(SchedulePiece, values)) /          \
                 sizeof(double),                                                                   \
        .type = (TYPE), .otherwise = (OTHERWISE), __VA_ARGS__                                      \
    }

enum { SCHEDULE_MAX_ARGUMENTS = 8, SCHEDULE_MAX_EXAMPLES = 3 };

struct ScheduleKind {
    const char *name, *help;
    // For galleries and tables: the formula in words of the arguments, when one takes it, expressions
    // that show it in 100 steps, one of each mode.
    const char *formula, *use, *examples[SCHEDULE_MAX_EXAMPLES];
    // The formula, at a step ≥ 0.
    double (*value)(const SchedulePiece *piece, double step);
    // The step at which it arrives, or 0. NULL: it never does.
    double (*length)(const SchedulePiece *piece);
    // Finds defaults that depend on other arguments or on children, and says what doesn't fit
    // together ("min is above max"), or NULL. NULL: there is nothing to settle.
    const char *(*settle)(SchedulePiece *piece);
    int least_children, most_children;
    bool unwritten; // an expression can't say it
    // In the order of an expression. One without a name ends them.
    ScheduleArgument arguments[SCHEDULE_MAX_ARGUMENTS + 1];
};

extern const ScheduleKind *const schedule_kinds[];
extern const int schedule_kind_count;

// "cosine(initial, eta_min = 0, t_max)"
typedef struct ScheduleSignature {
    char text[256];
} ScheduleSignature;
ScheduleSignature schedule_signature(const ScheduleKind *kind);

// Whether an argument may be this number: "t_max is 0; it must be a whole number of at least 1".
bool argument_check(const ScheduleArgument *argument, double value, Error *error);

// Puts the defaults where nothing was given (NaN), and checks the whole piece; its children stand
// behind it.
bool piece_settle(SchedulePiece *piece, Error *error);

double piece_at(const SchedulePiece *piece, double step);
double piece_length(const SchedulePiece *piece);

// Visits the children of a piece:
//     const SchedulePiece *child = piece + 1;
//     for (int i = 0; i < piece->child_count; i++, child += child->size)

// From one value to another as x goes from 0 to 1: half a cosine, a line.
double half_cosine(double from, double to, double x);
double straight_line(double from, double to, double x);

#endif
