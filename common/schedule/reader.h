// Reads an expression from left to right, for expression.c: words and signs, errors with their column,
// and the numbers that are reckoned. A function that returns bool returns false after it has set the
// error.
#ifndef KNOBS_SCHEDULE_READER_H
#define KNOBS_SCHEDULE_READER_H

#include "schedule/expression.h"

typedef struct Reader {
    const char *text, *at;
    const ScheduleName *names;
    int name_count;
    int depth;     // of brackets and signs, so that none nests without bound
    bool reckoned; // the number just read isn't one that was written
    bool unknown;  // a name stood there whose value isn't known: NaN
    Schedule *schedule;
    Error *error;
} Reader;

// A name that starts here; its length is 0 where none does.
typedef struct Word {
    const char *start;
    int length;
} Word;
Word reader_take_word(Reader *reader);
bool word_is(Word word, const char *name); // without regard to capitals

void reader_skip_spaces(Reader *reader);
bool reader_is_next(Reader *reader, char wanted); // behind spaces
bool reader_take(Reader *reader, char wanted);    // and goes on behind it, if it is next

// Sets the error for a place in the text; returns false.
bool reader_wrong(Reader *reader, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A number, or several with signs between them; infinite where they make it so.
bool reader_take_number(Reader *reader, double *value);

#endif
