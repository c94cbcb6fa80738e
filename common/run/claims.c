#include "run/claims.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/table.h"
#include "run/process.h"

struct Claims {
    Table *table;
    int seeds;
    bool failed;
};

Claims *claims_new(const char *folder, int seeds) {
    Claims *claims = memory_zeroed(1, sizeof *claims);
    claims->table = table_open(folder, "claims.csv", "verdict,claim,measured");
    claims->seeds = seeds;
    return claims;
}

static void tell(Claims *claims, const char *verdict, const char *words, const char *measured) {
    printf("%s  %s: %s\n", verdict, words, measured);
    table_row(claims->table, "%s,%s,%s", verdict, words, measured);
    claims->failed |= strcmp(verdict, "FAIL") == 0;
}

void claims_check(Claims *claims, bool holds, const char *words, const char *measured, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, measured);
    vsnprintf(text, sizeof text, measured, arguments);
    va_end(arguments);
    tell(claims, holds ? "PASS" : "FAIL", words, text);
}

// Wherever it stands.
static void leave_out(const char *words, char *text) {
    const size_t length = strlen(words);
    for (char *at; (at = strstr(text, words));)
        memmove(at, at + length, strlen(at + length) + 1);
}

_Static_assert(CLAIMS_SEEDS == 5, "the words below say so");
void claims_check_seeds(Claims *claims, bool holds, const char *words, const char *measured, ...) {
    char text[512], more[600];
    va_list arguments;
    va_start(arguments, measured);
    vsnprintf(text, sizeof text, measured, arguments);
    va_end(arguments);
    if (claims->seeds == 1)
        leave_out(" ± nan", text); // one value has no error
    if (claims->seeds >= CLAIMS_SEEDS) {
        tell(claims, holds ? "PASS" : "FAIL", words, text);
        return;
    }
    snprintf(more, sizeof more, "%s (%s; five seeds decide: --seeds 5)", text,
             claims->seeds == 1 ? "one run" : "few runs");
    tell(claims, "SKIP", words, more);
}

int claims_report(Claims *claims) {
    Error error;
    process_said(&error); // the claims stand before what may be wrong with their file
    const int status = table_close(claims->table, &error) ? claims->failed : error_report(&error);
    free(claims);
    return status;
}
