#include "run/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

typedef struct Words {
    char text[700];
} Words;

// What a value must be: "a number > 0 and <= 1", "one of constant, step, cosine".
static Words allowed_values(const Option *option) {
    const double low = fmax(option->above, option->min), high = fmin(option->below, option->max);
    Words words = {""};
    buffer_append(words.text, sizeof words.text,
                  *option->choices  ? "one of"
                  : option->integer ? "a whole number"
                  : option->number  ? "a number"
                                    : "a text");
    if (isfinite(low))
        buffer_append(words.text, sizeof words.text, " %s %.10g",
                      low > option->min ? ">" : ">=", low);
    if (isfinite(high))
        buffer_append(words.text, sizeof words.text, "%s %s %.10g", isfinite(low) ? " and" : "",
                      high < option->max ? "<" : "<=", high);
    for (int i = 0; option->choices[i]; i++)
        buffer_append(words.text, sizeof words.text, "%s %s", i ? "," : "", option->choices[i]);
    return words;
}

static char *list_value(const OptionList *list) {
    char *text = list->count ? memory_string(list->items[0]) : NULL;
    for (int i = 1; i < list->count; i++)
        text_append(&text, " %s", list->items[i]);
    return text;
}

char *option_value(const Option *option) {
    if (*option->choices)
        return memory_string(option->choices[*option->integer]);
    if (option->integer)
        return path_format("%d", *option->integer);
    if (option->text)
        return *option->text ? memory_string(*option->text) : NULL;
    if (option->list)
        return list_value(option->list);
    if (option->flag)
        return memory_string(*option->flag ? "yes" : "no");
    if (isnan(*option->number))
        return NULL;
    char number[32];
    snprintf(number, sizeof number, "%.10g", *option->number);
    if (strtod(number, NULL) != *option->number)
        snprintf(number, sizeof number, "%.17g", *option->number);
    return memory_string(number);
}

static void print_help(const Option *options, int count, const char *program) {
    printf("usage: %s [options]\n", program);
    for (const Option *option = options; option < options + count; option++) {
        if (!option->help)
            continue;
        char *value = option->standard ? memory_string(option->standard) : option_value(option);
        printf("  --%-16s %s", option->name, option->help);
        if (!option->flag)
            printf(" (%s%s%s)", allowed_values(option).text, value ? "; default " : "",
                   value ? value : "");
        printf("\n");
        free(value);
    }
    printf("  --%-16s this list\n", "help");
}

bool option_read_number(const char *text, double *value) {
    char *end;
    errno = 0;
    *value = strtod(text, &end);
    return end > text && !text[strspn(text, "+-.0123456789eE")] && !*end && errno != ERANGE &&
           fpclassify(*value) != FP_SUBNORMAL;
}

static bool set_number(const Option *option, const char *text) {
    double value;
    if (!option_read_number(text, &value) ||
        (option->integer && text[strspn(text, "+-0123456789")]) ||
        !(value > option->above && value >= option->min && value < option->below &&
          value <= option->max))
        return false;
    if (option->integer)
        *option->integer = (int)value;
    else
        *option->number = value;
    return true;
}

static bool set_choice(const Option *option, const char *text) {
    for (int i = 0; option->choices[i]; i++)
        if (strcmp(option->choices[i], text) == 0) {
            *option->integer = i;
            return true;
        }
    return false;
}

static bool set_value(const Option *option, const char *text, Error *error) {
    const Words allowed = allowed_values(option);
    if (!text || !*text || strchr(text, '\n')) // options_text has one a line
        return error_set(error, "--%s wants a value: %s", option->name, allowed.text);
    if (option->text) {
        *option->text = text;
        return true;
    }
    if (option->list && option->list->count == OPTION_LIST_MAX)
        return error_set(error, "--%s is given more than %d times", option->name, OPTION_LIST_MAX);
    if (option->list) {
        option->list->items[option->list->count++] = text;
        return true;
    }
    return (*option->choices ? set_choice : set_number)(option, text) ||
           error_set(error, "--%s must be %s, not \"%.40s\"", option->name, allowed.text, text);
}

static const Option *find_option(const Option *options, int count, const char *name,
                                 size_t length) {
    for (int i = 0; i < count; i++)
        if (strlen(options[i].name) == length && strncmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

// Sets the option that argv[*index] names, and says so in `given`; moves *index on where the value is
// an argument of its own.
static bool parse_one(const Option *options, int count, int argc, char **argv, int *index,
                      bool *given, Error *error) {
    const char *argument = argv[*index], *name = strncmp(argument, "--", 2) ? "" : argument + 2;
    if (!*name)
        return error_set(error, "\"%.40s\" is no option; --help lists them", argument);
    const size_t length = strcspn(name, "=");
    const Option *option = find_option(options, count, name, length);
    if (!option) {
        Words list = {""};
        for (int i = 0; i < count; i++)
            if (options[i].help)
                buffer_append(list.text, sizeof list.text, " --%s", options[i].name);
        return error_set(error, "unknown option --%.40s; the options are%s --help", name,
                         list.text);
    }
    if (given)
        given[option - options] = true;
    const char *value = name[length] ? name + length + 1 : NULL;
    if (option->flag) {
        *option->flag = true;
        return !value || error_set(error, "--%s takes no value", option->name);
    }
    if (!value && *index + 1 < argc)
        value = argv[++*index];
    return set_value(option, value, error);
}

bool options_parse(const Option *options, int count, int argc, char **argv, bool *given,
                   Error *error) {
    for (int i = 0; i < count; i++)
        if (find_option(options, i, options[i].name, strlen(options[i].name)))
            fatal("options_parse: --%s is in the table twice", options[i].name);
    *error = (Error){""};
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(options, count, argv[0]);
            return false;
        }
    for (int i = 1; i < argc; i++)
        if (!parse_one(options, count, argc, argv, &i, given, error))
            return false;
    return true;
}

char *options_text(const Option *options, int count) {
    char *text = memory_string("");
    for (const Option *option = options; option < options + count; option++) {
        char *value = option_value(option);
        if (option->flag && *option->flag)
            text_append(&text, "--%s\n", option->name);
        for (int i = 0; option->list && i < option->list->count; i++)
            text_append(&text, "--%s=%s\n", option->name, option->list->items[i]);
        if (!option->flag && !option->list && value)
            text_append(&text, "--%s=%s\n", option->name, value);
        free(value);
    }
    return text;
}
