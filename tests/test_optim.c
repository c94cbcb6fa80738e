// Optimizers: by hand, what each state of a gradient does, groups, wrong uses, clipping. Values of
// every algorithm, sizes and threads are in test_algorithms.c.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "caught.h"
#include "optim/clip.h"
#include "optim/optimizer.h"

static const double CLOSE = sizeof(real) == 8 ? 1e-12 : 1e-6;

static void assert_close(double found, double wanted, double bound) {
    if (!(fabs(found - wanted) <= bound * fabs(wanted)))
        fail_msg("found %.17g, wanted %.17g within %g", found, wanted, bound);
}

// --- parameters without a model ------------------------------------------------------------------

static Parameter *scalar(const char *name, double value) {
    Parameter *parameter = parameter_new(name, SHAPE(1, 1)); // a matrix, for Muon
    parameter->tensor.data[0] = (real)value;
    return parameter;
}

static double value_of(const Parameter *parameter) {
    return (double)parameter->tensor.data[0];
}

// Every number of the gradient becomes this one.
static void gradient_set(Parameter *parameter, double value) {
    parameter_zero_grad(parameter);
    for (size_t i = 0; i < parameter->tensor.size; i++)
        parameter->tensor.grad[i] = (real)value;
    if (value != 0)
        parameter->tensor.grad_state = GRAD_VALUE;
}

static ParameterList list_of(Parameter *a, Parameter *b) {
    ParameterList list = {0};
    parameter_list_append(&list, a);
    if (b)
        parameter_list_append(&list, b);
    return list;
}

static void steps(Optimizer *optimizer, int count) {
    for (int i = 0; i < count; i++)
        optimizer_step(optimizer);
}

// One weight under one optimizer.
typedef struct Single {
    Parameter *w;
    Optimizer *optimizer;
} Single;

#define SINGLE(algorithm, start, ...) single_new(&algorithm, start, HYPERPARAMETERS_OF(__VA_ARGS__))

static Single single_new(const Algorithm *algorithm, double start, Hyperparameters given) {
    Parameter *w = scalar("w", start);
    return (Single){w, optimizer_new(algorithm, list_of(w, NULL), given)};
}

static void single_free(Single single) {
    optimizer_free(single.optimizer);
    parameter_free(single.w);
}

static double single_step(Single single, double gradient) {
    gradient_set(single.w, gradient);
    optimizer_step(single.optimizer);
    return value_of(single.w);
}

// --- by hand: round numbers, no rounding ---------------------------------------------------------

static void test_sgd_by_hand(void **state) {
    (void)state;
    Single plain = SINGLE(algorithm_sgd, 4, .lr = 0.5);
    assert_true(single_step(plain, 1) == 3.5);
    assert_true(single_step(plain, -2) == 4.5);
    single_free(plain);

    Single decay = SINGLE(algorithm_sgd, 4, .lr = 0.5, .weight_decay = 0.25);
    assert_true(single_step(decay, 1) == 3);      // 4 − 0.5 · (1 + 0.25 · 4)
    assert_true(single_step(decay, 0.25) == 2.5); // 3 − 0.5 · (0.25 + 0.75)
    single_free(decay);

    Single momentum = SINGLE(algorithm_sgd, 4, .lr = 0.5, .momentum = 0.5);
    assert_true(single_step(momentum, 2) == 3);   // b = 2
    assert_true(single_step(momentum, 1) == 2);   // b = 1 + 1
    assert_true(single_step(momentum, 0) == 1.5); // b = 1
    single_free(momentum);

    Single nesterov = SINGLE(algorithm_sgd, 4, .lr = 0.5, .momentum = 0.5, .nesterov = 1);
    assert_true(single_step(nesterov, 2) == 2.5);  // b = 2, d = 2 + 1
    assert_true(single_step(nesterov, 1) == 1.5);  // b = 2, d = 1 + 1
    assert_true(single_step(nesterov, 0) == 1.25); // b = 1, d = 0 + 0.5
    single_free(nesterov);
}

// The buffer starts as a copy of the first gradient (decay included): dampening comes later.
static void test_sgd_dampening_spares_the_first_gradient(void **state) {
    (void)state;
    Single damped = SINGLE(algorithm_sgd, 4, .lr = 0.5, .momentum = 0.5, .dampening = 0.75,
                           .weight_decay = 0.25);
    assert_true(single_step(damped, 1) == 3);      // b = 1 + 0.25 · 4 = 2
    assert_true(single_step(damped, 3.25) == 2);   // b = 0.5 · 2 + 0.25 · (3.25 + 0.75)
    assert_true(single_step(damped, 1.5) == 1.25); // b = 0.5 · 2 + 0.25 · (1.5 + 0.5)
    single_free(damped);
}

static void test_adam_by_hand(void **state) {
    (void)state;
    // m = 1, v = 1; m / 0.5 = 2, √v / √0.25 = 2: the first step is lr · sign(gradient).
    Single first = SINGLE(algorithm_adam, 4, .lr = 0.5, .beta1 = 0.5, .beta2 = 0.75, .eps = 0);
    assert_true(single_step(first, 2) == 3.5);
    // m = 0.5, v = 0.75; m / 0.75 = 2/3, v / 0.4375 = 12/7
    assert_close(single_step(first, 0), 3.5 - 0.5 * (2.0 / 3) / sqrt(12.0 / 7), CLOSE);
    single_free(first);

    // eps is added after the root's correction: 4 − 0.5 · 2 / (2 + 2)
    Single eps = SINGLE(algorithm_adam, 4, .lr = 0.5, .beta1 = 0.5, .beta2 = 0.75, .eps = 2);
    assert_true(single_step(eps, 2) == 3.75);
    single_free(eps);

    // Adam's decay is part of the gradient, whose size it divides away: lr · sign again.
    Single decay = SINGLE(algorithm_adam, 4, .lr = 0.5, .beta1 = 0.5, .beta2 = 0.75, .eps = 0,
                          .weight_decay = 0.5);
    assert_true(single_step(decay, 0) == 3.5);
    single_free(decay);

    // AdamW's stands beside it: 4 · (1 − 0.5 · 0.25) − 0.5
    Single decoupled = SINGLE(algorithm_adamw, 4, .lr = 0.5, .beta1 = 0.5, .beta2 = 0.75, .eps = 0,
                              .weight_decay = 0.25);
    assert_true(single_step(decoupled, 2) == 3);
    single_free(decoupled);
}

// --- defaults and groups -------------------------------------------------------------------------

// PyTorch's, by hand; what isn't said is 0.
static void test_defaults(void **state) {
    (void)state;
    const struct {
        const Algorithm *algorithm;
        Hyperparameters defaults;
    } expected[] = {
        {&algorithm_sgd, HYPERPARAMETERS_OF(.lr = 1e-3, .momentum = 0, .dampening = 0,
                                            .nesterov = 0, .weight_decay = 0)},
        {&algorithm_adagrad, HYPERPARAMETERS_OF(.lr = 1e-2, .eps = 1e-10, .lr_decay = 0,
                                                .initial_accumulator_value = 0, .weight_decay = 0)},
        {&algorithm_adadelta,
         HYPERPARAMETERS_OF(.lr = 1, .rho = 0.9, .eps = 1e-6, .weight_decay = 0)},
        {&algorithm_rmsprop, HYPERPARAMETERS_OF(.lr = 1e-2, .alpha = 0.99, .eps = 1e-8,
                                                .momentum = 0, .centered = 0, .weight_decay = 0)},
        {&algorithm_adam, HYPERPARAMETERS_OF(.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8,
                                             .amsgrad = 0, .weight_decay = 0)},
        {&algorithm_adamw, HYPERPARAMETERS_OF(.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8,
                                              .amsgrad = 0, .weight_decay = 0.01)},
        {&algorithm_adamax, HYPERPARAMETERS_OF(.lr = 2e-3, .beta1 = 0.9, .beta2 = 0.999,
                                               .eps = 1e-8, .weight_decay = 0)},
        {&algorithm_nadam, HYPERPARAMETERS_OF(.lr = 2e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8,
                                              .momentum_decay = 4e-3, .weight_decay = 0)},
        {&algorithm_radam, HYPERPARAMETERS_OF(.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8,
                                              .weight_decay = 0)},
        {&algorithm_rprop, HYPERPARAMETERS_OF(.lr = 1e-2, .etaminus = 0.5, .etaplus = 1.2,
                                              .step_size_min = 1e-6, .step_size_max = 50)},
        {&algorithm_lion,
         HYPERPARAMETERS_OF(.lr = 1e-4, .beta1 = 0.9, .beta2 = 0.99, .weight_decay = 0)},
        {&algorithm_muon, HYPERPARAMETERS_OF(.lr = 1e-3, .weight_decay = 0.1, .momentum = 0.95,
                                             .nesterov = 1, .eps = 1e-7, .ns_steps = 5)},
        {&algorithm_lars, HYPERPARAMETERS_OF(.lr = 1, .momentum = 0.9, .weight_decay = 0,
                                             .trust_coefficient = 0.001, .eps = 1e-8)},
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
        for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
            const double wanted = expected[i].defaults.values[id];
            const double is = expected[i].algorithm->defaults.values[id];
            if (isnan(wanted) ? !isnan(is) : is != wanted)
                fail_msg("%s: the default of %s is %g, PyTorch's %g", expected[i].algorithm->name,
                         hyperparameter_name(id), is, wanted);
        }
    optimizer_free(NULL);
}

// An added group inherits what the constructor was given, not what group 0 has become; and 0 is 0.
static void test_groups_inherit(void **state) {
    (void)state;
    Parameter *a = scalar("a", 1), *b = scalar("b", 1), *c = scalar("c", 1);
    Optimizer *optimizer =
        sgd(list_of(a, NULL), .lr = 0.25, .momentum = 0.5, .nesterov = 1, .weight_decay = 0.125);
    optimizer_set(optimizer, 0, "lr", 2);
    assert_int_equal(optimizer_add_group(optimizer, list_of(b, NULL), .weight_decay = 0), 1);
    assert_int_equal(optimizer_add_group(optimizer, list_of(c, NULL), .momentum = 0, .nesterov = 0),
                     2);
    assert_true(optimizer_get(optimizer, 0, "lr") == 2);
    assert_true(optimizer_get(optimizer, 1, "lr") == 0.25);
    assert_true(optimizer_get(optimizer, 1, "momentum") == 0.5);
    assert_true(optimizer_get(optimizer, 1, "nesterov") == 1);
    assert_true(optimizer_get(optimizer, 1, "weight_decay") == 0);
    assert_true(optimizer_get(optimizer, 2, "weight_decay") == 0.125);
    assert_true(optimizer_get(optimizer, 2, "momentum") == 0);
    assert_int_equal(optimizer_add_group(optimizer, (ParameterList){0}), 3); // empty, as in PyTorch
    assert_int_equal(optimizer->group_count, 4);
    assert_string_equal(optimizer->groups[1].name, "group 1");
    optimizer_name_group(optimizer, 1, "head");
    assert_string_equal(optimizer->groups[1].name, "head");
    optimizer_free(optimizer);
    parameter_free(a);
    parameter_free(b);
    parameter_free(c);
}

static void test_no_decay_group_stays(void **state) {
    (void)state;
    for (int i = 0; algorithms[i]; i++) {
        if (!algorithm_has(algorithms[i], HYPERPARAMETER_weight_decay))
            continue;
        Parameter *weight = scalar("weight", 1.3), *bias = scalar("bias", 0.7);
        Optimizer *optimizer = optimizer_new(algorithms[i], list_of(weight, NULL),
                                             HYPERPARAMETERS_OF(.lr = 0.1, .weight_decay = 0.5));
        optimizer_add_group(optimizer, list_of(bias, NULL), .weight_decay = 0);
        gradient_set(weight, 0);
        gradient_set(bias, 0);
        steps(optimizer, 5);
        assert_true(value_of(bias) == (double)(real)0.7); // to the bit
        assert_true(value_of(weight) < 1.299);
        optimizer_free(optimizer);
        parameter_free(weight);
        parameter_free(bias);
    }
}

static void test_rate_of_each_group(void **state) {
    (void)state;
    Parameter *backbone = scalar("backbone", 0), *head = scalar("head", 0);
    Optimizer *optimizer = sgd(list_of(backbone, NULL), .lr = 1.0 / 64, .momentum = 0.9);
    optimizer_add_group(optimizer, list_of(head, NULL), .lr = 1.0 / 4);
    gradient_set(backbone, 3);
    gradient_set(head, 3);
    optimizer_step(optimizer);
    assert_true(value_of(head) / value_of(backbone) == 16);
    optimizer_free(optimizer);
    parameter_free(backbone);
    parameter_free(head);
}

// A parameter that comes at step 5 has its own bias correction: its first step is lr · sign(g).
static void test_added_group_starts_fresh(void **state) {
    (void)state;
    Parameter *old = scalar("old", 0), *added = scalar("added", 0);
    Optimizer *optimizer = adam(list_of(old, NULL), .lr = 0.125, .eps = 0);
    gradient_set(old, 1);
    gradient_set(added, -0.03);
    steps(optimizer, 5);
    optimizer_add_group(optimizer, list_of(added, NULL));
    assert_null(optimizer_state(optimizer, added));
    assert_true(value_of(added) == 0);
    optimizer_step(optimizer);
    assert_close(value_of(added), 0.125, CLOSE);
    assert_int_equal(optimizer_state(optimizer, added)->step, 1);
    assert_int_equal(optimizer_state(optimizer, old)->step, 6);
    optimizer_free(optimizer);
    parameter_free(old);
    parameter_free(added);
}

// A rate, and momentum and decay where the algorithm has them.
static Hyperparameters busy_knobs(const Algorithm *algorithm) {
    Hyperparameters knobs = HYPERPARAMETERS_OF(.lr = 0.1);
    if (algorithm_has(algorithm, HYPERPARAMETER_momentum))
        knobs.momentum = 0.9;
    if (algorithm_has(algorithm, HYPERPARAMETER_dampening))
        knobs.dampening = 0.5;
    if (algorithm_has(algorithm, HYPERPARAMETER_weight_decay))
        knobs.weight_decay = 0.5;
    return knobs;
}

static void state_is_loaded(Optimizer *to, const Parameter *to_parameter, const Optimizer *from,
                            const Parameter *from_parameter) {
    const ParameterState *saved = optimizer_state(from, from_parameter);
    assert_null(to->groups[0].states[0]);
    ParameterState *loaded = to->groups[0].states[0] = memory_zeroed(1, sizeof *loaded);
    loaded->step = saved->step;
    memcpy(loaded->scalars, saved->scalars, sizeof loaded->scalars);
    for (int b = 0; b < STATE_MAX_BUFFERS; b++)
        if (saved->buffers[b])
            memcpy(parameter_state_buffer(loaded, to_parameter, b), saved->buffers[b],
                   to_parameter->tensor.size * sizeof(real));
}

// A step, scalars and buffers are all there is to go on from.
static void test_state_carries_over(void **state) {
    (void)state;
    for (int i = 0; algorithms[i]; i++) {
        const Hyperparameters given = busy_knobs(algorithms[i]);
        Single whole = single_new(algorithms[i], 1, given);
        single_step(whole, 3);
        single_step(whole, -1);
        Single resumed = single_new(algorithms[i], value_of(whole.w), given);
        state_is_loaded(resumed.optimizer, resumed.w, whole.optimizer, whole.w);
        for (int step = 0; step < 3; step++)
            assert_true(single_step(whole, 0.3) == single_step(resumed, 0.3));
        single_free(whole);
        single_free(resumed);
    }
}

// Two optimizers, each with its half, move the model as one with both: to the bit.
static void test_two_optimizers_are_one(void **state) {
    (void)state;
    for (int i = 0; algorithms[i]; i++) {
        const Hyperparameters given = busy_knobs(algorithms[i]);
        Parameter *p[4];
        for (int j = 0; j < 4; j++)
            p[j] = scalar("p", j % 2 ? 0.9 : -1.7);
        Optimizer *both = optimizer_new(algorithms[i], list_of(p[0], p[1]), given);
        Optimizer *left = optimizer_new(algorithms[i], list_of(p[2], NULL), given);
        Optimizer *right = optimizer_new(algorithms[i], list_of(p[3], NULL), given);
        for (int step = 0; step < 10; step++) {
            for (int j = 0; j < 4; j++)
                gradient_set(p[j], j % 2 ? sin(step) : 1.0 / (1 + step));
            optimizer_step(both);
            optimizer_step(right); // in any order
            optimizer_step(left);
            assert_true(value_of(p[0]) == value_of(p[2]) && value_of(p[1]) == value_of(p[3]));
        }
        assert_true(value_of(p[0]) != (double)(real)-1.7);
        optimizer_free(both);
        optimizer_free(left);
        optimizer_free(right);
        for (int j = 0; j < 4; j++)
            parameter_free(p[j]);
    }
}

// --- none, zero, value ---------------------------------------------------------------------------

// The first number that the algorithm remembers of it; 0 if it remembers nothing.
static double remembered(const Optimizer *optimizer, const Parameter *parameter) {
    const real *buffer = optimizer_state(optimizer, parameter)->buffers[0];
    return buffer ? (double)*buffer : 0;
}

// None: neither the value nor the state moves, though decay and momentum are on.
static void test_none_is_skipped(void **state) {
    (void)state;
    for (int i = 0; algorithms[i]; i++) {
        Parameter *frozen = scalar("frozen", 1.3), *other = scalar("other", 1.3);
        const Hyperparameters given = busy_knobs(algorithms[i]);
        Optimizer *optimizer = optimizer_new(algorithms[i], list_of(frozen, other), given);
        gradient_set(frozen, 1);
        gradient_set(other, 1);
        optimizer_step(optimizer);
        ParameterList list = list_of(frozen, NULL);
        parameter_list_require_grad(&list, false);
        parameter_list_clear_grad(&list);
        double value = value_of(frozen), buffer = remembered(optimizer, frozen);
        uint64_t version = frozen->version;
        uint64_t other_version = other->version;
        steps(optimizer, 10);
        assert_true(value_of(frozen) == value && value_of(other) != value);
        assert_true(remembered(optimizer, frozen) == buffer);
        assert_int_equal(optimizer_state(optimizer, frozen)->step, 1);
        assert_int_equal(frozen->version, version);
        assert_int_equal(other->version, other_version + 10); // a backward over it would be wrong
        optimizer_free(optimizer);
        parameter_free(frozen);
        parameter_free(other);
    }
}

// Zero: decay shrinks the weight to (1 − lr · weight_decay)ⁿ of it.
static void test_zero_decays(void **state) {
    (void)state;
    const double wanted = pow(1 - 0.1 * 0.01, 100);
    assert_close(wanted, 0.904792, 1e-6);
    Single l2 = SINGLE(algorithm_sgd, 1, .lr = 0.1, .weight_decay = 0.01);
    Single decoupled = SINGLE(algorithm_adamw, 1, .lr = 0.1, .weight_decay = 0.01);
    for (int step = 0; step < 100; step++) {
        single_step(l2, 0);
        single_step(decoupled, 0);
    }
    assert_close(value_of(l2.w), wanted, CLOSE);
    assert_close(value_of(decoupled.w), wanted, CLOSE);
    single_free(l2);
    single_free(decoupled);
}

// Zero: momentum coasts lr · v · (0.9 + 0.81 + …) = 9 · lr · v in all.
static void test_zero_lets_momentum_coast(void **state) {
    (void)state;
    Single coasting = SINGLE(algorithm_sgd, 0, .lr = 0.01, .momentum = 0.9);
    for (int step = 0; step < 3; step++)
        single_step(coasting, 1);
    double v = (double)*optimizer_state(coasting.optimizer, coasting.w)->buffers[0];
    assert_close(v, 2.71, CLOSE);
    double frozen_at = value_of(coasting.w);
    for (int step = 0; step < 400; step++)
        single_step(coasting, 0);
    assert_close(frozen_at - value_of(coasting.w), 9 * 0.01 * v, 10 * CLOSE);
    single_free(coasting);
}

// Zero: Adam coasts on the memory of the gradients before: this many times lr in all.
static void test_zero_lets_adam_coast(void **state) {
    (void)state;
    const int gradients[] = {1, 10, 100, 1000};
    const double wanted[] = {5.005508, 9.642804, 9.456015, 9.071349};
    for (int i = 0; i < 4; i++) {
        Single coasting = SINGLE(algorithm_adam, 0, .lr = 0.01);
        for (int step = 0; step < gradients[i]; step++)
            single_step(coasting, 3);
        double frozen_at = value_of(coasting.w);
        for (int step = 0; step < 800; step++)
            single_step(coasting, 0);
        // In single precision the rounding of 1,800 steps of a weight near 10.
        assert_close((frozen_at - value_of(coasting.w)) / 0.01, wanted[i],
                     sizeof(real) == 8 ? 1e-6 : 2e-4);
        single_free(coasting);
    }
}

// requires_grad plays no part: a gradient that stayed from before is stepped with, n · lr · g.
static void test_stale_gradient(void **state) {
    (void)state;
    Single stale = SINGLE(algorithm_sgd, 1, .lr = 0.25);
    gradient_set(stale.w, 0.5);
    stale.w->tensor.requires_grad = false;
    steps(stale.optimizer, 4);
    assert_true(value_of(stale.w) == 1 - 4 * 0.25 * 0.5);
    single_free(stale);
}

static void test_zero_grad(void **state) {
    (void)state;
    Parameter *a = scalar("a", 1), *b = scalar("b", 1), *not_owned = scalar("c", 1);
    Optimizer *optimizer = sgd(list_of(a, NULL));
    optimizer_add_group(optimizer, list_of(b, NULL));
    gradient_set(a, 2);
    gradient_set(not_owned, 2);
    optimizer_zero_grad_to_zero(optimizer);
    assert_int_equal(a->tensor.grad_state, GRAD_ZERO);
    assert_true(a->tensor.grad[0] == 0);
    assert_int_equal(b->tensor.grad_state, GRAD_NONE); // it had none, and keeps none
    gradient_set(b, 2);
    optimizer_zero_grad(optimizer);
    assert_int_equal(a->tensor.grad_state, GRAD_NONE);
    assert_int_equal(b->tensor.grad_state, GRAD_NONE);
    assert_int_equal(not_owned->tensor.grad_state, GRAD_VALUE);
    optimizer_free(optimizer);
    parameter_free(a);
    parameter_free(b);
    parameter_free(not_owned);
}

// A rate of 0 moves nothing, but the state goes on.
static void test_rate_zero(void **state) {
    (void)state;
    Single still = SINGLE(algorithm_adamw, 1.3, .lr = 0);
    assert_true(single_step(still, 5) == (double)(real)1.3);
    assert_int_equal(optimizer_state(still.optimizer, still.w)->step, 1);
    single_free(still);
}

// --- knobs ---------------------------------------------------------------------------------------

// Refused, and the knob stays as it was.
static void set_refused(Optimizer *optimizer, const char *knob, double value, const char *part) {
    double before = optimizer_get(optimizer, 0, knob);
    assert_fatal(optimizer_set(optimizer, 0, knob, value), part);
    assert_true(optimizer_get(optimizer, 0, knob) == before);
}

static void set_allowed(Optimizer *optimizer, const char *knob, double value) {
    optimizer_set(optimizer, 0, knob, value);
    assert_true(optimizer_get(optimizer, 0, knob) == value);
}

static void test_set_ranges(void **state) {
    (void)state;
    Parameter *w = scalar("w", 1);
    Optimizer *by_sgd = sgd(list_of(w, NULL), .momentum = 0.9), *by_adam = adam(list_of(w, NULL));
    const char *positive[] = {"lr", "momentum", "weight_decay"}, *betas[] = {"beta1", "beta2"};
    for (int i = 0; i < 3; i++) {
        set_allowed(by_sgd, positive[i], 0);
        set_allowed(by_sgd, positive[i], 1e6);
        set_refused(by_sgd, positive[i], -1e-9, "finite and at least 0");
        set_refused(by_sgd, positive[i], (double)INFINITY, "finite and at least 0");
        set_refused(by_sgd, positive[i], (double)NAN, "finite and at least 0");
    }
    for (int i = 0; i < 2; i++) {
        set_allowed(by_adam, betas[i], 0);
        set_allowed(by_adam, betas[i], 0.999999);
        set_refused(by_adam, betas[i], 1, "at least 0 and less than 1");
        set_refused(by_adam, betas[i], -0.1, "at least 0 and less than 1");
    }
    set_allowed(by_sgd, "dampening", -3);
    set_refused(by_sgd, "dampening", (double)-INFINITY, "must be finite");
    set_allowed(by_sgd, "nesterov", 1);
    set_refused(by_sgd, "nesterov", 0.5, "must be 0 or 1");
    set_refused(by_adam, "eps", -1e-8, "eps of 'group 0' is -1e-08");
    optimizer_free(by_sgd);
    optimizer_free(by_adam);
    parameter_free(w);
}

static void test_knobs_by_name_and_id(void **state) {
    (void)state;
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
        assert_int_equal(hyperparameter_find(hyperparameter_name(id)), id);
    assert_int_equal(hyperparameter_find("learning_rate"), -1);
    assert_int_equal(hyperparameter_find(""), -1);
    Parameter *w = scalar("w", 1);
    Optimizer *optimizer = adam(list_of(w, NULL));
    const Hyperparameters *knobs = &optimizer->groups[0].hyperparameters;
    optimizer_set(optimizer, 0, "beta2", 0.75);
    assert_true(optimizer_get(optimizer, 0, "beta2") == 0.75);
    assert_true(knobs->beta2 == 0.75 && knobs->values[HYPERPARAMETER_beta2] == 0.75);
    assert_true(isnan(knobs->momentum) && isnan(knobs->values[HYPERPARAMETER_momentum]));
    assert_fatal(optimizer_set(optimizer, 1, "beta2", 0.5), "there is no group 1; it has 1");
    optimizer_free(optimizer);
    parameter_free(w);
}

// --- wrong uses ----------------------------------------------------------------------------------

static void test_wrong_constructors(void **state) {
    (void)state;
    Parameter *a = scalar("a", 1), *b = scalar("b", 1);
    ParameterList list = list_of(a, b);
    assert_fatal(sgd((ParameterList){0}), "sgd: the list of parameters is empty");
    assert_fatal(sgd(list, .beta1 = 0.9), "sgd has no hyperparameter 'beta1'; it has lr, momentum, "
                                          "dampening, nesterov, weight_decay");
    assert_fatal(adam(list, .momentum = 0.9), "adam has no hyperparameter 'momentum'; it has lr, "
                                              "weight_decay, beta1, beta2, eps, amsgrad");
    assert_fatal(sgd(list, .lr = -0.1),
                 "sgd: lr is -0.1; it must be finite and at least 0 (in 'group 0')");
    assert_fatal(adamw(list, .beta2 = 1),
                 "adamw: beta2 is 1; it must be at least 0 and less than 1");
    assert_fatal(sgd(list, .nesterov = 1),
                 "sgd: nesterov needs momentum > 0 and dampening 0 (in 'group 0')");
    assert_fatal(sgd(list, .nesterov = 1, .momentum = 0.9, .dampening = 0.5),
                 "nesterov needs momentum > 0 and dampening 0");
    assert_fatal(sgd(list, .nesterov = 2, .momentum = 0.9),
                 "sgd: nesterov is 2; it must be 0 or 1");
    assert_fatal(sgd(list_of(a, a)), "sgd: parameter 'a' stands twice in 'group 0'");
    parameter_free(a);
    parameter_free(b);
}

static void test_wrong_groups(void **state) {
    (void)state;
    Parameter *a = scalar("a", 1), *b = scalar("b", 1);
    Optimizer *optimizer = sgd(list_of(a, NULL), .nesterov = 1, .momentum = 0.5);
    optimizer_name_group(optimizer, 0, "backbone");
    assert_fatal(optimizer_add_group(optimizer, list_of(b, a)),
                 "sgd: parameter 'a' would be in two groups, 'backbone' and 'group 1'");
    assert_fatal(optimizer_add_group(optimizer, list_of(b, b)), "'b' stands twice in 'group 1'");
    assert_fatal(optimizer_add_group(optimizer, list_of(b, NULL), .eps = 1),
                 "no hyperparameter 'eps'");
    assert_fatal(optimizer_add_group(optimizer, list_of(b, NULL), .lr = -1),
                 "sgd: lr is -1; it must be finite and at least 0 (in 'group 1')");
    assert_fatal(optimizer_add_group(optimizer, list_of(b, NULL), .momentum = 0),
                 "nesterov needs momentum > 0 and dampening 0 (in 'group 1')");
    assert_int_equal(optimizer->group_count, 1); // none of them left anything behind
    assert_fatal(optimizer_get(optimizer, 1, "lr"), "sgd: there is no group 1; it has 1");
    assert_fatal(optimizer_get(optimizer, -1, "lr"), "there is no group -1");
    assert_fatal(optimizer_name_group(optimizer, 2, "head"), "there is no group 2");
    assert_fatal(optimizer_set(optimizer, 0, "rate", 1),
                 "sgd has no hyperparameter 'rate'; it has lr,");
    assert_fatal(optimizer_set(optimizer, 0, "beta1", 0.5), "no hyperparameter 'beta1'");
    assert_fatal(optimizer_set(optimizer, 0, "lr", -1), "lr of 'backbone' is -1");
    assert_fatal(optimizer_state(optimizer, b), "sgd: parameter 'b' isn't in any of its groups");
    optimizer_free(optimizer);
    parameter_free(a);
    parameter_free(b);
}

static void test_muon_wants_matrices(void **state) {
    (void)state;
    Parameter *weight = parameter_new("weight", SHAPE(2, 3)),
              *bias = parameter_new("bias", SHAPE(3));
    assert_fatal(muon(list_of(weight, bias)), "muon: parameter 'bias' is [3]; it moves matrices "
                                              "only, give the others to another optimizer");
    Optimizer *optimizer = muon(list_of(weight, NULL));
    assert_fatal(optimizer_add_group(optimizer, list_of(bias, NULL)), "'bias' is [3]");
    assert_fatal(optimizer_set(optimizer, 0, "ns_steps", 2.5), "a whole number from 0 to 99");
    optimizer_free(optimizer);
    parameter_free(weight);
    parameter_free(bias);
}

static void test_step_without_gradient(void **state) {
    (void)state;
    Single single = SINGLE(algorithm_adam, 1, .lr = 0.5);
    assert_fatal(optimizer_step(single.optimizer), "adam: a step without a gradient");
    gradient_set(single.w, 0); // zero is a gradient
    optimizer_step(single.optimizer);
    optimizer_zero_grad(single.optimizer);
    assert_fatal(optimizer_step(single.optimizer), "none of its parameters has one");
    single_free(single);
}

// --- clipping ------------------------------------------------------------------------------------

static void test_clip_by_hand(void **state) {
    (void)state;
    Parameter *a = scalar("a", 7), *b = scalar("b", 7), *none = scalar("none", 7);
    ParameterList list = list_of(a, b);
    parameter_list_append(&list, none);
    gradient_set(a, 3);
    gradient_set(b, -4);
    assert_true(parameter_list_clip_grad_norm(&list, 6) == 5); // it is less: nothing moves
    assert_true(a->tensor.grad[0] == 3 && b->tensor.grad[0] == -4);
    parameter_list_clip_grad_value(&list, 3.5);
    assert_true(a->tensor.grad[0] == 3 && (double)b->tensor.grad[0] == -3.5);
    gradient_set(b, -4);
    assert_true(parameter_list_clip_grad_norm(&list, 1) == 5);
    assert_close((double)a->tensor.grad[0], 3 / (5 + 1e-6), CLOSE);
    assert_close((double)b->tensor.grad[0], -4 / (5 + 1e-6), CLOSE);
    assert_int_equal(none->tensor.grad_state, GRAD_NONE);
    assert_true(value_of(a) == 7 && value_of(none) == 7);
    parameter_free(a);
    parameter_free(b);
    parameter_free(none);
}

// As PyTorch: torch.nn.utils.clip_grad_norm_ of [inf, 1], of [nan, 1], of nothing.
static void test_clip_of_what_is_not_finite(void **state) {
    (void)state;
    Parameter *a = scalar("a", 7), *b = scalar("b", 7);
    ParameterList list = list_of(a, b);
    assert_true(parameter_list_clip_grad_norm(&list, 1) == 0);
    gradient_set(a, (double)INFINITY);
    gradient_set(b, 1);
    parameter_list_clip_grad_value(&list, 2);
    assert_true(a->tensor.grad[0] == 2 && b->tensor.grad[0] == 1);
    gradient_set(a, (double)INFINITY);
    assert_true(isinf(parameter_list_clip_grad_norm(&list, 1)));
    assert_true(isnan(a->tensor.grad[0]) && b->tensor.grad[0] == 0);
    gradient_set(b, 1);
    parameter_list_clip_grad_value(&list, 2);
    assert_true(isnan(a->tensor.grad[0]) && b->tensor.grad[0] == 1);
    assert_true(isnan(parameter_list_clip_grad_norm(&list, 1)));
    assert_true(isnan(a->tensor.grad[0]) && isnan(b->tensor.grad[0]));
    assert_fatal(parameter_list_clip_grad_norm(&list, -1), "max_norm is -1; it must be at least 0");
    assert_fatal(parameter_list_clip_grad_value(&list, (double)NAN), "clip_value is nan");
    parameter_free(a);
    parameter_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sgd_by_hand),
        cmocka_unit_test(test_sgd_dampening_spares_the_first_gradient),
        cmocka_unit_test(test_adam_by_hand),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_groups_inherit),
        cmocka_unit_test(test_no_decay_group_stays),
        cmocka_unit_test(test_rate_of_each_group),
        cmocka_unit_test(test_added_group_starts_fresh),
        cmocka_unit_test(test_state_carries_over),
        cmocka_unit_test(test_two_optimizers_are_one),
        cmocka_unit_test(test_none_is_skipped),
        cmocka_unit_test(test_zero_decays),
        cmocka_unit_test(test_zero_lets_momentum_coast),
        cmocka_unit_test(test_zero_lets_adam_coast),
        cmocka_unit_test(test_stale_gradient),
        cmocka_unit_test(test_zero_grad),
        cmocka_unit_test(test_rate_zero),
        cmocka_unit_test(test_set_ranges),
        cmocka_unit_test(test_knobs_by_name_and_id),
        cmocka_unit_test(test_wrong_constructors),
        cmocka_unit_test(test_wrong_groups),
        cmocka_unit_test(test_muon_wants_matrices),
        cmocka_unit_test(test_step_without_gradient),
        cmocka_unit_test(test_clip_by_hand),
        cmocka_unit_test(test_clip_of_what_is_not_finite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
