// Memory of one step. Blocks are handed out and may be given back one by one; arena_clear takes
// back all at once. It grows by itself, and after the first step it is one piece that no later step
// makes grow.
#ifndef KNOBS_TENSOR_ARENA_H
#define KNOBS_TENSOR_ARENA_H

#include <stddef.h>

typedef struct Block Block;

// All zero at the start. Public to be read.
typedef struct Arena {
    size_t used;          // bytes handed out now
    size_t peak;          // the most that these were; a caller may set it back
    size_t held;          // bytes taken from the system
    Block *chunks, *free; // private
} Arena;

void arena_free(Arena *arena); // all that it took from the system

// `bytes` of uninitialised memory, aligned to 64 bytes.
void *arena_alloc(Arena *arena, size_t bytes);

// Gives one block back. In a debug build it is filled with NaN first, and ASan refuses any later
// access.
void arena_release(Arena *arena, void *memory);

// Takes back every block; if the arena had grown in pieces, they become one.
void arena_clear(Arena *arena);

#endif
