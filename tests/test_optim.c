// The optimizers: by hand with round numbers, against PyTorch's values, what groups promise, what
// the three states of a gradient mean, what a wrong use says, the same bits for any number of
// threads.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <math.h>

#include "base/random.h"
#include "base/threads.h"
#include "caught.h"
#include "golden.h"
#include "kernels/update.h"
#include "optim/optimizer.h"

static const Algorithm *const algorithms[] = {&algorithm_sgd, &algorithm_adam, &algorithm_adamw};
enum { ALGORITHM_COUNT = sizeof algorithms / sizeof algorithms[0] };

#ifdef KNOBS_DOUBLE
static const double BOUND = 1e-12;
#else
static const double BOUND = 2e-6;
#endif

// --- small parameters ----------------------------------------------------------------------------

// A parameter of one number.
static Parameter *weight_new(const char *name, double value) {
    Parameter *parameter = parameter_new(name, SHAPE(1));
    parameter->tensor.data[0] = (real)value;
    return parameter;
}

static double weight(const Parameter *parameter) {
    return (double)parameter->tensor.data[0];
}

static void gradient_set(Parameter *parameter, double value) {
    parameter_zero_grad(parameter);
    parameter->tensor.grad[0] = (real)value;
    parameter->tensor.grad_state = GRAD_VALUE;
}

static ParameterList list_of(Parameter *parameter) {
    ParameterList list = {0};
    parameter_list_append(&list, parameter);
    return list;
}

static ParameterList list_of_two(Parameter *a, Parameter *b) {
    return parameter_list_join(list_of(a), list_of(b));
}

#define assert_near(found, expected)                                                               \
    do {                                                                                           \
        double found_ = (found), expected_ = (expected);                                           \
        if (!(fabs(found_ - expected_) <= BOUND * fmax(1, fabs(expected_))))                       \
            fail_msg(#found ": %.17g, expected is %.17g", found_, expected_);                      \
    } while (0)

#define assert_exact(found, expected)                                                              \
    do {                                                                                           \
        double found_ = (found), expected_ = (expected);                                           \
        if (found_ != expected_)                                                                   \
            fail_msg(#found ": %.17g, expected is %.17g", found_, expected_);                      \
    } while (0)

// Steps one weight through gradients, and wants it to be where `expected` says after each.
static void follow(Optimizer *optimizer, Parameter *parameter, int count, const double *gradients,
                   const double *expected) {
    for (int i = 0; i < count; i++) {
        gradient_set(parameter, gradients[i]);
        optimizer_step(optimizer);
        assert_near(weight(parameter), expected[i]);
    }
    optimizer_free(optimizer);
    parameter_free(parameter);
}

// --- by hand -------------------------------------------------------------------------------------

static void test_sgd_by_hand(void **state) {
    (void)state;
    const double gradients[] = {1, 1, -2};
    Parameter *w = weight_new("w", 4);
    follow(sgd(list_of(w), .lr = 0.5), w, 3, gradients, (double[]){3.5, 3, 4});
    // g = 1 + 4/2 = 3, w = 2.5; g = 1 + 1.25 = 2.25, w = 1.375; g = −2 + .6875, w = 2.03125
    w = weight_new("w", 4);
    follow(sgd(list_of(w), .lr = 0.5, .weight_decay = 0.5), w, 3, gradients,
           (double[]){2.5, 1.375, 2.03125});
    // b = 1, 1.5, −1.25
    w = weight_new("w", 4);
    follow(sgd(list_of(w), .lr = 1, .momentum = 0.5), w, 3, gradients, (double[]){3, 1.5, 2.75});
    // g + b/2 = 1.5, 1.75, −2.625
    w = weight_new("w", 4);
    follow(sgd(list_of(w), .lr = 1, .momentum = 0.5, .nesterov = 1), w, 3, gradients,
           (double[]){2.5, 0.75, 3.375});
    // b = 1 (the first gradient, whole), 1/2 + 1/4, 3/8 − 2/4
    w = weight_new("w", 4);
    follow(sgd(list_of(w), .lr = 1, .momentum = 0.5, .dampening = 0.75), w, 3, gradients,
           (double[]){3, 2.25, 2.375});
}

static void test_adam_by_hand(void **state) {
    (void)state;
    // The first step is lr long whatever the gradient, and so is each while the gradient stays.
    const double steady[] = {8, 8, 8};
    Parameter *w = weight_new("w", 4);
    follow(adam(list_of(w), .lr = 0.5, .eps = 0), w, 3, steady, (double[]){3.5, 3, 2.5});
    w = weight_new("w", 4);
    follow(adam(list_of(w), .lr = 0.5, .beta1 = 0, .beta2 = 0, .eps = 8), w, 3, steady,
           (double[]){3.75, 3.5, 3.25});
    // beta1 0, beta2 1/2: v = 4.5, v / (1/2) = 9; v = 10.25, v / (3/4) = 41/3
    w = weight_new("w", 4);
    follow(adam(list_of(w), .lr = 1, .beta1 = 0, .beta2 = 0.5, .eps = 0), w, 2,
           (const double[]){3, 4}, (double[]){3, 3 - 4 / sqrt(41. / 3)});
    // Adam's decay is only one more gradient, so it can't change the first step's length.
    w = weight_new("w", 4);
    follow(adam(list_of(w), .lr = 0.5, .weight_decay = 2, .eps = 0), w, 1, steady, (double[]){3.5});
    // AdamW's shrinks w by lr · weight_decay = 1/4 beside the step.
    w = weight_new("w", 4);
    follow(adamw(list_of(w), .lr = 0.5, .weight_decay = 0.5, .eps = 0), w, 2, steady,
           (double[]){2.5, 1.375});
    // At zero gradient nothing else is left: (1 − lr · weight_decay)ⁿ.
    w = weight_new("w", 1);
    follow(adamw(list_of(w), .lr = 0.5, .weight_decay = 0.5), w, 3, (const double[]){0, 0, 0},
           (double[]){0.75, 0.5625, 0.421875});
}

static void assert_defaults(Optimizer *optimizer, const char *names, const double *values) {
    assert_string_equal(hyperparameters_names_text(&optimizer->defaults).text, names);
    int next = 0;
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        double value = hyperparameter_value(&optimizer->groups[0].hyperparameters, id);
        if (isnan(value))
            continue;
        assert_exact(value, values[next++]);
        assert_exact(optimizer_get(optimizer, 0, hyperparameter_name(id)), value);
        assert_int_equal(hyperparameter_find(hyperparameter_name(id)), id);
    }
    optimizer_free(optimizer);
}

static void test_defaults_are_pytorchs(void **state) {
    (void)state;
    Parameter *w = weight_new("w", 1);
    assert_defaults(sgd(list_of(w)), "lr, momentum, dampening, nesterov, weight_decay",
                    (double[]){1e-3, 0, 0, 0, 0});
    const char *adams = "lr, weight_decay, beta1, beta2, eps";
    assert_defaults(adam(list_of(w)), adams, (double[]){1e-3, 0, 0.9, 0.999, 1e-8});
    assert_defaults(adamw(list_of(w)), adams, (double[]){1e-3, 1e-2, 0.9, 0.999, 1e-8});
    // A variable may have a constructor's name.
    Optimizer *adam = adam(list_of(w), .lr = 0.25);
    assert_exact(optimizer_get(adam, 0, "lr"), 0.25);
    optimizer_free(adam);
    parameter_free(w);
}

// --- against PyTorch -----------------------------------------------------------------------------

static Golden golden;
static const char *const golden_names[] = {"a", "b", "c"};
enum { GOLDEN_PARAMETERS = 3, GOLDEN_STEPS = 12 };

static int golden_setup(void **state) {
    (void)state;
    golden = golden_read("optim.txt");
    return 0;
}

static int golden_teardown(void **state) {
    (void)state;
    golden_free(&golden);
    return 0;
}

static void parameter_from_golden(Parameter **parameter, const char *name) {
    const GoldenTensor *start = golden_find(&golden, "start", name);
    *parameter = parameter_new(name, start->shape);
    for (size_t i = 0; i < start->size; i++)
        (*parameter)->tensor.data[i] = (real)start->values[i];
}

static void gradient_from_golden(Parameter *parameter, int step) {
    const GoldenTensor *gradient = golden_find(&golden, "gradient", parameter->name);
    int wanted = (int)golden_find(&golden, "gradient_state", parameter->name)->values[step];
    if (wanted == 0) {
        parameter_clear_grad(parameter);
        return;
    }
    parameter_zero_grad(parameter);
    if (wanted == 1)
        return;
    for (size_t i = 0; i < parameter->tensor.size; i++)
        parameter->tensor.grad[i] =
            (real)gradient->values[(size_t)step * parameter->tensor.size + i];
    parameter->tensor.grad_state = GRAD_VALUE;
}

static Hyperparameters options_from_golden(const char *scenario, int group) {
    const GoldenTensor *options = golden_find(&golden, scenario, "options");
    assert_int_equal(options->shape.dims[1], HYPERPARAMETER_COUNT);
    Hyperparameters given;
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
        hyperparameter_set(&given, id, options->values[group * HYPERPARAMETER_COUNT + id]);
    return given;
}

static ParameterList members_from_golden(const char *scenario, int group, Parameter **parameters) {
    const GoldenTensor *groups = golden_find(&golden, scenario, "group");
    ParameterList list = {0};
    for (int p = 0; p < GOLDEN_PARAMETERS; p++)
        if ((int)groups->values[p] == group)
            parameter_list_append(&list, parameters[p]);
    return list;
}

// Adds the groups and turns the knobs that the scenario wants before a step.
static void scenario_prepare(const char *scenario, Optimizer *optimizer, Parameter **parameters,
                             int step) {
    const GoldenTensor *added = golden_find(&golden, scenario, "added");
    for (int group = 1; group < (int)added->size; group++)
        if ((int)added->values[group] == step)
            assert_int_equal(
                optimizer_add_group_of(optimizer, members_from_golden(scenario, group, parameters),
                                       options_from_golden(scenario, group)),
                group);
    const GoldenTensor *changes = golden_seek(&golden, scenario, "changes");
    for (int i = 0; changes && i < changes->shape.dims[0]; i++) {
        const double *change = changes->values + 4 * i;
        if ((int)change[0] == step)
            optimizer_set_by_id(optimizer, (int)change[1], (int)change[2], change[3]);
    }
}

static void assert_golden(const char *prefix, const char *name, const real *found, size_t size) {
    const GoldenTensor *expected = golden_find(&golden, prefix, name);
    assert_int_equal(expected->size, size);
    const double error = golden_error(expected, found);
    if (!(error <= BOUND))
        fail_msg("%s.%s: relative error %g, allowed is %g", prefix, name, error, BOUND);
}

// A buffer of the state is there where PyTorch has one, and holds the same numbers.
static void scenario_check_state(const char *scenario, const Optimizer *optimizer,
                                 const Parameter *parameter) {
    const ParameterState *state = optimizer_state(optimizer, parameter);
    char prefix[96];
    snprintf(prefix, sizeof prefix, "%s.%s", scenario, parameter->name);
    for (int i = 0; i < STATE_MAX_BUFFERS && optimizer->algorithm->buffer_names[i]; i++) {
        const char *name = optimizer->algorithm->buffer_names[i];
        assert_int_equal(state->buffers[i] != NULL, golden_seek(&golden, prefix, name) != NULL);
        if (state->buffers[i])
            assert_golden(prefix, name, state->buffers[i], parameter->tensor.size);
    }
}

static void scenario_run(const Algorithm *algorithm, const char *scenario) {
    Parameter *parameters[GOLDEN_PARAMETERS];
    real *path[GOLDEN_PARAMETERS];
    for (int p = 0; p < GOLDEN_PARAMETERS; p++) {
        parameter_from_golden(&parameters[p], golden_names[p]);
        path[p] = memory_zeroed(GOLDEN_STEPS * parameters[p]->tensor.size, sizeof(real));
    }
    Optimizer *optimizer = optimizer_new(algorithm, members_from_golden(scenario, 0, parameters),
                                         options_from_golden(scenario, 0));
    for (int step = 0; step < GOLDEN_STEPS; step++) {
        scenario_prepare(scenario, optimizer, parameters, step);
        for (int p = 0; p < GOLDEN_PARAMETERS; p++)
            gradient_from_golden(parameters[p], step);
        optimizer_step(optimizer);
        for (int p = 0; p < GOLDEN_PARAMETERS; p++) {
            const Tensor *tensor = &parameters[p]->tensor;
            memcpy(path[p] + (size_t)step * tensor->size, tensor->data,
                   tensor->size * sizeof(real));
        }
    }
    for (int p = 0; p < GOLDEN_PARAMETERS; p++) {
        const size_t size = parameters[p]->tensor.size;
        assert_golden(scenario, golden_names[p], path[p], GOLDEN_STEPS * size);
        scenario_check_state(scenario, optimizer, parameters[p]);
    }
    optimizer_free(optimizer);
    for (int p = 0; p < GOLDEN_PARAMETERS; p++) {
        parameter_free(parameters[p]);
        free(path[p]);
    }
}

// Runs every scenario of the file that is the algorithm's, and returns how many there were.
static int scenarios_run(const Algorithm *algorithm) {
    int count = 0;
    for (size_t i = 0; i < golden.count; i++) {
        char scenario[96];
        snprintf(scenario, sizeof scenario, "%s", golden.tensors[i].name);
        char *end = strstr(scenario, ".options");
        size_t length = strlen(algorithm->name);
        if (!end || strncmp(scenario, algorithm->name, length) != 0 || scenario[length] != '.')
            continue;
        *end = 0;
        scenario_run(algorithm, scenario);
        count++;
    }
    return count;
}

static void test_against_pytorch(void **state) {
    (void)state;
    for (int i = 0; i < ALGORITHM_COUNT; i++)
        assert_true(scenarios_run(algorithms[i]) >= 3);
}

// The guard: an algorithm that is defined in common/optim/ has a row in `algorithms`.
static void test_each_algorithm_has_a_row(void **state) {
    (void)state;
    DIR *folder = opendir(KNOBS_ROOT "/common/optim");
    assert_non_null(folder);
    int found = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[1024], line[512], name[64];
        snprintf(path, sizeof path, KNOBS_ROOT "/common/optim/%s", entry->d_name);
        if (!strstr(entry->d_name, ".c"))
            continue;
        FILE *file = fopen(path, "r");
        assert_non_null(file);
        while (fgets(line, sizeof line, file)) {
            if (sscanf(line, "const Algorithm algorithm_%63[a-z0-9_]", name) != 1)
                continue;
            int row = 0;
            while (row < ALGORITHM_COUNT && strcmp(algorithms[row]->name, name) != 0)
                row++;
            if (row == ALGORITHM_COUNT)
                fail_msg("%s: algorithm_%s is compared with nothing: give it a row", path, name);
            found++;
        }
        fclose(file);
    }
    closedir(folder);
    assert_int_equal(found, ALGORITHM_COUNT);
}

// --- groups --------------------------------------------------------------------------------------

static void test_group_inherits_from_the_constructor(void **state) {
    (void)state;
    Parameter *a = weight_new("a", 1), *b = weight_new("b", 1), *c = weight_new("c", 1);
    Optimizer *optimizer = sgd(list_of(a), .lr = 0.5, .momentum = 0.75, .weight_decay = 0.125);
    optimizer_set(optimizer, 0, "lr", 0.0625);
    assert_int_equal(optimizer_add_group(optimizer, list_of(b)), 1);
    assert_int_equal(optimizer_add_group(optimizer, list_of(c), .weight_decay = 0, .lr = 2), 2);
    assert_exact(optimizer_get(optimizer, 0, "lr"), 0.0625);
    assert_exact(optimizer_get(optimizer, 1, "lr"), 0.5);
    assert_exact(optimizer_get(optimizer, 1, "momentum"), 0.75);
    assert_exact(optimizer_get(optimizer, 1, "weight_decay"), 0.125);
    assert_exact(optimizer_get(optimizer, 2, "weight_decay"), 0);
    assert_exact(optimizer_get(optimizer, 2, "momentum"), 0.75);
    assert_exact(optimizer_get(optimizer, 2, "lr"), 2);
    assert_string_equal(optimizer->groups[2].name, "group 2");
    optimizer_name_group(optimizer, 2, "head");
    assert_string_equal(optimizer->groups[2].name, "head");
    assert_ptr_equal(optimizer->groups[2].parameters.items[0], c);
    ParameterList nothing = {0};
    assert_int_equal(optimizer_add_group(optimizer, nothing), 3);
    optimizer_free(optimizer);
    parameter_free(a);
    parameter_free(b);
    parameter_free(c);
}

// The first step of SGD: the lengths are as the rates, whatever the gradient.
static void test_group_rates(void **state) {
    (void)state;
    Parameter *a = weight_new("a", 0), *b = weight_new("b", 0);
    Optimizer *optimizer = sgd(list_of(a), .lr = 0.3, .momentum = 0.9);
    optimizer_add_group(optimizer, list_of(b), .lr = 0.003);
    gradient_set(a, 0.7);
    gradient_set(b, 0.7);
    optimizer_step(optimizer);
    assert_near(weight(a) / weight(b) / 100, 1);
    optimizer_free(optimizer);
    parameter_free(a);
    parameter_free(b);
}

// A group without decay at zero gradient doesn't move by one bit; the other does.
static void test_group_without_decay(void **state) {
    (void)state;
    for (int i = 0; i < ALGORITHM_COUNT; i++) {
        Parameter *a = weight_new("a", 0.7), *b = weight_new("b", 0.7);
        Optimizer *optimizer = optimizer_new(algorithms[i], list_of(a),
                                             HYPERPARAMETERS_OF(.lr = 0.1, .weight_decay = 0.1));
        optimizer_add_group(optimizer, list_of(b), .weight_decay = 0);
        for (int step = 0; step < 10; step++) {
            gradient_set(a, 0);
            gradient_set(b, 0);
            optimizer_step(optimizer);
        }
        assert_true(weight(a) < 0.65);
        assert_exact(weight(b), (double)(real)0.7);
        optimizer_free(optimizer);
        parameter_free(a);
        parameter_free(b);
    }
}

// A group that is added in the middle of training begins as one that was there from the start.
static void test_group_added_late_is_fresh(void **state) {
    (void)state;
    for (int i = 0; i < ALGORITHM_COUNT; i++) {
        Parameter *early = weight_new("early", 1), *late = weight_new("late", 1);
        Hyperparameters given = HYPERPARAMETERS_OF(.lr = 0.1);
        if (algorithms[i] == &algorithm_sgd)
            given.momentum = 0.9;
        Optimizer *optimizer = optimizer_new(algorithms[i], list_of(early), given);
        double first[3];
        for (int step = 0; step < 10; step++) {
            if (step == 7)
                optimizer_add_group(optimizer, list_of(late));
            gradient_set(early, 1 + step % 7);
            gradient_set(late, 1 + step % 7);
            optimizer_step(optimizer);
            if (step < 3)
                first[step] = weight(early);
            if (step >= 7)
                assert_exact(weight(late), first[step - 7]);
        }
        assert_int_equal(optimizer_state(optimizer, early)->step, 10);
        assert_int_equal(optimizer_state(optimizer, late)->step, 3);
        optimizer_free(optimizer);
        parameter_free(early);
        parameter_free(late);
    }
}

// --- gradients: none, zero, value; frozen
// ---------------------------------------------------------

// What each algorithm does to a weight that was stepped once, in each state of its gradient.
static void test_states_of_the_gradient(void **state) {
    (void)state;
    for (int i = 0; i < ALGORITHM_COUNT; i++)
        for (int grad_state = GRAD_NONE; grad_state <= GRAD_VALUE; grad_state++)
            for (int frozen = 0; frozen < 2; frozen++) {
                Parameter *w = weight_new("w", 1), *other = weight_new("other", 1);
                Hyperparameters given = HYPERPARAMETERS_OF(.lr = 0.125);
                if (algorithms[i] == &algorithm_sgd)
                    given.momentum = 0.5;
                Optimizer *optimizer = optimizer_new(algorithms[i], list_of_two(w, other), given);
                gradient_set(w, 1);
                gradient_set(other, 1);
                optimizer_step(optimizer);
                w->tensor.requires_grad = !frozen; // by hand: a stale gradient stays
                if (grad_state == GRAD_NONE)
                    parameter_clear_grad(w);
                if (grad_state == GRAD_ZERO)
                    parameter_zero_grad(w);
                const double before = weight(w), other_before = weight(other);
                const uint64_t version = w->version;
                optimizer_step(optimizer);
                const bool moves = grad_state != GRAD_NONE; // a zero one coasts
                assert_int_equal(weight(w) != before, moves);
                assert_int_equal(w->version - version, moves);
                assert_int_equal(optimizer_state(optimizer, w)->step, moves ? 2 : 1);
                assert_true(weight(other) != other_before);
                optimizer_free(optimizer);
                parameter_free(w);
                parameter_free(other);
            }
}

static void test_zero_grad(void **state) {
    (void)state;
    Parameter *a = weight_new("a", 1), *b = weight_new("b", 1), *foreign = weight_new("f", 1);
    Optimizer *optimizer = sgd(list_of(a));
    optimizer_add_group(optimizer, list_of(b));
    gradient_set(a, 1);
    gradient_set(foreign, 3);
    optimizer_zero_grad_to_zero(optimizer);
    assert_int_equal(a->tensor.grad_state, GRAD_ZERO);
    assert_exact((double)a->tensor.grad[0], 0);
    assert_int_equal(b->tensor.grad_state, GRAD_NONE); // none stays none
    gradient_set(b, 1);
    optimizer_zero_grad(optimizer);
    assert_int_equal(a->tensor.grad_state, GRAD_NONE);
    assert_int_equal(b->tensor.grad_state, GRAD_NONE);
    assert_int_equal(foreign->tensor.grad_state, GRAD_VALUE); // not its own
    assert_exact((double)foreign->tensor.grad[0], 3);
    optimizer_free(optimizer);
    parameter_free(a);
    parameter_free(b);
    parameter_free(foreign);
}

static void test_state_for_checkpoints(void **state) {
    (void)state;
    Parameter *w = parameter_new("w", SHAPE(3)), *foreign = weight_new("foreign", 1);
    Optimizer *optimizer = adam(list_of(w));
    assert_null(optimizer_state(optimizer, w));
    ParameterState *made = optimizer_state_create(optimizer, w);
    assert_ptr_equal(made, optimizer_state(optimizer, w));
    assert_ptr_equal(made, optimizer_state_create(optimizer, w));
    assert_int_equal(made->step, 0);
    assert_null(made->buffers[1]);
    real *buffer = parameter_state_buffer(made, w, 1);
    assert_exact((double)(buffer[0] + buffer[1] + buffer[2]), 0);
    assert_ptr_equal(buffer, parameter_state_buffer(made, w, 1));
    assert_fatal(optimizer_state(optimizer, foreign), "adam: parameter 'foreign' isn't in any");
    assert_fatal(optimizer_state_create(optimizer, foreign), "'foreign' isn't in any");
    optimizer_free(optimizer);
    optimizer_free(NULL);
    parameter_free(w);
    parameter_free(foreign);
}

// --- wrong uses ----------------------------------------------------------------------------------

static void test_wrong_constructors(void **state) {
    (void)state;
    Parameter *w = weight_new("w", 1);
    const ParameterList one = list_of(w), nothing = {0};
    assert_fatal(sgd(nothing), "sgd: the list of parameters is empty");
    assert_fatal(sgd(one, .beta1 = 0.5), "sgd has no hyperparameter 'beta1'; it has lr, momentum, "
                                         "dampening, nesterov, weight_decay");
    assert_fatal(adam(one, .momentum = 0),
                 "adam has no hyperparameter 'momentum'; it has lr, weight_decay, beta1");
    assert_fatal(sgd(one, .lr = -0.5), "sgd: lr of 'group 0' is -0.5; it must be finite and at "
                                       "least 0");
    assert_fatal(sgd(one, .lr = INFINITY), "lr of 'group 0' is inf");
    assert_fatal(sgd(one, .momentum = -1), "sgd: momentum of 'group 0' is -1");
    assert_fatal(sgd(one, .dampening = INFINITY),
                 "dampening of 'group 0' is inf; it must be finite");
    assert_fatal(sgd(one, .weight_decay = -1), "sgd: weight_decay of 'group 0' is -1");
    assert_fatal(adam(one, .beta1 = 1), "adam: beta1 of 'group 0' is 1; it must be at least 0 and "
                                        "less than 1");
    assert_fatal(adamw(one, .beta2 = -0.1), "adamw: beta2 of 'group 0' is -0.1");
    assert_fatal(adam(one, .eps = -1), "adam: eps of 'group 0' is -1");
    assert_fatal(sgd(one, .nesterov = 0.5, .momentum = 1), "nesterov of 'group 0' is 0.5; it must "
                                                           "be 0 or 1");
    const char *nesterov = "sgd: nesterov of 'group 0' needs momentum > 0 and dampening 0";
    assert_fatal(sgd(one, .nesterov = 1), nesterov);
    assert_fatal(sgd(one, .nesterov = 1, .momentum = 0.5, .dampening = 0.25), nesterov);
    assert_fatal(sgd(list_of_two(w, w)), "sgd: parameter 'w' stands twice in 'group 0'");
    parameter_free(w);
}

static void test_wrong_groups(void **state) {
    (void)state;
    Parameter *a = weight_new("a", 1), *b = weight_new("b", 1);
    Optimizer *optimizer = adam(list_of(a));
    optimizer_name_group(optimizer, 0, "backbone");
    assert_fatal(optimizer_add_group(optimizer, list_of_two(b, a)),
                 "adam: parameter 'a' would be in two groups, 'backbone' and 'group 1'");
    assert_fatal(optimizer_add_group(optimizer, list_of_two(b, b)),
                 "adam: parameter 'b' stands twice in 'group 1'");
    assert_fatal(optimizer_add_group(optimizer, list_of(b), .lr = -1),
                 "adam: lr of 'group 1' is -1");
    assert_fatal(optimizer_add_group(optimizer, list_of(b), .nesterov = 1),
                 "adam has no hyperparameter 'nesterov'");
    assert_int_equal(optimizer->group_count, 1);
    assert_fatal(optimizer_name_group(optimizer, 1, "head"),
                 "adam: there is no group 1; it has 1 (they count from 0)");
    assert_fatal(optimizer_get(optimizer, -1, "lr"), "adam: there is no group -1");
    assert_fatal(optimizer_get(optimizer, 0, "rate"),
                 "adam has no hyperparameter 'rate'; it has lr");
    assert_fatal(optimizer_set(optimizer, 0, "momentum", 0), "no hyperparameter 'momentum'");
    assert_fatal(optimizer_set(optimizer, 0, "beta2", 1),
                 "adam: beta2 of 'backbone' is 1; it must");
    assert_fatal(optimizer_set(optimizer, 0, "lr", NAN), "adam: lr of 'backbone' is");
    assert_exact(optimizer_get(optimizer, 0, "beta2"), 0.999);
    assert_fatal(optimizer_set_by_id(optimizer, 0, HYPERPARAMETER_momentum, 0), "of the id 1");
    assert_fatal(optimizer_set_by_id(optimizer, 0, -1, 0), "of the id -1");
    assert_fatal(optimizer_set_by_id(optimizer, 0, HYPERPARAMETER_COUNT, 0), "of the id");
    optimizer_free(optimizer);
    parameter_free(a);
    parameter_free(b);
}

static void test_step_without_a_gradient(void **state) {
    (void)state;
    Parameter *a = weight_new("a", 1), *b = weight_new("b", 1), *foreign = weight_new("f", 1);
    Optimizer *optimizer = sgd(list_of(a));
    optimizer_add_group(optimizer, list_of(b));
    gradient_set(foreign, 1);
    assert_fatal(optimizer_step(optimizer), "sgd: a step without a gradient");
    gradient_set(b, 1);
    optimizer_step(optimizer);
    optimizer_zero_grad(optimizer);
    assert_fatal(optimizer_step(optimizer), "sgd: a step without a gradient");
    optimizer_free(optimizer);
    parameter_free(a);
    parameter_free(b);
    parameter_free(foreign);
}

// --- loops ---------------------------------------------------------------------------------------

enum { KERNEL_COUNT = 5, KERNEL_ARRAYS = 4 };

static void kernel_run(int kernel, size_t n, real *const *arrays, size_t start) {
    real *w = arrays[0] + start, *g = arrays[1] + start, *b = arrays[2] + start;
    real *v = arrays[3] + start;
    const real lr = (real)0.1, decay = (real)0.01, momentum = (real)0.9, share = (real)0.7;
    if (kernel == 0)
        update_sgd(n, w, g, lr, decay);
    else if (kernel <= 2)
        update_sgd_momentum(n, w, g, b, lr, decay, momentum, share, kernel == 2);
    else
        update_adam(n, w, g, b, v,
                    (UpdateAdam){.gradient_decay = kernel == 3 ? decay : 0,
                                 .weight_decay = kernel == 3 ? 0 : decay,
                                 .beta1 = momentum,
                                 .one_minus_beta1 = lr,
                                 .beta2 = (real)0.99,
                                 .one_minus_beta2 = decay,
                                 .step_size = lr,
                                 .root_scale = momentum,
                                 .eps = (real)1e-8});
}

static void arrays_fill(real **arrays, size_t n) {
    Random random = random_from_seed(5);
    for (int i = 0; i < KERNEL_ARRAYS; i++) {
        arrays[i] = memory_alloc(n * sizeof(real));
        random_fill_uniform(&random, n, i == 3 ? 0.1 : -1, 1, arrays[i]);
    }
}

static void arrays_free(real **arrays) {
    for (int i = 0; i < KERNEL_ARRAYS; i++)
        free(arrays[i]);
}

// The loop over n numbers does to each what the loop over one does, for every n that a vector
// register and its remainder can meet, and touches nothing beyond.
static void test_every_size(void **state) {
    (void)state;
    for (int kernel = 0; kernel < KERNEL_COUNT; kernel++)
        for (size_t n = 0; n <= 40; n++) {
            real *together[KERNEL_ARRAYS], *single[KERNEL_ARRAYS];
            arrays_fill(together, 41);
            arrays_fill(single, 41);
            kernel_run(kernel, n, together, 0);
            for (size_t i = 0; i < n; i++)
                kernel_run(kernel, 1, single, i);
            for (int array = 0; array < KERNEL_ARRAYS; array++)
                for (size_t i = 0; i < 41; i++)
                    if (i < n)
                        assert_near((double)together[array][i], (double)single[array][i]);
                    else
                        assert_exact((double)together[array][i], (double)single[array][i]);
            arrays_free(together);
            arrays_free(single);
        }
}

static void test_same_bits_for_any_number_of_threads(void **state) {
    (void)state;
    enum { SIZE = 100003 };
    for (int kernel = 0; kernel < KERNEL_COUNT; kernel++) {
        real *arrays[3][KERNEL_ARRAYS];
        for (int threads = 1; threads <= 3; threads++) {
            threads_set(threads);
            arrays_fill(arrays[threads - 1], SIZE);
            for (int step = 0; step < 3; step++)
                kernel_run(kernel, SIZE, arrays[threads - 1], 0);
        }
        threads_set(0);
        for (int i = 1; i < 3; i++)
            for (int array = 0; array < KERNEL_ARRAYS; array++)
                assert_memory_equal(arrays[i][array], arrays[0][array], SIZE * sizeof(real));
        for (int i = 0; i < 3; i++)
            arrays_free(arrays[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sgd_by_hand),
        cmocka_unit_test(test_adam_by_hand),
        cmocka_unit_test(test_defaults_are_pytorchs),
        cmocka_unit_test_setup_teardown(test_against_pytorch, golden_setup, golden_teardown),
        cmocka_unit_test(test_each_algorithm_has_a_row),
        cmocka_unit_test(test_group_inherits_from_the_constructor),
        cmocka_unit_test(test_group_rates),
        cmocka_unit_test(test_group_without_decay),
        cmocka_unit_test(test_group_added_late_is_fresh),
        cmocka_unit_test(test_states_of_the_gradient),
        cmocka_unit_test(test_zero_grad),
        cmocka_unit_test(test_state_for_checkpoints),
        cmocka_unit_test(test_wrong_constructors),
        cmocka_unit_test(test_wrong_groups),
        cmocka_unit_test(test_step_without_a_gradient),
        cmocka_unit_test(test_every_size),
        cmocka_unit_test(test_same_bits_for_any_number_of_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
