#include "run/claims.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "files/table.h"

struct Claims {
    Table *table;
    bool failed;
};

Claims *claims_new(const char *folder) {
    Claims *claims = memory_zeroed(1, sizeof *claims);
    claims->table = table_open(folder, "claims.csv", "verdict,claim,measured");
    return claims;
}

static void tell(Claims *claims, const char *verdict, const char *words, const char *measured) {
    printf("%s  %s: %s\n", verdict, words, measured);
    table_row(claims->table, "%s,%s,%s", verdict, words, measured);
}

void claims_check(Claims *claims, bool holds, const char *words, const char *measured, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, measured);
    vsnprintf(text, sizeof text, measured, arguments);
    va_end(arguments);
    tell(claims, holds ? "PASS" : "FAIL", words, text);
    claims->failed |= !holds;
}

void claims_skip(Claims *claims, const char *words, const char *needs) {
    char reason[80];
    snprintf(reason, sizeof reason, "needs %s", needs);
    tell(claims, "SKIP", words, reason);
}

_Static_assert(CLAIMS_SEEDS == 5, "the words below say so");
bool claims_need_seeds(Claims *claims, int seeds, const char *words) {
    if (seeds < CLAIMS_SEEDS)
        claims_skip(claims, words, "--seeds 5 or more");
    return seeds >= CLAIMS_SEEDS;
}

int claims_report(Claims *claims) {
    Error error;
    fflush(stdout); // the claims stand before what may be wrong with their file
    const int status = table_close(claims->table, &error) ? claims->failed : error_report(&error);
    free(claims);
    return status;
}
