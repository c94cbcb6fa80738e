// libFuzzer (make fuzz): whatever the bytes are, they are read as a schedule that can be asked for
// any step and written as a text that says the same, or end with an error of one line.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schedule/expression.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(bool truth) {
    if (!truth)
        abort();
}

static const ScheduleName names[] = {{"steps", 1001}, {"epochs", 7}, {"lr", 0.1}};

static void check_schedule(Schedule schedule) {
    for (long step = 0; step < 1L << 60; step = step * 3 + 1)
        schedule_at(schedule, step); // may be infinite: 1e300 · 1e300
    want(schedule_length(schedule) >= 0);
    Error error;
    Schedule again;
    want(schedule_parse(schedule_text(schedule).text, NULL, 0, &again, &error));
    want(schedule_equal(schedule, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *text = malloc(size + 1);
    want(text);
    memcpy(text, data, size);
    text[size] = 0;
    Error error = {.message = "?"};
    Schedule schedule;
    if (schedule_parse(text, names, 3, &schedule, &error))
        check_schedule(schedule);
    else
        want(strncmp(error.message, "schedule, column ", 17) == 0 && !strchr(error.message, '\n'));
    free(text);
    return 0;
}
