// A lesson ends by checking what it claims. A line each: PASS, FAIL or SKIP, the claim in words,
// what was measured.
//
//     Claims *claims = claims_new(folder, options->seeds);
//     claims_check(claims, moved == 0, "what SGD doesn't own stays the same, bit for bit",
//                  "largest change %g", moved);
//     claims_check_seeds(claims, gain.mean > 2 * gain.error, "a cosine beats a constant rate",
//                        "%.4f ± %.4f", gain.mean, gain.error);
//     return claims_report(claims);
#ifndef KNOBS_RUN_CLAIMS_H
#define KNOBS_RUN_CLAIMS_H

#include <math.h>
#include <stdbool.h>

typedef struct Claims Claims;

#define CLAIMS_SEEDS 5 // a statistical claim needs at least so many

// The claims go to folder/claims.csv: verdict,claim,measured (files/table.h). `seeds`: how many seeds the
// runs had.
Claims *claims_new(const char *folder, int seeds);

// The larger; NaN, where one of them is: fmax lets it go, and a claim about the worst would hold without it.
static inline double worst_of(double a, double b) {
    return isnan(a) || isnan(b) ? NAN : fmax(a, b);
}

// Prints the claim's line.
void claims_check(Claims *claims, bool holds, const char *words, const char *measured, ...)
    __attribute__((format(printf, 4, 5)));

// The same for a statistical claim: with fewer than CLAIMS_SEEDS seeds it is a SKIP, and the line says what
// was measured and which option to give.
void claims_check_seeds(Claims *claims, bool holds, const char *words, const char *measured, ...)
    __attribute__((format(printf, 4, 5)));

// Completes the file and frees the claims. Returns the program's exit status: 1 if a claim failed or
// the file couldn't be written, else 0.
int claims_report(Claims *claims);

#endif
