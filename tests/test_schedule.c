// Schedules: every kind of the table against PyTorch's values (or formulas of their own), and its
// constructor against its expression.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "caught.h"
#include "golden.h"
#include "schedule/expression.h"
#include "schedule/kinds.h"

static Error error;

static Schedule schedule_read(const char *text) {
    const ScheduleName names[] = {{"steps", 100}, {"epochs", 5}, {"lr", 0.1}};
    Schedule schedule;
    if (!schedule_parse(text, names, 3, &schedule, &error))
        fail_msg("%s: %s", text, error.message);
    return schedule;
}

// --- values --------------------------------------------------------------------------------------

static void curve_compare(const GoldenTensor *golden) {
    Schedule schedule = schedule_read(golden->name);
    double largest = 0, difference = 0;
    for (size_t i = 0; i < golden->size; i += 2) {
        const double found = schedule_at(schedule, (long)golden->values[i]);
        assert_false(isnan(found));
        largest = fmax(largest, fabs(golden->values[i + 1]));
        difference = fmax(difference, fabs(found - golden->values[i + 1]));
    }
    if (!(difference <= 1e-12 * largest))
        fail_msg("%s: error %g, the curve's largest value is %g", golden->name, difference,
                 largest);
}

static bool is_of_kind(const GoldenTensor *golden, const char *kind) {
    const size_t length = strlen(kind);
    return strncmp(golden->name, kind, length) == 0 && golden->name[length] == '(';
}

static void test_curves_against_pytorch(void **state) {
    (void)state;
    Golden golden = golden_read("schedule.txt");
    size_t curves = 0;
    for (int k = 0; k < schedule_kind_count; k++) {
        size_t of_kind = 0;
        for (size_t i = 0; i < golden.count; i++)
            if (is_of_kind(&golden.tensors[i], schedule_kinds[k]->name)) {
                curve_compare(&golden.tensors[i]);
                of_kind++;
            }
        if (of_kind < 3 && !schedule_kinds[k]->unwritten)
            fail_msg("schedule %s is compared with nothing: give it golden values",
                     schedule_kinds[k]->name);
        curves += of_kind;
    }
    assert_true(curves >= 200);
    for (size_t i = 0; i < golden.count; i++) // no curve of the file was passed over
        curves -= strncmp(golden.tensors[i].name, "plateau.", 8) != 0;
    assert_int_equal(curves, 0);
    golden_free(&golden);
}

static double halves(long step) {
    return step < 2 ? 1 : 0.5;
}

static void test_curves_by_hand(void **state) {
    (void)state;
    Schedule step = schedule_step(8, 3, .gamma = 0.5);
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
    Schedule own = schedule_scale(schedule_function(halves), 3);
    assert_true(schedule_at(own, 1) == 3 && schedule_at(own, 2) == 1.5);
    Schedule cycles = schedule_cyclic_scaled(schedule_function(halves), 1, 2, .step_size_up = 2);
    assert_true(schedule_at(cycles, 2) == 2 && schedule_at(cycles, 6) == 1.5);
    assert_true(schedule_at(schedule_one_cycle(1, 10), 1000) == 1 / 25.0 / 1e4); // stays
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
    Schedule parts[] = {schedule_linear(0, 1, 4), schedule_constant(1)};
    Schedule whole = schedule_sequence(OWN_LENGTHS, parts[0], parts[1]);
    parts[0] = parts[1] = first; // copied into it
    assert_true(schedule_at(whole, 2) == 0.5 && schedule_at(whole, 9) == 1);
}

// However far (a curve that grows may end at infinity).
static void test_every_kind_goes_on(void **state) {
    (void)state;
    Golden golden = golden_read("schedule.txt");
    for (size_t i = 0; i < golden.count; i++)
        if (strncmp(golden.tensors[i].name, "plateau.", 8) != 0) {
            Schedule schedule = schedule_read(golden.tensors[i].name);
            for (long step = 1; step < 1L << 60; step *= 7)
                assert_false(isnan(schedule_at(schedule, step)));
        }
    golden_free(&golden);
}

static void test_lengths(void **state) {
    (void)state;
    const struct {
        const char *text;
        double length;
    } rows[] = {
        {"constant(1)", 0},
        {"linear(0, 1, 5)", 5},
        {"polynomial(1, total_iters=7)", 7},
        {"cosine(1, t_max=9)", 9},
        {"one_cycle(1, 30)", 30},
        {"one_cycle_momentum(30)", 30},
        {"warmup_stable_decay(1, 2, 3, 4)", 9},
        {"piecewise([0, 1, 8, 0])", 8},
        {"sequence(linear(0, 1, 5), cosine(1, 0, 95))", 100},
        {"sequence(linear(0, 1, 5), constant(1))", 0},
        {"product(linear(0, 1, 5), cosine(1, 0, 95))", 95},
        {"product(linear(0, 1, 5), constant(1))", 0},
        {"clamp(scale(cosine(1, 0, 95), 2), max=1)", 95},
        {"repeat(cosine(1, 0, 95))", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_true(schedule_length(schedule_read(rows[i].text)) == rows[i].length);
}

// --- constructors and expressions ----------------------------------------------------------------

static const struct {
    const char *kind, *text;
} written[] = {
    {"constant", "constant(0.3)"},
    {"step", "step(0.1, 30)"},
    {"multistep", "multistep(0.1, [30, 80])"},
    {"exponential", "exponential(0.1, 0.9)"},
    {"inverse_time", "inverse_time(0.1, 0.5)"},
    {"linear", "linear(0, 0.1, 5)"},
    {"polynomial", "polynomial(0.1, total_iters=20)"},
    {"cosine", "cosine(0.1, t_max=95)"},
    {"warm_restarts", "warm_restarts(0.1, t_0=10)"},
    {"cyclic", "cyclic(0.01, 0.1)"},
    {"cyclic_scaled", "cyclic_scaled(exponential(1, 0.9), 0.01, 0.1)"},
    {"one_cycle", "one_cycle(0.1, 50)"},
    {"one_cycle_momentum", "one_cycle_momentum(50)"},
    {"inverse_sqrt", "inverse_sqrt(0.1, 10)"},
    {"warmup_stable_decay", "warmup_stable_decay(0.1, 5, 20, 10)"},
    {"piecewise", "piecewise([0, 0.1, 10, 1])"},
    {"sequence", "sequence(linear(0, 0.1, 5), cosine(0.1, 0, 95))"},
    {"product", "product(step(1, 30), cosine(0.1, 0, 95))"},
    {"repeat", "repeat(linear(0, 0.1, 5))"},
    {"scale", "scale(linear(0, 0.1, 5), 2)"},
    {"clamp", "clamp(linear(0, 0.1, 5))"},
};

// The same in C, with every default.
static Schedule constructed(int index) {
    const Schedule line = schedule_linear(0, 0.1, 5), cosine = schedule_cosine(0.1, 95);
    const Schedule schedules[] = {
        schedule_constant(0.3),
        schedule_step(0.1, 30),
        schedule_multistep(0.1, SCHEDULE_LIST(30, 80)),
        schedule_exponential(0.1, 0.9),
        schedule_inverse_time(0.1, 0.5),
        line,
        schedule_polynomial(0.1, 20),
        cosine,
        schedule_warm_restarts(0.1, 10),
        schedule_cyclic(0.01, 0.1),
        schedule_cyclic_scaled(schedule_exponential(1, 0.9), 0.01, 0.1),
        schedule_one_cycle(0.1, 50),
        schedule_one_cycle_momentum(50),
        schedule_inverse_sqrt(0.1, 10),
        schedule_warmup_stable_decay(0.1, 5, 20, 10),
        schedule_piecewise(SCHEDULE_LIST(0, 0.1, 10, 1)),
        schedule_sequence(OWN_LENGTHS, line, cosine),
        schedule_product(schedule_step(1, 30), cosine),
        schedule_repeat(line),
        schedule_scale(line, 2),
        schedule_clamp(line),
    };
    _Static_assert(sizeof schedules / sizeof *schedules == sizeof written / sizeof *written, "");
    return schedules[index];
}

static void test_every_kind_is_read(void **state) {
    (void)state;
    const int count = sizeof written / sizeof *written;
    for (int k = 0; k < schedule_kind_count; k++) {
        int found = 0;
        for (int w = 0; w < count; w++)
            if (strcmp(written[w].kind, schedule_kinds[k]->name) == 0) {
                Schedule read = schedule_read(written[w].text);
                assert_string_equal(schedule_name(read), written[w].kind);
                if (!schedule_equal(read, constructed(w)))
                    fail_msg("%s isn't what C makes of it, which is %s", written[w].text,
                             schedule_text(constructed(w)).text);
                found++;
            }
        if (!found && !schedule_kinds[k]->unwritten)
            fail_msg("%s: give it an expression and its constructor here", schedule_kinds[k]->name);
    }
}

// What galleries and tables show of a kind.
static void test_every_kind_is_shown(void **state) {
    (void)state;
    for (int k = 0; k < schedule_kind_count; k++) {
        const ScheduleKind *kind = schedule_kinds[k];
        assert_true(*kind->help && *kind->formula && *kind->use);
        assert_non_null(kind->examples[0]);
        for (int i = 0; i < SCHEDULE_MAX_EXAMPLES && kind->examples[i] && !kind->unwritten; i++)
            assert_string_equal(schedule_name(schedule_read(kind->examples[i])), kind->name);
    }
}

static void test_text_is_read_back(void **state) {
    (void)state;
    Golden golden = golden_read("schedule.txt");
    for (size_t i = 0; i < golden.count; i++)
        if (strncmp(golden.tensors[i].name, "plateau.", 8) != 0) {
            Schedule schedule = schedule_read(golden.tensors[i].name);
            assert_true(schedule_equal(schedule_read(schedule_text(schedule).text), schedule));
        }
    golden_free(&golden);
    assert_string_equal(
        schedule_text(schedule_read("SEQUENCE(linear(0,lr,5),cosine(lr,T_max=95))")).text,
        "sequence(linear(0, 0.1, 5), cosine(0.1, t_max=95), milestones=[5])");
    assert_false(schedule_equal(schedule_constant(1), schedule_constant(2)));
    assert_false(schedule_equal(schedule_step(1, 2), schedule_step(1, 2, .gamma = 0.2)));
    assert_false(schedule_equal(schedule_function(halves), schedule_constant(1)));
}

static void test_wrong_constructors(void **state) {
    (void)state;
    assert_fatal(schedule_step(0.1, 0),
                 "schedule step: step_size is 0; it must be a whole number of "
                 "at least 1");
    assert_fatal(schedule_cosine(0.1, -5, .eta_min = 0.01), "t_max is -5");
    assert_fatal(schedule_cosine(0.1, 2.5), "t_max is 2.5; it must be a whole number");
    assert_fatal(schedule_cyclic(0, 1, .mode = 3),
                 "mode is 3; it must be one of triangular, triangular2, exp_range");
    assert_fatal(schedule_cyclic(0, 1, .step_size_up = 10, .step_size_down = INFINITY),
                 "step_size_down is inf; it must be a whole number");
    assert_fatal(schedule_clamp(schedule_constant(0.1), .max = -INFINITY), "leaves no number");
    assert_fatal(schedule_constant(NAN), "schedule constant: value is missing");
    assert_fatal(schedule_at(schedule_constant(1), -1), "schedule constant: step -1; steps count "
                                                        "from 0");
    assert_fatal(schedule_sequence(OWN_LENGTHS, schedule_constant(1), schedule_constant(2)),
                 "schedule sequence: one of its schedules but the last has no end of its own");
    Schedule many = schedule_constant(1);
    for (int i = 0; i < SCHEDULE_MAX_PIECES - 1; i++)
        many = schedule_scale(many, 0.5);
    assert_true(schedule_at(many, 0) == 1 / 32768.0);
    assert_fatal(schedule_scale(many, 2), "schedule scale: it has more than 16 pieces");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_curves_against_pytorch),
        cmocka_unit_test(test_curves_by_hand),
        cmocka_unit_test(test_curves_have_no_state),
        cmocka_unit_test(test_every_kind_goes_on),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_every_kind_is_read),
        cmocka_unit_test(test_every_kind_is_shown),
        cmocka_unit_test(test_text_is_read_back),
        cmocka_unit_test(test_wrong_constructors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
