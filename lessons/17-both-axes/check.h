// Exercise 17's check: the knobs of a real optimizer at each step, by formulas that stand apart from the framework's curves.

static double features(double start, double top, double end, int step) {
    const double share = (step - 40) / 360.0;
    return step < 40 ? start + (top - start) * step / 40
                     : end + (top - end) * (1 + cos(acos(-1) * share)) / 2;
}

static double head(double low, double high, int step) {
    return low + (high - low) * (1 - fabs(step % 100 - 50.0) / 50);
}

static void expect_knob(const Optimizer *optimizer, int group, const char *knob, int step,
                        double expected) {
    char what[96];
    snprintf(what, sizeof what, "%s of %s at step %d of 400", knob,
             group ? "the head" : "the features", step);
    exercise_expect(what, optimizer_get(optimizer, group, knob), expected, 1e-9);
}

int main(void) {
    Parameter *one = parameter_new("features", SHAPE(1)), *other = parameter_new("head", SHAPE(1));
    ParameterList first = {0}, second = {0};
    parameter_list_append(&first, one), parameter_list_append(&second, other);
    Optimizer *optimizer = sgd(first);
    optimizer_add_group(optimizer, second);
    Scheduler *scheduler = scheduler_new(optimizer);
    curves_bind(scheduler, 400);
    for (int step = 0; step < 400; step++) {
        expect_knob(optimizer, 0, "lr", step, features(0.003, 0.03, 0, step));
        expect_knob(optimizer, 0, "momentum", step, features(0.95, 0.85, 0.95, step));
        expect_knob(optimizer, 1, "lr", step, head(0.006, 0.06, step));
        expect_knob(optimizer, 1, "momentum", step, head(0.95, 0.85, step));
        parameter_zero_grad(one), parameter_zero_grad(other);
        optimizer_step(optimizer);
        scheduler_step(scheduler);
    }
    scheduler_free(scheduler);
    optimizer_free(optimizer);
    parameter_free(one), parameter_free(other);
    return exercise_solved("the lines of Scheduler-2; lesson 18");
}
