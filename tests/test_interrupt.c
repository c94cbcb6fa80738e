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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first),
        cmocka_unit_test(test_echo),
        cmocka_unit_test(test_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
