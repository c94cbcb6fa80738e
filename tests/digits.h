// The digits that come with the project, once for all tests of a file:
//     return cmocka_run_group_tests(tests, digits_load, digits_free);
#ifndef KNOBS_TESTS_DIGITS_H
#define KNOBS_TESTS_DIGITS_H

#include "data/dataset.h"

static Dataset digits, test_digits;

static inline int digits_load(void **state) {
    (void)state;
    Error error;
    return dataset_load(&digits, &test_digits, "digits", &error) ? 0 : error_report(&error);
}

static inline int digits_free(void **state) {
    (void)state;
    dataset_free(&digits);
    dataset_free(&test_digits);
    return 0;
}

#endif
