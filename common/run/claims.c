#include "run/claims.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "run/file.h"
#include "run/log.h"

// Both texts grow in memory until the report.
struct Claims {
    FILE *lines, *table; // what is printed, and the CSV file
    char *lines_text, *table_text;
    size_t lines_length, table_length;
    bool failed;
};

Claims *claims_new(void) {
    Claims *claims = memory_zeroed(1, sizeof *claims);
    claims->lines = open_memstream(&claims->lines_text, &claims->lines_length);
    claims->table = open_memstream(&claims->table_text, &claims->table_length);
    if (!claims->lines || !claims->table)
        fatal("claims_new: out of memory");
    fputs("verdict,claim,measured\n", claims->table);
    return claims;
}

static void add(Claims *claims, const char *verdict, const char *words, const char *measured) {
    fprintf(claims->lines, "%s  %s: %s\n", verdict, words, measured);
    fprintf(claims->table, "%s,", verdict);
    csv_write_text(claims->table, words);
    fputc(',', claims->table);
    csv_write_text(claims->table, measured);
    fputc('\n', claims->table);
}

void claims_check(Claims *claims, bool holds, const char *words, const char *measured, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, measured);
    vsnprintf(text, sizeof text, measured, arguments);
    va_end(arguments);
    add(claims, holds ? "PASS" : "FAIL", words, text);
    claims->failed |= !holds;
}

bool claims_need_seeds(Claims *claims, int seeds, const char *words) {
    if (seeds >= CLAIMS_SEEDS)
        return true;
    char reason[80];
    snprintf(reason, sizeof reason, "needs at least %d seeds: --seeds %d", CLAIMS_SEEDS,
             CLAIMS_SEEDS);
    add(claims, "SKIP", words, reason);
    return false;
}

int claims_report(Claims *claims, const char *folder) {
    fclose(claims->lines);
    fclose(claims->table);
    fputs(claims->lines_text, stdout);
    fflush(stdout);
    char *path = path_format("%s/claims.csv", folder);
    Error error;
    int status = claims->failed;
    if (!file_write(path, claims->table_text, claims->table_length, &error))
        status = error_report(&error);
    free(path);
    free(claims->lines_text);
    free(claims->table_text);
    free(claims);
    return status;
}
