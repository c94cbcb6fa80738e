// The progress line: on a terminal (a pseudo-terminal here) of any width, and in a file.
#define _XOPEN_SOURCE 700 // posix_openpt
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <math.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "run/progress.h"
#include "scratch.h"

// The last line tells how long it took: hours, minutes and seconds.
static void test_durations(void **state) {
    (void)state;
    const struct {
        double seconds;
        const char *text;
    } rows[] = {{0, "0:00:00"},   {0.6, "0:00:01"},    {59.4, "0:00:59"}, {59.6, "0:01:00"},
                {125, "0:02:05"}, {3599.7, "1:00:00"}, {7384, "2:03:04"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char line[64];
        snprintf(line, sizeof line, "lesson-99  %s  done\n", rows[i].text);
        int before = capture_begin(2, "progress.txt");
        Progress progress;
        progress_start(&progress, "lesson-99", 0, 10, 10);
        progress.started -= rows[i].seconds;
        progress_finish(&progress, "done");
        assert_string_equal(capture_end(2, before, "progress.txt"), line);
    }
}

static void run_steps(long first, long total, double seconds) {
    Progress progress;
    progress_start(&progress, "lesson-99", first, total, total / 2);
    double end = clock_seconds() + seconds;
    for (long step = first + 1; step <= total; step++) {
        progress_step(&progress, step, "step %ld/%ld  loss %.4f", step, total, 0.5);
        while (clock_seconds() < end - seconds * (double)(total - step) / (double)(total - first))
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    progress_finish(&progress, "accuracy %.2f", 0.875);
}

// Before the first step is done nobody knows how long the rest takes.
static void test_nothing_done(void **state) {
    (void)state;
    const int before = capture_begin(2, "progress.txt");
    Progress progress;
    progress_start(&progress, "lesson-99", 5, 100, 5);
    progress.drawn -= 10;
    progress_step(&progress, 5, "step %d", 5);
    assert_string_equal(capture_end(2, before, "progress.txt"), "");
}

static void assert_ends_with(const char *text, const char *end) {
    if (strlen(text) < strlen(end) || strcmp(text + strlen(text) - strlen(end), end) != 0)
        fail_msg("wanted \"%s\" at the end of \"%s\"", end, text);
}

// In a file: no control characters, a line at the end of an epoch but not two within a second, and
// the last one. (No time is compared here: the machine may be busy.)
static void test_file(void **state) {
    (void)state;
    double started = clock_seconds();
    int before = capture_begin(2, "progress.txt");
    run_steps(0, 1000, 0.1);
    const char *text = capture_end(2, before, "progress.txt");
    assert_ends_with(text, "  accuracy 0.88\n");
    if (clock_seconds() - started < 1)
        assert_true(strchr(text, '\n') == text + strlen(text) - 1);
    before = capture_begin(2, "progress.txt");
    run_steps(0, 200, 2.4);
    text = capture_end(2, before, "progress.txt");
    assert_null(strpbrk(text, "\r\033"));
    const char *first = "lesson-99  step 100/200  loss 0.5000  0:00:0";
    assert_int_equal(strncmp(text, first, strlen(first)), 0);
    assert_ends_with(text, "  accuracy 0.88\n");
}

// Runs on a terminal of so many columns; *length gets what it wrote.
static char *on_terminal(unsigned short columns, long first, long total, double seconds) {
    static char text[1 << 20];
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    assert_true(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    pid_t child = fork();
    if (child == 0) {
        int end = open(ptsname(terminal), O_RDWR | O_NOCTTY);
        struct winsize size = {.ws_row = 24, .ws_col = columns};
        ioctl(end, TIOCSWINSZ, &size);
        setenv("TERM", "xterm", 1);
        dup2(end, 2);
        run_steps(first, total, seconds);
        _exit(0);
    }
    size_t used = 0;
    ssize_t got;
    int end =
        open(ptsname(terminal), O_RDWR | O_NOCTTY); // so that what is unread outlives the child
    int status = 0;
    fcntl(terminal, F_SETFL, O_NONBLOCK);
    for (bool ended = false;;) {
        got = read(terminal, text + used, sizeof text - 1 - used);
        if (got > 0)
            used += (size_t)got;
        else if (ended)
            break;
        else if (waitpid(child, &status, WNOHANG) == child)
            ended = true;
        else
            nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    text[used] = '\0';
    close(end);
    close(terminal);
    return text;
}

static int count_of(const char *text, const char *part) {
    int count = 0;
    for (; (text = strstr(text, part)); text++)
        count++;
    return count;
}

static void test_terminal(void **state) {
    (void)state;
    double started = clock_seconds();
    char *text = on_terminal(100, 0, 2000, 1.0);
    double took = clock_seconds() - started;
    assert_int_equal(strncmp(text, "\rlesson-99  step ", 17), 0);
    assert_contains(text, " left  ###############");
    assert_contains(text, "/2000  loss 0.5000  0:00:0");
    assert_contains(text, "......\033[K");
    int drawn = count_of(text, "\rlesson-99  step");
    assert_true(drawn >= 2 && drawn <= 10 * took + 1); // ten times a second, and the first
    assert_contains(text, "\r\033[Klesson-99  ");
    assert_ends_with(text, "  accuracy 0.88\r\n");
}

// Every line is shorter than the terminal is wide: a wrapped one can't be redrawn.
static void test_widths(void **state) {
    (void)state;
    for (unsigned short columns = 1; columns <= 120; columns = (unsigned short)(columns + 17)) {
        const char *text = on_terminal(columns, 500, 1000, 0.25);
        assert_true(count_of(text, "\033[K") >= 2);
        const char *last = strstr(text, "\r\033[K");
        while ((text = strchr(text, '\r')) && text < last) {
            size_t width = strcspn(++text, "\033");
            assert_true(width < columns || columns == 1);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_durations), cmocka_unit_test(test_nothing_done),
        cmocka_unit_test(test_file),      cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_widths),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
