#include "run/claims.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "run/file.h"
#include "run/log.h"

typedef struct Claim {
    const char *verdict;
    char *words, *measured;
} Claim;

struct Claims {
    Claim *claims;
    int count;
    bool failed;
};

Claims *claims_new(void) {
    return memory_zeroed(1, sizeof(Claims));
}

static void add(Claims *claims, const char *verdict, const char *words, const char *measured) {
    claims->claims =
        memory_resize(claims->claims, (size_t)(claims->count + 1) * sizeof *claims->claims);
    claims->claims[claims->count++] = (Claim){
        .verdict = verdict, .words = memory_string(words), .measured = memory_string(measured)};
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

void claims_skip(Claims *claims, const char *words, const char *reason) {
    add(claims, "SKIP", words, reason);
}

bool claims_need_seeds(Claims *claims, int seeds, const char *words) {
    if (seeds >= CLAIMS_SEEDS)
        return true;
    char reason[80];
    snprintf(reason, sizeof reason, "needs at least %d seeds: --seeds %d", CLAIMS_SEEDS,
             CLAIMS_SEEDS);
    claims_skip(claims, words, reason);
    return false;
}

static bool write_table(const Claims *claims, const char *folder, Error *error) {
    char *path = path_format("%s/claims.csv", folder);
    OutputFile output;
    bool opened = output_open(&output, path, error);
    free(path);
    if (!opened)
        return false;
    fputs("verdict,claim,measured\n", output.stream);
    for (int i = 0; i < claims->count; i++) {
        const Claim *claim = &claims->claims[i];
        fprintf(output.stream, "%s,", claim->verdict);
        csv_write_text(output.stream, claim->words);
        fputc(',', output.stream);
        csv_write_text(output.stream, claim->measured);
        fputc('\n', output.stream);
    }
    return output_commit(&output, error);
}

int claims_report(Claims *claims, const char *folder) {
    for (int i = 0; i < claims->count; i++) {
        Claim *claim = &claims->claims[i];
        printf("%s  %s: %s\n", claim->verdict, claim->words, claim->measured);
    }
    fflush(stdout);
    Error error;
    int status = claims->failed;
    if (!write_table(claims, folder, &error))
        status = error_report(&error);
    for (int i = 0; i < claims->count; i++) {
        free(claims->claims[i].words);
        free(claims->claims[i].measured);
    }
    free(claims->claims);
    free(claims);
    return status;
}
