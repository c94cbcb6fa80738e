#include "schedule/expression.h"

#include "base/file.h"
#include "schedule/kinds.h"
#include "schedule/reader.h"

// --- arguments -----------------------------------------------------------------------------------

static bool type_is_whole(ScheduleType type) {
    return type == IS_COUNT || type == IS_STEPS;
}

static bool read_number(Reader *reader, const ScheduleArgument *argument, double *value) {
    reader_skip_spaces(reader);
    const char *start = reader->at;
    reader->reckoned = false;
    if (!reader_take_number(reader, value))
        return false;
    const ScheduleType type = argument->type == IS_LIST ? argument->of_items : argument->type;
    if (reader->reckoned && type_is_whole(type))
        *value = round(*value);
    Error error;
    return (reader->unknown && isnan(*value)) || argument_check(argument, *value, &error) ||
           reader_wrong(reader, start, "%s", error.message);
}

static bool read_choice(Reader *reader, const ScheduleArgument *argument, double *value) {
    const char *start = reader->at;
    const Word word = reader_take_word(reader);
    char names[128] = "";
    for (int w = 0; w < 4 && argument->words[w]; w++) {
        if (word_is(word, argument->words[w])) {
            *value = w;
            return true;
        }
        buffer_append(names, sizeof names, "%s%s", w ? ", " : "", argument->words[w]);
    }
    reader_skip_spaces(reader);
    return reader_wrong(reader, word.length ? word.start : start, "%s must be one of %s",
                        argument->name, names);
}

static bool read_list(Reader *reader, const ScheduleArgument *argument, double *list) {
    if (!reader_take(reader, '['))
        return reader_wrong(reader, reader->at, "%s is a list: [1, 2, 3]", argument->name);
    list[0] = 0;
    while (!reader_is_next(reader, ']')) {
        if (list[0] > 0 && !reader_take(reader, ','))
            return reader_wrong(reader, reader->at, "a comma or ] must stand here");
        if (list[0] == SCHEDULE_MAX_LIST)
            return reader_wrong(reader, reader->at, "%s has more than %d numbers", argument->name,
                                SCHEDULE_MAX_LIST);
        if (!read_number(reader, argument, &list[1 + (int)list[0]]))
            return false;
        list[0]++;
    }
    return reader_take(reader, ']');
}

static bool read_value(Reader *reader, const ScheduleArgument *argument, double *value) {
    reader_skip_spaces(reader);
    if (argument->type == IS_LIST)
        return read_list(reader, argument, value);
    return argument->type == IS_WORD ? read_choice(reader, argument, value)
                                     : read_number(reader, argument, value);
}

// The argument that is named here; NULL where none is, and nothing was taken then.
static const ScheduleArgument *take_argument_name(Reader *reader, const ScheduleKind *kind) {
    const char *start = reader->at;
    const Word word = reader_take_word(reader);
    const ScheduleArgument *argument = kind->arguments;
    while (argument->name && !word_is(word, argument->name))
        argument++;
    if (argument->name && reader_take(reader, '='))
        return argument;
    reader->at = start;
    return NULL;
}

static bool is_named(Reader *reader) {
    const char *start = reader->at;
    const bool named = reader_take_word(reader).length > 0 && reader_is_next(reader, '=');
    reader->at = start;
    return named;
}

static bool is_schedule(Reader *reader) {
    const char *start = reader->at;
    const bool schedule = reader_take_word(reader).length > 0 && reader_is_next(reader, '(');
    reader->at = start;
    return schedule;
}

// --- schedules -----------------------------------------------------------------------------------

static bool read_schedule(Reader *reader);

// One schedule that is being read. Its arguments fill a row of the table in order, until one has a
// name.
typedef struct Call {
    SchedulePiece *piece;
    int position;
    bool named, given[SCHEDULE_MAX_ARGUMENTS];
} Call;

static bool read_argument(Reader *reader, Call *call) {
    const ScheduleKind *kind = call->piece->kind;
    reader_skip_spaces(reader);
    const char *start = reader->at;
    if (is_schedule(reader)) {
        if (call->piece->child_count++ == kind->most_children)
            return reader_wrong(reader, start, "%s is made of %s: %s", kind->name,
                                kind->most_children ? "one schedule" : "no other schedule",
                                schedule_signature(kind).text);
        return read_schedule(reader);
    }
    const ScheduleArgument *argument = take_argument_name(reader, kind);
    if (!argument && (is_named(reader) || call->named))
        return reader_wrong(reader, start, "here must stand the name of an argument and =: %s",
                            schedule_signature(kind).text);
    call->named = call->named || argument;
    if (!argument)
        argument = &kind->arguments[call->position++];
    if (!argument->name)
        return reader_wrong(reader, start, "that is one too many: %s",
                            schedule_signature(kind).text);
    const long index = argument - kind->arguments;
    if (call->given[index])
        return reader_wrong(reader, start, "%s is given twice", argument->name);
    call->given[index] = true;
    return read_value(reader, argument, call->piece->values + argument->place);
}

static const ScheduleKind *find_kind(Word word) {
    for (int k = 0; k < schedule_kind_count; k++)
        if (!schedule_kinds[k]->unwritten && word_is(word, schedule_kinds[k]->name))
            return schedule_kinds[k];
    return NULL;
}

// A piece in which nothing is given yet.
static SchedulePiece *add_piece(Schedule *schedule, const ScheduleKind *kind) {
    SchedulePiece *piece = &schedule->pieces[schedule->count++];
    *piece = (SchedulePiece){.kind = kind};
    for (const ScheduleArgument *argument = kind->arguments; argument->name; argument++)
        piece->values[argument->place] = argument->type == IS_LIST ? 0 : NAN;
    return piece;
}

static bool wrong_kind(Reader *reader, Word word) {
    char names[512] = "";
    for (int k = 0; k < schedule_kind_count; k++)
        if (!schedule_kinds[k]->unwritten)
            buffer_append(names, sizeof names, "%s%s", k ? ", " : "", schedule_kinds[k]->name);
    if (word.length == 0)
        return reader_wrong(reader, word.start, "a schedule must begin here, one of %s", names);
    for (int k = 0; k < schedule_kind_count; k++)
        if (word_is(word, schedule_kinds[k]->name)) // it is unwritten
            return reader_wrong(reader, word.start,
                                "a %s is given in C (schedule_%s); here can stand %s",
                                schedule_kinds[k]->name, schedule_kinds[k]->name, names);
    return reader_wrong(reader, word.start, "there is no schedule '%.*s'; there are %s",
                        word.length, word.start, names);
}

static bool read_schedule(Reader *reader) {
    const Word word = reader_take_word(reader);
    const ScheduleKind *kind = find_kind(word);
    if (!kind)
        return wrong_kind(reader, word);
    if (reader->schedule->count == SCHEDULE_MAX_PIECES)
        return reader_wrong(reader, word.start, "it has more than %d pieces", SCHEDULE_MAX_PIECES);
    Call call = {.piece = add_piece(reader->schedule, kind)};
    if (!reader_take(reader, '('))
        return reader_wrong(reader, reader->at, "a bracket must stand here: %s",
                            schedule_signature(kind).text);
    bool good = true;
    for (bool first = true; good && !reader_is_next(reader, ')'); first = false) {
        if (!first && !reader_take(reader, ','))
            return reader_wrong(reader, reader->at, "a comma or ) must stand here");
        good = read_argument(reader, &call);
    }
    if (!good)
        return false;
    reader->at++;
    call.piece->size = (int)(reader->schedule->pieces + reader->schedule->count - call.piece);
    Error error;
    return reader->unknown || piece_settle(call.piece, &error) ||
           reader_wrong(reader, word.start, "%s: %s", error.message, schedule_signature(kind).text);
}

bool schedule_parse(const char *text, const ScheduleName *names, int name_count, Schedule *schedule,
                    Error *error) {
    Schedule read = {0};
    Reader reader = {.text = text,
                     .at = text,
                     .names = names,
                     .name_count = name_count,
                     .schedule = &read,
                     .error = error};
    if (!read_schedule(&reader))
        return false;
    reader_skip_spaces(&reader);
    if (*reader.at)
        return reader_wrong(&reader, reader.at, "nothing may follow the schedule");
    *schedule = read;
    return true;
}
