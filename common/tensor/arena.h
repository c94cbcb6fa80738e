// Memory of one step. Blocks are handed out and may be given back one by one; arena_clear takes
// back all at once. It grows by itself, and after the first step it is one piece that no later step
// makes grow.
#ifndef KNOBS_TENSOR_ARENA_H
#define KNOBS_TENSOR_ARENA_H

#include <stddef.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena);

// `bytes` of uninitialised memory, aligned to 64 bytes.
void *arena_alloc(Arena *arena, size_t bytes);

// Gives one block back. In a debug build it is filled with NaN first, and ASan refuses any later
// access.
void arena_release(Arena *arena, void *memory);

// Takes back every block; if the arena had grown in pieces, they become one.
void arena_clear(Arena *arena);

size_t arena_used_bytes(const Arena *arena); // now handed out
size_t arena_peak_bytes(
    const Arena *arena); // the most that was handed out at once since arena_new or arena_reset_peak
size_t arena_held_bytes(const Arena *arena); // taken from the system
void arena_reset_peak(Arena *arena);

#endif
