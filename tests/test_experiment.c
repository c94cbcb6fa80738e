// Experiments: runs side by side, finished ones skipped, stale ones never shown, failures named,
// signals passed on. This program is its own child: an experiment starts the executable that it is
// in.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "base/threads.h"
#include "caught.h"
#include "run/experiment.h"
#include "run/interrupt.h"
#include "scratch.h"

static Error error;

// --- the child -----------------------------------------------------------------------------------

enum {
    FINE,
    FAILS,
    CRASHES,
    FAILS_LATE,
    NO_RESULT,
    WAITS,
    CANT_GO_ON,
    LIVES_ON,
    CANT_SAVE,
    BUILDS
};
static double lr = 0.1;
static int manner = FINE;
static const char *program; // of a child: this one
static const char usual_note[] = "it's a \"note\"";
static const char *note = usual_note;

static const Option own[] = {
    option_number("lr", &lr, "learning rate", .above = 0),
    option_choice("manner", &manner, "how the child ends", "fine", "fails", "crashes", "fails-late",
                  "no-result", "waits", "cant-go-on", "lives-on", "cant-save", "builds"),
    option_text("note", &note, "text with spaces"),
};

static int write_result(const LessonOptions *lesson, double resumed) {
    Numbers numbers = {0};
    numbers_add(&numbers, "loss", lr / 3);
    numbers_add(&numbers, "seed", lesson->seed);
    numbers_add(&numbers, "threads", lesson->threads);
    numbers_add(&numbers, "resumed", resumed);
    numbers_add(&numbers, "note", (double)strlen(note));
    return numbers_write(&numbers, lesson->out, &error) ? 0 : error_report(&error);
}

static void rest(long milliseconds) {
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

static int tell(const char *why) {
    error_set(&error, "%s", why);
    return error_report(&error);
}

// Until it is told to stop; then it saves, and how it was told is in the file.
static int wait_for_signal(const LessonOptions *lesson) {
    for (int i = 0; i < 6000 && !interrupt_signal(); i++)
        rest(10);
    if (manner == LIVES_ON)
        rest(1000);
    if (manner == CANT_SAVE)
        return tell("no room to save");
    char *path = path_format("%s/checkpoint.safetensors", lesson->out);
    char *text = path_format("saved after signal %d", interrupt_signal());
    bool written = file_write(path, text, strlen(text), &error);
    free(text);
    free(path);
    return interrupt_status(written ? 0 : error_report(&error));
}

static void note_start(const LessonOptions *lesson) {
    char *path = path_format("%s/started", lesson->out);
    FILE *started = fopen(path, "a");
    fputs("x", started);
    fclose(started);
    free(path);
}

static int child_run(const LessonOptions *lesson) {
    interrupt_install(true);
    if (!folder_lock(lesson->out, &error))
        return error_report(&error);
    note_start(lesson);
    printf("the child of seed %d speaks\n", lesson->seed);
    fflush(stdout);
    if (manner == FAILS)
        return 6 + tell("the disk is full");
    if (manner == CRASHES) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    if (manner == CANT_GO_ON && lesson->resume) {
        char *path = path_format("%s/checkpoint.safetensors", lesson->out);
        remove(path);
        free(path);
        return tell("it is damaged");
    }
    if ((manner == WAITS || manner == LIVES_ON || manner == CANT_SAVE) && !lesson->resume)
        return wait_for_signal(lesson);
    if (manner == BUILDS && utimensat(AT_FDCWD, program, NULL, 0) != 0)
        return tell("the program can't be touched");
    const int status = manner == NO_RESULT ? 0 : write_result(lesson, lesson->resume);
    return manner == FAILS_LATE ? 5 : status;
}

static int child_main(int argc, char **argv) {
    program = argv[0];
    LessonOptions lesson = {.name = "lesson-99", .own = own, .own_count = OPTION_COUNT(own)};
    int status;
    if (lesson_options_parse(&lesson, argc, argv, &status))
        status = child_run(&lesson);
    lesson_options_free(&lesson);
    return status;
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
        char name[24], arguments[96];
        snprintf(name, sizeof name, "seed-%d", 11 + i);
        snprintf(arguments, sizeof arguments, "--seed=%d\n%s", 11 + i, more);
        experiment_add(&experiment, name, arguments);
    }
    return experiment;
}

static double result(const Experiment *experiment, int run, const char *name) {
    assert_true(experiment->runs[run].finished);
    return numbers_get(&experiment->runs[run].numbers, name);
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
    assert_false(experiment.runs[0].finished);
    assert_true(experiment_run(&experiment, &error));
    for (int i = 0; i < 3; i++) {
        assert_true(result(&experiment, i, "loss") == (0.1 + 0.2) / 3);
        assert_true(result(&experiment, i, "seed") == 11 + i);
        assert_true(result(&experiment, i, "threads") == 1);
        assert_true(result(&experiment, i, "note") == (double)strlen(note));
    }
    assert_fatal(result(&experiment, 0, "los"), "has found no 'los'");
    assert_true(numbers_has(&experiment.runs[0].numbers, "loss"));
    assert_false(numbers_has(&experiment.runs[0].numbers, "los"));
    experiment_free(&experiment);
    assert_string_equal(scratch_read("three/runs/seed-12/result.csv"),
                        "name,value\nloss,0.10000000000000002\nseed,12\nthreads,1\nresumed,0\n"
                        "note,13\n");
    const char *words =
        scratch_read("three/runs/seed-12/run.log"); // how it was started, what it said
    assert_contains(words, "/test_experiment\n--lr=0.30000000000000004\n--manner=fine\n");
    assert_contains(words, "\n--seed=12\n--child\n--out=");
    assert_contains(words, "\n--threads=1\n\nthe child of seed 12 speaks\n");
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
    run_three(&lesson, "--lr=0.4\n"); // of the run
    assert_int_equal(starts("stale", "seed-12"), 3);
    lesson.quick = true;
    run_three(&lesson, "--lr=0.4\n");
    assert_int_equal(starts("stale", "seed-12"), 4);

    char key[1000]; // of another program: one digit of its checksum
    snprintf(key, sizeof key, "%s", scratch_read("stale/runs/seed-12/key"));
    assert_int_equal(strncmp(key, "program ", 8), 0);
    key[8] = key[8] == '0' ? '1' : '0';
    scratch_write("stale/runs/seed-12/key", key);
    scratch_write("stale/runs/seed-12/checkpoint.safetensors", "of the other program");
    run_three(&lesson, "--lr=0.4\n");
    assert_int_equal(starts("stale", "seed-12"), 5);
    assert_int_equal(starts("stale", "seed-13"), 4);
    assert_contains(scratch_read("stale/runs/seed-12/result.csv"),
                    "seed,12\nthreads,2\nresumed,0\n"); // not resumed

    assert_int_equal(unlink(scratch("stale/runs/seed-11/result.csv")), 0); // unfinished
    run_three(&lesson, "--lr=0.4\n");
    assert_int_equal(starts("stale", "seed-11"), 5);
    assert_int_equal(starts("stale", "seed-12"), 5);

    // A run whose options say no seed has the lesson's.
    Experiment experiment = {.lesson = &lesson, .name = "plain"};
    experiment_add(&experiment, "plain", "");
    assert_true(experiment_run(&experiment, &error));
    assert_true(result(&experiment, 0, "seed") == 21);
    experiment_free(&experiment);
}

// Weights that are trained again: what was run with the old ones counts for nothing.
static void test_a_file_that_an_option_names(void **state) {
    (void)state;
    LessonOptions lesson = lesson_in("named");
    char path[256];
    snprintf(path, sizeof path, "%s", scratch("named/weights"));
    note = path;
    scratch_write("named/weights", "old");
    run_three(&lesson, "");
    run_three(&lesson, "");
    assert_int_equal(starts("named", "seed-12"), 1);
    scratch_write("named/weights", "new");
    run_three(&lesson, "");
    assert_int_equal(starts("named", "seed-12"), 2);
    assert_int_equal(unlink(path), 0);
    lesson.resume = true;
    Experiment experiment = three_runs(&lesson, "");
    assert_false(experiment_run(&experiment, &error));
    assert_contains(error.message, "named/weights");
    assert_contains(error.message, "; without --resume it is made anew");
    experiment_free(&experiment);
    note = usual_note;
}

static void assert_fails(const char *more, const char *answer) {
    static int number = 0;
    char folder[32], arguments[64];
    snprintf(folder, sizeof folder, "fails%d", number++);
    snprintf(arguments, sizeof arguments, "--seed=2\n%s\n", more);
    LessonOptions lesson = lesson_in(folder);
    Experiment experiment = {.lesson = &lesson, .name = "mixed"};
    experiment_add(&experiment, "good", "--seed=1\n");
    experiment_add(&experiment, "bad", arguments);
    assert_false(experiment_run(&experiment, &error));
    assert_contains(error.message, answer);
    assert_contains(error.message, "bad");
    assert_false(experiment.runs[1].finished);
    assert_false(experiment_run(&experiment, &error)); // and no second try makes a result of it
    experiment_free(&experiment);
    assert_int_equal(starts(folder, "good"), 1);
}

static void test_failures(void **state) {
    (void)state;
    assert_fails("--manner=fails", "/runs/bad/run.log): error: the disk is full");
    assert_contains(error.message, "run 'bad' ended with exit status 7 (");
    if (!getenv("KNOBS_VALGRIND")) // an emulator has the last word of what crashes
        assert_fails("--manner=crashes", "bad/run.log): the child of seed 2 speaks");
    assert_fails("--manner=fails-late", "exit status 5");
    assert_fails("--manner=no-result", "result.csv: can't open");
    assert_fails("--lr=-1", "run.log): error: --lr must be a number > 0, not \"-1\"");

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
    assert_true(experiment_run(&experiment, &error));
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
    if (threads_standard() < 2)
        skip();
    LessonOptions lesson = lesson_in("others");
    Experiment experiment = {.lesson = &lesson, .name = "mixed"};
    experiment_add(&experiment, "waits", "--manner=waits\n");
    experiment_add(&experiment, "bad", "--manner=fails\n");
    bool done = experiment_run(&experiment, &error);
    experiment_free(&experiment);
    assert_false(done);
    assert_contains(error.message, "run 'bad' ended with exit status 7");
    if (starts("others", "waits")) // unless it was told so before it could listen
        assert_string_equal(scratch_read("others/runs/waits/checkpoint.safetensors"),
                            "saved after signal 15");
}

// A run that can't go on from its checkpoint takes it away, and begins anew; the checkpoint of one that
// fails for another reason stays.
static void test_begins_anew(void **state) {
    (void)state;
    LessonOptions lesson = lesson_in("anew");
    Experiment experiment = {.lesson = &lesson, .name = "seeds"};
    experiment_add(&experiment, "seed-11", "--manner=cant-go-on\n");
    assert_true(experiment_run(&experiment, &error));
    assert_int_equal(unlink(scratch("anew/runs/seed-11/result.csv")), 0);
    scratch_write("anew/runs/seed-11/checkpoint.safetensors", "damaged");
    experiment.runs[0].finished = false;
    int before = capture_begin(2, "words");
    const bool done = experiment_run(&experiment, &error);
    assert_contains(capture_end(2, before, "words"),
                    "run 'seed-11' can't go on from its checkpoint");
    if (!done)
        fail_msg("%s", error.message);
    assert_true(result(&experiment, 0, "resumed") == 0);
    experiment_free(&experiment);
    assert_int_equal(starts("anew", "seed-11"), 3);

    experiment = (Experiment){.lesson = &lesson, .name = "seeds"};
    experiment_add(&experiment, "seed-12", "--manner=fails\n");
    assert_false(experiment_run(&experiment, &error));
    scratch_write("anew/runs/seed-12/checkpoint.safetensors", "kept");
    assert_false(experiment_run(&experiment, &error));
    assert_contains(error.message, "the disk is full");
    assert_string_equal(scratch_read("anew/runs/seed-12/checkpoint.safetensors"), "kept");
    experiment_free(&experiment);
}

// --- a launcher ----------------------------------------------------------------------------------

// A script that stands before the command of each run, and keeps a diary.
static void launcher_write(const char *lines) {
    char text[600];
    snprintf(text, sizeof text, "#!/bin/sh\nshift\necho begun >>\"${0%%/*}/diary\"\n%s", lines);
    scratch_write("launcher", text);
    assert_int_equal(chmod(scratch("launcher"), 0755), 0);
    scratch_write("diary", "");
    char path[4096]; // by its name, for the folder's has a space
    snprintf(path, sizeof path, "%s:%s", scratch("."), getenv("PATH"));
    assert_int_equal(setenv("PATH", path, 1), 0);
    assert_int_equal(setenv("KNOBS_LAUNCHER", "launcher -n1 ", 1), 0);
}

static void test_launcher(void **state) {
    (void)state;
    launcher_write("\"$@\"; status=$?; echo ended >>\"${0%/*}/diary\"; exit $status\n");
    LessonOptions lesson = lesson_in("one by one");
    lesson.jobs = 1;
    run_three(&lesson, "");
    assert_string_equal(scratch_read("diary"), "begun\nended\nbegun\nended\nbegun\nended\n");
    run_three(&lesson, ""); // finished ones aren't launched again
    assert_int_equal(strlen(scratch_read("diary")), 36);
    assert_contains(scratch_read("one by one/runs/seed-12/run.log"), "launcher\n-n1\n");

    // Each waits until three have begun.
    launcher_write(
        "for i in 1 2 3 4 5 6 7 8 9; do [ \"$(grep -c begun \"${0%/*}/diary\")\" = 3 ] && "
        "exec \"$@\"; sleep 1; done; exit 4\n");
    lesson = lesson_in("all at once");
    lesson.jobs = 3; // whatever processors there are here
    run_three(&lesson, "");

    // One that gets no machine, or isn't there, is named with its words.
    launcher_write("echo 'error: no partition of that name' >&2; exit 3\n");
    lesson = lesson_in("refused");
    Experiment experiment = three_runs(&lesson, "");
    assert_false(experiment_run(&experiment, &error));
    assert_contains(error.message, "'launcher -n1 ' ended with exit status 3 (");
    assert_contains(error.message, "run.log): error: no partition of that name");
    experiment_free(&experiment);
    assert_int_equal(setenv("KNOBS_LAUNCHER", "/no/such/launcher -c2", 1), 0);
    experiment = three_runs(&lesson, "");
    assert_false(experiment_run(&experiment, &error));
    if (!getenv("KNOBS_VALGRIND")) // there, posix_spawn doesn't tell that no such program is found
        assert_contains(error.message, "through KNOBS_LAUNCHER '/no/such/launcher -c2' can't be "
                                       "started: No such file");
    experiment_free(&experiment);
    assert_int_equal(unsetenv("KNOBS_LAUNCHER"), 0);
}

// --- signals, and a parent that dies -------------------------------------------------------------

// A parent of three runs that wait, in a group of its own; returns when the first one listens.
static pid_t parent_start(const char *folder, const char *manner_option) {
    LessonOptions lesson = lesson_in(folder);
    fflush(NULL);
    pid_t parent = fork();
    if (parent == 0) {
        setpgid(0, 0);
        interrupt_install(false);
        capture_begin(2, "words");
        Experiment experiment = three_runs(&lesson, manner_option);
        bool done = experiment_run(&experiment, &error);
        experiment_free(&experiment);
        if (!done && *error.message)
            error_report(&error);
        fflush(NULL);
        _exit(interrupt_status(done ? 0 : 1));
    }
    setpgid(parent, parent);
    for (int i = 0; i < 6000 && !starts(folder, "seed-11"); i++)
        rest(10);
    return parent;
}

static int parent_end(pid_t parent) {
    int status;
    assert_true(waitpid(parent, &status, 0) == parent);
    return status;
}

// Until the run has saved, or ten seconds have passed.
static const char *saved(const char *folder, const char *run) {
    char name[128];
    snprintf(name, sizeof name, "%s/runs/%s/checkpoint.safetensors", folder, run);
    for (int i = 0; i < 1000 && !file_exists(scratch(name)); i++)
        rest(10);
    return scratch_read(name);
}

static int interrupted_parent(int number, bool whole_group) {
    const pid_t parent = parent_start("signal", "--manner=waits\n");
    assert_int_equal(kill(whole_group ? -parent : parent, number), 0);
    const int status = parent_end(parent);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

// By Ctrl-C, which reaches the parent's group, and by kill, which reaches the parent alone: the runs
// get one signal, from their parent. Then it goes on where it was.
static void test_signals(void **state) {
    (void)state;
    assert_int_equal(interrupted_parent(SIGINT, true), 130);
    assert_contains(scratch_read("words"),
                    "stopped: 0 of 3 runs finished; the same command goes on");
    assert_string_equal(saved("signal", "seed-11"), "saved after signal 2");
    assert_int_equal(rename(scratch("signal/runs"), scratch("signal/first")), 0);
    assert_int_equal(interrupted_parent(SIGTERM, false), 143);
    assert_string_equal(saved("signal", "seed-11"), "saved after signal 15");
    assert_int_equal(rename(scratch("signal/runs"), scratch("signal/second")), 0);
    assert_int_equal(interrupted_parent(SIGHUP, false), 129);
    assert_string_equal(saved("signal", "seed-11"), "saved after signal 1");
    assert_null(strstr(scratch_read("words"), "error"));
    const pid_t parent = parent_start("unsaved", "--manner=cant-save\n"); // what it lost is told
    assert_int_equal(kill(parent, SIGTERM), 0);
    assert_int_equal(WEXITSTATUS(parent_end(parent)), 143);
    assert_contains(scratch_read("words"), "unsaved/runs/seed-1");
    assert_contains(scratch_read("words"), "run.log): error: no room to save");

    LessonOptions lesson = lesson_in("signal");
    Experiment experiment = {.lesson = &lesson, .name = "seeds"};
    experiment_add(&experiment, "seed-11", "--seed=11\n--manner=waits\n");
    assert_true(experiment_run(&experiment, &error));
    assert_true(result(&experiment, 0, "resumed") == 1);
    experiment_free(&experiment);
}

// The process that writes into this run's folder.
static int writer(const char *folder) {
    int process = 0;
    assert_false(folder_is_free(scratch(folder), &error));
    const char *told = strstr(error.message, ": process ");
    assert_non_null(told);
    assert_int_equal(sscanf(told, ": process %d ", &process), 1);
    return process;
}

// Whether it is stopped, as soon as it is what is wanted, and at the latest after ten seconds.
static bool is_stopped(int process, bool wanted) {
    bool stopped = !wanted;
    for (int i = 0; i < 1000 && stopped != wanted; i++) {
        char command[64], state[8] = "";
        snprintf(command, sizeof command, "ps -o stat= -p %d", process);
        FILE *ps = popen(command, "r");
        assert_non_null(fgets(state, sizeof state, ps));
        pclose(ps);
        stopped = strchr(state, 'T') != NULL;
        rest(10);
    }
    return stopped;
}

// Ctrl-Z stops the parent as the shell wants to see it, and its runs; fg goes on with all; twice.
static void test_stopped_and_gone_on(void **state) {
    (void)state;
    if (getenv("KNOBS_VALGRIND")) // which stops on no signal
        skip();
    if (system("ps -o stat= -p 1 >/dev/null 2>&1") != 0)
        skip();
    const pid_t parent = parent_start("stopped", "--manner=waits\n");
    const int run = writer("stopped/runs/seed-11");
    for (int i = 0; i < 2; i++) {
        int status;
        assert_false(is_stopped(run, false));
        assert_int_equal(kill(-parent, SIGTSTP), 0);
        assert_true(waitpid(parent, &status, WUNTRACED) == parent);
        assert_true(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTSTP);
        assert_true(is_stopped(run, true));
        assert_int_equal(kill(-parent, SIGCONT), 0);
        assert_false(is_stopped(run, false));
    }
    assert_int_equal(kill(-parent, SIGINT), 0);
    assert_int_equal(WEXITSTATUS(parent_end(parent)), 130);
    assert_string_equal(saved("stopped", "seed-11"), "saved after signal 2");
}

// A parent that is killed takes its runs along: they save and end. While one is still at it, another
// start is refused; then it goes on.
static void test_killed_parent(void **state) {
    (void)state;
    const pid_t parent = parent_start("killed", "--manner=lives-on\n");
    assert_int_equal(kill(parent, SIGKILL), 0);
    assert_true(WIFSIGNALED(parent_end(parent)));
    LessonOptions lesson = lesson_in("killed");
    Experiment experiment = three_runs(&lesson, "--manner=lives-on\n");
    const bool refused = !experiment_run(&experiment, &error);
    if (!refused || !strstr(error.message, "killed/runs/seed-11: process "))
        fail_msg("%d: %s", refused, error.message);
    experiment_free(&experiment);
    assert_string_equal(saved("killed", "seed-11"), "saved after signal 15");
    rest(100);
    bool free_again = false;
    for (int i = 0; i < 1000 && !free_again; i++, rest(10))
        free_again = folder_is_free(scratch("killed/runs/seed-11"), &error);
    assert_true(free_again);
    assert_int_equal(starts("killed", "seed-11"), 1);
    assert_int_equal(starts("killed", "seed-13"), 0);
}

static void test_programmers_mistakes(void **state) {
    (void)state;
    LessonOptions lesson = lesson_in("mistakes");
    Experiment experiment = {.lesson = &lesson, .name = "seeds"};
    experiment_add(&experiment, "a", "--seed=1\n");
    assert_fatal(experiment_add(&experiment, "a", "--seed=2\n"), "two runs 'a'");
    assert_fatal(experiment_add(&experiment, "../a", "--seed=2\n"), "no name for a run");
    assert_fatal(experiment_add(&experiment, "a b", "--seed=2\n"), "no name for a run");
    assert_fatal(experiment_add(&experiment, "", "--seed=2\n"), "no name for a run");
    experiment_free(&experiment);
}

// A run that makes the program newer, as make would: the next one isn't started.
static void test_built_again(void **state) {
    (void)state;
    LessonOptions lesson = lesson_in("built");
    lesson.jobs = 1;
    manner = BUILDS;
    Experiment experiment = three_runs(&lesson, "");
    assert_false(experiment_run(&experiment, &error));
    assert_contains(error.message, "/test_experiment was built again while its runs ran");
    assert_int_equal(starts("built", "seed-11"), 1);
    assert_int_equal(starts("built", "seed-12"), 0);
    experiment_free(&experiment);
}

int main(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--child") == 0)
            return child_main(argc, argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_three_runs),
        cmocka_unit_test(test_skips_and_stales),
        cmocka_unit_test(test_a_file_that_an_option_names),
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_damaged_results),
        cmocka_unit_test(test_others_stop),
        cmocka_unit_test(test_begins_anew),
        cmocka_unit_test(test_launcher),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_stopped_and_gone_on),
        cmocka_unit_test(test_killed_parent),
        cmocka_unit_test(test_programmers_mistakes),
        cmocka_unit_test(test_built_again),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
