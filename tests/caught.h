// The line of a fatal error, for tests that want one:
//     assert_fatal(relu(&parameter->tensor), "no input is on a tape");
// cmocka's headers come first. What the expression changed stays changed; clear the tape.
#ifndef KNOBS_TESTS_CAUGHT_H
#define KNOBS_TESTS_CAUGHT_H

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

static jmp_buf caught_at;
static char caught_message[1024];

static inline void caught_handler(const char *message) {
    snprintf(caught_message, sizeof caught_message, "%s", message);
    longjmp(caught_at, 1);
}

#define assert_fatal(expression, part)                                                             \
    do {                                                                                           \
        caught_message[0] = 0;                                                                     \
        FatalHandler caught_before = fatal_set_handler(caught_handler);                            \
        if (!setjmp(caught_at))                                                                    \
            (void)(expression);                                                                    \
        fatal_set_handler(caught_before);                                                          \
        if (!strstr(caught_message, part))                                                         \
            fail_msg("wanted a fatal error with \"%s\", got \"%s\"", part, caught_message);        \
    } while (0)

#endif
