// Our side of `make bench`.
//
//     build/bench WORKLOAD THREADS          rounds, when scripts/bench.py asks for them
//     build/bench WORKLOAD THREADS STEPS    so many steps and no more, for a profiler
//     build/bench conv THREADS              convolutions alone, when it asks for them
//     build/bench loops                     for which vectors the loops are
//
// The first says "ready FLOP KB NOTE" when it has warmed up: floating point operations a step, peak
// memory, and what was verified. Then for each line on stdin it runs a round and answers with the
// milliseconds a step took, and with the GFLOP/s of large matrix products right after it, which are
// the machine's own limit. scripts/bench_torch.py is the same for PyTorch: change both. Status 2 says
// that a workload lacks its data.
#include "bench.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/error.h"
#include "base/random.h"
#include "base/threads.h"
#include "kernels/convolution.h"
#include "kernels/loops.h"

static const double ROUND_SECONDS = 0.3, LIMIT_SECONDS = 0.15, WARM_UP_SECONDS = 0.5,
                    PASS_SECONDS = 0.01;

// --- time ----------------------------------------------------------------------------------------

static double seconds_now(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

// Steps for at least so long; returns the seconds a step took.
static double round_run(StepFunction step, void *state, double seconds, clockid_t clock) {
    const double start = seconds_now(clock);
    double end = start;
    long steps = 0;
    for (; end - start < seconds; steps++, end = seconds_now(clock))
        step(state);
    return (end - start) / (double)steps;
}

static long peak_kilobytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
    return usage.ru_maxrss / 1024;
#else
    return usage.ru_maxrss;
#endif
}

// --- the machine's own limit ---------------------------------------------------------------------

// A product of large matrices on each thread at once, by OpenBLAS: as fast as this machine
// multiplies.
enum { SIDE = 1024 };

typedef struct Products {
    int threads;
    float *a, *b, *c;
} Products;

static Products products_new(void) {
    Products products = {.threads = threads_count()};
    const size_t all = (size_t)products.threads * SIDE * SIDE;
    products.a = memory_alloc(all * sizeof(float));
    products.b = memory_alloc(all * sizeof(float));
    products.c = memory_zeroed(all, sizeof(float));
    for (size_t i = 0; i < all; i++) {
        products.a[i] = (float)(i % 17) / 16 - 0.5F;
        products.b[i] = (float)(i % 13) / 12 - 0.5F;
    }
    return products;
}

static double products_flop(const Products *products) {
    return 2.0 * SIDE * SIDE * SIDE * products->threads;
}

static void products_step(void *state) {
    const Products *p = state;
#pragma omp parallel for schedule(static, 1)
    for (int i = 0; i < p->threads; i++) {
        const size_t at = (size_t)i * SIDE * SIDE;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, SIDE, SIDE, SIDE, 1, p->a + at, SIDE,
                    p->b + at, SIDE, 0, p->c + at, SIDE);
    }
}

// --- convolutions alone --------------------------------------------------------------------------

enum { PASSES = 3 };

typedef struct Convolution {
    ConvolutionSizes sizes;
    ConvolutionPass pass;
    real *x, *y, *weight, *scratch, *result;
} Convolution;

static real *random_numbers(Random *random, size_t n) {
    real *numbers = memory_alloc(n * sizeof(real));
    random_fill_normal(random, n, 0, 1, numbers);
    return numbers;
}

// From a line "batch in height width out kernel stride padding groups".
static Convolution convolution_read(const char *line) {
    ConvolutionSizes s;
    if (sscanf(line, "%d %d %d %d %d %d %d %d %d", &s.batch, &s.in_channels, &s.height, &s.width,
               &s.out_channels, &s.kernel_height, &s.stride, &s.padding_top, &s.groups) != 9)
        fatal("bench: no shape of a convolution: %s", line);
    s.kernel_width = s.kernel_height;
    s.padding_left = s.padding_top;
    s.out_height = (s.height + 2 * s.padding_top - s.kernel_height) / s.stride + 1;
    s.out_width = (s.width + 2 * s.padding_left - s.kernel_width) / s.stride + 1;
    const size_t x = (size_t)s.batch * s.in_channels * s.height * s.width;
    const size_t y = (size_t)s.batch * s.out_channels * s.out_height * s.out_width;
    const size_t weight =
        (size_t)s.out_channels * (s.in_channels / s.groups) * s.kernel_height * s.kernel_width;
    size_t scratch = 1;
    for (int pass = 0; pass < PASSES; pass++) {
        const size_t wanted = kernel_convolution_scratch(&s, pass);
        scratch = wanted > scratch ? wanted : scratch;
    }
    Random random = random_from_seed(1);
    return (Convolution){.sizes = s,
                         .x = random_numbers(&random, x),
                         .y = random_numbers(&random, y),
                         .weight = random_numbers(&random, weight),
                         .scratch = random_numbers(&random, scratch),
                         .result = random_numbers(&random, x + y + weight)};
}

static void convolution_free(const Convolution *c) {
    free(c->x);
    free(c->y);
    free(c->weight);
    free(c->scratch);
    free(c->result);
}

static void convolution_step(void *state) {
    const Convolution *c = state;
    const real *from = c->pass == CONVOLUTION_TRANSPOSED ? c->y : c->x;
    const real *with = c->pass == CONVOLUTION_WEIGHT_GRADIENT ? c->y : c->weight;
    kernel_convolution(&c->sizes, c->pass, from, with, NULL, c->scratch, false, 0, c->result);
}

// For each line, a shape, the milliseconds of each pass; the same line again is the same numbers.
static int convolutions_run(void) {
    char line[128], before[128] = "";
    Convolution convolution = {0};
    while (fgets(line, sizeof line, stdin)) {
        const bool is_new = strcmp(line, before) != 0;
        if (is_new) {
            convolution_free(&convolution);
            convolution = convolution_read(line);
            strcpy(before, line);
        }
        for (int pass = 0; pass < PASSES; pass++) {
            convolution.pass = (ConvolutionPass)pass;
            if (is_new)
                convolution_step(&convolution);
            printf("%.6f ", 1e3 * round_run(convolution_step, &convolution, PASS_SECONDS,
                                            CLOCK_THREAD_CPUTIME_ID));
        }
        printf("\n");
        fflush(stdout);
    }
    convolution_free(&convolution);
    return 0;
}

// --- rounds --------------------------------------------------------------------------------------

static void steps_run(StepFunction step, void *state, int steps) {
    const double start = seconds_now(CLOCK_MONOTONIC);
    for (int i = 0; i < steps; i++)
        step(state);
    printf("%.4f ms a step\n", 1e3 * (seconds_now(CLOCK_MONOTONIC) - start) / steps);
}

static void rounds_run(StepFunction step, void *state) {
    round_run(step, state, WARM_UP_SECONDS, CLOCK_MONOTONIC);
    // No step allocates after the first, so this is the peak; the products come after it.
    const long kilobytes = peak_kilobytes();
    Products products = products_new();
    products_step(&products);
    printf("ready %.0f %ld %s\n", bench_flop, kilobytes, bench_note);
    fflush(stdout);
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        const double ours = round_run(step, state, ROUND_SECONDS, CLOCK_MONOTONIC);
        const double limit = round_run(products_step, &products, LIMIT_SECONDS, CLOCK_MONOTONIC);
        printf("%.6f %.6f\n", 1e3 * ours, products_flop(&products) / limit / 1e9);
        fflush(stdout);
    }
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "loops") == 0)
        return puts(loops()->name) < 0;
    threads_prepare(argv);
    const int threads = argc > 2 ? atoi(argv[2]) : 0, steps = argc > 3 ? atoi(argv[3]) : 0;
    if (argc < 3 || argc > 4 || threads < 1 || (argc == 4 && steps < 1)) {
        fprintf(stderr, "usage: %s WORKLOAD THREADS [STEPS]\n", argv[0]);
        return 1;
    }
    threads_set(threads);
    if (strcmp(argv[1], "conv") == 0)
        return convolutions_run();
    const Workload *workload = workload_find(argv[1]);
    if (!workload)
        return 1;
    void *state = workload->prepare();
    if (!state)
        return 2;
    if (steps)
        steps_run(workload->step, state, steps);
    else
        rounds_run(workload->step, state);
    return 0;
}
