// Schedules against PyTorch's curves, and the scheduler: which value a step uses, which knob of
// which group follows which curve.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "caught.h"
#include "golden.h"
#include "schedule/scheduler.h"

// --- curves --------------------------------------------------------------------------------------

// The golden options are the constructor's arguments in their order.
static Schedule schedule_from(const char *curve, const double *options) {
    if (strcmp(curve, "constant") == 0)
        return schedule_constant(options[0]);
    if (strcmp(curve, "step") == 0)
        return schedule_step(options[0], (long)options[1], options[2]);
    assert_string_equal(curve, "cosine");
    return schedule_cosine(options[0], (long)options[1], .eta_min = options[2]);
}

static void curve_compare(const Golden *golden, const char *curve, const char *prefix) {
    Schedule schedule = schedule_from(curve, golden_find(golden, prefix, "options")->values);
    assert_string_equal(schedule.name, curve);
    const GoldenTensor *values = golden_find(golden, prefix, "values");
    double largest = 0, error = 0;
    for (size_t step = 0; step < values->size; step++) {
        double found = schedule_at(schedule, (long)step);
        assert_false(isnan(found));
        largest = fmax(largest, fabs(values->values[step]));
        error = fmax(error, fabs(found - values->values[step]));
    }
    if (!(error <= 1e-12 * largest))
        fail_msg("%s: error %g, the curve's largest value is %g", prefix, error, largest);
}

static void test_curves_against_pytorch(void **state) {
    (void)state;
    const struct {
        const char *curve;
        int count;
    } curves[] = {{"constant", 1}, {"step", 4}, {"cosine", 6}};
    Golden golden = golden_read("schedule.txt");
    size_t seen = 0;
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < curves[c].count; i++, seen += 2) {
            char prefix[32];
            snprintf(prefix, sizeof prefix, "%s.%d", curves[c].curve, i);
            curve_compare(&golden, curves[c].curve, prefix);
        }
    assert_int_equal(golden.count, seen); // no curve of the file was passed over
    const char *header = KNOBS_ROOT "/common/schedule/schedule.h";
    assert_int_equal(golden_guard(header, "Schedule schedule_", &golden), 3);
    golden_free(&golden);
}

static void test_curves_by_hand(void **state) {
    (void)state;
    Schedule step = schedule_step(8, 3, 0.5);
    const double values[] = {8, 8, 8, 4, 4, 4, 2};
    for (long i = 0; i < 7; i++)
        assert_true(schedule_at(step, i) == values[i]);
    Schedule cosine = schedule_cosine(5, 2, .eta_min = 1);
    assert_true(schedule_at(cosine, 0) == 5);
    assert_true(fabs(schedule_at(cosine, 1) - 3) < 1e-15);
    assert_true(schedule_at(cosine, 2) == 1);
    assert_true(schedule_at(cosine, 4) == 5); // past t_max it climbs back
    assert_true(schedule_at(schedule_cosine(5, 2), 2) == 0);
    assert_true(schedule_at(schedule_constant(0.3), 1000000) == 0.3);
}

// A pure value: a copy goes on by itself, any order of steps gives the same, and it goes far.
static void test_curves_have_no_state(void **state) {
    (void)state;
    Schedule first = schedule_cosine(0.1, 97, .eta_min = 0.001), second = first;
    double at_50 = schedule_at(first, 50);
    schedule_at(first, 3);
    assert_true(schedule_at(first, 50) == at_50 && schedule_at(second, 50) == at_50);
    long periods = 2L * 97 * 10000000;
    assert_true(schedule_at(first, periods + 50) == at_50);
}

static void test_wrong_curves(void **state) {
    (void)state;
    assert_fatal(schedule_step(0.1, 0, 0.5),
                 "schedule step: step_size is 0; it must be at least 1");
    assert_fatal(schedule_cosine(0.1, 0), "schedule cosine: t_max is 0; it must be at least 1");
    assert_fatal(schedule_cosine(0.1, -5, .eta_min = 0.01), "t_max is -5");
    assert_fatal(schedule_at(schedule_constant(1), -1), "schedule constant: step -1; steps count "
                                                        "from 0");
}

// --- scheduler -----------------------------------------------------------------------------------

// Two parameters in two groups of SGD, and a scheduler on it.
typedef struct Run {
    Parameter *a, *b;
    Optimizer *optimizer;
    Scheduler *scheduler;
} Run;

static ParameterList list_of(Parameter *parameter) {
    ParameterList list = {0};
    parameter_list_append(&list, parameter);
    return list;
}

static Run run_new(void) {
    Run run = {.a = parameter_new("a", SHAPE(1)), .b = parameter_new("b", SHAPE(1))};
    run.optimizer = sgd(list_of(run.a), .lr = 0.5, .momentum = 0.25);
    optimizer_add_group(run.optimizer, list_of(run.b));
    run.scheduler = scheduler_new(run.optimizer);
    return run;
}

static void run_free(Run run) {
    scheduler_free(run.scheduler);
    optimizer_free(run.optimizer);
    parameter_free(run.a);
    parameter_free(run.b);
}

static double knob(Run run, int group, const char *name) {
    return optimizer_get(run.optimizer, group, name);
}

// The optimizer steps first: step i moves by value i.
static void test_step_order(void **state) {
    (void)state;
    Run run = run_new();
    optimizer_set(run.optimizer, 0, "momentum", 0);
    Schedule schedule = schedule_step(8, 1, 0.5);
    scheduler_bind(run.scheduler, 0, "lr", schedule);
    parameter_zero_grad(run.a);
    run.a->tensor.grad[0] = 1;
    run.a->tensor.grad_state = GRAD_VALUE;
    for (long step = 0; step < 6; step++) {
        double before = (double)run.a->tensor.data[0];
        optimizer_step(run.optimizer);
        assert_true(before - (double)run.a->tensor.data[0] == schedule_at(schedule, step));
        assert_int_equal(run.scheduler->step, step);
        scheduler_step(run.scheduler);
    }
    run_free(run);
}

// Each bound knob follows its own curve; the others stay.
static void test_groups_and_knobs(void **state) {
    (void)state;
    Run run = run_new();
    Schedule lr = schedule_cosine(0.5, 10), momentum = schedule_step(0.5, 4, 0.5),
             head = schedule_constant(2);
    scheduler_bind(run.scheduler, 0, "lr", lr);
    scheduler_bind(run.scheduler, 0, "momentum", momentum);
    scheduler_bind(run.scheduler, 1, "lr", head);
    for (long step = 0; step < 25; step++) {
        assert_true(knob(run, 0, "lr") == schedule_at(lr, step));
        assert_true(knob(run, 0, "momentum") == schedule_at(momentum, step));
        assert_true(knob(run, 1, "lr") == 2);
        assert_true(knob(run, 1, "momentum") == 0.25); // bound to nothing
        assert_true(knob(run, 0, "weight_decay") == 0);
        scheduler_step(run.scheduler);
    }
    run_free(run);
}

// To seek is to have stepped there, forwards and backwards.
static void test_seek(void **state) {
    (void)state;
    Run stepped = run_new(), sought = run_new();
    Schedule schedule = schedule_cosine(0.3, 13, .eta_min = 0.01);
    scheduler_bind(stepped.scheduler, 1, "lr", schedule);
    scheduler_bind(sought.scheduler, 1, "lr", schedule);
    for (int i = 0; i < 9; i++)
        scheduler_step(stepped.scheduler);
    scheduler_seek(sought.scheduler, 30);
    scheduler_seek(sought.scheduler, 9);
    assert_int_equal(sought.scheduler->step, 9);
    assert_true(knob(sought, 1, "lr") == knob(stepped, 1, "lr"));
    scheduler_step(stepped.scheduler);
    scheduler_step(sought.scheduler);
    assert_true(knob(sought, 1, "lr") == knob(stepped, 1, "lr"));
    scheduler_seek(sought.scheduler, 0);
    assert_true(knob(sought, 1, "lr") == 0.3);
    run_free(stepped);
    run_free(sought);
}

static void test_set_by_hand(void **state) {
    (void)state;
    Run run = run_new();
    scheduler_bind(run.scheduler, 0, "lr", schedule_constant(0.125));
    assert_true(knob(run, 0, "lr") == 0.125); // bound is set, at once
    optimizer_set(run.optimizer, 0, "lr", 3);
    optimizer_set(run.optimizer, 1, "lr", 3);
    assert_true(knob(run, 0, "lr") == 3);
    scheduler_step(run.scheduler);
    assert_true(knob(run, 0, "lr") == 0.125); // until the next step
    assert_true(knob(run, 1, "lr") == 3);     // nothing is bound: for good
    run_free(run);
}

// A group that comes in the middle is bound then, and starts at the current step's value.
static void test_bound_in_the_middle(void **state) {
    (void)state;
    Run run = run_new();
    Parameter *c = parameter_new("c", SHAPE(1));
    scheduler_step(run.scheduler); // nothing is bound yet: that only counts
    scheduler_step(run.scheduler);
    int group = optimizer_add_group(run.optimizer, list_of(c), .lr = 7);
    scheduler_bind(run.scheduler, group, "lr", schedule_step(8, 1, 0.5));
    assert_true(knob(run, group, "lr") == 2);
    scheduler_step(run.scheduler);
    assert_true(knob(run, group, "lr") == 1);
    assert_true(knob(run, 0, "lr") == 0.5);
    run_free(run);
    parameter_free(c);
    scheduler_free(NULL);
}

static void test_wrong_bindings(void **state) {
    (void)state;
    Run run = run_new();
    Schedule schedule = schedule_constant(0.1);
    assert_fatal(scheduler_bind(run.scheduler, 2, "lr", schedule), "sgd: there is no group 2");
    assert_fatal(scheduler_bind(run.scheduler, 0, "rate", schedule),
                 "sgd has no hyperparameter 'rate'; it has lr, momentum");
    assert_fatal(scheduler_bind(run.scheduler, 0, "beta1", schedule), "no hyperparameter 'beta1'");
    assert_fatal(scheduler_bind(run.scheduler, 0, "lr", schedule_constant(-1)),
                 "lr of 'group 0' is -1");
    assert_int_equal(run.scheduler->binding_count, 0);
    scheduler_bind(run.scheduler, 0, "lr", schedule);
    optimizer_name_group(run.optimizer, 0, "backbone");
    assert_fatal(scheduler_bind(run.scheduler, 0, "lr", schedule_cosine(1, 5)),
                 "scheduler: lr of 'backbone' is bound to a constant schedule already; it can't "
                 "follow a cosine schedule too");
    scheduler_bind(run.scheduler, 1, "lr", schedule); // the same knob of another group may
    assert_fatal(scheduler_seek(run.scheduler, -1), "scheduler: step -1; steps count from 0");
    assert_int_equal(run.scheduler->binding_count, 2);
    run_free(run);
}

// A curve that leaves the knob's range stops the run where it does.
static void test_curve_leaves_the_range(void **state) {
    (void)state;
    Run run = run_new();
    scheduler_bind(run.scheduler, 0, "lr", schedule_cosine(1, 2, .eta_min = -1));
    scheduler_step(run.scheduler); // 0, or a rounding above it
    assert_fatal(scheduler_step(run.scheduler),
                 "sgd: lr of 'group 0' is -1; it must be finite and at least 0");
    run_free(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curves_against_pytorch),
        cmocka_unit_test(test_curves_by_hand),
        cmocka_unit_test(test_curves_have_no_state),
        cmocka_unit_test(test_wrong_curves),
        cmocka_unit_test(test_step_order),
        cmocka_unit_test(test_groups_and_knobs),
        cmocka_unit_test(test_seek),
        cmocka_unit_test(test_set_by_hand),
        cmocka_unit_test(test_bound_in_the_middle),
        cmocka_unit_test(test_wrong_bindings),
        cmocka_unit_test(test_curve_leaves_the_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
