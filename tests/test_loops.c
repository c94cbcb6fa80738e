// The innermost loops of each instruction set that this processor has, against the portable ones,
// over odd sizes. Tiles, both ends of Winograd's convolution and depthwise ones are seen by test_convolution, the
// loops of the optimizers by test_algorithms.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "base/random.h"
#include "kernels/loops.h"

enum { MOST = 1200, ROOM = 4 * MOST };

typedef struct Numbers {
    real a[ROOM], b[ROOM]; // read
    real result[ROOM];     // within 0 … 1 before a call
} Numbers;

static void rectify(const Loops *loops, int n, Numbers *x) {
    loops->rectify((size_t)n, x->a, (real)NAN, x->result);
    loops->rectify((size_t)n, x->a, 1, x->result + MOST);
    loops->leak((size_t)n, x->a, (real)0.2, x->result + 2 * MOST);
}

static void rectify_gradient(const Loops *loops, int n, Numbers *x) {
    loops->rectify_gradient((size_t)n, x->a, (real)NAN, x->b, true, x->result);
    loops->rectify_gradient((size_t)n, x->a, 1, x->b, false, x->result + MOST);
    loops->leak_gradient((size_t)n, x->a, (real)0.2, x->b, false, x->result + 2 * MOST);
    loops->leak_gradient((size_t)n, x->a, (real)0.2, x->b, true, x->result + 3 * MOST);
}

static void sums(const Loops *loops, int n, Numbers *x) {
    double totals[4] = {0};
    loops->moments((size_t)n, x->a, (real)0.5, totals);
    loops->gradient_sums((size_t)n, x->a, (real)0.5, x->b, totals + 2);
    loops->gradient_sums((size_t)n, NULL, 0, x->b, totals + 2);
    for (int i = 0; i < 4; i++)
        x->result[i] = (real)totals[i];
    x->result[4] = (real)loops->sum((size_t)n, x->a);
}

static void normalise(const Loops *loops, int n, Numbers *x) {
    loops->normalise((size_t)n, x->a, (real)0.1, 2, -1, x->result);
    loops->normalise_gradient((size_t)n, x->a, (real)0.1, 2, 3, (real)0.7, x->b, false,
                              x->result + MOST);
    loops->normalise_gradient((size_t)n, x->a, (real)0.1, 2, 3, (real)0.7, x->b, true,
                              x->result + 2 * MOST);
}

// Equals, and NaNs in each of the four places.
static void max_pool(const Loops *loops, int n, Numbers *x) {
    int32_t argmax[MOST];
    if (n < 4)
        return;
    for (int i = 0; i < 4 * n; i++)
        x->a[i] = i % 7 == 3 ? (real)NAN : (real)rint((double)x->a[i]);
    loops->max_pool_pairs(n, x->a, x->a + 2 * n, 5, 2 * n, argmax, x->result);
    for (int i = 0; i < n; i++)
        x->result[MOST + i] = (real)argmax[i];
}

static void copy_rows(const Loops *loops, int n, Numbers *x) {
    for (int step = 1; step <= 3; step++)
        for (int rows = 0; rows < 3 && n < MOST / 3; rows++)
            loops->copy_rows(rows, n, x->a + 1, n * step, step, (real)0.5, x->result + step * MOST,
                             n + 1);
}

static void split_rows(const Loops *loops, int n, Numbers *x) {
    for (int rows = 0; rows < 3 && n < MOST / 3; rows++)
        loops->split_rows(rows, n, x->a + 1, 2 * n + 1, x->result, x->result + MOST, n + 1);
}

// Of whole vectors of the widest.
static void dots(const Loops *loops, int n, Numbers *x) {
    static const int at[] = {0, 7, 3, 100, 2, 50, 9, 8, 60, 1, 0, 33, 5};
    const int whole = n / 16 * 16;
    for (int lines = 1; lines <= 4; lines *= 2)
        for (int count = 1; count <= 13; count++)
            loops->dots(lines, count, whole, x->a, at, x->b, whole + 3,
                        x->result + 900 * lines + 60 * count, 5);
}

static void transpose(const Loops *loops, int n, Numbers *x) {
    for (int rows = 1; n * rows <= MOST && rows < 20; rows++) {
        loops->transpose(rows, n, x->a, n + 1, x->b, x->result, rows);
        loops->transpose(n, rows, x->a, rows, NULL, x->result + MOST, n);
    }
}

typedef struct Case {
    const char *name;
    void (*run)(const Loops *loops, int n, Numbers *numbers);
} Case;

static const Case cases[] = {
    {"rectify", rectify},
    {"rectify_gradient", rectify_gradient},
    {"sums", sums},
    {"normalise", normalise},
    {"max_pool_pairs", max_pool},
    {"copy_rows", copy_rows},
    {"split_rows", split_rows},
    {"transpose", transpose},
    {"dots", dots},
};

static void fill(Numbers *numbers, int seed) {
    Random random = random_from_seed((uint64_t)seed);
    random_fill_normal(&random, ROOM, 0, 1, numbers->a);
    random_fill_normal(&random, ROOM, 0, 1, numbers->b);
    for (int i = 0; i < ROOM; i++)
        numbers->result[i] = (real)random_uniform(&random);
}

// A fused multiply-add rounds once, so the last digits differ.
static bool is_near(double a, double b) {
    const double rounding = sizeof(real) == 4 ? 1e-5 : 1e-13;
    return (isnan(a) && isnan(b)) || fabs(a - b) <= rounding * (10 + fabs(a));
}

static void check(const Case *c, const Loops *loops, const Loops *portable, int n) {
    static Numbers found, wanted; // of one set, and of the portable one
    fill(&found, n);
    fill(&wanted, n);
    c->run(loops, n, &found);
    c->run(portable, n, &wanted);
    for (int i = 0; i < ROOM; i++)
        if (!is_near((double)found.result[i], (double)wanted.result[i]))
            fail_msg("%s of %d numbers, %d in a vector: number %d is %g, portable %g", c->name, n,
                     loops->lanes, i, (double)found.result[i], (double)wanted.result[i]);
}

static void test_all_are_as_the_portable_ones(void **state) {
    (void)state;
    int last = 0;
    while (loops_of_processor[last + 1])
        last++;
    for (int set = 0; set < last; set++)
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            for (int n = 1; n <= 70; n++)
                check(&cases[i], loops_of_processor[set], loops_of_processor[last], n);
            check(&cases[i], loops_of_processor[set], loops_of_processor[last], MOST - 5);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_are_as_the_portable_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
