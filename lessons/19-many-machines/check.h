// Exercise 19's check: every piece of every rank in rings of one to eight, and how many messages that took.
int main(void) {
    for (int n = 1; n <= MOST; n++) {
        Ring ring = {.n = n};
        double sums[MOST] = {0};
        for (int rank = 0; rank < n; rank++)
            for (int piece = 0; piece < n; piece++)
                sums[piece] += ring.pieces[rank][piece] = pow(3, rank) + 7 * piece * rank;
        all_reduce(&ring);
        char what[64];
        for (int rank = 0; rank < n; rank++)
            for (int piece = 0; piece < n; piece++) {
                snprintf(what, sizeof what, "piece %d of rank %d of %d", piece, rank, n);
                exercise_expect(what, ring.pieces[rank][piece], sums[piece], 0);
            }
        snprintf(what, sizeof what, "the number of messages of %d ranks", n);
        exercise_expect(what, ring.messages, 2 * n * (n - 1), 0);
    }
    return exercise_solved("make lesson-19, and cost.png");
}
