// Schedules against PyTorch's values, and the scheduler that binds them to an optimizer's knobs.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "caught.h"
#include "golden.h"
#include "schedule/scheduler.h"

#define assert_exact(found, expected)                                                              \
    do {                                                                                           \
        double found_ = (found), expected_ = (expected);                                           \
        if (found_ != expected_)                                                                   \
            fail_msg(#found ": %.17g, expected is %.17g", found_, expected_);                      \
    } while (0)

// --- curves --------------------------------------------------------------------------------------

static Schedule constant_from(const double *arguments) {
    return schedule_constant(arguments[0]);
}
static Schedule step_from(const double *arguments) {
    return schedule_step(arguments[0], (long)arguments[1], arguments[2]);
}
static Schedule cosine_from(const double *arguments) {
    return schedule_cosine(arguments[0], (long)arguments[1], .eta_min = arguments[2]);
}

static const struct {
    const char *name;
    Schedule (*make)(const double *arguments);
} curves[] = {{"constant", constant_from}, {"step", step_from}, {"cosine", cosine_from}};
enum { CURVE_COUNT = sizeof curves / sizeof curves[0] };

static void curve_compare(Schedule schedule, const char *name, const GoldenTensor *values) {
    double error = 0, largest = 0;
    for (size_t step = 0; step < values->size; step++) {
        error = fmax(error, fabs(schedule_at(schedule, (long)step) - values->values[step]));
        largest = fmax(largest, fabs(values->values[step]));
    }
    if (!(error <= 1e-12 * largest))
        fail_msg("%s: off by %g of its largest value", name, error / largest);
}

static void test_against_pytorch(void **state) {
    (void)state;
    Golden golden = golden_read("schedule.txt");
    for (int curve = 0; curve < CURVE_COUNT; curve++) {
        int cases = 0;
        for (;; cases++) {
            char name[96];
            snprintf(name, sizeof name, "%s.%d", curves[curve].name, cases);
            const GoldenTensor *arguments = golden_seek(&golden, name, "arguments");
            if (!arguments)
                break;
            Schedule schedule = curves[curve].make(arguments->values);
            assert_string_equal(schedule.name, curves[curve].name);
            curve_compare(schedule, name, golden_find(&golden, name, "values"));
        }
        if (cases == 0)
            fail_msg("there are no golden values of %s", curves[curve].name);
    }
    golden_free(&golden);
}

// The guard: a schedule that the header declares has a row in `curves`.
static void test_each_curve_has_a_row(void **state) {
    (void)state;
    FILE *file = fopen(KNOBS_ROOT "/common/schedule/schedule.h", "r");
    assert_non_null(file);
    char line[512], name[64];
    int found = 0;
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "Schedule schedule_%63[a-z0-9_](", name) != 1)
            continue;
        char *suffix = strstr(name, "_of");
        if (suffix && !suffix[3])
            *suffix = 0;
        int row = 0;
        while (row < CURVE_COUNT && strcmp(curves[row].name, name) != 0)
            row++;
        if (row == CURVE_COUNT)
            fail_msg("schedule_%s is compared with nothing: give it a row", name);
        found++;
    }
    fclose(file);
    assert_int_equal(found, CURVE_COUNT);
}

static void test_curves_by_hand(void **state) {
    (void)state;
    assert_exact(schedule_at(schedule_constant(0.25), 0), 0.25);
    assert_exact(schedule_at(schedule_constant(0.25), 1000000), 0.25);
    Schedule step = schedule_step(8, 3, 0.5);
    assert_exact(schedule_at(step, 0), 8);
    assert_exact(schedule_at(step, 2), 8);
    assert_exact(schedule_at(step, 3), 4);
    assert_exact(schedule_at(step, 8), 2);
    Schedule cosine = schedule_cosine(4, 10);
    assert_exact(schedule_at(cosine, 0), 4);
    assert_true(fabs(schedule_at(cosine, 5) - 2) < 1e-15);
    assert_exact(schedule_at(cosine, 10), 0);
    assert_exact(schedule_at(cosine, 20), 4); // it climbs back
    assert_exact(schedule_at(cosine, 2000000020), 4);
    cosine = schedule_cosine(4, 10, .eta_min = 1);
    assert_exact(schedule_at(cosine, 10), 1);
    Schedule copy = cosine; // a value: the copy is the same curve
    assert_exact(schedule_at(copy, 7), schedule_at(cosine, 7));
}

static void test_wrong_curves(void **state) {
    (void)state;
    assert_fatal(schedule_step(1, 0, 0.5), "schedule step: step_size is 0; it must be at least 1");
    assert_fatal(schedule_cosine(1, 0), "schedule cosine: t_max is 0; it must be at least 1");
    assert_fatal(schedule_at(schedule_constant(1), -1), "schedule constant: step -1");
}

// --- the scheduler -------------------------------------------------------------------------------

static Parameter *parameters[3];
static Optimizer *optimizer;

static int optimizer_setup(void **state) {
    (void)state;
    ParameterList lists[3] = {{0}};
    for (int i = 0; i < 3; i++) {
        parameters[i] = parameter_new("w", SHAPE(1));
        parameter_list_append(&lists[i], parameters[i]);
    }
    optimizer = sgd(lists[0], .lr = 0.5, .momentum = 0.25);
    optimizer_add_group(optimizer, lists[1]);
    return 0;
}

static int optimizer_teardown(void **state) {
    (void)state;
    optimizer_free(optimizer);
    for (int i = 0; i < 3; i++)
        parameter_free(parameters[i]);
    return 0;
}

// Each bound knob follows its own curve, the others stay.
static void test_scheduler_turns_what_is_bound(void **state) {
    (void)state;
    Schedule rate = schedule_cosine(0.1, 7, .eta_min = 0.01), momentum = schedule_step(0.8, 2, 0.5);
    Scheduler *scheduler = scheduler_new(optimizer);
    scheduler_bind(scheduler, 0, "lr", rate);
    assert_exact(optimizer_get(optimizer, 0, "lr"), 0.1); // at once
    scheduler_bind(scheduler, 1, "momentum", momentum);
    for (long step = 0; step < 30; step++) {
        assert_int_equal(scheduler->step, step);
        assert_exact(optimizer_get(optimizer, 0, "lr"), schedule_at(rate, step));
        assert_exact(optimizer_get(optimizer, 1, "momentum"), schedule_at(momentum, step));
        assert_exact(optimizer_get(optimizer, 1, "lr"), 0.5);
        assert_exact(optimizer_get(optimizer, 0, "momentum"), 0.25);
        scheduler_step(scheduler);
    }
    optimizer_set(optimizer, 0, "lr", 3); // by hand: until the next step
    scheduler_step(scheduler);
    assert_exact(optimizer_get(optimizer, 0, "lr"), schedule_at(rate, 31));
    scheduler_free(scheduler);
    scheduler_free(NULL);
}

// A step number is all there is to restore.
static void test_scheduler_seek(void **state) {
    (void)state;
    Schedule rate = schedule_step(1, 5, 0.5);
    Scheduler *scheduler = scheduler_new(optimizer);
    scheduler_seek(scheduler, 12);
    scheduler_bind(scheduler, 0, "lr", rate); // bound late: the value at this step
    assert_exact(optimizer_get(optimizer, 0, "lr"), 0.25);
    scheduler_seek(scheduler, 3);
    assert_exact(optimizer_get(optimizer, 0, "lr"), 1);
    assert_int_equal(scheduler->step, 3);
    scheduler_free(scheduler);
}

// A group that comes while training can be bound then.
static void test_scheduler_binds_an_added_group(void **state) {
    (void)state;
    Scheduler *scheduler = scheduler_new(optimizer);
    scheduler_bind(scheduler, 0, "lr", schedule_step(1, 1, 0.5));
    scheduler_step(scheduler);
    ParameterList list = {0};
    parameter_list_append(&list, parameters[2]);
    int group = optimizer_add_group(optimizer, list);
    scheduler_bind(scheduler, group, "lr", schedule_step(8, 1, 0.5));
    assert_exact(optimizer_get(optimizer, group, "lr"), 4);
    scheduler_step(scheduler);
    assert_exact(optimizer_get(optimizer, group, "lr"), 2);
    assert_exact(optimizer_get(optimizer, 0, "lr"), 0.25);
    scheduler_free(scheduler);
}

static void test_wrong_bindings(void **state) {
    (void)state;
    Schedule constant = schedule_constant(0.5);
    Scheduler *scheduler = scheduler_new(optimizer);
    optimizer_name_group(optimizer, 1, "head");
    scheduler_bind(scheduler, 1, "lr", constant);
    assert_fatal(scheduler_bind(scheduler, 1, "lr", schedule_cosine(1, 5)),
                 "scheduler: lr of 'head' is bound to a constant schedule already; it can't follow "
                 "a cosine schedule too");
    assert_fatal(scheduler_bind(scheduler, 2, "lr", constant), "sgd: there is no group 2");
    assert_fatal(scheduler_bind(scheduler, 0, "beta1", constant),
                 "sgd has no hyperparameter 'beta1'");
    assert_fatal(scheduler_bind(scheduler, 0, "lr", schedule_constant(-1)),
                 "sgd: lr of 'group 0' is -1");
    assert_int_equal(scheduler->binding_count, 1);
    scheduler_bind(scheduler, 0, "lr", schedule_step(1, 2, -1));
    scheduler_step(scheduler);
    assert_fatal(scheduler_step(scheduler), "sgd: lr of 'group 0' is -1");
    assert_fatal(scheduler_seek(scheduler, -1), "scheduler: step -1; steps count from 0");
    scheduler_free(scheduler);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_pytorch),
        cmocka_unit_test(test_each_curve_has_a_row),
        cmocka_unit_test(test_curves_by_hand),
        cmocka_unit_test(test_wrong_curves),
        cmocka_unit_test_setup_teardown(test_scheduler_turns_what_is_bound, optimizer_setup,
                                        optimizer_teardown),
        cmocka_unit_test_setup_teardown(test_scheduler_seek, optimizer_setup, optimizer_teardown),
        cmocka_unit_test_setup_teardown(test_scheduler_binds_an_added_group, optimizer_setup,
                                        optimizer_teardown),
        cmocka_unit_test_setup_teardown(test_wrong_bindings, optimizer_setup, optimizer_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
