// Signals: the first asks, a second one ends, an echo of the first within a quarter of a second is
// the same wish.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "run/interrupt.h"

static void wait_milliseconds(long milliseconds) {
    struct timespec left = {.tv_sec = milliseconds / 1000,
                            .tv_nsec = milliseconds % 1000 * 1000000};
    while (nanosleep(&left, &left) != 0)
        ;
}

// What becomes of a process that gets `first`, and after a pause `second`; then it saves for half a
// second and ends.
static int status_after(int first, int second, long pause) {
    pid_t child = fork();
    if (child == 0) {
        interrupt_install(false);
        if (interrupt_signal() != 0 || interrupt_status(7) != 7)
            _exit(99);
        raise(first);
        if (interrupt_signal() != first)
            _exit(98);
        wait_milliseconds(pause);
        if (second)
            raise(second);
        _exit(interrupt_status(0));
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child);
    return status;
}

static void test_first(void **state) {
    (void)state;
    int status = status_after(SIGINT, 0, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130);
    status = status_after(SIGTERM, 0, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 143);
    status = status_after(SIGHUP, 0, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 129);
}

// Of several processes that are one run: a signal counts when all know of it, and in those that didn't get it.
static void test_together(void **state) {
    (void)state;
    const pid_t child = fork();
    if (child == 0) {
        interrupt_install(false);
        interrupt_together(true);
        raise(SIGINT);
        if (interrupt_signal() != 0 || interrupt_asked() != SIGINT)
            _exit(99);
        interrupt_together(false); // it goes on alone
        if (interrupt_signal() != SIGINT)
            _exit(98);
        interrupt_together(true);
        interrupt_agree(SIGTERM); // another's
        _exit(interrupt_signal() == SIGTERM ? interrupt_status(0) : 97);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 143);
}

static void test_echo(void **state) {
    (void)state;
    int status = status_after(SIGINT, SIGINT, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 130);
}

static void test_second(void **state) {
    (void)state;
    int status = status_after(SIGINT, SIGINT, 300);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
    status = status_after(SIGINT, SIGTERM, 300);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGTERM);
}

// What the parent ignores stays ignored; what can't be written comes back as an error.
static void test_ignored(void **state) {
    (void)state;
    const pid_t child = fork();
    if (child == 0) {
        signal(SIGINT, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        interrupt_install(false);
        raise(SIGINT);
        raise(SIGHUP);
        int ends[2];
        if (interrupt_signal() != 0 || pipe(ends) != 0 || close(ends[0]) != 0)
            _exit(99);
        if (write(ends[1], "x", 1) != -1 || errno != EPIPE)
            _exit(98);
        raise(SIGXFSZ);
        raise(SIGTERM);
        _exit(interrupt_status(0));
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 143);
}

// A child whose parent is gone ends as after SIGTERM; one without a pipe behind its input doesn't.
static int status_of_child(bool closed, bool is_child) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        dup2(ends[0], 0);
        close(ends[0]);
        close(ends[1]);
        interrupt_install(is_child);
        wait_milliseconds(50);
        _exit(interrupt_signal() ? interrupt_status(0) : 7);
    }
    close(ends[0]);
    if (closed)
        close(ends[1]);
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child && WIFEXITED(status));
    if (!closed)
        close(ends[1]);
    return WEXITSTATUS(status);
}

static void test_parent(void **state) {
    (void)state;
    assert_int_equal(status_of_child(true, true), 143);
    assert_int_equal(status_of_child(false, true), 7);
    assert_int_equal(status_of_child(true, false), 7);
}

// A second signal takes the process along that was named; the first one doesn't.
static void test_companion(void **state) {
    (void)state;
    const pid_t companion = fork();
    if (companion == 0) {
        wait_milliseconds(60000);
        _exit(0);
    }
    const pid_t child = fork();
    if (child == 0) {
        interrupt_install(false);
        interrupt_take_along(companion, true);
        raise(SIGINT);
        if (kill(companion, 0) != 0)
            _exit(99);
        wait_milliseconds(300);
        raise(SIGINT);
        _exit(98);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    assert_true(waitpid(companion, &status, 0) == companion);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void) {
    signal(SIGINT, SIG_DFL); // what a script starts with & is born deaf to it
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first),     cmocka_unit_test(test_together),
        cmocka_unit_test(test_echo),      cmocka_unit_test(test_second),
        cmocka_unit_test(test_ignored),   cmocka_unit_test(test_parent),
        cmocka_unit_test(test_companion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
