// Exercise 15's check: the corners by hand, then each step beside the framework's sequence(linear, cosine).
#include "schedule/schedule.h"

int main(void) {
    exercise_expect("the rate at step 0", rate_at(0, 100, 10, 0.1), 0, 0);
    exercise_expect("the rate at step 5 of a warm-up of 10 to 0.1", rate_at(5, 100, 10, 0.1), 0.05,
                    1e-12);
    exercise_expect("the rate at step 10, where the cosine begins,", rate_at(10, 100, 10, 0.1), 0.1,
                    1e-12);
    exercise_expect("the rate at step 55, in its middle,", rate_at(55, 100, 10, 0.1), 0.05, 1e-12);
    exercise_expect("the rate at step 100", rate_at(100, 100, 10, 0.1), 0, 1e-12);
    exercise_expect("the rate at step 130", rate_at(130, 100, 10, 0.1), 0, 1e-12);
    exercise_expect("the rate at step 0 without a warm-up", rate_at(0, 100, 0, 0.1), 0.1, 1e-12);
    const Schedule curve =
        schedule_sequence(OWN_LENGTHS, schedule_linear(0, 0.3, 20), schedule_cosine(0.3, 280));
    for (long step = 0; step <= 300; step++)
        exercise_expect("a rate of a warm-up of 20 to 0.3 in 300 steps",
                        rate_at(step, 300, 20, 0.3), schedule_at(curve, step), 1e-12);
    return exercise_solved("make lesson-15 ARGS=\"--schedule 'sequence(linear(0, 0.1, 10), "
                           "cosine(0.1, 0, 90))'\"; lesson 16");
}
