#include "run/options.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "run/file.h"

#define NAME_MAX_LENGTH 31

// Adds to a text of limited size; what doesn't fit is left out.
__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size,
                                                         const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

static void append_limit(char *text, size_t size, const char *sign, double limit) {
    if (isfinite(limit))
        append(text, size, "%s%s %.10g", *text ? " and " : "", sign, limit);
}

// "> 0 and <= 1", or nothing
static void limits_describe(const Option *option, char *text, size_t size) {
    *text = '\0';
    append_limit(text, size, ">", option->above);
    append_limit(text, size, ">=", option->min);
    append_limit(text, size, "<", option->below);
    append_limit(text, size, "<=", option->max);
}

static void choices_describe(const Option *option, char *text, size_t size) {
    *text = '\0';
    for (const char *const *choice = option->choices; *choice; choice++)
        append(text, size, "%s%s",
               choice == option->choices ? ""
               : choice[1]               ? ", "
                                         : " or ",
               *choice);
}

static const char *value_word(const Option *option) {
    switch (option->type) {
    case OPTION_INTEGER:
        return " N";
    case OPTION_NUMBER:
        return " X";
    case OPTION_TEXT:
        return " TEXT";
    case OPTION_CHOICE:
        return " NAME";
    default:
        return "";
    }
}

static void print_option(const Option *option) {
    char head[64], limits[512] = "", value[64] = "";
    snprintf(head, sizeof head, "--%s%s", option->name, value_word(option));
    if (option->type == OPTION_INTEGER || option->type == OPTION_NUMBER)
        limits_describe(option, limits, sizeof limits);
    if (option->type == OPTION_CHOICE)
        choices_describe(option, limits, sizeof limits);
    const char *standard = value;
    if (option->type == OPTION_INTEGER)
        snprintf(value, sizeof value, "%d", *option->integer);
    if (option->type == OPTION_NUMBER)
        snprintf(value, sizeof value, "%.10g", *option->number);
    if (option->type == OPTION_CHOICE)
        standard = option->choices[*option->integer];
    if (option->type == OPTION_TEXT && *option->text)
        standard = *option->text;
    printf("  %-18s %s", head, option->help);
    if (*standard || *limits)
        printf(" (%s%s%s%s)", limits, *limits && *standard ? "; " : "", *standard ? "default " : "",
               standard);
    printf("\n");
}

static void print_help(const Option *options, int count, const char *program) {
    const char *slash = strrchr(program, '/');
    printf("usage: %s [options]\n", slash ? slash + 1 : program);
    for (int i = 0; i < count; i++)
        if (options[i].help)
            print_option(&options[i]);
    printf("  %-18s this list\n", "--help");
}

// How many letters must be changed, added or dropped to turn one name into the other (Levenshtein
// 1966).
static int name_distance(const char *from, const char *to) {
    int row[NAME_MAX_LENGTH + 2], columns = (int)strlen(to);
    if (columns > NAME_MAX_LENGTH || strlen(from) > NAME_MAX_LENGTH)
        return INT_MAX;
    for (int j = 0; j <= columns; j++)
        row[j] = j;
    for (int i = 1; from[i - 1]; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= columns; j++) {
            int changed = diagonal + (from[i - 1] != to[j - 1]);
            int dropped = (row[j - 1] < row[j] ? row[j - 1] : row[j]) + 1;
            diagonal = row[j];
            row[j] = changed < dropped ? changed : dropped;
        }
    }
    return row[columns];
}

static bool unknown_option(const Option *options, int count, const char *name, Error *error) {
    const char *nearest = NULL;
    int least = 3; // three letters off is another word
    char list[700] = "";
    for (int i = 0; i < count; i++) {
        if (!options[i].help)
            continue;
        append(list, sizeof list, " --%s", options[i].name);
        int distance = name_distance(name, options[i].name);
        if (distance < least && distance < (int)strlen(options[i].name)) {
            least = distance;
            nearest = options[i].name;
        }
    }
    char guess[64] = "";
    if (nearest)
        snprintf(guess, sizeof guess, " did you mean --%s?", nearest);
    return error_set(error, "unknown option --%.40s;%s the options are%s --help", name, guess,
                     list);
}

static bool within_limits(const Option *option, double value) {
    return value > option->above && value >= option->min && value < option->below &&
           value <= option->max;
}

static bool set_number(const Option *option, const char *text, Error *error) {
    bool whole = option->type == OPTION_INTEGER;
    char limits[128], *end = NULL;
    limits_describe(option, limits, sizeof limits);
    double value = strtod(text, &end);
    bool number = strchr("+-.0123456789", *text) && end != text && !*end && isfinite(value);
    if (!number || (whole && strspn(text, "+-0123456789") != strlen(text)))
        return error_set(error, "--%s wants %s%s%s, not \"%.40s\"", option->name,
                         whole ? "a whole number" : "a number", *limits ? " " : "", limits, text);
    if (!within_limits(option, value))
        return error_set(error, "--%s must be %s, not %.40s", option->name, limits, text);
    if (!whole) {
        *option->number = value;
        return true;
    }
    if (value < INT_MIN || value > INT_MAX)
        return error_set(error, "--%s must be between %d and %d, not %.40s", option->name, INT_MIN,
                         INT_MAX, text);
    *option->integer = (int)value;
    return true;
}

static bool set_choice(const Option *option, const char *text, Error *error) {
    for (int i = 0; option->choices[i]; i++)
        if (strcmp(option->choices[i], text) == 0) {
            *option->integer = i;
            return true;
        }
    char choices[512];
    choices_describe(option, choices, sizeof choices);
    return error_set(error, "--%s must be %s, not \"%.40s\"", option->name, choices, text);
}

static bool set_value(const Option *option, const char *text, Error *error) {
    if (!text || !*text)
        return error_set(error, "--%s wants a value, as in --%s%s", option->name, option->name,
                         value_word(option));
    switch (option->type) {
    case OPTION_INTEGER:
    case OPTION_NUMBER:
        return set_number(option, text, error);
    case OPTION_CHOICE:
        return set_choice(option, text, error);
    default:
        *option->text = text;
        return true;
    }
}

static const Option *find_option(const Option *options, int count, const char *name,
                                 size_t length) {
    for (int i = 0; i < count; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

// Sets the option that argv[*index] names; moves *index on where the value is an argument of its
// own.
static bool parse_one(const Option *options, int count, int argc, char **argv, int *index,
                      Error *error) {
    const char *argument = argv[*index];
    if (strncmp(argument, "--", 2) != 0 || !argument[2])
        return error_set(
            error,
            "\"%.40s\" is no option; they look like --name or --name value, and --help lists them",
            argument);
    const char *name = argument + 2, *equals = strchr(name, '=');
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const Option *option = find_option(options, count, name, length);
    if (!option) {
        char wrong[48];
        snprintf(wrong, sizeof wrong, "%.*s", (int)(length < 40 ? length : 40), name);
        return unknown_option(options, count, wrong, error);
    }
    if (option->type == OPTION_FLAG) {
        *option->flag = true;
        return equals ? error_set(error, "--%s takes no value", option->name) : true;
    }
    if (equals)
        return set_value(option, equals + 1, error);
    return set_value(option, ++*index < argc ? argv[*index] : NULL, error);
}

OptionsResult options_parse(const Option *options, int count, int argc, char **argv, Error *error) {
    for (int i = 0; i < count; i++)
        if (find_option(options, i, options[i].name, strlen(options[i].name)))
            fatal("options_parse: --%s is in the table twice", options[i].name);
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(options, count, argv[0]);
            return OPTIONS_HELP;
        }
    for (int i = 1; i < argc; i++)
        if (!parse_one(options, count, argc, argv, &i, error))
            return OPTIONS_WRONG;
    return OPTIONS_DONE;
}

char **options_arguments(const Option *options, int count) {
    char **list = memory_zeroed((size_t)count + 1, sizeof *list);
    int used = 0;
    for (int i = 0; i < count; i++) {
        const Option *option = &options[i];
        if (option->type == OPTION_INTEGER)
            list[used++] = path_format("--%s=%d", option->name, *option->integer);
        else if (option->type == OPTION_NUMBER)
            list[used++] = path_format("--%s=%.17g", option->name, *option->number);
        else if (option->type == OPTION_CHOICE)
            list[used++] = path_format("--%s=%s", option->name, option->choices[*option->integer]);
        else if (option->type == OPTION_TEXT && *option->text)
            list[used++] = path_format("--%s=%s", option->name, *option->text);
        else if (option->type == OPTION_FLAG && *option->flag)
            list[used++] = path_format("--%s", option->name);
    }
    return list;
}

static OptionsResult parse_with_common(LessonOptions *lesson, int argc, char **argv, Error *error) {
    const Option common[] = {
        option_integer("seed", &lesson->seed, "where the random numbers start", .min = 0),
        option_integer("seeds", &lesson->seeds, "repeat over so many seeds, from --seed on",
                       .min = 1, .max = 1000),
        option_integer("threads", &lesson->threads, "0: one a processor", .min = 0, .max = 1024),
        option_flag("quick", &lesson->quick, "the same in at most 5 seconds"),
        option_flag("resume", &lesson->resume, "go on from the last checkpoint"),
        option_flag("draw", &lesson->draw, "only draw the figures again, from the saved run"),
        option_text("out", &lesson->out, "the folder for results"),
        option_flag("child", &lesson->child, NULL),
    };
    int count = lesson->own_count + OPTION_COUNT(common);
    Option *all = memory_alloc((size_t)count * sizeof *all);
    if (lesson->own_count)
        memcpy(all, lesson->own, (size_t)lesson->own_count * sizeof *all);
    memcpy(all + lesson->own_count, common, sizeof common);
    OptionsResult result = options_parse(all, count, argc, argv, error);
    free(all);
    return result;
}

bool lesson_options_parse(LessonOptions *lesson, const char *name, const Option *own, int own_count,
                          int argc, char **argv, int *status) {
    static char standard[1024], quick[1024]; // they live as long as the program
    snprintf(standard, sizeof standard, "%s/out/%s", KNOBS_ROOT, name);
    snprintf(quick, sizeof quick, "%s/out/quick/%s", KNOBS_ROOT, name);
    *lesson = (LessonOptions){
        .name = name, .seed = 11, .seeds = 1, .out = standard, .own = own, .own_count = own_count};
    Error error;
    OptionsResult result = parse_with_common(lesson, argc, argv, &error);
    *status = 0;
    if (result == OPTIONS_HELP)
        return false;
    if (lesson->quick && lesson->out == standard)
        lesson->out = quick; // a test's run never takes the place of a real one
    lesson->article =
        lesson->out == standard ? KNOBS_ROOT "/out/figures/OptimizerOverview" : lesson->out;
    if (result == OPTIONS_WRONG || !folder_create(lesson->out, &error)) {
        *status = error_report(&error);
        return false;
    }
    threads_set(lesson->threads);
    return true;
}
