// The scheduler: which value a step uses, which knob of which group follows which curve; and reduce on
// plateau.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <unistd.h>

#include "caught.h"
#include "golden.h"
#include "schedule/plateau.h"
#include "schedule/scheduler.h"

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

// What was written to stderr since told_begin, in at most 1023 bytes.
static char told_text[1024];
static int told_stderr;
static FILE *told_file;

static void told_begin(void) {
    fflush(stderr);
    told_file = tmpfile();
    assert_non_null(told_file);
    told_stderr = dup(STDERR_FILENO);
    dup2(fileno(told_file), STDERR_FILENO);
}

static const char *told_end(void) {
    fflush(stderr);
    dup2(told_stderr, STDERR_FILENO);
    close(told_stderr);
    rewind(told_file);
    told_text[fread(told_text, 1, sizeof told_text - 1, told_file)] = 0;
    fclose(told_file);
    return told_text;
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

// A group that comes in the middle begins its schedule then, or joins in where the others are.
static void test_bound_in_the_middle(void **state) {
    (void)state;
    Run run = run_new();
    Parameter *c = parameter_new("c", SHAPE(1));
    Schedule schedule = schedule_step(8, 1, 0.5);
    scheduler_seek(run.scheduler, 2); // nothing is bound yet: that only counts
    int group = optimizer_add_group(run.optimizer, list_of(c));
    scheduler_bind(run.scheduler, group, "lr", schedule);
    scheduler_bind_from(run.scheduler, 1, "lr", schedule, 0);
    scheduler_bind_from(run.scheduler, group, "momentum", schedule, 4); // begins later
    assert_true(knob(run, group, "lr") == 8 && knob(run, 1, "lr") == 2);
    assert_true(knob(run, group, "momentum") == 8);
    scheduler_seek(run.scheduler, 4);
    assert_true(knob(run, group, "lr") == 2 && knob(run, 1, "lr") == 0.5);
    assert_true(knob(run, group, "momentum") == 8);
    scheduler_step(run.scheduler);
    assert_true(knob(run, group, "lr") == 1 && knob(run, 1, "lr") == 0.25);
    assert_true(knob(run, group, "momentum") == 4);
    assert_true(knob(run, 0, "lr") == 0.5);
    scheduler_seek(run.scheduler, 0); // before it began: its first value
    assert_true(knob(run, group, "lr") == 8);
    assert_fatal(scheduler_bind_from(run.scheduler, 0, "lr", schedule, -1), "start -1");
    run_free(run);
    parameter_free(c);
    scheduler_free(NULL);
}

// A late group follows what another one follows, where that is; what it has said itself stays.
static void test_inherited_by_a_late_group(void **state) {
    (void)state;
    Run run = run_new();
    Parameter *c = parameter_new("c", SHAPE(1));
    Schedule lr = schedule_step(8, 1, 0.5), momentum = schedule_step(4, 2, 0.5);
    scheduler_bind(run.scheduler, 0, "lr", lr);
    scheduler_seek(run.scheduler, 1);
    scheduler_bind(run.scheduler, 0, "momentum", momentum); // a clock of its own
    scheduler_bind(run.scheduler, 0, "weight_decay", schedule_constant(0.5));
    scheduler_bind(run.scheduler, 1, "lr", schedule_constant(3)); // not of the group that is named
    scheduler_seek(run.scheduler, 2);
    int group = optimizer_add_group(run.optimizer, list_of(c));
    scheduler_bind(run.scheduler, group, "weight_decay", schedule_constant(0.25));
    scheduler_inherit(run.scheduler, group, 0);
    for (long step = 2; step < 6; scheduler_seek(run.scheduler, ++step)) {
        assert_true(knob(run, group, "lr") == schedule_at(lr, step));
        assert_true(knob(run, group, "momentum") == schedule_at(momentum, step - 1));
        assert_true(knob(run, group, "weight_decay") == 0.25);
    }
    assert_int_equal(run.scheduler->binding_count, 7);
    assert_fatal(scheduler_inherit(run.scheduler, group + 1, 0), "sgd: there is no group 3");
    scheduler_free(run.scheduler);
    run.scheduler = scheduler_new(run.optimizer);
    assert_fatal(scheduler_inherit(run.scheduler, group, 0),
                 "scheduler: group 0 follows no schedule that group 2 could inherit");
    run_free(run);
    parameter_free(c);
}

// A group that was added later and follows nothing, where group 0 does, is told once.
static void test_forgotten_group_is_told(void **state) {
    (void)state;
    Run run = run_new();
    Parameter *c = parameter_new("c", SHAPE(1)), *d = parameter_new("d", SHAPE(1));
    scheduler_bind(run.scheduler, 0, "lr", schedule_cosine(0.5, 10)); // group 1 stays: that is said
    parameter_zero_grad(run.a);
    optimizer_step(run.optimizer);
    told_begin();
    scheduler_step(run.scheduler);
    scheduler_inherit(run.scheduler, optimizer_add_group(run.optimizer, list_of(c)), 0);
    scheduler_step(run.scheduler);
    assert_string_equal(told_end(), "");
    optimizer_name_group(run.optimizer, optimizer_add_group(run.optimizer, list_of(d)), "late");
    told_begin();
    scheduler_step(run.scheduler);
    scheduler_step(run.scheduler);
    assert_string_equal(told_end(),
                        "note: 'late' was added later, and its lr follows no schedule as that of "
                        "'group 0' does; scheduler_inherit or scheduler_bind gives it one\n");
    run_free(run);
    parameter_free(c);
    parameter_free(d);
}

// What was given to the optimizer and isn't the schedule's first value is told; a default isn't.
static void test_replaced_value_is_told(void **state) {
    (void)state;
    Run run = run_new(); // .lr = 0.5, .momentum = 0.25
    told_begin();
    scheduler_bind(run.scheduler, 0, "lr", schedule_cosine(0.5, 10));
    scheduler_bind(run.scheduler, 0, "weight_decay", schedule_linear(0.1, 0, 10));
    scheduler_bind(run.scheduler, 1, "momentum", schedule_constant(0.75));
    assert_string_equal(told_end(), "");
    told_begin();
    scheduler_bind(run.scheduler, 0, "momentum", schedule_one_cycle_momentum(10));
    assert_string_equal(told_end(), "note: momentum of 'group 0' was 0.25; its one_cycle_momentum "
                                    "schedule sets it to 0.95\n");
    optimizer_set(run.optimizer, 1, "lr", 3);
    told_begin();
    scheduler_bind(run.scheduler, 1, "lr", schedule_constant(0.125));
    assert_string_equal(told_end(), "note: lr of 'group 1' was 3; its constant schedule sets it to "
                                    "0.125\n");
    run_free(run);
}

// Once, and only where the optimizer never stepped.
static void test_early_step_is_told(void **state) {
    (void)state;
    Run run = run_new();
    told_begin();
    scheduler_step(run.scheduler);
    assert_string_equal(told_end(), "note: scheduler_step before the optimizer's first step: the "
                                    "first value of each schedule is skipped; call optimizer_step "
                                    "first\n");
    told_begin();
    scheduler_step(run.scheduler);
    scheduler_seek(run.scheduler, 0);
    parameter_zero_grad(run.b);
    optimizer_step(run.optimizer);
    scheduler_step(run.scheduler);
    assert_string_equal(told_end(), "");
    run_free(run);
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
                 "scheduler: lr of 'backbone' follows a schedule already; it can't follow a cosine "
                 "schedule too");
    scheduler_bind(run.scheduler, 1, "lr", schedule); // the same knob of another group may
    assert_fatal(scheduler_seek(run.scheduler, -1), "scheduler: step -1; steps count from 0");
    assert_int_equal(run.scheduler->binding_count, 2);
    // Nor may another scheduler turn it, as long as this one is there.
    Scheduler *other = scheduler_new(run.optimizer);
    assert_fatal(scheduler_bind(other, 1, "lr", schedule), "follows a schedule already");
    scheduler_bind(other, 1, "momentum", schedule);
    assert_fatal(scheduler_bind(run.scheduler, 1, "momentum", schedule), "lows a schedule already");
    scheduler_free(other);
    scheduler_bind(run.scheduler, 1, "momentum", schedule);
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

// --- reduce on plateau ---------------------------------------------------------------------------

static void plateau_compare(const Golden *golden, const char *prefix) {
    const double *o = golden_find(golden, prefix, "options")->values;
    Run run = run_new();
    optimizer_set(run.optimizer, 0, "lr", 0.1);
    Plateau plateau = plateau_on(run.optimizer, .mode = o[0] == 1 ? PLATEAU_MAX : PLATEAU_MIN,
                                 .factor = o[1], .patience = (long)o[2], .threshold = o[3],
                                 .threshold_mode = o[4] == 1 ? PLATEAU_ABS : PLATEAU_REL,
                                 .cooldown = (long)o[5], .min_lr = o[6], .eps = o[7]);
    const GoldenTensor *metrics = golden_find(golden, prefix, "metrics"),
                       *rates = golden_find(golden, prefix, "rates");
    for (size_t i = 0; i < metrics->size; i++) {
        Plateau resumed = {.optimizer = run.optimizer, .options = plateau.options};
        resumed.state = plateau.state; // is all that it remembers
        plateau = resumed;
        plateau_step(&plateau, metrics->values[i]);
        if (!(fabs(knob(run, 0, "lr") - rates->values[i]) <= 1e-15))
            fail_msg("%s, metric %zu: the rate is %g, expected %g", prefix, i, knob(run, 0, "lr"),
                     rates->values[i]);
    }
    run_free(run);
}

static void test_plateau_against_pytorch(void **state) {
    (void)state;
    Golden golden = golden_read("schedule.txt");
    int count = 0;
    char prefix[32] = "plateau.0";
    for (; golden_seek(&golden, prefix, "options"); count++) {
        plateau_compare(&golden, prefix);
        snprintf(prefix, sizeof prefix, "plateau.%d", count + 1);
    }
    assert_int_equal(count, 19);
    golden_free(&golden);
}

static void test_plateau_by_hand(void **state) {
    (void)state;
    Run run = run_new();
    Plateau plateau = plateau_on(run.optimizer, .patience = 1);
    assert_false(plateau_step(&plateau, 3));
    assert_false(plateau_step(&plateau, 3));
    assert_true(plateau_step(&plateau, 3));
    assert_true(fabs(knob(run, 0, "lr") - 0.05) < 1e-15);
    assert_true(fabs(knob(run, 1, "lr") - 0.05) < 1e-15); // every group
    assert_fatal(plateau_on(run.optimizer, .factor = 1), "plateau: factor is 1");
    assert_fatal(plateau_on(run.optimizer, .patience = -1), "plateau: patience is -1");
    scheduler_bind(run.scheduler, 1, "lr", schedule_constant(0.05));
    assert_fatal(plateau_step(&plateau, 3), "plateau: lr of 'group 1' follows a schedule");
    run_free(run);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_step_order),
        cmocka_unit_test(test_groups_and_knobs),
        cmocka_unit_test(test_seek),
        cmocka_unit_test(test_set_by_hand),
        cmocka_unit_test(test_bound_in_the_middle),
        cmocka_unit_test(test_inherited_by_a_late_group),
        cmocka_unit_test(test_forgotten_group_is_told),
        cmocka_unit_test(test_replaced_value_is_told),
        cmocka_unit_test(test_early_step_is_told),
        cmocka_unit_test(test_wrong_bindings),
        cmocka_unit_test(test_curve_leaves_the_range),
        cmocka_unit_test(test_plateau_against_pytorch),
        cmocka_unit_test(test_plateau_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
