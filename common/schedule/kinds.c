// The table of all kinds, and what its rows say of arguments.
#include "schedule/kinds.h"

#include "base/file.h"

#define SCHEDULE_ROW(KIND, ...) &schedule_kind_##KIND,
const ScheduleKind *const schedule_kinds[] = {SCHEDULE_KINDS(SCHEDULE_ROW)};
const int schedule_kind_count = sizeof schedule_kinds / sizeof *schedule_kinds;

// 2^53: up to here each whole number is a double.
static const double WHOLE_MAX = 9007199254740992.0;

static const struct {
    double low, high;
    bool above, whole; // above: `low` itself isn't allowed
    const char *words;
} types[] = {
    [IS_NUMBER] = {-INFINITY, INFINITY, true, false, "a finite number"},
    [IS_POSITIVE] = {0, INFINITY, true, false, "a finite number above 0"},
    [IS_SIZE] = {0, INFINITY, false, false, "a finite number of at least 0"},
    [IS_SHARE] = {0, 1, false, false, "a number from 0 to 1"},
    [IS_STEPS] = {0, WHOLE_MAX, false, true, "a whole number of at least 0"},
    [IS_COUNT] = {1, WHOLE_MAX, false, true, "a whole number of at least 1"},
    [IS_WORD] = {0, 3, false, true, "one of "},
};

static bool type_allows(ScheduleType type, double value) {
    if (!isfinite(value) || value < types[type].low || value > types[type].high)
        return false;
    if (types[type].above && value == types[type].low)
        return false;
    return !types[type].whole || value == floor(value);
}

bool argument_check(const ScheduleArgument *argument, double value, Error *error) {
    const ScheduleType type = argument->type == IS_LIST ? argument->of_items : argument->type;
    if (type_allows(type, value) && (type != IS_WORD || argument->words[(int)value]))
        return true;
    char words[128] = "";
    for (int i = 0; type == IS_WORD && i < 4 && argument->words[i]; i++)
        buffer_append(words, sizeof words, "%s%s", i ? ", " : "", argument->words[i]);
    return error_set(error, "%s is %g; it must be %s%s", argument->name, value, types[type].words,
                     words);
}

static bool list_check(const ScheduleArgument *argument, const double *list, Error *error) {
    if (list[0] > SCHEDULE_MAX_LIST)
        return error_set(error, "%s has %g numbers, at most %d are possible", argument->name,
                         list[0], SCHEDULE_MAX_LIST);
    if (list[0] == 0 && isnan(argument->otherwise))
        return error_set(error, "%s is missing", argument->name);
    for (int i = 0; i < (int)list[0]; i++)
        if (!argument_check(argument, list[1 + i], error))
            return false;
    return true;
}

static bool argument_settle(const ScheduleArgument *argument, double *value, Error *error) {
    if (argument->type == IS_LIST)
        return list_check(argument, value, error);
    if (isinf(*value) && isinf(argument->otherwise) && argument->type == IS_NUMBER)
        return true; // clamp's: no limit
    if (!isnan(*value))
        return argument_check(argument, *value, error);
    if (isnan(argument->otherwise))
        return error_set(error, "%s is missing", argument->name);
    if (isfinite(argument->otherwise))
        *value = argument->otherwise;
    return true;
}

static bool arguments_settle(SchedulePiece *piece, Error *error) {
    for (const ScheduleArgument *argument = piece->kind->arguments; argument->name; argument++)
        if (!argument_settle(argument, piece->values + argument->place, error))
            return false;
    return true;
}

bool piece_settle(SchedulePiece *piece, Error *error) {
    const ScheduleKind *kind = piece->kind;
    if (!arguments_settle(piece, error))
        return false;
    if (piece->child_count < kind->least_children || piece->child_count > kind->most_children)
        return error_set(error, "it is made of %d schedules; it must be %s %d", piece->child_count,
                         kind->least_children == kind->most_children ? "exactly" : "at least",
                         kind->least_children);
    const char *wrong = kind->settle ? kind->settle(piece) : NULL;
    if (wrong)
        return error_set(error, "%s", wrong);
    return arguments_settle(piece, error); // what was found is in range too
}

// --- signatures ----------------------------------------------------------------------------------

static void signature_add(ScheduleSignature *signature, const char *more) {
    buffer_append(signature->text, sizeof signature->text, "%s", more);
}

static void signature_add_default(ScheduleSignature *signature, const ScheduleArgument *argument) {
    signature_add(signature, " = ");
    if (argument->type == IS_LIST)
        signature_add(signature, "[]");
    else if (isinf(argument->otherwise))
        signature_add(signature, "…");
    else if (argument->type == IS_WORD)
        signature_add(signature, argument->words[(int)argument->otherwise]);
    else
        buffer_append(signature->text, sizeof signature->text, "%g", argument->otherwise);
}

ScheduleSignature schedule_signature(const ScheduleKind *kind) {
    ScheduleSignature signature = {""};
    signature_add(&signature, kind->name);
    signature_add(&signature, "(");
    const char *between = "";
    if (kind->least_children) {
        signature_add(&signature, kind->most_children > 1 ? "schedule, …" : "schedule");
        between = ", ";
    }
    for (const ScheduleArgument *argument = kind->arguments; argument->name; argument++) {
        signature_add(&signature, between);
        signature_add(&signature, argument->name);
        if (!isnan(argument->otherwise))
            signature_add_default(&signature, argument);
        between = ", ";
    }
    signature_add(&signature, ")");
    return signature;
}
