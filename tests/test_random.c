// The random generator: its bits against the published ones, its streams, its distributions.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/threads.h"

static const double PI = 3.14159265358979323846;

// --- the bits ------------------------------------------------------------------------------------

// Philox4x32-10 as its paper states it, with the whole counter. Checked against the known answers,
// it checks the generator, whose streams use the lower half of the counter only.
static void reference_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t k0 = key[0], k1 = key[1];
    memcpy(out, counter, 4 * sizeof *out);
    for (int round = 0; round < 10; round++) {
        if (round > 0) {
            k0 += 0x9E3779B9u;
            k1 += 0xBB67AE85u;
        }
        const uint64_t p0 = UINT64_C(0xD2511F53) * out[0], p1 = UINT64_C(0xCD9E8D57) * out[2];
        const uint32_t next[4] = {(uint32_t)(p1 >> 32) ^ out[1] ^ k0, (uint32_t)p1,
                                  (uint32_t)(p0 >> 32) ^ out[3] ^ k1, (uint32_t)p0};
        memcpy(out, next, sizeof next);
    }
}

// The vectors of Random123's kat_vectors file.
static void test_known_answers(void **state) {
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        uint32_t found[4];
        reference_philox(known[i].counter, known[i].key, found);
        assert_memory_equal(found, known[i].answer, sizeof found);
    }
    Random zero = {.key = 0, .counter = 0};
    assert_true(random_bits(&zero) == UINT64_C(0xe169c58d6627e8d5));
    assert_int_equal(zero.counter, 1);
}

static void reference_words(uint64_t key, uint64_t counter, uint64_t *low, uint64_t *high) {
    const uint32_t counters[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), 0, 0};
    const uint32_t keys[2] = {(uint32_t)key, (uint32_t)(key >> 32)};
    uint32_t out[4];
    reference_philox(counters, keys, out);
    *low = out[0] | (uint64_t)out[1] << 32;
    *high = out[2] | (uint64_t)out[3] << 32;
}

static void test_draws_are_philox(void **state) {
    (void)state;
    static const uint64_t keys[] = {0, 1, UINT64_C(0xffffffffffffffff),
                                    UINT64_C(0x299f31d0a4093822)};
    static const uint64_t counters[] = {0,
                                        1,
                                        2,
                                        UINT64_C(0xffffffff),
                                        UINT64_C(0x100000000),
                                        UINT64_C(0x85a308d3243f6a88),
                                        UINT64_C(0xfffffffffffffffe)};
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++)
        for (size_t c = 0; c < sizeof counters / sizeof counters[0]; c++) {
            const Random start = {.key = keys[k], .counter = counters[c]};
            uint64_t low, high;
            reference_words(keys[k], counters[c], &low, &high);
            Random random = start;
            assert_true(random_bits(&random) == low);
            assert_true(random.key == keys[k] && random.counter == counters[c] + 1);
            const double u = (double)(low >> 11) * 0x1p-53, v = (double)(high >> 11) * 0x1p-53;
            random = start;
            assert_true(random_uniform(&random) == u);
            random = start;
            const double normal = sqrt(-2 * log(1 - u)) * cos(2 * PI * v);
            assert_true(fabs(random_normal(&random) - normal) < 1e-12);
            assert_true(random.counter == counters[c] + 1);
        }
}

// --- streams -------------------------------------------------------------------------------------

enum { MANY = 40001 }; // enough for the threads to share a fill

static void test_fill_equals_single_draws(void **state) {
    (void)state;
    real *expected = malloc(MANY * sizeof *expected), *found = malloc(MANY * sizeof *found);
    for (int normal = 0; normal <= 1; normal++) {
        Random single = random_from_seed(3);
        random_bits(&single); // a stream that isn't at its start
        const Random start = single;
        for (int i = 0; i < MANY; i++)
            expected[i] = (real)(normal ? 0.5 + 2 * random_normal(&single)
                                        : -1 + (3 - -1.0) * random_uniform(&single));
        for (int threads = 1; threads <= 3; threads++) {
            Random filled = start;
            threads_set(threads);
            memset(found, 0, MANY * sizeof *found);
            if (normal)
                random_fill_normal(&filled, MANY, 0.5, 2, found);
            else
                random_fill_uniform(&filled, MANY, -1, 3, found);
            assert_memory_equal(found, expected, MANY * sizeof *found);
            assert_true(filled.key == single.key && filled.counter == single.counter);
        }
    }
    threads_set(0);
    free(expected);
    free(found);
}

static int compare_bits(const void *a, const void *b) {
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

// Draws of parent, children, grandchildren and of other seeds: 64 bits never repeat by chance.
static void test_split_streams_differ(void **state) {
    (void)state;
    enum { CHILDREN = 200, DRAWS = 50, STREAMS = 2 * CHILDREN + 2 };
    static uint64_t bits[STREAMS * DRAWS];
    Random parent = random_from_seed(11);
    const Random before = parent;
    Random streams[STREAMS];
    for (int i = 0; i < CHILDREN; i++) {
        streams[2 * i] = random_split(&parent, (uint64_t)i);
        streams[2 * i + 1] = random_split(&streams[2 * i], (uint64_t)i);
    }
    assert_memory_equal(&parent, &before, sizeof parent); // splitting doesn't move it
    streams[2 * CHILDREN] = parent;
    streams[2 * CHILDREN + 1] = random_from_seed(12);
    for (int s = 0; s < STREAMS; s++)
        for (int i = 0; i < DRAWS; i++)
            bits[s * DRAWS + i] = random_bits(&streams[s]);
    qsort(bits, STREAMS * DRAWS, sizeof *bits, compare_bits);
    for (int i = 1; i < STREAMS * DRAWS; i++)
        assert_true(bits[i] != bits[i - 1]);
}

static void test_split_is_a_function_of_parent_and_index(void **state) {
    (void)state;
    Random parent = random_from_seed(11);
    const Random child = random_split(&parent, 4);
    for (int i = 0; i < 10; i++)
        random_bits(&parent);
    const Random again = random_split(&parent, 4); // however far the parent has gone
    assert_true(again.key == child.key && again.counter == 0);
    assert_true(random_split(&parent, 5).key != child.key);
    assert_true(random_from_seed(11).key == parent.key);
}

static double correlation(Random a, Random b, int n) {
    double total = 0;
    for (int i = 0; i < n; i++)
        total += (random_uniform(&a) - 0.5) * (random_uniform(&b) - 0.5) * 12;
    return total / n;
}

static void test_streams_are_uncorrelated(void **state) {
    (void)state;
    enum { N = 100000 };
    const double bound = 4 / sqrt(N); // four standard deviations
    const Random parent = random_from_seed(1);
    assert_true(fabs(correlation(parent, random_split(&parent, 0), N)) < bound);
    for (uint64_t i = 0; i < 5; i++) {
        const Random child = random_split(&parent, i);
        assert_true(fabs(correlation(child, random_split(&parent, i + 1), N)) < bound);
        assert_true(fabs(correlation(random_from_seed(i), random_from_seed(i + 1), N)) < bound);
        Random later = child; // the same stream, one draw later
        random_bits(&later);
        assert_true(fabs(correlation(child, later, N)) < bound);
    }
}

// --- distributions -------------------------------------------------------------------------------

// χ² of counts that should be equal. With d = cells − 1 it has mean d and variance 2 d.
static double chi_square(const int *counts, int cells, int draws) {
    double expected = (double)draws / cells, total = 0;
    for (int i = 0; i < cells; i++)
        total += (counts[i] - expected) * (counts[i] - expected) / expected;
    return total;
}

static void assert_equal_counts(const int *counts, int cells, int draws) {
    const double degrees = cells - 1, distance = chi_square(counts, cells, draws) - degrees;
    if (fabs(distance) > 4 * sqrt(2 * degrees))
        fail_msg("%d cells: chi-square is %g off its mean", cells, distance);
}

static void test_random_below(void **state) {
    (void)state;
    enum { DRAWS = 120000 };
    static const int limits[] = {2, 3, 10, 64, 1000};
    Random random = random_from_seed(5);
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
        int counts[1000] = {0};
        for (int i = 0; i < DRAWS; i++) {
            uint64_t draw = random_below(&random, (uint64_t)limits[l]);
            assert_true(draw < (uint64_t)limits[l]);
            counts[draw]++;
        }
        assert_equal_counts(counts, limits[l], DRAWS);
    }
    const uint64_t before = random.counter;
    for (int i = 0; i < 100; i++)
        assert_int_equal(random_below(&random, 1), 0);
    assert_true(random.counter == before + 100);
}

// 3·2⁶² doesn't divide 2⁶⁴: a bare remainder would give the first third half of the draws.
static void test_random_below_rejects(void **state) {
    (void)state;
    enum { DRAWS = 30000 };
    int counts[3] = {0};
    Random random = random_from_seed(6);
    for (int i = 0; i < DRAWS; i++)
        counts[random_below(&random, UINT64_C(3) << 62) >> 62]++;
    assert_equal_counts(counts, 3, DRAWS);
    const double rejected = (double)random.counter / DRAWS; // 4/3 draws are needed
    assert_true(fabs(rejected - 4.0 / 3) < 0.02);
}

typedef double (*Distribution)(double x);

static double uniform_distribution(double x) {
    return x;
}

static double normal_distribution(double x) {
    return 0.5 * erfc(-x / sqrt(2));
}

static int compare_doubles(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The Kolmogorov–Smirnov distance between the draws and the distribution; sorts the draws.
static double ks_distance(double *draws, int n, Distribution distribution) {
    double distance = 0;
    qsort(draws, (size_t)n, sizeof *draws, compare_doubles);
    for (int i = 0; i < n; i++) {
        const double wanted = distribution(draws[i]);
        distance = fmax(distance, fmax(wanted - (double)i / n, (double)(i + 1) / n - wanted));
    }
    return distance;
}

static double central_moment(const double *draws, int n, double mean, int power) {
    double total = 0;
    for (int i = 0; i < n; i++)
        total += pow(draws[i] - mean, power);
    return total / n;
}

enum { SAMPLE = 200000 };
// The mean of n draws of variance s² is within 4 s/√n but once in 16,000 seeds; the seed is fixed.
static void assert_moment(const double *draws, double mean, int power, double expected,
                          double variance) {
    const double moment = central_moment(draws, SAMPLE, mean, power);
    if (!(fabs(moment - expected) < 4 * sqrt(variance / SAMPLE)))
        fail_msg("moment %d is %g, expected %g", power, moment, expected);
}

static void test_uniform(void **state) {
    (void)state;
    double *draws = malloc(SAMPLE * sizeof *draws);
    Random random = random_from_seed(7);
    for (int i = 0; i < SAMPLE; i++) {
        draws[i] = random_uniform(&random);
        assert_true(draws[i] >= 0 && draws[i] < 1);
    }
    assert_moment(draws, 0, 1, 0.5, 1.0 / 12);
    assert_moment(draws, 0.5, 2, 1.0 / 12, 1.0 / 180);
    assert_true(ks_distance(draws, SAMPLE, uniform_distribution) < 1.63 / sqrt(SAMPLE));
    free(draws);
}

static void test_normal(void **state) {
    (void)state;
    double *draws = malloc(SAMPLE * sizeof *draws);
    Random random = random_from_seed(8);
    for (int i = 0; i < SAMPLE; i++) {
        draws[i] = random_normal(&random);
        assert_true(isfinite(draws[i]));
    }
    assert_moment(draws, 0, 1, 0, 1);
    assert_moment(draws, 0, 2, 1, 2);
    assert_moment(draws, 0, 3, 0, 15);
    assert_moment(draws, 0, 4, 3, 96);
    assert_true(ks_distance(draws, SAMPLE, normal_distribution) < 1.63 / sqrt(SAMPLE));
    free(draws);
}

static void test_permutation(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 1000, 4097};
    static int order[4097];
    Random random = random_from_seed(9);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        static char seen[4097];
        memset(seen, 0, sizeof seen);
        random_permutation(&random, sizes[s], order);
        int moved = 0;
        for (size_t i = 0; i < sizes[s]; i++) {
            assert_true(order[i] >= 0 && (size_t)order[i] < sizes[s] && !seen[order[i]]);
            seen[order[i]] = 1;
            moved += order[i] != (int)i;
        }
        if (sizes[s] >= 1000)
            assert_true((size_t)moved > sizes[s] - 10); // about one stays by chance
    }
}

static void test_permutations_are_equally_likely(void **state) {
    (void)state;
    enum { DRAWS = 48000 };
    int counts[24] = {0};
    Random random = random_from_seed(10);
    for (int i = 0; i < DRAWS; i++) {
        int order[4], rank = 0;
        random_permutation(&random, 4, order);
        for (int a = 0; a < 4; a++) { // Lehmer's code
            int smaller = 0;
            for (int b = a + 1; b < 4; b++)
                smaller += order[b] < order[a];
            rank = rank * (4 - a) + smaller;
        }
        counts[rank]++;
    }
    assert_equal_counts(counts, 24, DRAWS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_draws_are_philox),
        cmocka_unit_test(test_fill_equals_single_draws),
        cmocka_unit_test(test_split_streams_differ),
        cmocka_unit_test(test_split_is_a_function_of_parent_and_index),
        cmocka_unit_test(test_streams_are_uncorrelated),
        cmocka_unit_test(test_random_below),
        cmocka_unit_test(test_random_below_rejects),
        cmocka_unit_test(test_uniform),
        cmocka_unit_test(test_normal),
        cmocka_unit_test(test_permutation),
        cmocka_unit_test(test_permutations_are_equally_likely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
