// Exercise 14's check: a few by hand, then every layer and step beside the framework's schedules.
#include "schedule/schedule.h"

int main(void) {
    exercise_expect("the head's rate at step 0 of 200, at lr 0.01,",
                    layer_rate(0, 4, 0, 200, 0.01, 0.3), 0.01, 1e-12);
    exercise_expect("the head's in the middle", layer_rate(0, 4, 100, 200, 0.01, 0.3), 0.005,
                    1e-12);
    exercise_expect("the next layer's one step before it thaws, at 33,",
                    layer_rate(1, 4, 32, 200, 0.01, 0.3), 0, 0);
    exercise_expect("the same when it thaws", layer_rate(1, 4, 33, 200, 0.01, 0.3), 0.003, 1e-12);
    exercise_expect("the lowest layer's when it thaws, at 100,",
                    layer_rate(3, 4, 100, 200, 0.01, 0.3), 0.00027, 1e-12);
    exercise_expect("the lowest layer's at the end", layer_rate(3, 4, 200, 200, 0.01, 0.3), 0,
                    1e-12);
    for (int below = 0; below < 5; below++) {
        const int thaws = below * 120 / 8;
        const Schedule fall = schedule_cosine(0.02 * pow(0.6, below), 120 - thaws);
        for (long step = thaws; step <= 120; step++)
            exercise_expect("a rate of 5 layers in 120 steps",
                            layer_rate(below, 5, step, 120, 0.02, 0.6),
                            schedule_at(fall, step - thaws), 1e-12);
    }
    return exercise_solved("rung_schedule in rungs.h; lesson 15");
}
