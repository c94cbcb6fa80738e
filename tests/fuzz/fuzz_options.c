// libFuzzer (make fuzz): whatever the arguments are, they set values that are allowed and that are parsed
// back from options_text to the same, or are refused with one line.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ARGUMENTS_MAX = 40 };

static double lr, decay;
static int epochs, schedule;
static bool nesterov;
static const char *name;
static const Option table[] = {
    option_number("lr", &lr, "learning rate", .above = 0),
    option_number("decay", &decay, "of the weights", .min = 0, .below = 1),
    option_integer("epochs", &epochs, "passes", .min = 1, .max = 1000),
    option_choice("schedule", &schedule, "over time", "constant", "step", "cosine"),
    option_flag("nesterov", &nesterov, "look ahead"),
    option_text("name", &name, "any text"),
};

static void want(bool truth) {
    if (!truth)
        abort();
}

// The arguments stand one behind the other, a '\0' or a newline behind each. Returns how many there are.
static int split(char *text, size_t size, char **arguments) {
    int count = 1;
    arguments[0] = (char *)"program";
    for (char *at = text; at < text + size && count < ARGUMENTS_MAX; at += strlen(at) + 1) {
        at[strcspn(at, "\n")] = '\0';
        arguments[count++] = at;
    }
    return count;
}

static bool parse(int count, char **arguments, Error *error) {
    lr = 0.1, decay = 0, epochs = 3, schedule = 0, nesterov = false, name = NULL;
    return options_parse(table, OPTION_COUNT(table), count, arguments, NULL, error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char *arguments[ARGUMENTS_MAX], *text = malloc(size + 1);
    want(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    const int count = split(text, size, arguments);
    for (int i = 1; i < count; i++)
        if (!strcmp(arguments[i], "--help") || !strcmp(arguments[i], "-h"))
            arguments[i] = (char *)"--"; // no list a thousand times a second
    Error error;
    if (!parse(count, arguments, &error)) {
        want(*error.message && !strchr(error.message, '\n'));
        free(text);
        return 0;
    }
    want(lr > 0 && isfinite(lr) && decay >= 0 && decay < 1 && epochs >= 1 && epochs <= 1000);
    want(schedule >= 0 && schedule <= 2);
    char *before = options_text(table, OPTION_COUNT(table)),
         *again = options_text(table, OPTION_COUNT(table));
    char *parsed[ARGUMENTS_MAX];
    const int parts = split(again, strlen(again), parsed);
    want(parse(parts, parsed, &error));
    char *after = options_text(table, OPTION_COUNT(table));
    want(strcmp(before, after) == 0);
    free(before);
    free(again);
    free(after);
    free(text);
    return 0;
}
