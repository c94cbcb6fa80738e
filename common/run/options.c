#include "run/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "files/output.h"

typedef struct Words {
    char text[700];
} Words;

// Adds at the end; what doesn't fit is left out.
__attribute__((format(printf, 2, 3))) static void append(Words *words, const char *format, ...) {
    const size_t used = strlen(words->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(words->text + used, sizeof words->text - used, format, arguments);
    va_end(arguments);
}

// What a value must be: "a number > 0 and <= 1", "one of constant, step, cosine".
static Words allowed_values(const Option *option) {
    const double low = fmax(option->above, option->min), high = fmin(option->below, option->max);
    Words words = {""};
    append(&words, *option->choices  ? "one of"
                   : option->integer ? "a whole number"
                   : option->number  ? "a number"
                                     : "a text");
    if (isfinite(low))
        append(&words, " %s %.10g", low > option->min ? ">" : ">=", low);
    if (isfinite(high))
        append(&words, "%s %s %.10g", isfinite(low) ? " and" : "",
               high < option->max ? "<" : "<=", high);
    for (int i = 0; option->choices[i]; i++)
        append(&words, "%s %s", i ? "," : "", option->choices[i]);
    return words;
}

// The value as it stands, so that it is parsed back exactly; NULL for a flag or a text that isn't
// set. The caller frees it.
static char *value_text(const Option *option) {
    if (*option->choices)
        return memory_string(option->choices[*option->integer]);
    if (option->integer)
        return path_format("%d", *option->integer);
    if (option->text)
        return *option->text ? memory_string(*option->text) : NULL;
    if (option->flag)
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
        char *value = value_text(option);
        printf("  --%-16s %s", option->name, option->help);
        if (!option->flag)
            printf(" (%s%s%s)", allowed_values(option).text, value ? "; default " : "",
                   value ? value : "");
        printf("\n");
        free(value);
    }
    printf("  --%-16s this list\n", "help");
}

static bool set_number(const Option *option, const char *text) {
    char *end;
    const double value = strtod(text, &end);
    if (!strchr("+-.0123456789", *text) || *end ||
        (option->integer && strspn(text, "+-0123456789") != strlen(text)) ||
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

// Sets the option that argv[*index] names; moves *index on where the value is an argument of its
// own.
static bool parse_one(const Option *options, int count, int argc, char **argv, int *index,
                      Error *error) {
    const char *argument = argv[*index], *name = strncmp(argument, "--", 2) ? "" : argument + 2;
    if (!*name)
        return error_set(error, "\"%.40s\" is no option; --help lists them", argument);
    const size_t length = strcspn(name, "=");
    const Option *option = find_option(options, count, name, length);
    if (!option) {
        Words list = {""};
        for (int i = 0; i < count; i++)
            if (options[i].help)
                append(&list, " --%s", options[i].name);
        return error_set(error, "unknown option --%.40s; the options are%s --help", name,
                         list.text);
    }
    const char *value = name[length] ? name + length + 1 : NULL;
    if (option->flag) {
        *option->flag = true;
        return !value || error_set(error, "--%s takes no value", option->name);
    }
    if (!value && *index + 1 < argc)
        value = argv[++*index];
    return set_value(option, value, error);
}

bool options_parse(const Option *options, int count, int argc, char **argv, Error *error) {
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
        if (!parse_one(options, count, argc, argv, &i, error))
            return false;
    return true;
}

char *options_text(const Option *options, int count) {
    char *text = memory_string("");
    for (const Option *option = options; option < options + count; option++) {
        char *value = value_text(option), *before = text;
        if (!value && !(option->flag && *option->flag))
            continue;
        text =
            path_format("%s--%s%s%s\n", before, option->name, value ? "=" : "", value ? value : "");
        free(before);
        free(value);
    }
    return text;
}

static bool parse_with_common(LessonOptions *lesson, int argc, char **argv, Error *error) {
    const Option common[] = {
        option_integer("seed", &lesson->seed, "where the random numbers start", .min = 0),
        option_integer("seeds", &lesson->seeds, "repeat over so many seeds, from --seed on",
                       .min = 1, .max = 1000),
        option_integer("threads", &lesson->threads, "0: one a processor", .min = 0, .max = 1024),
        option_flag("quick", &lesson->quick, "the same in at most 5 seconds"),
        option_flag("resume", &lesson->resume, "go on from the last checkpoint"),
        option_flag("draw", &lesson->draw, "only draw the figures again, from the saved run"),
        option_text("out", &lesson->out, "the folder for results, out/lesson-NN unless told"),
        option_flag("child", &lesson->child, NULL),
    };
    int count = lesson->own_count + OPTION_COUNT(common);
    Option *all = memory_alloc((size_t)count * sizeof *all);
    for (int i = 0; i < count; i++)
        all[i] = i < lesson->own_count ? lesson->own[i] : common[i - lesson->own_count];
    const bool parsed = options_parse(all, count, argc, argv, error);
    free(all);
    return parsed;
}

bool lesson_options_parse(LessonOptions *lesson, const char *name, const Option *own, int own_count,
                          int argc, char **argv, int *status) {
    static char standard[1024]; // lives as long as the program
    *lesson = (LessonOptions){.seed = 11, .seeds = 1, .own = own, .own_count = own_count};
    Error error;
    bool good = parse_with_common(lesson, argc, argv, &error);
    lesson->article = lesson->out;
    if (!lesson->out) { // a test's run never takes the place of a real one
        snprintf(standard, sizeof standard, KNOBS_ROOT "/out/%s%s", lesson->quick ? "quick/" : "",
                 name);
        lesson->out = standard;
        lesson->article = lesson->quick ? standard : KNOBS_ROOT "/out/figures/OptimizerOverview";
    }
    good = good && folder_create(lesson->out, &error);
    if (good)
        threads_set(lesson->threads);
    *status = !good && *error.message ? error_report(&error) : 0;
    return good;
}
