// Solution of exercise 19: the ring all-reduce
//
// n ranks stand in a ring. Each has a number in each of n pieces, and at the end all shall have the sums, without one rank
// that all talk to. In n − 1 rounds every rank passes one piece to its right neighbour (rank + 1, or 0 behind the last),
// who adds it to its own: in round s = 0, 1, … rank r passes piece r − s. Then rank r has the whole sum of piece r + 1.
// In n − 1 more rounds the sums go round: rank r passes piece r + 1 − s, and the neighbour puts it in the place of its own.
// (Pieces are counted round too: behind the last comes piece 0.) Try it with make exercise-19.

#include <stdbool.h>

#include "../exercise.h"

enum { MOST = 8 };

typedef struct Ring {
    int n;
    double pieces[MOST][MOST]; // [rank][piece]
    int messages;              // passed so far, by all ranks
} Ring;

// Passes a piece, counted round, to the right neighbour, who adds it or puts it in the place of its own.
static inline void pass(Ring *ring, int rank, int piece, bool adds) {
    const int at = (piece + ring->n) % ring->n, to = (rank + 1) % ring->n;
    ring->pieces[to][at] = ring->pieces[rank][at] + (adds ? ring->pieces[to][at] : 0);
    ring->messages++;
}

static void all_reduce(Ring *ring) {
    for (int round = 0; round < ring->n - 1; round++)
        for (int rank = 0; rank < ring->n; rank++)
            pass(ring, rank, rank - round, true);
    for (int round = 0; round < ring->n - 1; round++)
        for (int rank = 0; rank < ring->n; rank++)
            pass(ring, rank, rank + 1 - round, false);
}

#include "check.h" // main: tries it
