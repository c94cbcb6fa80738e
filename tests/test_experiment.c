// Experiments: runs side by side, finished ones skipped, stale ones never shown, failures named,
// signals passed on. This program is its own child: an experiment starts the executable that it is
// in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "caught.h"
#include "run/experiment.h"
#include "run/interrupt.h"
#include "scratch.h"

static Error error;

// --- the child -----------------------------------------------------------------------------------

enum { FINE, FAILS, CRASHES, FAILS_LATE, NO_RESULT, WAITS, OTHER_COLUMNS };
static double lr = 0.1;
static int manner = FINE;
static const char *note = "it's a \"note\"";

static const Option own[] = {
    option_number("lr", &lr, "learning rate", .above = 0),
    option_choice("manner", &manner, "how the child ends", "fine", "fails", "crashes", "fails-late",
                  "no-result", "waits", "other-columns"),
    option_text("note", &note, "text with spaces"),
};

static int write_result(const LessonOptions *lesson, double resumed) {
    Numbers numbers = {0};
    numbers_add(&numbers, "loss", lr / 3);
    if (manner != OTHER_COLUMNS) {
        numbers_add(&numbers, "seed", lesson->seed);
        numbers_add(&numbers, "threads", lesson->threads);
        numbers_add(&numbers, "resumed", resumed);
        numbers_add(&numbers, "note", (double)strlen(note));
    }
    return numbers_write(&numbers, lesson->out, &error) ? 0 : error_report(&error);
}

// Until it is told to stop; then it saves.
static int wait_for_signal(const LessonOptions *lesson) {
    for (int i = 0; i < 1000 && !interrupt_signal(); i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    char *path = path_format("%s/checkpoint.safetensors", lesson->out);
    bool written = file_write(path, "saved", 5, &error);
    free(path);
    return interrupt_status(written ? 0 : error_report(&error));
}

static int child_main(int argc, char **argv) {
    LessonOptions lesson;
    int status;
    if (!lesson_options_parse(&lesson, "lesson-99", own, OPTION_COUNT(own), argc, argv, &status))
        return status;
    interrupt_install();
    char *path = path_format("%s/started", lesson.out);
    FILE *started = fopen(path, "a");
    fputs("x", started);
    fclose(started);
    free(path);
    printf("the child of seed %d speaks\n", lesson.seed);
    if (manner == FAILS)
        return 7;
    if (manner == CRASHES) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    if (manner == NO_RESULT)
        return 0;
    if (manner == WAITS && !lesson.resume)
        return wait_for_signal(&lesson);
    status = write_result(&lesson, lesson.resume);
    return manner == FAILS_LATE ? 5 : status;
}

// --- the parent ----------------------------------------------------------------------------------

static LessonOptions lesson_in(const char *folder) {
    static char out[256];
    snprintf(out, sizeof out, "%s", scratch(folder));
    lr = 0.1, manner = FINE;
    assert_true(folder_create(out, &error));
    return (LessonOptions){
        .seed = 21, .seeds = 1, .out = out, .own = own, .own_count = OPTION_COUNT(own)};
}

static Experiment three_runs(const LessonOptions *lesson, const char *more) {
    Experiment experiment = {.lesson = lesson, .name = "seeds"};
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "seed-%d", 11 + i);
        experiment_add(&experiment, name, "--seed %d %s", 11 + i, more);
    }
    return experiment;
}

static double result(const Experiment *experiment, int run, const char *name) {
    return numbers_get(experiment_numbers(experiment, run), name);
}

// How often the run was started.
static size_t starts(const char *folder, const char *run) {
    char name[128];
    snprintf(name, sizeof name, "%s/runs/%s/started", folder, run);
    return file_exists(scratch(name)) ? strlen(scratch_read(name)) : 0;
}

static void test_three_runs(void **state) {
    (void)state;
    LessonOptions lesson = lesson_in("three");
    lr = 0.1 + 0.2;
    Experiment experiment = three_runs(&lesson, "");
    assert_fatal(result(&experiment, 0, "loss"), "no result");
    assert_true(experiment_run(&experiment, &error));
    for (int i = 0; i < 3; i++) {
        assert_true(result(&experiment, i, "loss") == (0.1 + 0.2) / 3);
        assert_true(result(&experiment, i, "seed") == 11 + i);
        assert_true(result(&experiment, i, "threads") == 1);
        assert_true(result(&experiment, i, "note") == (double)strlen(note));
    }
    assert_fatal(result(&experiment, 0, "los"), "has found no 'los'");
    assert_fatal(result(&experiment, 3, "loss"), "run 3");
    experiment_free(&experiment);
    assert_string_equal(scratch_read("three/seeds.csv"), "run,loss,seed,threads,resumed,note\n"
                                                         "seed-11,0.10000000000000002,11,1,0,13\n"
                                                         "seed-12,0.10000000000000002,12,1,0,13\n"
                                                         "seed-13,0.10000000000000002,13,1,0,13\n");
    assert_string_equal(scratch_read("three/runs/seed-12/run.log"),
                        "the child of seed 12 speaks\n");
}

static void run_three(const LessonOptions *lesson, const char *more) {
    Experiment experiment = three_runs(lesson, more);
    if (!experiment_run(&experiment, &error))
        fail_msg("%s", error.message);
    experiment_free(&experiment);
}

static void test_skips_and_stales(void **state) {
    (void)state;
    LessonOptions lesson = lesson_in("stale");
    run_three(&lesson, "");
    run_three(&lesson, "");
    assert_int_equal(starts("stale", "seed-12"), 1);
    lesson.threads = 2; // the same bits with any number of threads
    run_three(&lesson, "");
    assert_int_equal(starts("stale", "seed-12"), 1);
    lr = 0.3; // another option of the lesson
    run_three(&lesson, "");
    assert_int_equal(starts("stale", "seed-12"), 2);
    run_three(&lesson, "--lr 0.4"); // of the run
    assert_int_equal(starts("stale", "seed-12"), 3);
    lesson.quick = true;
    run_three(&lesson, "--lr 0.4");
    assert_int_equal(starts("stale", "seed-12"), 4);

    char key[1000]; // of another program: one digit of its checksum
    snprintf(key, sizeof key, "%s", scratch_read("stale/runs/seed-12/key"));
    assert_int_equal(strncmp(key, "program ", 8), 0);
    key[8] = key[8] == '0' ? '1' : '0';
    scratch_write("stale/runs/seed-12/key", key);
    scratch_write("stale/runs/seed-12/checkpoint.safetensors", "of the other program");
    run_three(&lesson, "--lr 0.4");
    assert_int_equal(starts("stale", "seed-12"), 5);
    assert_int_equal(starts("stale", "seed-13"), 4);
    assert_contains(scratch_read("stale/runs/seed-12/result.csv"),
                    "seed,12\nthreads,2\nresumed,0\n"); // not resumed

    assert_int_equal(unlink(scratch("stale/runs/seed-11/result.csv")), 0); // unfinished
    run_three(&lesson, "--lr 0.4");
    assert_int_equal(starts("stale", "seed-11"), 5);
    assert_int_equal(starts("stale", "seed-12"), 5);

    // A run whose options say no seed has the lesson's.
    Experiment experiment = {.lesson = &lesson, .name = "plain"};
    experiment_add(&experiment, "plain", " ");
    assert_true(experiment_run(&experiment, &error));
    assert_true(result(&experiment, 0, "seed") == 21);
    experiment_free(&experiment);
}

static void assert_fails(const char *more, const char *answer) {
    static int number = 0;
    char folder[32], csv[64];
    snprintf(folder, sizeof folder, "fails%d", number++);
    snprintf(csv, sizeof csv, "%s/mixed.csv", folder);
    LessonOptions lesson = lesson_in(folder);
    Experiment experiment = {.lesson = &lesson, .name = "mixed"};
    experiment_add(&experiment, "good", "--seed 1");
    experiment_add(&experiment, "bad", "--seed 2 %s", more);
    assert_false(experiment_run(&experiment, &error));
    assert_contains(error.message, answer);
    assert_contains(error.message, "bad");
    assert_false(file_exists(scratch(csv)));
    assert_false(experiment_run(&experiment, &error)); // and no second try makes a result of it
    experiment_free(&experiment);
    assert_int_equal(starts(folder, "good"), 1);
}

static void test_failures(void **state) {
    (void)state;
    assert_fails("--manner fails", "exit status 7");
    assert_contains(error.message, "runs/bad/run.log");
    assert_fails("--manner crashes", "signal 11");
    assert_fails("--manner fails-late", "exit status 5");
    assert_fails("--manner no-result", "result.csv: can't open");
    assert_fails("--manner other-columns", "numbers of other names");
    assert_fails("--lr=-1", "exit status 1");
    assert_contains(scratch_read("fails5/runs/bad/run.log"),
                    "error: --lr must be a number > 0, not \"-1\"\n");

    LessonOptions lesson = lesson_in("unwritable");
    scratch_write("unwritable/runs", "");
    Experiment experiment = three_runs(&lesson, "");
    assert_false(experiment_run(&experiment, &error));
    assert_contains(error.message, "unwritable/runs/seed-11: can't make or write this folder");
    experiment_free(&experiment);
}

// A result that isn't ours: a line that says so, and no crash.
static void test_damaged_results(void **state) {
    (void)state;
    LessonOptions lesson = lesson_in("damaged");
    run_three(&lesson, "");
    char many[4000] = "name,value\n";
    for (int i = 0; i < 40; i++)
        snprintf(many + strlen(many), sizeof many - strlen(many), "n%d,1\n", i);
    const char *const texts[] = {"",
                                 "name,value",
                                 "name,value\n",
                                 "name,value\nloss\n",
                                 "name,value\nloss,\n",
                                 "name,value\nloss,one\n",
                                 "name,value\nloss,1",
                                 "name,value\nloss,1,2\n",
                                 "name,value\n,1\n",
                                 "name,value\na_name_of_more_than_thirty_one_letters,1\n",
                                 many};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        scratch_write("damaged/runs/seed-12/result.csv", texts[i]);
        Experiment experiment = three_runs(&lesson, "");
        assert_false(experiment_run(&experiment, &error));
        assert_contains(error.message, "seed-12/result.csv: not a name and a number in each row");
        experiment_free(&experiment);
    }
    scratch_write("damaged/runs/seed-12/result.csv", "name,value\nvalue,nan\n");
    Experiment experiment = three_runs(&lesson, "");
    assert_false(experiment_run(&experiment, &error));
    assert_contains(error.message, "numbers of other names");
    assert_true(isnan(result(&experiment, 1, "value")));
    experiment_free(&experiment);

    Numbers numbers = {0};
    assert_fatal(numbers_add(&numbers, "a_name_of_more_than_thirty_one_letters", 1), "too long");
    for (int i = 0; i < NUMBERS_MAX; i++)
        numbers_add(&numbers, "n", i);
    assert_fatal(numbers_add(&numbers, "n", 1), "one number too many");
}

// When a run fails, those beside it save and stop; they don't run on alone.
static void test_others_stop(void **state) {
    (void)state;
    LessonOptions lesson = lesson_in("others");
    Experiment experiment = {.lesson = &lesson, .name = "mixed"};
    experiment_add(&experiment, "waits", "--manner waits");
    experiment_add(&experiment, "bad", "--manner fails");
    time_t before = time(NULL);
    bool done = experiment_run(&experiment, &error);
    experiment_free(&experiment);
    assert_false(done);
    if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
        assert_contains(error.message, "run 'bad' ended with exit status 7");
        assert_true(time(NULL) - before < 5);
        assert_string_equal(scratch_read("others/runs/waits/checkpoint.safetensors"), "saved");
    }
}

static int interrupted_parent(int number, bool whole_group) {
    LessonOptions lesson = lesson_in("signal");
    pid_t parent = fork();
    if (parent == 0) {
        setpgid(0, 0);
        interrupt_install();
        Experiment experiment = three_runs(&lesson, "--manner waits");
        bool done = experiment_run(&experiment, &error);
        if (!done)
            scratch_write("signal/words", error.message);
        experiment_free(&experiment);
        _exit(interrupt_status(done ? 0 : 1));
    }
    for (int i = 0; i < 500 && !starts("signal", "seed-11"); i++)
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    assert_int_equal(kill(whole_group ? -parent : parent, number), 0);
    int status;
    assert_true(waitpid(parent, &status, 0) == parent);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

// By Ctrl-C, which reaches all, and by kill, which reaches the parent alone; then it goes on where
// it was.
static void test_signals(void **state) {
    (void)state;
    assert_int_equal(interrupted_parent(SIGINT, true), 130);
    assert_contains(scratch_read("signal/words"),
                    "stopped with 0 of 3 runs finished; the same command goes on");
    assert_string_equal(scratch_read("signal/runs/seed-11/checkpoint.safetensors"), "saved");
    assert_false(file_exists(scratch("signal/seeds.csv")));
    assert_int_equal(rename(scratch("signal/runs"), scratch("signal/first")), 0);
    assert_int_equal(interrupted_parent(SIGTERM, false), 143);
    assert_string_equal(scratch_read("signal/runs/seed-11/checkpoint.safetensors"), "saved");

    LessonOptions lesson = lesson_in("signal");
    Experiment experiment = {.lesson = &lesson, .name = "seeds"};
    experiment_add(&experiment, "seed-11", "--seed 11 --manner waits");
    assert_true(experiment_run(&experiment, &error));
    assert_true(result(&experiment, 0, "resumed") == 1);
    experiment_free(&experiment);
}

static void test_programmers_mistakes(void **state) {
    (void)state;
    LessonOptions lesson = lesson_in("mistakes");
    Experiment experiment = {.lesson = &lesson, .name = "seeds"};
    experiment_add(&experiment, "a", "--seed 1");
    assert_fatal(experiment_add(&experiment, "a", "--seed 2"), "two runs 'a'");
    assert_fatal(experiment_add(&experiment, "../a", "--seed 2"), "no name for a run");
    assert_fatal(experiment_add(&experiment, "a b", "--seed 2"), "no name for a run");
    assert_fatal(experiment_add(&experiment, "", "--seed 2"), "no name for a run");
    experiment_free(&experiment);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--child") == 0)
            return child_main(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_runs),
        cmocka_unit_test(test_skips_and_stales),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_damaged_results),
        cmocka_unit_test(test_others_stop),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_programmers_mistakes),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
