// The loop of a run: it counts, saves, stops and goes on to the same bits, and tells the first error. A
// run here is a small network, an optimizer with a memory, a rate that falls on a plateau, a random
// stream and two logs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/threads.h"
#include "caught.h"
#include "nn/layers.h"
#include "nn/loss.h"
#include "run/interrupt.h"
#include "run/loop.h"
#include "scratch.h"

static Error error;

// --- the run -------------------------------------------------------------------------------------

static double lr = 0.05;
static int steps = 20, width = 4;
static const Option own[] = {
    option_number("lr", &lr, "learning rate", .above = 0),
    option_integer("width", &width, "of the hidden layer", .min = 1),
    option_integer("steps", &steps, "of the run", .min = 1, .may_change = true),
};

static char out[256];
static LessonOptions options;

static void options_make(const char *folder, bool resume) {
    snprintf(out, sizeof out, "%s", scratch(folder));
    assert_true(folder_create(out, &error));
    lr = 0.05, steps = 20, width = 4;
    options = (LessonOptions){.name = "lesson-96",
                              .seed = 11,
                              .seeds = 1,
                              .resume = resume,
                              .out = out,
                              .own = own,
                              .own_count = OPTION_COUNT(own)};
}

// What happens behind a step's number.
typedef struct Event {
    long step;
    void (*happen)(Loop *loop, Log *log);
} Event;

static long steps_made, step_at_end;
static double last_loss;
static bool was_resumed;
static long save_every = 0;

static bool run(Event event) {
    Loop loop;
    error = (Error){""};
    loop_init(&loop, &options, steps, &error);
    loop.save_every = save_every;
    Random random = random_from_seed((uint64_t)options.seed);
    Module *network = loop_module(
        &loop, "model",
        sequential_new(linear_new(3, width), hyperbolic_tangent_new(), linear_new(width, 1)));
    module_initialise(network, &random);
    Optimizer *optimizer = loop_optimizer(
        &loop, "optimizer", sgd(module_parameters(network), .lr = lr, .momentum = 0.9));
    Plateau plateau = plateau_on(optimizer, .factor = 0.9, .patience = 1);
    loop_plateau(&loop, "plateau", &plateau);
    loop_random(&loop, "random", &random);
    long low = 0;
    double sum = 0;
    loop_integer(&loop, "low", &low);
    loop_number(&loop, "sum", &sum);
    Log *log = loop_log(&loop, "steps.csv", "step,loss,sum");
    Log *second = loop_log(&loop, "low.csv", "step,low");
    steps_made = 0;
    while (loop_next(&loop)) {
        Tensor *x = tape_tensor(loop.tape, SHAPE(5, 3)), *y = tape_tensor(loop.tape, SHAPE(5, 1));
        random_fill_normal(&random, x->size, 0, 1, x->data);
        random_fill_normal(&random, y->size, 0, 1, y->data);
        Tensor *loss = mse_loss(module_forward(network, x), y);
        optimizer_zero_grad(optimizer);
        backward(loss);
        optimizer_step(optimizer);
        last_loss = tensor_item(loss);
        plateau_step(&plateau, last_loss);
        low += last_loss < 1;
        sum += last_loss;
        log_row(log, (double)loop.step, last_loss, sum);
        if (loop.step % 3 == 0)
            log_row(second, (double)loop.step, (double)low);
        loop_show(&loop, last_loss, lr);
        steps_made++;
        if (loop.step == event.step)
            event.happen(&loop, log);
    }
    was_resumed = loop.resumed;
    step_at_end = loop.step;
    loop_tell(&loop, "low %ld", low);
    return loop_end(&loop);
}

// The run in a process of its own, for a signal stays with a process; returns its exit status, and
// what it said is in the file words.
static int run_apart(Event event) {
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        interrupt_install(false);
        capture_begin(2, "words");
        const bool good = run(event);
        const int status = interrupt_status(good ? 0 : error_report(&error));
        fflush(NULL);
        _exit(status);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
    return WEXITSTATUS(status);
}

static const Event NOTHING = {0};

static void assert_same_files(const char *a, const char *b) {
    const char *const files[] = {"steps.csv", "low.csv", "checkpoint.safetensors"};
    for (int i = 0; i < 3; i++) {
        char command[512];
        snprintf(command, sizeof command, "cmp \"%s/%s/%s\" \"%s/%s/%s\"", scratch_folder, a,
                 files[i], scratch_folder, b, files[i]);
        if (system(command) != 0)
            fail_msg("%s isn't the same in %s and in %s", files[i], a, b);
    }
}

static int rows(const char *name) {
    int count = -1; // without the names of the columns
    for (const char *at = scratch_read(name); *at; at++)
        count += *at == '\n';
    return count;
}

// --- what it does --------------------------------------------------------------------------------

static void test_whole(void **state) {
    (void)state;
    options_make("whole", false);
    assert_int_equal(run_apart(NOTHING), 0);
    assert_int_equal(rows("whole/steps.csv"), 20);
    assert_int_equal(rows("whole/low.csv"), 6);
    assert_contains(scratch_read("words"), "  trained, low ");
    assert_true(run(NOTHING)); // the same again
    assert_int_equal(steps_made, 20);
    assert_int_equal(step_at_end, 20);
    assert_false(was_resumed);
}

static void send_signal(Loop *loop, Log *log) {
    (void)log;
    raise(loop->step % 2 ? SIGINT : SIGTERM);
}

// Stopped and gone on with, wherever that was: the same bits in the checkpoint and in the logs.
static void test_stop_and_go_on(void **state) {
    (void)state;
    for (long at = 1; at <= 20; at += 1 + at / 4) {
        options_make("stopped", false);
        assert_int_equal(run_apart((Event){at, send_signal}), at % 2 ? 130 : 143);
        assert_int_equal(rows("stopped/steps.csv"), at);
        assert_contains(scratch_read("words"),
                        at < 20 ? "stopped (--resume goes on), low " : "trained, low ");
        options_make("stopped", true);
        assert_int_equal(run_apart(NOTHING), 0);
        assert_same_files("whole", "stopped");
        assert_true(run(NOTHING)); // a finished run goes on for no step
        assert_true(was_resumed && steps_made == 0 && step_at_end == 20);
        assert_same_files("whole", "stopped");
    }
}

// Where another process writes for both, this one reads the checkpoint, does the same steps, and leaves and says
// nothing.
static void test_follows(void **state) {
    (void)state;
    options_make("followed", false);
    assert_int_equal(run_apart((Event){10, send_signal}), 143);
    options_make("followed", true);
    options.follows = true;
    assert_int_equal(run_apart(NOTHING), 0);
    assert_string_equal(scratch_read("words"), "");
    assert_int_equal(rows("followed/steps.csv"), 10);
    assert_true(run(NOTHING));
    assert_true(was_resumed && steps_made == 10 && step_at_end == 20);
    const double loss = last_loss;
    options_make("followed", true);
    assert_true(run(NOTHING)); // the checkpoint is still that of step 10
    assert_true(steps_made == 10 && last_loss == loss);
    assert_same_files("whole", "followed");
}

static void die(Loop *loop, Log *log) {
    (void)loop;
    (void)log;
    _exit(77); // as by SIGKILL: nothing is written any more
}

// Killed, it goes on from the last checkpoint, and what the logs have beyond it goes.
static void test_killed(void **state) {
    (void)state;
    save_every = 6;
    options_make("killed", false);
    assert_int_equal(run_apart((Event){17, die}), 77);
    assert_int_equal(rows("killed/steps.csv"), 17);
    options_make("killed", true);
    assert_true(run(NOTHING));
    assert_int_equal(steps_made, 20 - 12);
    assert_same_files("whole", "killed");

    options_make("killed", false);
    options.save_every = 5; // --save-every is above what the program sets
    assert_int_equal(run_apart((Event){17, die}), 77);
    options_make("killed", true);
    assert_true(run(NOTHING));
    assert_int_equal(steps_made, 20 - 15);
    save_every = 0;

    options_make("killed", false); // neither says anything: ten in a run
    assert_int_equal(run_apart((Event){17, die}), 77);
    options_make("killed", true);
    assert_true(run(NOTHING));
    assert_int_equal(steps_made, 20 - 16);

    options_make("killed", false); // before the first one: there is nothing to go on from
    assert_int_equal(run_apart((Event){1, die}), 77);
    options_make("killed", true);
    assert_false(run(NOTHING));
    assert_contains(error.message, "checkpoint.safetensors");
}

static void assert_not_resumed(const char *answer) {
    options.resume = true;
    assert_false(run(NOTHING));
    assert_int_equal(steps_made, 0);
    assert_contains(error.message, answer);
}

// A run goes on with the options it began with; one that differs is named. The length of the run may
// change.
static void test_options(void **state) {
    (void)state;
    options_make("options", false);
    steps = 10;
    assert_true(run(NOTHING));
    options_make("options", true);
    lr = 0.06;
    assert_not_resumed("'option --lr' is 0.05, expected 0.06");
    options_make("options", true);
    width = 5;
    assert_not_resumed("'option --width' is 4, expected 5");
    options_make("options", true);
    options.seed = 12;
    assert_not_resumed("'option --seed' is 11, expected 12");
    options_make("options", true);
    options.quick = true;
    assert_not_resumed("'option --quick' is no, expected yes");
    options_make("options", true);
    options.held_out = true;
    assert_not_resumed("'option --held-out' is no, expected yes");
    options_make("options", true);
    options.schedule = "constant(lr)";
    assert_not_resumed("'option --schedule' is");
    options_make("options", true);
    steps = 9; // fewer than are done
    assert_not_resumed("'step' is 10, expected 0 to 9");
    options_make("options", true);
    if (!run(NOTHING))
        fail_msg("%s", error.message);
    assert_int_equal(steps_made, 10);
    assert_same_files("whole", "options");
}

static void stop(Loop *loop, Log *log) {
    (void)log;
    loop_stop(loop, "diverged: the loss is no number");
}

// A program can ask how far the run had got, before it has anything to load the rest into.
static void test_saved_step(void **state) {
    (void)state;
    options_make("saved", false);
    steps = 10;
    assert_true(run(NOTHING));
    for (int resume = 0; resume <= 2; resume++) {
        options_make(resume == 2 ? "nothing" : "saved", resume != 0);
        Loop loop;
        loop_init(&loop, &options, steps, &error);
        assert_int_equal(loop_saved_step(&loop), resume == 1 ? 10 : 0);
        assert_true(loop_end(&loop) == (resume < 2));
    }
    assert_contains(error.message, "nothing/checkpoint.safetensors");
    scratch_write("saved/checkpoint.safetensors", "damaged");
    for (int child = 0; child <= 1; child++) { // its parent begins it anew
        options_make("saved", true);
        options.child = child;
        Loop loop;
        loop_init(&loop, &options, steps, &error);
        assert_int_equal(loop_saved_step(&loop), 0);
        assert_false(loop_end(&loop));
        assert_true(file_exists(scratch("saved/checkpoint.safetensors")) == !child);
    }
}

// That it ended by itself is remembered: it doesn't go on.
static void test_stop(void **state) {
    (void)state;
    options_make("ended", false);
    assert_int_equal(run_apart((Event){7, stop}), 0);
    assert_contains(scratch_read("words"), "  diverged: the loss is no number, low ");
    options_make("ended", true);
    assert_int_equal(run_apart(NOTHING), 0);
    assert_contains(scratch_read("words"), "  ended before its last step, low ");
    assert_int_equal(rows("ended/steps.csv"), 7);
    assert_true(run(NOTHING));
    assert_true(steps_made == 0 && step_at_end == 7);
}

// --- what goes wrong -----------------------------------------------------------------------------

static void fail_twice(Loop *loop, Log *log) {
    (void)log;
    loop_need(loop, error_set(loop->error, "the first"));
    loop_need(loop, error_set(loop->error, "the second"));
    loop_need(loop, true);
}

static void test_first_error(void **state) {
    (void)state;
    options_make("errors", false);
    assert_int_equal(run_apart((Event){5, fail_twice}), 1);
    assert_string_equal(scratch_read("words"), "error: the first\n"); // and not that it is trained
    assert_false(file_exists(scratch("errors/checkpoint.safetensors")) &&
                 rows("errors/steps.csv") > 5);
    assert_false(run((Event){5, fail_twice}));
    assert_true(steps_made == 5 && step_at_end == 5);

    options_make("errors", false); // before it begins
    Loop loop;
    loop_init(&loop, &options, 3, &error);
    loop_need(&loop, error_set(loop.error, "no data"));
    loop_log(&loop, "steps.csv", "step,loss");
    assert_false(loop_next(&loop));
    loop_tell(&loop, "nothing");
    assert_false(loop_end(&loop));
    assert_string_equal(error.message, "no data");
}

static struct rlimit room;

static void disk_fills(Loop *loop, Log *log) {
    struct stat status;
    stat(scratch("full/steps.csv"), &status);
    getrlimit(RLIMIT_FSIZE, &room);
    const struct rlimit none = {(rlim_t)status.st_size, room.rlim_max};
    setrlimit(RLIMIT_FSIZE, &none);
    log_row(log, (double)loop->step + 0.5, 0, 0);
    setrlimit(RLIMIT_FSIZE, &room); // and has room again at once
}

// A lost row ends the run, and no checkpoint is saved that counts on it: the run goes on from the last
// one without a gap.
static void test_lost_rows(void **state) {
    (void)state;
    signal(SIGXFSZ, SIG_IGN);
    save_every = 6;
    options_make("full", false);
    assert_int_equal(run_apart((Event){12, disk_fills}), 1);
    assert_contains(scratch_read("words"), "steps.csv: can't write, rows are lost: File too large");
    assert_null(strstr(scratch_read("words"), "trained"));
    options_make("full", true);
    assert_true(run(NOTHING));
    assert_int_equal(steps_made, 20 - 6);
    assert_same_files("whole", "full");
    save_every = 0;
}

// A log that doesn't reach its checkpoint.
static void test_cut_log(void **state) {
    (void)state;
    options_make("cut", false);
    steps = 10;
    assert_true(run(NOTHING));
    assert_int_equal(truncate(scratch("cut/steps.csv"), 100), 0);
    options_make("cut", true);
    assert_not_resumed("steps.csv: it doesn't hold the rows that were there");
    options_make("cut", false); // anew
    assert_true(run(NOTHING));
    assert_same_files("whole", "cut");
    assert_int_equal(unlink(scratch("cut/low.csv")), 0);
    options_make("cut", true);
    assert_not_resumed("low.csv: can't write: No such file or directory");
    assert_true(file_exists(scratch("cut/checkpoint.safetensors")));
    options.child = true; // its parent begins it anew
    assert_not_resumed("low.csv: can't write: No such file or directory");
    assert_false(file_exists(scratch("cut/checkpoint.safetensors")));
}

// Another run's checkpoint isn't gone on from after a start afresh that saved nothing.
static void test_old_checkpoint(void **state) {
    (void)state;
    options_make("old", false);
    assert_true(run(NOTHING));
    options_make("old", false);
    assert_int_equal(run_apart((Event){1, die}), 77);
    options_make("old", true);
    assert_not_resumed("checkpoint.safetensors");
}

static void test_mistakes(void **state) {
    (void)state;
    options_make("mistakes", false);
    Loop loop;
    long number = 0;
    loop_init(&loop, &options, 3, &error);
    assert_true(loop_next(&loop));
    assert_fatal(loop_integer(&loop, "late", &number), "'late' comes after it has begun");
    assert_fatal(loop_log(&loop, "late.csv", "a"), "late.csv comes after it has begun");
    assert_true(loop_end(&loop));
    loop_init(&loop, &options, 3, &error);
    for (int i = 0; i < LOOP_PARTS_MAX; i++)
        loop_integer(&loop, "one of many", &number);
    assert_fatal(loop_integer(&loop, "last", &number), "'last' is one part too many");
    assert_true(loop_end(&loop));
}

int main(void) {
    threads_set(1); // the runs are forked
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),          cmocka_unit_test(test_stop_and_go_on),
        cmocka_unit_test(test_follows),        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_options),        cmocka_unit_test(test_saved_step),
        cmocka_unit_test(test_stop),           cmocka_unit_test(test_first_error),
        cmocka_unit_test(test_lost_rows),      cmocka_unit_test(test_cut_log),
        cmocka_unit_test(test_old_checkpoint), cmocka_unit_test(test_mistakes),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
