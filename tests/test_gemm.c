// Products of matrices in every order, whichever way kernel_gemm takes, against sums in double.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "base/threads.h"
#include "kernels/gemm.h"

typedef struct Product {
    int m, n, k;
} Product;

static const Product products[] = {
    {0, 5, 3},     {5, 0, 3},      {3, 5, 0},      {1, 1, 1},      {7, 9, 5},      {10, 512, 128},
    {64, 8, 256},  {120, 64, 7},   {48, 192, 1},   {49, 200, 33},  {97, 208, 64},  {100, 784, 64},
    {193, 392, 2}, {50, 193, 9},   {65, 256, 256}, {65, 256, 257}, {130, 512, 31}, {23, 64, 300},
    {24, 7, 300},  {150, 10, 513}, {30, 5, 0},     {60, 200, 0},   {48, 200, 600}, {260, 1, 9},
};

static real *random_numbers(Random *random, int n) {
    real *numbers = memory_alloc((size_t)(n + 1) * sizeof(real));
    random_fill_normal(random, (size_t)n, 0, 1, numbers);
    return numbers;
}

static double sum_of(const Product *p, const Transpose *orders, const real *a, const real *b,
                     int row, int column) {
    double sum = 0;
    for (int k = 0; k < p->k; k++)
        sum += (double)a[orders[0] == PLAIN ? row * p->k + k : k * p->m + row] *
               (double)b[orders[1] == PLAIN ? k * p->n + column : column * p->k + k];
    return sum;
}

static void check(const Product *p, const Transpose *orders, bool add, Random *random) {
    const size_t size = (size_t)p->m * (size_t)p->n;
    real *a = random_numbers(random, p->m * p->k), *b = random_numbers(random, p->k * p->n);
    real *before = random_numbers(random, p->m * p->n),
         *found = random_numbers(random, p->m * p->n);
    real *by_one = random_numbers(random, p->m * p->n);
    const double bound = (sizeof(real) == 4 ? 1e-6 : 1e-14) * (10 + p->k);
    memcpy(found, before, size * sizeof(real));
    memcpy(by_one, before, size * sizeof(real));
    kernel_gemm(orders[0], orders[1], p->m, p->n, p->k, a, b, add, found);
    for (int i = 0; i < p->m * p->n; i++) {
        const double wanted =
            sum_of(p, orders, a, b, i / p->n, i % p->n) + (add ? (double)before[i] : 0);
        if (!(fabs((double)found[i] - wanted) <= bound))
            fail_msg("%d × %d by %d × %d, orders %d %d, add %d: number %d is %g, not %g", p->m,
                     p->k, p->k, p->n, orders[0], orders[1], add, i, (double)found[i], wanted);
    }
    const int threads = threads_count();
    threads_set(1);
    kernel_gemm(orders[0], orders[1], p->m, p->n, p->k, a, b, add, by_one);
    threads_set(threads);
    if (size > 0)
        assert_memory_equal(found, by_one, size * sizeof(real));
    free(a);
    free(b);
    free(before);
    free(found);
    free(by_one);
}

static void test_products(void **state) {
    (void)state;
    Random random = random_from_seed(7);
    threads_set(3);
    for (size_t i = 0; i < sizeof products / sizeof products[0]; i++)
        for (int way = 0; way < 8; way++)
            check(&products[i], (Transpose[]){(Transpose)(way & 1), (Transpose)(way >> 1 & 1)},
                  way >> 2, &random);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
