// Figures: drawn whole, mistakes told in one line, and no failure where gnuplot is missing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
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
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_ctrl_c),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
