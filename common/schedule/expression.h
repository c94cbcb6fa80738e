// A schedule as a text, for command lines: the kinds of schedule.h by their names, with arguments in
// the order of the table or by name, in any mixture where the positional ones come first:
//
//     cosine(0.1, 0, 95)        cosine(0.1, t_max=steps)
//     sequence(linear(0, 0.1, steps/20), cosine(0.1, 0, steps - steps/20))
//     multistep(0.1, [30, 80], gamma=0.2)
//     cyclic(1e-3, 0.1, step_size_up=50, mode=triangular2)
//
// The order goes from a curve's first value to its last and then to its length: cosine(initial,
// eta_min, t_max), linear(start, end, total_iters). Schedules stand where schedules are combined;
// lists in brackets. Numbers may be reckoned with + − * / and brackets, and names that the program
// gives: `steps`, `epochs`. Where a whole number is wanted, what was reckoned is rounded. Names of
// arguments are read without regard to capitals, so that T_max is one.
//
//     Schedule schedule;
//     const ScheduleName names[] = {{"steps", 100}, {"epochs", 5}};
//     if (!schedule_parse(text, names, 2, &schedule, &error))
//         return error_report(&error);
#ifndef KNOBS_SCHEDULE_EXPRESSION_H
#define KNOBS_SCHEDULE_EXPRESSION_H

#include "base/error.h"
#include "schedule/schedule.h"

typedef struct ScheduleName {
    const char *name;
    double value;
} ScheduleName;

// A name whose value is NaN isn't known yet: what is reckoned with it, and whether the arguments of a
// schedule fit each other from there on, isn't judged, and *schedule is of no use.
// False with an error of one line, for texts of any length and content: the column (from 1) at which
// it isn't understood, what stands there, and what could. (For a --help or a gallery, kinds.h has the
// table: a signature and a line of help for each kind.)
bool schedule_parse(const char *text, const ScheduleName *names, int name_count, Schedule *schedule,
                    Error *error);

#endif
