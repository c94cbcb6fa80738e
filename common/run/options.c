#include "run/options.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/threads.h"
#include "run/file.h"

static const char *const VALUE_WORDS[] = {
    [OPTION_FLAG] = "",      [OPTION_INTEGER] = " N",   [OPTION_NUMBER] = " X",
    [OPTION_TEXT] = " TEXT", [OPTION_CHOICE] = " NAME",
};

// Adds to a text of limited size; what doesn't fit is left out.
__attribute__((format(printf, 3, 4))) static void append(char *text, size_t size,
                                                         const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, size - used, format, arguments);
    va_end(arguments);
}

typedef struct Allowed {
    char text[512]; // "> 0 and <= 1", "constant, step or cosine", or nothing
} Allowed;

static Allowed allowed_values(const Option *option) {
    Allowed allowed = {""};
    const struct {
        const char *sign;
        double limit;
    } limits[] = {
        {">", option->above}, {">=", option->min}, {"<", option->below}, {"<=", option->max}};
    for (int i = 0; i < 4; i++)
        if (isfinite(limits[i].limit))
            append(allowed.text, sizeof allowed.text, "%s%s %.10g", *allowed.text ? " and " : "",
                   limits[i].sign, limits[i].limit);
    for (int i = 0; option->choices[i]; i++) {
        const char *before = option->choices[i + 1] ? ", " : " or ";
        append(allowed.text, sizeof allowed.text, "%s%s", i ? before : "", option->choices[i]);
    }
    return allowed;
}

// The value as it stands, so that it is parsed back exactly; NULL for a flag or a text that isn't
// set. The caller frees it.
static char *value_text(const Option *option) {
    char number[32];
    switch (option->type) {
    case OPTION_INTEGER:
        return path_format("%d", *option->integer);
    case OPTION_NUMBER:
        snprintf(number, sizeof number, "%.10g", *option->number);
        if (strtod(number, NULL) != *option->number)
            snprintf(number, sizeof number, "%.17g", *option->number);
        return memory_string(number);
    case OPTION_CHOICE:
        return memory_string(option->choices[*option->integer]);
    case OPTION_TEXT:
        return *option->text ? memory_string(*option->text) : NULL;
    default:
        return NULL;
    }
}

static void print_help(const Option *options, int count, const char *program) {
    const char *slash = strrchr(program, '/');
    printf("usage: %s [options]\n", slash ? slash + 1 : program);
    for (int i = 0; i < count; i++) {
        if (!options[i].help)
            continue;
        Allowed allowed = allowed_values(&options[i]);
        char head[64], *value = value_text(&options[i]);
        snprintf(head, sizeof head, "--%s%s", options[i].name, VALUE_WORDS[options[i].type]);
        printf("  %-18s %s", head, options[i].help);
        if (value || *allowed.text)
            printf(" (%s%s%s%s)", allowed.text, *allowed.text && value ? "; " : "",
                   value ? "default " : "", value ? value : "");
        printf("\n");
        free(value);
    }
    printf("  %-18s this list\n", "--help");
}

// Whether so many letters changed, added or dropped turn one name into the other.
static bool names_are_near(const char *from, const char *to, int changes) {
    while (*from && *from == *to)
        from++, to++;
    if (!*from && !*to)
        return true;
    return changes > 0 && ((*from && *to && names_are_near(from + 1, to + 1, changes - 1)) ||
                           (*from && names_are_near(from + 1, to, changes - 1)) ||
                           (*to && names_are_near(from, to + 1, changes - 1)));
}

static bool unknown_option(const Option *options, int count, const char *name, Error *error) {
    char list[700] = "", guess[64] = "";
    for (int i = 0; i < count; i++)
        if (options[i].help)
            append(list, sizeof list, " --%s", options[i].name);
    for (int changes = 1; changes <= 2 && !*guess; changes++) // three letters off is another word
        for (int i = 0; i < count && !*guess; i++)
            if (options[i].help && (int)strlen(options[i].name) > changes &&
                names_are_near(name, options[i].name, changes))
                snprintf(guess, sizeof guess, " did you mean --%s?", options[i].name);
    return error_set(error, "unknown option --%.40s;%s the options are%s --help", name, guess,
                     list);
}

static bool set_number(const Option *option, const char *text, Error *error) {
    const bool whole = option->type == OPTION_INTEGER;
    const Allowed allowed = allowed_values(option);
    char *end;
    const double value = strtod(text, &end);
    const bool number = strchr("+-.0123456789", *text) && end != text && !*end && isfinite(value);
    if (!number || (whole && strspn(text, "+-0123456789") != strlen(text)))
        return error_set(error, "--%s wants %s%s%s, not \"%.40s\"", option->name,
                         whole ? "a whole number" : "a number", *allowed.text ? " " : "",
                         allowed.text, text);
    if (!(value > option->above && value >= option->min && value < option->below &&
          value <= option->max))
        return error_set(error, "--%s must be %s, not %.40s", option->name, allowed.text, text);
    if (whole && fabs(value) > INT_MAX)
        return error_set(error, "--%s must be at most %d, not %.40s", option->name, INT_MAX, text);
    if (whole)
        *option->integer = (int)value;
    else
        *option->number = value;
    return true;
}

static bool set_choice(const Option *option, const char *text, Error *error) {
    for (int i = 0; option->choices[i]; i++)
        if (strcmp(option->choices[i], text) == 0) {
            *option->integer = i;
            return true;
        }
    return error_set(error, "--%s must be %s, not \"%.40s\"", option->name,
                     allowed_values(option).text, text);
}

static bool set_value(const Option *option, const char *text, Error *error) {
    if (!text || !*text || strchr(text, '\n')) // options_text has one a line
        return error_set(error, "--%s wants a value, as in --%s%s", option->name, option->name,
                         VALUE_WORDS[option->type]);
    if (option->type == OPTION_CHOICE)
        return set_choice(option, text, error);
    if (option->type != OPTION_TEXT)
        return set_number(option, text, error);
    *option->text = text;
    return true;
}

static const Option *find_option(const Option *options, int count, const char *name) {
    for (int i = 0; i < count; i++)
        if (strcmp(options[i].name, name) == 0)
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
    const char *equals = strchr(argument, '=');
    char name[64]; // longer ones are unknown, cut or not
    snprintf(name, sizeof name, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
    const Option *option = find_option(options, count, name);
    if (!option)
        return unknown_option(options, count, name, error);
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
        if (find_option(options, i, options[i].name))
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

char *options_text(const Option *options, int count) {
    char *text = memory_string("");
    for (int i = 0; i < count; i++) {
        const Option *option = &options[i];
        char *value = value_text(option), *before = text;
        if (value)
            text = path_format("%s--%s=%s\n", before, option->name, value);
        else if (option->type == OPTION_FLAG && *option->flag)
            text = path_format("%s--%s\n", before, option->name);
        if (text != before)
            free(before);
        free(value);
    }
    return text;
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
    if (lesson->own_count) // memcpy from NULL is undefined, even of nothing
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
