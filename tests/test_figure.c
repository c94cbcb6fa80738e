// Figures: drawn whole, mistakes told in one line, and no failure where gnuplot is missing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "run/figure.h"
#include "scratch.h"

static Error error;

static bool gnuplot_is_here(void) {
    return system("gnuplot --version >/dev/null 2>&1") == 0;
}

static void write_script(const char *text) {
    assert_true(folder_create(scratch("data"), &error));
    scratch_write("data/log.csv", "step,loss\n1,3\n2,2\n3,1.5\n4,nan\n");
    scratch_write("loss.gp", text);
}

static bool draw(void) {
    return figure_draw(scratch("loss.gp"), scratch("data"), scratch("figures"), &error);
}

static void test_draws(void **state) {
    (void)state;
    if (!gnuplot_is_here())
        skip();
    write_script("set xlabel 'step'\nplot KNOBS_DATA.'/log.csv' using \"step\":\"loss\" with lines "
                 "title 'loss'\n");
    int before = capture_begin(2, "words.txt");
    bool drawn = draw();
    assert_string_equal(capture_end(2, before, "words.txt"), "");
    assert_true(drawn);
    assert_contains(scratch_read("figures/loss.svg"), "<svg");
    assert_contains(scratch_read("figures/loss.svg"), "</svg>");
    assert_memory_equal(scratch_read("figures/loss.png"), "\x89PNG\r\n", 6);
}

// Without a word in a locale that has no UTF-8, and with a terminal that gnuplot doesn't have.
static void test_environment(void **state) {
    (void)state;
    if (!gnuplot_is_here())
        skip();
    write_script("set label '°' at 0, 0\nplot x\n");
    setenv("LC_ALL", "C", 1);
    setenv("GNUTERM", "nonsense", 1);
    int before = capture_begin(2, "words.txt");
    bool drawn = draw();
    const char *words = capture_end(2, before, "words.txt");
    if (!drawn)
        fail_msg("%s", error.message);
    assert_string_equal(words, "");
    assert_contains(scratch_read("figures/loss.svg"), "°");
}

// Draws from a folder whose name gnuplot could take for a command, a file to read, a variable or a
// home; and what is drawn lands in it.
static void test_names_are_no_code(void **state) {
    (void)state;
    if (!gnuplot_is_here())
        skip();
    static const char *const names[] = {"| touch TRACE; echo ", "<log",    "$data",        "~",
                                        "it's \"100 %d%n\"",    "a\\b $x", "`touch TRACE`"};
    write_script("plot KNOBS_DATA.'/log.csv' using \"step\":\"loss\" with lines\n");
    char *before = getcwd(NULL, 0);
    assert_int_equal(chdir(scratch_folder), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64];
        assert_true(folder_create(names[i], &error));
        snprintf(path, sizeof path, "%s/log.csv", names[i]);
        scratch_write(path, "step,loss\n1,3\n2,2\n");
        if (!figure_draw("loss.gp", names[i], names[i], &error))
            fail_msg("%s: %s", names[i], error.message);
        snprintf(path, sizeof path, "%s/loss.svg", names[i]);
        assert_contains(scratch_read(path), "</svg>");
        assert_int_not_equal(access("TRACE", F_OK), 0);
    }
    assert_int_equal(chdir(before), 0);
    free(before);
}

// The names of curves that end at the same place, at the borders, outside of them or nowhere (NaN)
// don't cover each other, stay inside of the plot, and keep the order of the ends.
static void test_curve_labels(void **state) {
    (void)state;
    if (!gnuplot_is_here())
        skip();
    write_script("array at[8] = [0.5, 0.5, 0.51, 0, 1.7, NaN, -3, 0.49]\n"
                 "do for [k = 1:8] { dummy = curve_label(\"one\\ntwo\", at[k], k) }\n"
                 "dummy = label_settle(200)\n"
                 "if (labels != 8 || label_half(1) < 0.03) { exit status 3 }\n"
                 "do for [i = 1:8] {\n"
                 "    if (label_at[i] < label_half(i) - 1e-3) { exit status 4 }\n"
                 "    if (label_at[i] > 1 - label_half(i) + 1e-3) { exit status 5 }\n"
                 "    do for [j = 1:8] {\n"
                 "        apart = label_at[i] - label_at[j] - label_half(i) - label_half(j)\n"
                 "        if (label_over(i, j) && apart < -1e-3) { exit status 6 }\n"
                 "    }\n"
                 "}\n"
                 "eval curve_labels\n"
                 "if (labels != 0) { exit status 7 }\n"
                 "plot x notitle\n");
    if (!draw())
        fail_msg("%s", error.message);
    assert_contains(scratch_read("figures/loss.svg"), ">two<");
}

// A curve's name stands where the curve ends: as long as there is room, exactly there.
static void test_curve_label_is_at_its_curve(void **state) {
    (void)state;
    if (!gnuplot_is_here())
        skip();
    write_script("dummy = curve_label('a', linear(3, 1, 5), 1)\n"
                 "dummy = curve_label('b', logarithmic(100, 1, 1e8), 2)\n"
                 "dummy = curve_label('c', logarithmic(0, 1, 10), 3) + label_settle(200)\n"
                 "if (label_at[1] != 0.5) { exit status 3 }\n"
                 "if (label_at[2] != 0.25) { exit status 4 }\n"
                 "if (label_end[3] != 0) { exit status 5 }\n"
                 "plot x\n");
    if (!draw())
        fail_msg("%s", error.message);
}

static void test_runs(void **state) {
    (void)state;
    if (!gnuplot_is_here())
        skip();
    write_script("set xrange [5:6]; set yrange [5:6]\n" // no row is outside of what is drawn
                 "eval runs_read\n"
                 "if (runs != 4 || kinds != 2) { exit status 3 }\n"
                 "if (kind[1] ne 'large' || kind[2] ne 'small') { exit status 4 }\n"
                 "if (first[2] != 2 || kind_of[3] != 1 || kind_of[4] != 2) { exit status 5 }\n"
                 "if (run_file(4, 'log.csv') ne KNOBS_DATA.'/runs/small-2/log.csv') "
                 "{ exit status 6 }\n"
                 "set autoscale\nplot x\n");
    scratch_write("data/results.csv", "run,init,seed,loss\nlarge-1,large,1,nan\nsmall-1,small,1,2\n"
                                      "large-2,large,2,nan\nsmall-2,small,2,3\n");
    if (!draw())
        fail_msg("%s", error.message);
}

static void assert_failure(const char *script, const char *answer) {
    write_script(script);
    scratch_write("figures/loss.svg", "the old one");
    assert_false(draw());
    assert_contains(error.message, "loss.gp: gnuplot failed: ");
    assert_contains(error.message, answer);
    assert_null(strchr(error.message, '\n'));
    assert_string_equal(scratch_read("figures/loss.svg"), "the old one");
    char command[256];
    snprintf(command, sizeof command, "ls \"%s\"/*tmp* >/dev/null 2>&1", scratch("figures"));
    assert_int_not_equal(system(command), 0);
}

static void test_mistakes(void **state) {
    (void)state;
    if (!gnuplot_is_here())
        skip();
    assert_failure("plot nothing_known\n", "line 1: undefined variable: nothing_known");
    assert_failure("\nplot KNOBS_DATA.'/none.csv' using 1:2\n", "none.csv");
    assert_failure("exit status 3\n", "it ended without a word");
    assert_false(figure_draw(scratch("no.gp"), scratch("data"), scratch("figures"), &error));
    assert_contains(error.message, "no.gp: gnuplot failed: ");
    scratch_write("file", "");
    assert_false(figure_draw(scratch("loss.gp"), scratch("data"), scratch("file"), &error));
}

static void test_missing(void **state) {
    (void)state;
    if (getenv("KNOBS_VALGRIND")) // there, posix_spawn doesn't tell that no such program is found
        skip();
    write_script("plot x\n");
    char *path = memory_string(getenv("PATH"));
    setenv("PATH", scratch_folder, 1);
    int before = capture_begin(2, "words.txt");
    bool once = draw(), twice = draw();
    const char *text = capture_end(2, before, "words.txt");
    setenv("PATH", path, 1);
    free(path);
    assert_true(once && twice);
    assert_contains(text, "no figures: gnuplot isn't installed");
    assert_contains(text, "--draw");
    assert_true(strchr(text, '\n') == text + strlen(text) - 1); // one line, once
}

// Runs with a gnuplot that is this shell script; its last arguments are the file to write and the kind.
static bool draw_with(const char *gnuplot) {
    char *before = memory_string(getenv("PATH")),
         *path = path_format("%s:%s", scratch_folder, before);
    scratch_write("gnuplot", gnuplot);
    assert_int_equal(chmod(scratch("gnuplot"), 0755), 0);
    setenv("PATH", path, 1);
    const bool drawn = draw();
    setenv("PATH", before, 1);
    assert_int_equal(unlink(scratch("gnuplot")), 0);
    free(before);
    free(path);
    return drawn;
}

// A gnuplot that is there and can't run isn't a missing one.
static void test_without_a_library(void **state) {
    (void)state;
    write_script("plot x\n");
    assert_false(draw_with("#!/bin/sh\necho 'cannot open libgd.so' >&2\nexit 127\n"));
    assert_contains(error.message, "loss.gp: gnuplot failed: cannot open libgd.so");
    assert_false(draw_with("#!/bin/sh\nexit 127\n"));
    assert_contains(error.message, "it ended without a word");
}

// What gnuplot is given are paths, whatever they begin with, and no terminal of the user's.
static void test_arguments(void **state) {
    (void)state;
    assert_int_equal(chdir(scratch_folder), 0);
    write_script("plot x\n");
    setenv("GNUTERM", "qt", 1);
    const char *script =
        "#!/bin/sh\nprintf '%s|' \"$4\" \"$5\" \"$7\" \"$GNUTERM\" >>given\n"
        "case $7 in svg) echo '</svg>' ;; *) printf 'IEND\\256B`\\202' ;; esac >\"$6\"\n";
    scratch_write("gnuplot", script);
    assert_int_equal(chmod(scratch("gnuplot"), 0755), 0);
    char *before = memory_string(getenv("PATH")),
         *path = path_format("%s:%s", scratch_folder, before);
    setenv("PATH", path, 1);
    const bool drawn = figure_draw("loss.gp", "| touch x", "$out", &error);
    setenv("PATH", before, 1);
    free(before);
    free(path);
    assert_int_equal(unlink(scratch("gnuplot")), 0);
    assert_int_equal(chdir("/"), 0);
    assert_true(drawn);
    assert_string_equal(scratch_read("given"),
                        "./loss.gp|./| touch x|svg||./loss.gp|./| touch x|png||");
    assert_string_equal(scratch_read("$out/loss.svg"), "</svg>\n");
    assert_string_equal(scratch_read("$out/loss.png"), "IEND\xae\x42\x60\x82");
}

// Ctrl-C goes to the whole group of a program, but not to gnuplot.
static void test_ctrl_c(void **state) {
    (void)state;
    if (!gnuplot_is_here())
        skip();
    write_script("pause 1\nplot x\n");
    unlink(scratch("figures/loss.svg"));
    pid_t child = fork();
    if (child == 0) {
        setpgid(0, 0);
        signal(SIGINT, SIG_IGN); // the lesson's handler only sets a flag
        _exit(draw() ? 0 : 1);
    }
    nanosleep(&(struct timespec){.tv_nsec = 400000000}, NULL);
    assert_int_equal(kill(-child, SIGINT), 0);
    int status = 1;
    assert_true(waitpid(child, &status, 0) == child);
    assert_int_equal(status, 0);
    assert_contains(scratch_read("figures/loss.svg"), "</svg>");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_draws),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_names_are_no_code),
        cmocka_unit_test(test_curve_labels),
        cmocka_unit_test(test_curve_label_is_at_its_curve),
        cmocka_unit_test(test_runs),
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_without_a_library),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_ctrl_c),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
