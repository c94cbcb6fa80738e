// A program's options, declared as a table. The value that an option's variable has before parsing
// is its default.
//
//     double lr = 0.1;
//     int epochs = 3, schedule = 0;
//     bool nesterov = false;
//     Option own[] = {
//         option_number("lr", &lr, "learning rate", .above = 0),
//         option_integer("epochs", &epochs, "passes over the training set", .min = 1, .max = 1000),
//         option_choice("schedule", &schedule, "the rate over time", "constant", "step", "cosine"),
//         option_flag("nesterov", &nesterov, "look ahead"),
//     };
//     if (!options_parse(own, OPTION_COUNT(own), argc, argv, NULL, &error))
//         return *error.message ? error_report(&error) : 0;
//
// Understood are `--lr 0.1`, `--lr=0.1`, `--nesterov`; where an option is given twice, the last one
// counts, but for one that is a list of texts: it has them all.
#ifndef KNOBS_RUN_OPTIONS_H
#define KNOBS_RUN_OPTIONS_H

#include <limits.h>
#include <math.h>
#include <stdbool.h>

#include "base/error.h"

enum { OPTION_CHOICES_MAX = 15, OPTION_LIST_MAX = 16 };

typedef struct OptionList {
    int count;
    const char *items[OPTION_LIST_MAX]; // they point into argv; never freed
} OptionList;

typedef struct Option {
    const char *name; // without the dashes
    const char *help; // one line; NULL hides the option from --help
    // One of these is not NULL, and says what kind of option it is:
    bool *flag;
    double *number;       // NaN stands for one that isn't set
    int *integer;         // with `choices`, an index into them
    const char **text;    // points into argv; never freed
    OptionList *list;     // of texts, one for each time that it is given
    double min, max;      // the least and the greatest value allowed
    double above, below;  // limits that are not allowed themselves: .above = 0 for a rate
    bool may_change;      // a run that goes on may have another value than it began with
    bool unsaved;         // it says how, not what, is run: no checkpoint has it
    const char *standard; // what --help calls its default; NULL: the value of the variable
    const char *choices[OPTION_CHOICES_MAX + 1]; // NULL at the end
} Option;

#define OPTION(MEMBER, NAME, VARIABLE, LIMIT, ...)                                                 \
    {                                                                                              \
        .name = (NAME), .MEMBER = (VARIABLE), .min = -(LIMIT), .max = (LIMIT), .above = -INFINITY, \
        .below = INFINITY, .help = __VA_ARGS__                                                     \
    }
#define option_flag(NAME, FLAG, HELP) OPTION(flag, NAME, FLAG, INFINITY, HELP)
#define option_text(NAME, TEXT, HELP) OPTION(text, NAME, TEXT, INFINITY, HELP)
#define option_list(NAME, LIST, HELP) OPTION(list, NAME, LIST, INFINITY, HELP)
#define option_choice(NAME, INDEX, HELP, ...)                                                      \
    OPTION(integer, NAME, INDEX, INFINITY, HELP, .choices = {__VA_ARGS__})
// Behind the help, more may follow: .min, .max, .above, .below, .may_change, .unsaved.
#define option_integer(NAME, INTEGER, ...) OPTION(integer, NAME, INTEGER, INT_MAX, __VA_ARGS__)
#define option_number(NAME, NUMBER, ...) OPTION(number, NAME, NUMBER, INFINITY, __VA_ARGS__)

#define OPTION_COUNT(OPTIONS) ((int)(sizeof(OPTIONS) / sizeof(OPTIONS)[0]))

// True: every variable has its value, and given[i], unless `given` is NULL, tells whether options[i]
// was among the arguments. False: an option is wrong, and the error says which and what would be
// right; or --help was among them: the list stands on stdout, the error is empty, no variable was
// changed.
bool options_parse(const Option *options, int count, int argc, char **argv, bool *given,
                   Error *error);

// The number that a text is, in decimal digits; false, where it is none. What is so close to 0 that it
// has lost digits, or is 0 itself, is refused: it isn't what was meant.
bool option_read_number(const char *text, double *value);

// An option's value as it stands, so that it is parsed back exactly: "0.1", "cosine", "yes" or "no"
// of a flag, the texts of a list with spaces between; NULL for what isn't set. The caller frees it.
char *option_value(const Option *option);

// The options as they stand, as arguments that another process parses to the same values, each with
// a newline behind it: "--lr=0.1\n--nesterov\n". The caller frees it.
char *options_text(const Option *options, int count);

#endif
