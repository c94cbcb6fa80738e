// Whole runs: 100 steps of a small CNN follow PyTorch's loss curve (tests/golden/training.txt), and
// no step takes memory that the first ones didn't have.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "golden.h"
#include "small_cnn.h"

#ifdef KNOBS_DOUBLE
static const double CURVE_BOUND = 1e-8;
enum { CORRECT_BOUND = 0 };
#else
static const double CURVE_BOUND = 1e-3;
enum { CORRECT_BOUND = 3 }; // digits on the edge may fall to either side
#endif

// --- PyTorch's curve -----------------------------------------------------------------------------

static int count_all_correct(Module *network, const Dataset *data) {
    Tape *tape = tape_new();
    Batches *batches = batches_new(data, .size = 100, .shuffle = false);
    Batch batch;
    int correct = 0;
    tape_set_recording(tape, false);
    module_train(network, false);
    while (batches_next(batches, tape, &batch)) {
        correct += count_correct(module_forward(network, batch.images), batch.labels);
        tape_clear(tape);
    }
    batches_free(batches);
    tape_free(tape);
    return correct;
}

static void follow_curve(const char *name, Module *network, Optimizer *optimizer) {
    Golden golden = golden_read("training.txt");
    const GoldenTensor *curve = golden_find(&golden, "training", name);
    Dataset train = small_cnn_digits();
    Batches *batches = batches_new(&train, .size = 32, .shuffle = false);
    Scheduler *scheduler = scheduler_new(optimizer);
    scheduler_bind(scheduler, 0, "lr",
                   schedule_cosine(optimizer_get(optimizer, 0, "lr"), (long)curve->size));
    Tape *tape = tape_new();
    double worst = 0;
    for (size_t step = 0; step < curve->size; step++) {
        const double loss = small_cnn_step(network, batches, optimizer, scheduler, tape);
        const double error = fabs(loss / curve->values[step] - 1);
        if (!(error <= CURVE_BOUND))
            fail_msg("%s: the loss of step %zu is %.9g, PyTorch's %.9g: relative error %.2g", name,
                     step, loss, curve->values[step], error);
        worst = fmax(worst, error);
    }
    char correct_name[32];
    snprintf(correct_name, sizeof correct_name, "%s_correct", name);
    const int expected = (int)golden_find(&golden, "training", correct_name)->values[0];
    const int correct = count_all_correct(network, &train);
    print_message("%s: %zu steps within %.2g of PyTorch's losses; %d correct, PyTorch's %d\n", name,
                  curve->size, worst, correct, expected);
    assert_true(abs(correct - expected) <= CORRECT_BOUND);
    tape_free(tape);
    scheduler_free(scheduler);
    batches_free(batches);
    dataset_free(&train);
    golden_free(&golden);
}

static void test_sgd_follows_pytorch(void **state) {
    (void)state;
    Module *network = small_cnn_new();
    small_cnn_set_weights(network);
    Optimizer *optimizer =
        sgd(module_parameters(network), .lr = 0.02, .momentum = 0.9, .weight_decay = 1e-3);
    follow_curve("sgd", network, optimizer);
    optimizer_free(optimizer);
    module_free(network);
}

static void test_adam_follows_pytorch(void **state) {
    (void)state;
    Module *network = small_cnn_new();
    small_cnn_set_weights(network);
    Optimizer *optimizer = adam(module_parameters(network), .lr = 2e-3);
    follow_curve("adam", network, optimizer);
    optimizer_free(optimizer);
    module_free(network);
}

// --- memory --------------------------------------------------------------------------------------

static long resident_peak_kilobytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss; // bytes on macOS: the bound is then stricter, and still holds
}

// Valgrind and the sanitizers have memory of their own, which grows.
static bool resident_memory_is_ours(void) {
#if defined(__SANITIZE_ADDRESS__)
    return false;
#else
    return getenv("KNOBS_VALGRIND") == NULL;
#endif
}

// Over epochs with a smaller last batch, and evaluations in between.
static void test_memory_does_not_grow(void **state) {
    (void)state;
    const int steps = getenv("KNOBS_VALGRIND") ? 50 : 2000;
    Dataset train = small_cnn_digits(), part = dataset_slice(&train, 0, 75);
    Module *network = small_cnn_new();
    small_cnn_set_weights(network);
    Optimizer *optimizer = adam(module_parameters(network));
    Batches *batches = batches_new(&part, .size = 16);
    Tape *tape = tape_new();
    size_t held = 0;
    long resident = 0;
    for (int step = 0; step < steps; step++) {
        small_cnn_step(network, batches, optimizer, NULL, tape);
        const size_t now = tape->values.held + tape->records.held;
        if (step == 0) // what the first step needed is enough for all
            held = now;
        assert_int_equal(now, held);
        if (step == steps / 20)
            resident = resident_peak_kilobytes();
    }
    const long growth = resident_peak_kilobytes() - resident;
    print_message("%d steps: the tape holds %zu bytes; resident memory grew by %ld KB\n", steps,
                  held, growth);
    if (resident_memory_is_ours())
        assert_true(growth < 256);
    tape_free(tape);
    batches_free(batches);
    optimizer_free(optimizer);
    module_free(network);
    dataset_free(&train);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sgd_follows_pytorch),
        cmocka_unit_test(test_adam_follows_pytorch),
        cmocka_unit_test(test_memory_does_not_grow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
