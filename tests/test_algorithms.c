// Every algorithm of the table: against PyTorch's values, also when it was saved and loaded in
// between; any number of numbers, threads and instructions against one number at a time; infinite
// weights. An algorithm or a knob without golden values fails.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "base/random.h"
#include "base/threads.h"
#include "golden.h"
#include "kernels/loops.h"
#include "nn/module.h"
#include "optim/clip.h"
#include "optim/optimizer.h"
#include "run/checkpoint.h"
#include "scratch.h"

// Relative to the largest number of a tensor. A weight or a momentum that passes by 0 keeps the
// rounding errors of where it came from, which in single precision are beyond the bound of it.
#ifdef KNOBS_DOUBLE
static const double BOUND = 1e-11, SMALLEST_SCALE = 1e-3, ROUNDING = 1e-12;
#else
static const double BOUND = 5e-6, SMALLEST_SCALE = 0.05, ROUNDING = 1e-5;
#endif

#define NAME(...) name_of((char[96]){0}, __VA_ARGS__)

__attribute__((format(printf, 2, 3))) static const char *name_of(char *text, const char *format,
                                                                 ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, 96, format, arguments);
    va_end(arguments);
    return text;
}

// --- PyTorch -------------------------------------------------------------------------------------

enum { GOLDEN_STEPS = 50, GOLDEN_PARAMETERS = 6, RESUME_AT = 25 };

static Golden golden;

static int set_up(void **state) {
    golden = golden_read("optim.txt");
    return scratch_make(state);
}

static int tear_down(void **state) {
    golden_free(&golden);
    return scratch_remove(state);
}

// A case of tests/golden/optim.txt as it runs.
typedef struct Case {
    char name[96];
    Golden rows; // its own
    const Algorithm *algorithm;
    Module *owner;
    Parameter *parameters[GOLDEN_PARAMETERS];
    Optimizer *optimizer;
} Case;

// Finds the case that begins at row *at or after it, and moves *at on.
static bool case_next(Case *c, size_t *at) {
    const char *end = ".groups";
    for (; *at < golden.count; ++*at) {
        const char *row = golden.tensors[*at].name;
        const size_t length = strlen(row), tail = strlen(end);
        if (length <= tail || strcmp(row + length - tail, end) != 0)
            continue;
        // "sgd.groups" is a case too; its rows are "sgd.groups.groups", "sgd.groups.w.0.0", …
        *c = (Case){0};
        snprintf(c->name, sizeof c->name, "%.*s", (int)(length - tail), row);
        c->rows.tensors = golden.tensors + *at;
        const char *begin = NAME("%s.", c->name);
        while (*at < golden.count && !strncmp(golden.tensors[*at].name, begin, strlen(begin))) {
            c->rows.count++;
            ++*at;
        }
        c->algorithm = algorithm_find(NAME("%.*s", (int)strcspn(c->name, "."), c->name));
        if (!c->algorithm)
            fail_msg("golden values: no algorithm for %s", c->name);
        return true;
    }
    return false;
}

// Parameters of zeros, and no optimizer yet.
static void case_build(Case *c) {
    c->owner = module_new(sizeof *c->owner, "Parameters", NULL);
    for (int p = 0; p < GOLDEN_PARAMETERS; p++)
        c->parameters[p] = module_add_parameter(
            c->owner, NAME("%d", p), golden_find(&golden, "start", NAME("%d", p))->shape);
}

static void case_free(Case *c) {
    optimizer_free(c->optimizer);
    module_free(c->owner);
    c->optimizer = NULL;
}

static void case_add_group(Case *c, int group) {
    const GoldenTensor *groups = golden_find(&c->rows, c->name, "groups");
    ParameterList members = {0};
    for (int p = 0; p < GOLDEN_PARAMETERS; p++)
        if ((int)groups->values[p] == group)
            parameter_list_append(&members, c->parameters[p]);
    Hyperparameters given = HYPERPARAMETERS_OF();
    for (int id = 0; id < HYPERPARAMETER_COUNT; id++) {
        const GoldenTensor *value =
            golden_seek(&c->rows, c->name, NAME("given.%d.%s", group, hyperparameter_name(id)));
        if (value)
            given.values[id] = value->values[0];
    }
    if (group == 0)
        c->optimizer = optimizer_new(c->algorithm, members, given);
    else
        assert_int_equal(optimizer_add_group_of(c->optimizer, members, given), group);
}

static void case_add_groups(Case *c, int first_step, int end_step) {
    const GoldenTensor *added_at = golden_find(&c->rows, c->name, "added_at");
    for (size_t g = 0; g < added_at->size; g++)
        if (first_step <= (int)added_at->values[g] && (int)added_at->values[g] < end_step)
            case_add_group(c, (int)g);
}

// Row "CASE.set.STEP.GROUP.KNOB": what is set, or false.
static bool row_is_set(const Case *c, const GoldenTensor *row, int *step, int *group, char *knob) {
    return sscanf(row->name + strlen(c->name), ".set.%d.%d.%31s", step, group, knob) == 3;
}

static void case_set_knobs(Case *c, int now) {
    for (size_t i = 0; i < c->rows.count; i++) {
        int step, group;
        char knob[32];
        if (row_is_set(c, &c->rows.tensors[i], &step, &group, knob) && step == now)
            optimizer_set(c->optimizer, group, knob, c->rows.tensors[i].values[0]);
    }
}

static void gradient_take(Parameter *parameter, const GoldenTensor *gradient) {
    parameter_clear_grad(parameter);
    if (!gradient)
        return;
    parameter_zero_grad(parameter);
    for (size_t i = 0; i < gradient->size; i++) {
        parameter->tensor.grad[i] = (real)gradient->values[i];
        if (gradient->values[i] != 0)
            parameter->tensor.grad_state = GRAD_VALUE;
    }
}

static void numbers_compare(const Case *c, const char *what, const real *found) {
    const GoldenTensor *expected = golden_find(&c->rows, c->name, what);
    double error = 0, scale = SMALLEST_SCALE;
    for (size_t i = 0; i < expected->size; i++) {
        error = fmax(error, fabs((double)found[i] - expected->values[i]));
        scale = fmax(scale, fabs(expected->values[i]));
        if (isnan((double)found[i]))
            error = (double)INFINITY;
    }
    if (!(error <= BOUND * scale))
        fail_msg("%s.%s: error %g, the largest number is %g, allowed is %g of it", c->name, what,
                 error, scale, BOUND);
}

static void case_step(Case *c, int step) {
    for (int p = 0; p < GOLDEN_PARAMETERS; p++)
        gradient_take(c->parameters[p],
                      golden_seek(&golden, NAME("gradient.%d", step), NAME("%d", p)));
    optimizer_step(c->optimizer);
    for (int p = 0; p < GOLDEN_PARAMETERS; p++) {
        const char *what = NAME("w.%d.%d", step, p);
        if (golden_seek(&c->rows, c->name, what))
            numbers_compare(c, what, c->parameters[p]->tensor.data);
    }
}

// PyTorch has a buffer where we have one, with the same numbers; where it counts steps, it counts
// as many.
static void state_compare(const Case *c, int p, const ParameterState *own) {
    const GoldenTensor *step = golden_seek(&c->rows, c->name, NAME("state.%d.step", p));
    if (step)
        assert_int_equal(own->step, (long)step->values[0]);
    for (int s = 0; s < STATE_MAX_SCALARS && c->algorithm->scalar_names[s]; s++) {
        const char *what = NAME("state.%d.%s", p, c->algorithm->scalar_names[s]);
        const double wanted = golden_find(&c->rows, c->name, what)->values[0];
        assert_true(fabs(own->scalars[s] - wanted) <=
                    1e-12 * fabs(wanted)); // a double in any build
    }
    const GoldenTensor *groups = golden_find(&c->rows, c->name, "groups");
    const ParameterGroup *group = &c->optimizer->groups[(int)groups->values[p]];
    for (int b = 0; b < STATE_MAX_BUFFERS && c->algorithm->buffer_names[b]; b++) {
        assert_true(algorithm_keeps(c->algorithm, b, &group->hyperparameters) ==
                    (own->buffers[b] != NULL));
        const char *what = NAME("state.%d.%s", p, c->algorithm->buffer_names[b]);
        assert_true((golden_seek(&c->rows, c->name, what) != NULL) == (own->buffers[b] != NULL));
        if (own->buffers[b])
            numbers_compare(c, what, own->buffers[b]);
    }
}

static void case_compare_states(const Case *c) {
    const GoldenTensor *groups = golden_find(&c->rows, c->name, "groups");
    int compared = 0;
    for (int p = 0; p < GOLDEN_PARAMETERS; p++)
        if (groups->values[p] >= 0) {
            const ParameterState *own = optimizer_state(c->optimizer, c->parameters[p]);
            assert_non_null(own);
            state_compare(c, p, own);
            compared++;
        }
    assert_true(compared >= 3);
}

static void case_state(Checkpoint *checkpoint, void *object) {
    Case *c = object;
    checkpoint_module(checkpoint, "model", c->owner);
    checkpoint_optimizer(checkpoint, "optimizer", c->optimizer);
}

// Everything is made anew, and goes on from a file.
static void case_save_and_load(Case *c) {
    Error error;
    if (!checkpoint_save(scratch("case"), case_state, c, &error))
        fail_msg("%s", error.message);
    case_free(c);
    case_build(c);
    case_add_groups(c, 0, RESUME_AT);
    if (!checkpoint_load(scratch("case"), case_state, c, &error))
        fail_msg("%s", error.message);
}

static void case_run(Case *c, bool resumes) {
    case_build(c);
    for (int p = 0; p < GOLDEN_PARAMETERS; p++) {
        const GoldenTensor *start = golden_find(&golden, "start", NAME("%d", p));
        for (size_t i = 0; i < start->size; i++)
            c->parameters[p]->tensor.data[i] = (real)start->values[i];
    }
    for (int step = 0; step < GOLDEN_STEPS; step++) {
        if (resumes && step == RESUME_AT)
            case_save_and_load(c);
        case_add_groups(c, step, step + 1);
        case_set_knobs(c, step);
        case_step(c, step);
    }
    case_compare_states(c);
    case_free(c);
}

static void test_golden(void **state) {
    (void)state;
    Case c;
    for (size_t at = 0; case_next(&c, &at);)
        case_run(&c, false);
}

static void test_golden_saved_and_loaded(void **state) {
    (void)state;
    Case c;
    for (size_t at = 0; case_next(&c, &at);)
        case_run(&c, true);
}

// In some case of its algorithm, the knob has another value than its default, as given or set.
static bool knob_is_tried(const Algorithm *algorithm, int id) {
    Case c;
    for (size_t at = 0; case_next(&c, &at);)
        for (size_t i = 0; c.algorithm == algorithm && i < c.rows.count; i++) {
            const GoldenTensor *row = &c.rows.tensors[i];
            int step, group;
            char knob[32];
            const bool is_knob =
                sscanf(row->name + strlen(c.name), ".given.%d.%31s", &group, knob) == 2 ||
                row_is_set(&c, row, &step, &group, knob);
            if (is_knob && hyperparameter_find(knob) == id &&
                row->values[0] != algorithm->defaults.values[id])
                return true;
        }
    return false;
}

// The guard against forgetting.
static void test_every_algorithm_and_knob_has_golden_values(void **state) {
    (void)state;
    for (int a = 0; algorithms[a]; a++)
        for (int id = 0; id < HYPERPARAMETER_COUNT; id++)
            if (algorithm_has(algorithms[a], id) && !knob_is_tried(algorithms[a], id))
                fail_msg("%s of %s is compared with nothing: give it golden values",
                         hyperparameter_name(id), algorithms[a]->name);
}

// --- the table -----------------------------------------------------------------------------------

static void test_table(void **state) {
    (void)state;
    Module *owner = module_new(sizeof *owner, "Parameters", NULL);
    module_add_parameter(owner, "w", SHAPE(1, 1));
    const ParameterList list = module_parameters(owner);
    int count = 0;
    // It compiles only if each name in the table has a constructor.
#define CONSTRUCT(NAME_OF)                                                                         \
    {                                                                                              \
        Optimizer *optimizer = NAME_OF(list, .lr = 0.25);                                          \
        assert_string_equal(optimizer->algorithm->name, #NAME_OF);                                 \
        assert_ptr_equal(optimizer->algorithm, algorithms[count++]);                               \
        assert_ptr_equal(algorithm_find(#NAME_OF), optimizer->algorithm);                          \
        assert_non_null(strstr(algorithm_names(), #NAME_OF));                                      \
        assert_true(optimizer_get(optimizer, 0, "lr") == 0.25);                                    \
        optimizer_free(optimizer);                                                                 \
    }
    ALGORITHMS(CONSTRUCT)
    assert_null(algorithms[count]);
    assert_null(algorithm_find("adamant"));
    assert_null(algorithm_find(""));
    assert_memory_equal(algorithm_names(), "sgd, adagrad, ", 14);
    module_free(owner);
}

// For a program whose knobs come from its options.
static void test_give(void **state) {
    (void)state;
    Error error;
    const Hyperparameters none = HYPERPARAMETERS_OF();
    for (int a = 0; algorithms[a]; a++) {
        Hyperparameters values = algorithms[a]->defaults;
        assert_true(algorithm_give(algorithms[a], &none, &values, &error));
        assert_memory_equal(&values, &algorithms[a]->defaults, sizeof values);
    }
    Hyperparameters values = algorithm_rprop.defaults;
    const struct {
        Hyperparameters given;
        const char *message;
    } refused[] = {
        {HYPERPARAMETERS_OF(.beta1 = 0.9),
         "rprop has no hyperparameter 'beta1'; it has lr, etaminus, etaplus, step_size_min, "
         "step_size_max"},
        {HYPERPARAMETERS_OF(.lr = 0.5, .etaplus = 1),
         "rprop: etaplus is 1; it must be finite and more than 1"},
        {HYPERPARAMETERS_OF(.etaminus = 0),
         "rprop: etaminus is 0; it must be more than 0 and less than 1"},
        {HYPERPARAMETERS_OF(.step_size_max = 1e-9),
         "rprop: step_size_min is more than step_size_max"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_false(algorithm_give(&algorithm_rprop, &refused[i].given, &values, &error));
        assert_string_equal(error.message, refused[i].message);
        assert_memory_equal(&values, &algorithm_rprop.defaults, sizeof values);
    }
    const Hyperparameters given = HYPERPARAMETERS_OF(.etaplus = 3);
    assert_true(algorithm_give(&algorithm_rprop, &given, &values, &error));
    assert_true(values.etaplus == 3 && values.etaminus == 0.5);
}

// --- any size, threads, instructions -------------------------------------------------------------

enum { SIZES_STEPS = 7, MOST = 5 * BLOCK + 77 }; // RAdam begins to divide at step 6

// Around a block and several, and around the number from which threads share a parameter.
static const int sizes[] = {1,
                            7,
                            BLOCK - 1,
                            BLOCK,
                            BLOCK + 1,
                            2 * BLOCK,
                            3 * BLOCK + 17,
                            4 * BLOCK - 1,
                            4 * BLOCK,
                            4 * BLOCK + 1,
                            MOST};

static struct { real start[MOST], gradients[SIZES_STEPS][MOST]; } numbers;

// What a parameter and its state became.
typedef struct Outcome {
    real w[MOST], buffers[STATE_MAX_BUFFERS][MOST];
} Outcome;

static void numbers_fill(void) {
    Random random = random_from_seed(5);
    random_fill_normal(&random, MOST, 0, 1, numbers.start);
    random_fill_normal(&random, MOST * SIZES_STEPS, 0, 1, numbers.gradients[0]);
}

// Defaults but for the rate and the decay; and with momentum and every switch on. Without LARS's ratio, by
// which each number depends on all: the golden values try it.
static Hyperparameters knobs_of(const Algorithm *algorithm, bool all_on) {
    const int ids[] = {HYPERPARAMETER_nesterov, HYPERPARAMETER_amsgrad, HYPERPARAMETER_centered};
    Hyperparameters knobs = algorithm->defaults;
    knobs.lr = 0.01;
    if (algorithm_has(algorithm, HYPERPARAMETER_weight_decay))
        knobs.weight_decay = 0.1;
    if (algorithm_has(algorithm, HYPERPARAMETER_trust_coefficient))
        knobs.trust_coefficient = 0;
    if (all_on && algorithm_has(algorithm, HYPERPARAMETER_momentum))
        knobs.momentum = 0.9;
    for (int i = 0; all_on && i < 3; i++)
        if (algorithm_has(algorithm, ids[i]))
            knobs.values[ids[i]] = 1;
    return knobs;
}

// Steps the n numbers from number `first` on as one parameter.
static void numbers_step(const Algorithm *algorithm, const Hyperparameters *knobs, int first, int n,
                         Outcome *outcome) {
    const size_t bytes = (size_t)n * sizeof(real);
    ParameterState state = {0};
    Parameter parameter = {
        .tensor = {.shape = SHAPE(n), .size = (size_t)n, .data = outcome->w + first}};
    memcpy(parameter.tensor.data, numbers.start + first, bytes);
    for (int step = 0; step < SIZES_STEPS; step++) {
        parameter.tensor.grad = numbers.gradients[step] + first;
        state.step++;
        algorithm->update(knobs, &parameter, &state);
    }
    for (int b = 0; b < STATE_MAX_BUFFERS; b++) {
        if (state.buffers[b])
            memcpy(outcome->buffers[b] + first, state.buffers[b], bytes);
        free(state.buffers[b]);
    }
}

static void outcomes_compare(const Algorithm *algorithm, int n, const real *found,
                             const real *wanted, const char *of) {
    for (int i = 0; i < n; i++)
        if (!(fabs((double)(found[i] - wanted[i])) <= ROUNDING * (1 + fabs((double)wanted[i]))))
            fail_msg("%s, %d numbers, %d in a vector: %s %d is %.9g, alone %.9g", algorithm->name,
                     n, loops()->lanes, of, i, (double)found[i], (double)wanted[i]);
}

static void check_sizes(const Algorithm *algorithm, const Hyperparameters *knobs,
                        const Outcome *alone) {
    static Outcome one, other;
    const size_t count = getenv("KNOBS_VALGRIND") ? 5 : sizeof sizes / sizeof sizes[0];
    for (size_t s = 0; s < count; s++) {
        const int n = sizes[s];
        memset(&one, 0, sizeof one);
        threads_set(1);
        numbers_step(algorithm, knobs, 0, n, &one);
        outcomes_compare(algorithm, n, one.w, alone->w, "weight");
        for (int b = 0; b < STATE_MAX_BUFFERS; b++)
            outcomes_compare(algorithm, n, one.buffers[b], alone->buffers[b],
                             algorithm->buffer_names[b]);
        for (int threads = 2; threads <= 3; threads++) {
            memset(&other, 0, sizeof other);
            threads_set(threads);
            numbers_step(algorithm, knobs, 0, n, &other);
            assert_memory_equal(&one, &other, sizeof one); // to the bit, and nothing beyond the end
        }
    }
    threads_set(0);
}

// The reference: each number by itself, without vectors.
static void test_sizes_threads_and_instructions(void **state) {
    (void)state;
    static Outcome alone;
    const int alone_count = getenv("KNOBS_VALGRIND") ? BLOCK + 1 : MOST;
    const Loops *widest = loops();
    int last = 0;
    while (loops_of_processor[last + 1])
        last++;
    numbers_fill();
    for (int a = 0; algorithms[a]; a++)
        for (int all_on = 0; all_on < 2 && !algorithms[a]->of_matrices; all_on++) {
            const Hyperparameters knobs = knobs_of(algorithms[a], all_on);
            memset(&alone, 0, sizeof alone);
            loops_of_processor[0] = last ? loops_of_processor[last] : widest;
            for (int i = 0; i < alone_count; i++)
                numbers_step(algorithms[a], &knobs, i, 1, &alone);
            for (int set = 0; set <= last; set++) {
                loops_of_processor[0] = set ? loops_of_processor[set] : widest;
                check_sizes(algorithms[a], &knobs, &alone);
            }
            loops_of_processor[0] = widest;
        }
}

// --- matrices ------------------------------------------------------------------------------------

// x ← 3.4445 x − 4.775 (x xᵀ) x + 2.0315 (x xᵀ)² x in double, by the book.
static void plain_newton_schulz(int rows, int columns, double *x) {
    const size_t square = (size_t)rows * rows * sizeof(double), size = (size_t)rows * columns;
    double *gram = memory_alloc(square), *once = memory_alloc(size * sizeof(double));
    double *twice = memory_alloc(size * sizeof(double));
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < rows; j++) {
            double sum = 0;
            for (int k = 0; k < columns; k++)
                sum += x[i * columns + k] * x[j * columns + k];
            gram[i * rows + j] = sum;
        }
    for (int power = 0; power < 2; power++)
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++) {
                double sum = 0;
                for (int k = 0; k < rows; k++)
                    sum += gram[i * rows + k] * (power ? once : x)[k * columns + j];
                (power ? twice : once)[i * columns + j] = sum;
            }
    for (size_t i = 0; i < size; i++)
        x[i] = 3.4445 * x[i] - 4.775 * once[i] + 2.0315 * twice[i];
    free(gram);
    free(once);
    free(twice);
}

// One step from zeros with rate 1: −√max(1, rows / columns) X.
static void check_muon(int rows, int columns) {
    const size_t n = (size_t)rows * columns;
    double *x = memory_alloc(n * sizeof *x), squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (double)numbers.gradients[0][i] * (double)numbers.gradients[0][i];
    for (size_t i = 0; i < n; i++)
        x[i] = (double)numbers.gradients[0][i] / sqrt(squares);
    for (int i = 0; i < 5; i++)
        plain_newton_schulz(rows, columns, x);
    Hyperparameters knobs = algorithm_muon.defaults;
    knobs.lr = 1;
    Parameter *w = parameter_new("w", SHAPE(rows, columns));
    parameter_zero_grad(w);
    memcpy(w->tensor.grad, numbers.gradients[0], n * sizeof(real));
    ParameterState *state = memory_zeroed(1, sizeof *state);
    state->step = 1;
    algorithm_muon.update(&knobs, w, state);
    const double factor = -sqrt(fmax(1, (double)rows / columns));
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)w->tensor.data[i] - factor * x[i]) <= 100 * ROUNDING))
            fail_msg("muon, %d × %d: number %zu is %g, expected %g", rows, columns, i,
                     (double)w->tensor.data[i], factor * x[i]);
    parameter_state_free(state);
    parameter_free(w);
    free(x);
}

static void test_muon_of_many_shapes(void **state) {
    (void)state;
    numbers_fill();
    const int shapes[][2] = {{1, 1}, {1, 9}, {9, 1}, {8, 8}, {70, 61}, {61, 70}, {150, 33}};
    const Loops *widest = loops();
    for (int set = 0; loops_of_processor[set]; set++) {
        loops_of_processor[0] = set ? loops_of_processor[set] : widest;
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++)
            check_muon(shapes[s][0], shapes[s][1]);
    }
    loops_of_processor[0] = widest;
}

// --- infinite weights ----------------------------------------------------------------------------

// Without a decay, a weight that is infinite or NaN leaves its state alone, and an infinite one
// stays that.
static void test_without_decay_the_weight_plays_no_part(void **state) {
    (void)state;
    for (int a = 0; algorithms[a]; a++)
        for (int all_on = 0; all_on < 2; all_on++) {
            Parameter *sane = parameter_new("sane", SHAPE(1, 40));
            Parameter *mad = parameter_new("mad", SHAPE(1, 40));
            Hyperparameters knobs = knobs_of(algorithms[a], all_on);
            if (algorithm_has(algorithms[a], HYPERPARAMETER_weight_decay))
                knobs.weight_decay = 0;
            ParameterList list = {2, {sane, mad}};
            Optimizer *optimizer = optimizer_new(algorithms[a], list, knobs);
            for (int i = 0; i < 40; i++)
                mad->tensor.data[i] = i % 2 ? (real)INFINITY : (real)NAN;
            for (int step = 0; step < 3; step++) {
                for (int p = 0; p < 2; p++) {
                    parameter_zero_grad(list.items[p]);
                    for (int i = 0; i < 40; i++)
                        list.items[p]->tensor.grad[i] = (real)(step - i);
                }
                optimizer_step(optimizer);
            }
            for (int b = 0; b < STATE_MAX_BUFFERS; b++) {
                const real *x = optimizer_state(optimizer, sane)->buffers[b];
                const real *y = optimizer_state(optimizer, mad)->buffers[b];
                if (x && memcmp(x, y, 40 * sizeof(real)))
                    fail_msg("%s: an infinite weight moves its %s", algorithms[a]->name,
                             algorithms[a]->buffer_names[b]);
            }
            for (int i = 0; i < 40; i++) {
                assert_true(isfinite(sane->tensor.data[i]));
                assert_true(i % 2 ? isinf(mad->tensor.data[i]) : isnan(mad->tensor.data[i]));
            }
            optimizer_free(optimizer);
            parameter_free(sane);
            parameter_free(mad);
        }
}

// --- clipping ------------------------------------------------------------------------------------

static ParameterList clip_parameters(void) {
    ParameterList list = {0};
    for (int p = 0; p < GOLDEN_PARAMETERS; p++) {
        const GoldenTensor *start = golden_find(&golden, "start", NAME("%d", p));
        parameter_list_append(&list, parameter_new("p", start->shape));
        gradient_take(list.items[p], golden_seek(&golden, "gradient.0", NAME("%d", p)));
    }
    return list;
}

static void clip_compare(const char *name, ParameterList *list) {
    int clipped = 0;
    for (int p = 0; p < list->count; p++) {
        Parameter *parameter = list->items[p];
        if (parameter->tensor.grad_state != GRAD_NONE) {
            golden_compare(&golden, name, NAME("gradient.%d", p), parameter->tensor.shape,
                           parameter->tensor.grad);
            clipped++;
        }
        parameter_free(parameter);
    }
    assert_int_equal(clipped, GOLDEN_PARAMETERS - 1); // one has none
}

static void test_clip_as_pytorch(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        const char *name = NAME("clip.norm.%d", i);
        ParameterList list = clip_parameters();
        const double norm =
            parameter_list_clip_grad_norm(&list, golden_find(&golden, name, "limit")->values[0]);
        const double wanted = golden_find(&golden, name, "norm")->values[0];
        assert_true(fabs(norm - wanted) <= 1e-12 * wanted);
        clip_compare(name, &list);
    }
    for (int i = 0; i < 2; i++) {
        const char *name = NAME("clip.value.%d", i);
        ParameterList list = clip_parameters();
        parameter_list_clip_grad_value(&list, golden_find(&golden, name, "limit")->values[0]);
        clip_compare(name, &list);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_golden_saved_and_loaded),
        cmocka_unit_test(test_every_algorithm_and_knob_has_golden_values),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_give),
        cmocka_unit_test(test_sizes_threads_and_instructions),
        cmocka_unit_test(test_muon_of_many_shapes),
        cmocka_unit_test(test_without_decay_the_weight_plays_no_part),
        cmocka_unit_test(test_clip_as_pytorch),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
