// Walks on test surfaces: the steps that each algorithm takes down the ravine, against numbers that
// were set beforehand and against the same walk in plain C, formula by formula; what arrives, what
// diverges, and what of it is kept.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "caught.h"
#include "instruments/crowd.h"
#include "instruments/walk.h"
#include "optim/optimizer.h"
#include "schedule/scheduler.h"
#include "scratch.h"
#include "tensor/operations.h"

static Walk walk_with(const Surface *surface, const double start[2], long steps, bool ends_there,
                      const Algorithm *algorithm, Hyperparameters knobs) {
    Walk walk;
    walk_init(&walk, surface, start, steps);
    walk.ends_there = ends_there;
    Optimizer *optimizer = optimizer_new(algorithm, walk.parameters, knobs);
    while (walk_next(&walk)) {
        Tensor *loss = surface_loss(&walk.surface, walk.w);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
    }
    optimizer_free(optimizer);
    return walk;
}

// --- the ravine in plain C -----------------------------------------------------------------------
// ½ (u² + 100 v²) in u and v, which lie along x and y, or turned by 45°.

typedef struct Plain {
    double w[2], g[2], a[2], b[2]; // the point, its gradient, and what is remembered
    long t;
} Plain;

static void plain_gradient(Plain *p, bool turned) {
    const double half = sqrt(0.5);
    if (!turned) {
        p->g[0] = p->w[0];
        p->g[1] = 100 * p->w[1];
        return;
    }
    const double u = half * (p->w[0] + p->w[1]), v = half * (p->w[1] - p->w[0]);
    p->g[0] = half * (u - 100 * v);
    p->g[1] = half * (u + 100 * v);
}

typedef void PlainRule(Plain *p, int i, double lr, double mu);

static void plain_descent(Plain *p, int i, double lr, double mu) {
    (void)mu;
    p->w[i] -= lr * p->g[i];
}
static void plain_momentum(Plain *p, int i, double lr, double mu) {
    p->a[i] = mu * p->a[i] + p->g[i];
    p->w[i] -= lr * p->a[i];
}
static void plain_nesterov(Plain *p, int i, double lr, double mu) {
    p->a[i] = mu * p->a[i] + p->g[i];
    p->w[i] -= lr * (p->g[i] + mu * p->a[i]);
}
static void plain_adagrad(Plain *p, int i, double lr, double mu) {
    (void)mu;
    p->a[i] += p->g[i] * p->g[i];
    p->w[i] -= lr * p->g[i] / (sqrt(p->a[i]) + 1e-10);
}
static void plain_rmsprop(Plain *p, int i, double lr, double mu) {
    (void)mu;
    p->a[i] = 0.99 * p->a[i] + 0.01 * p->g[i] * p->g[i];
    p->w[i] -= lr * p->g[i] / (sqrt(p->a[i]) + 1e-8);
}
static void plain_adam(Plain *p, int i, double lr, double mu) {
    (void)mu;
    p->a[i] = 0.9 * p->a[i] + 0.1 * p->g[i];
    p->b[i] = 0.999 * p->b[i] + 0.001 * p->g[i] * p->g[i];
    const double mean = p->a[i] / (1 - pow(0.9, (double)p->t));
    p->w[i] -= lr * mean / (sqrt(p->b[i] / (1 - pow(0.999, (double)p->t))) + 1e-8);
}

// Steps until it is there; −1: never in all the steps, or it diverges.
static long plain_walk(PlainRule *rule, double lr, double mu, bool turned, long steps, Plain *end) {
    Plain p = {.w = {turned ? 0 : 1, turned ? sqrt(2) : 1}};
    while (p.t < steps && hypot(p.w[0], p.w[1]) > 1e-6 && hypot(p.w[0], p.w[1]) <= 1000 * sqrt(2)) {
        p.t++;
        plain_gradient(&p, turned);
        for (int i = 0; i < 2; i++)
            rule(&p, i, lr, mu);
    }
    *end = p;
    return hypot(p.w[0], p.w[1]) <= 1e-6 ? p.t : -1;
}

// --- numbers that are set ------------------------------------------------------------------------

typedef struct Row {
    const char *words;
    const Algorithm *algorithm;
    double lr, momentum, nesterov;
    bool turned;
    long steps; // set
    PlainRule *plain;
} Row;

static const Row rows[] = {
    {"best rate", &algorithm_sgd, 2.0 / 101, NAN, NAN, false, 709, plain_descent},
    {"nearly 2/L", &algorithm_sgd, 0.0199, NAN, NAN, false, 1375, plain_descent},
    {"beyond 2/L", &algorithm_sgd, 0.0201, NAN, NAN, false, -1, plain_descent},
    {"best rate", &algorithm_sgd, 2.0 / 101, NAN, NAN, true, 709, plain_descent},
    {"best heavy ball", &algorithm_sgd, 4.0 / 121, 81.0 / 121, NAN, false, 95, plain_momentum},
    {"momentum", &algorithm_sgd, 0.01, 0.9, NAN, false, 264, plain_momentum},
    {"Nesterov", &algorithm_sgd, 0.01, 0.9, 1, false, 207, plain_nesterov},
    {"best Nesterov", &algorithm_sgd, 4.0 / 301,
     (17.349351572897472 - 2) / (17.349351572897472 + 2), 1, false, 135, plain_nesterov},
    {"straight", &algorithm_adagrad, 0.5, NAN, NAN, false, 25, plain_adagrad},
    {"turned", &algorithm_adagrad, 0.5, NAN, NAN, true, 2047, plain_adagrad},
    {"straight", &algorithm_rmsprop, 0.01, NAN, NAN, false, 232, plain_rmsprop},
    {"turned", &algorithm_rmsprop, 0.01, NAN, NAN, true, -1, plain_rmsprop},
    {"straight", &algorithm_adam, 0.1, NAN, NAN, false, 189, plain_adam},
    {"turned", &algorithm_adam, 0.1, NAN, NAN, true, 759, plain_adam},
};

static void test_set_numbers(void **state) {
    (void)state;
    const bool is_double = sizeof(real) == sizeof(double);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const Row *row = &rows[i];
        Surface surface = *surface_find("ravine");
        if (row->turned)
            surface = surface_turned(surface, 45);
        Walk walk = walk_with(&surface, surface.start, 10000, true, row->algorithm,
                              HYPERPARAMETERS_OF(.lr = row->lr, .momentum = row->momentum,
                                                 .nesterov = row->nesterov));
        Plain plain;
        const long expected =
            plain_walk(row->plain, row->lr, row->momentum, row->turned, 10000, &plain);
        const long off = is_double || row->steps < 0 ? 0 : 2;
        print_message("%-8s %-16s %5ld steps, set %5ld, in plain C %5ld\n", row->algorithm->name,
                      row->words, walk.arrived, row->steps, expected);
        assert_int_equal(expected, row->steps);
        assert_in_range(walk.arrived + 10, row->steps - off + 10, row->steps + off + 10);
        const WalkPoint end = walk_end(&walk);
        if (is_double && walk.arrived > 0)
            assert_true(hypot(end.x - plain.w[0], end.y - plain.w[1]) < 1e-11);
        walk_free(&walk);
    }
}

// RMSprop can't get to the bottom of the turned ravine: it goes to and fro at half a rate's distance.
static void test_rmsprop_stalls(void **state) {
    (void)state;
    const Surface turned = surface_turned(*surface_find("ravine"), 45);
    Walk walk = walk_with(&turned, turned.start, 10000, true, &algorithm_rmsprop,
                          HYPERPARAMETERS_OF(.lr = 0.01));
    const double bound = sizeof(real) == sizeof(double) ? 1e-5 : 1e-4;
    assert_true(fabs(fabs(walk_end(&walk).x) - 0.005) < bound * 0.01);
    assert_true(fabs(fabs(walk_end(&walk).y) - 0.005) < bound * 0.01);
    walk_free(&walk);
}

// A rate that falls to 0 lets it come to rest at the bottom, in plain C too. When, no number tells
// beforehand: on its way it goes to and fro, and the last digits decide.
static void test_rmsprop_freed(void **state) {
    (void)state;
    enum { STEPS = 2000 };
    const Surface turned = surface_ravine(100, 45);
    Walk walk;
    walk_init(&walk, &turned, turned.start, STEPS);
    walk.ends_there = true;
    Optimizer *optimizer = rmsprop(walk.parameters, .lr = 0.01);
    Scheduler *scheduler = scheduler_new(optimizer);
    scheduler_bind(scheduler, 0, "lr", schedule_cosine(0.01, STEPS));
    while (walk_next(&walk)) {
        Tensor *loss = surface_loss(&turned, walk.w);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        scheduler_step(scheduler);
    }
    scheduler_free(scheduler);
    optimizer_free(optimizer);
    Plain p = {.w = {0, sqrt(2)}};
    while (p.t < STEPS && hypot(p.w[0], p.w[1]) > 1e-6) {
        plain_gradient(&p, true);
        for (int i = 0; i < 2; i++)
            plain_rmsprop(&p, i, 0.01 * (1 + cos(acos(-1) * (double)p.t / STEPS)) / 2, 0);
        p.t++;
    }
    assert_in_range(p.t, 1500, 1900);
    assert_in_range(walk.arrived, 1500, 1900);
    walk_free(&walk);
}

// --- many at once --------------------------------------------------------------------------------

// Each of a crowd takes the steps that it takes alone, on the turned ravine of another condition.
static void test_crowd(void **state) {
    (void)state;
    enum { COUNT = 9 };
    const Surface ravine = surface_ravine(30, 20);
    assert_true(ravine.condition == 30 && ravine.degrees == 20);
    double starts[COUNT][2];
    Random random = random_from_seed(3);
    crowd_starts(starts, COUNT, 2, &random);
    starts[COUNT - 1][0] = starts[COUNT - 1][1] = 0; // is there before it begins
    Crowd crowd;
    crowd_init(&crowd, &ravine, (const double(*)[2])starts, COUNT, 5000);
    Optimizer *optimizer = adam(crowd.parameters, .lr = 0.1);
    while (crowd_next(&crowd)) {
        Tensor *losses = surface_loss(&crowd.surface, crowd.w);
        optimizer_zero_grad(optimizer);
        backward(sum(losses));
        optimizer_step(optimizer);
    }
    optimizer_free(optimizer);
    long last = 0;
    for (int i = 0; i < COUNT; i++) {
        assert_true(i == COUNT - 1 || fabs(hypot(starts[i][0], starts[i][1]) - 2) < 1e-12);
        assert_true(i == 0 || starts[i][0] != starts[i - 1][0]);
        Walk walk = walk_with(&ravine, starts[i], 5000, true, &algorithm_adam,
                              HYPERPARAMETERS_OF(.lr = 0.1));
        assert_true(walk.arrived >= 0);
        assert_int_equal(crowd.arrived[i], walk.arrived);
        last = walk.arrived > last ? walk.arrived : last;
        walk_free(&walk);
    }
    assert_int_equal(crowd.step, last); // it ends where the last one has arrived
    assert_int_equal(crowd_arrivals(&crowd), COUNT);
    assert_int_equal(crowd.arrived[COUNT - 1], 0);
    crowd_free(&crowd);
}

// Of one number; and one that ends before any has arrived.
static void test_crowd_stops(void **state) {
    (void)state;
    const double starts[][2] = {{8, 0}, {1, 0}};
    Crowd crowd;
    crowd_init(&crowd, surface_find("parabola"), starts, 2, 21);
    Optimizer *optimizer = sgd(crowd.parameters, .lr = 0.25); // half as far each time
    while (crowd_next(&crowd)) {
        optimizer_zero_grad(optimizer);
        backward(sum(surface_loss(&crowd.surface, crowd.w)));
        optimizer_step(optimizer);
    }
    optimizer_free(optimizer);
    assert_true(crowd.step == 21 && crowd.arrived[0] == -1 && crowd.arrived[1] == 20);
    assert_int_equal(crowd_arrivals(&crowd), 1);
    crowd_free(&crowd);
}

// --- how walks end -------------------------------------------------------------------------------

static void test_path(void **state) {
    (void)state;
    const Surface *parabola = surface_find("parabola");
    Walk walk = walk_with(parabola, (const double[]){8, 99}, 600, false, &algorithm_sgd,
                          HYPERPARAMETERS_OF(.lr = 0.25)); // half as far each time
    assert_true(walk.step == 600 && walk.arrived == 23 && !walk.diverged);
    for (long step = 0; step <= 100; step++) {
        const double x = ldexp(8, (int)-step);
        assert_true(walk.path[step].x == x && walk.path[step].y == 0 &&
                    walk.path[step].loss == x * x);
    }
    assert_string_equal(walk_words(&walk).text, "there after 23 steps");
    walk_free(&walk);
    walk = walk_with(parabola, (const double[]){8, 0}, 600, true, &algorithm_sgd,
                     HYPERPARAMETERS_OF(.lr = 0.25));
    assert_true(walk.step == 23 && walk.arrived == 23);
    walk_free(&walk);
    walk = walk_with(parabola, (const double[]){0, 0}, 5, true, &algorithm_sgd,
                     HYPERPARAMETERS_OF(.lr = 0.25));
    assert_true(walk.step == 0 && walk.arrived == 0); // it was there before it began
    walk_free(&walk);
    walk = walk_with(parabola, (const double[]){8, 0}, 2, false, &algorithm_sgd,
                     HYPERPARAMETERS_OF(.lr = 0.25));
    assert_string_equal(walk_words(&walk).text, "2 from there after 2 steps");
    walk_free(&walk);
}

static void test_divergence(void **state) {
    (void)state;
    const Surface *parabola = surface_find("parabola");
    Walk walk = walk_with(parabola, (const double[]){2, 0}, 100, false, &algorithm_sgd,
                          HYPERPARAMETERS_OF(.lr = 1.5)); // −2 times as far each time
    // 2 · 2⁹ is not yet more than 1000 · 2, the tenth is: it is the last one.
    assert_true(walk.diverged && walk.step == 10 && walk_end(&walk).x == 2048);
    assert_string_equal(walk_words(&walk).text, "diverged at step 10");
    walk_free(&walk);
    const double huge = sizeof(real) == sizeof(double) ? 1e308 : 3e38;
    walk = walk_with(parabola, (const double[]){2, 0}, 100, false, &algorithm_sgd,
                     HYPERPARAMETERS_OF(.lr = huge)); // no number at once
    assert_true(walk.diverged && walk.step == 0 && walk_end(&walk).x == 2);
    assert_string_equal(walk_words(&walk).text, "diverged at step 1");
    walk_free(&walk);
    walk = walk_with(surface_find("rosenbrock"), (const double[]){0, 0}, 10, false, &algorithm_sgd,
                     HYPERPARAMETERS_OF(.lr = 0.001)); // 1000 times 0 is no limit
    assert_true(!walk.diverged && walk.step == 10);
    walk_free(&walk);
}

static void test_starts(void **state) {
    (void)state;
    const Surface *ravine = surface_find("ravine");
    assert_true(walk_can_start(ravine, (const double[]){1, 1}));
    assert_false(walk_can_start(ravine, (const double[]){NAN, 1}));
    assert_false(walk_can_start(ravine, (const double[]){1, INFINITY}));
    assert_false(walk_can_start(ravine, (const double[]){1e300, 1}));
    assert_true(walk_can_start(ravine, (const double[]){1e30, 1}) ==
                (sizeof(real) == sizeof(double)));
    Walk walk;
    assert_fatal(walk_init(&walk, ravine, (const double[]){1e300, 1}, 10), "no start");
}

static void test_tables_for_figures(void **state) {
    (void)state;
    const Surface *parabola = surface_find("parabola");
    WalkTables tables = walk_tables_open(scratch_folder);
    Walk walk = walk_with(parabola, (const double[]){8, 0}, 2, false, &algorithm_sgd,
                          HYPERPARAMETERS_OF(.lr = 0.25));
    walk_tables_add(&tables, "short", 0.25, &walk);
    walk_free(&walk);
    walk = walk_with(parabola, (const double[]){8, 0}, 1020, false, &algorithm_sgd,
                     HYPERPARAMETERS_OF(.lr = 0.25));
    walk_tables_add(&tables, "long", 0.25, &walk);
    walk_free(&walk);
    Error error;
    assert_true(walk_tables_close(&tables, &error));
    assert_string_equal(scratch_read("ends.csv"), "walk,lr,steps,arrived,diverged,words\n"
                                                  "short,0.25,2,-1,0,2 from there after 2 steps\n"
                                                  "long,0.25,1020,23,0,there after 23 steps\n");
    const char *rows_there = scratch_read("walks.csv");
    assert_contains(rows_there, "short,0.25,1,4,0,16\nshort,0.25,2,2,0,4\nlong,0.25,0,8,0,64\n");
    assert_contains(rows_there, "\nlong,0.25,1009,");
    assert_null(strstr(rows_there, "\nlong,0.25,1008,"));
    tables = walk_tables_open(scratch("none"));
    assert_false(walk_tables_close(&tables, &error));
    assert_contains(error.message, "none/walks.csv");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set_numbers),        cmocka_unit_test(test_rmsprop_stalls),
        cmocka_unit_test(test_rmsprop_freed),      cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_crowd_stops),        cmocka_unit_test(test_path),
        cmocka_unit_test(test_divergence),         cmocka_unit_test(test_starts),
        cmocka_unit_test(test_tables_for_figures),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
