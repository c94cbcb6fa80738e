#include "tensor/arena.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/real.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
#define ARENA_POISON 1
#endif
#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define poison(memory, bytes) ASAN_POISON_MEMORY_REGION(memory, bytes)
#define unpoison(memory, bytes) ASAN_UNPOISON_MEMORY_REGION(memory, bytes)
#else
#define poison(memory, bytes) ((void)0)
#define unpoison(memory, bytes) ((void)0)
#endif

enum { ALIGNMENT = 64, FIRST_CHUNK_BYTES = 1 << 16 };

// A chunk is one allocation of the system, cut into blocks that lie one behind the other:
//
//     chunk: [Block | memory …][Block | memory …][Block | memory …]
//
// Each block knows its neighbours, so a released one merges with free neighbours at once.
typedef struct Block Block;
typedef struct Chunk Chunk;
struct Block {
    _Alignas(ALIGNMENT) size_t bytes; // of the memory behind the header, a multiple of ALIGNMENT
    Block *before, *after;            // the neighbours in the chunk
    Chunk *chunk;
    bool is_free;
};

struct Chunk {
    Chunk *next;
    size_t bytes;
    Block *first;
    Block *search_from; // no block before this one is free
};

static void *block_memory(Block *block) {
    return block + 1;
}

// What nobody owns reads as NaN in a debug build, and not at all under ASan.
static void memory_retire(void *memory, size_t bytes) {
#ifdef KNOBS_DEBUG
    unpoison(memory, bytes);
    memset(memory, 0xFF, bytes); // all bits set is a NaN in float and in double
#endif
    poison(memory, bytes);
    (void)memory, (void)bytes;
}

static void chunk_make_one_block(Chunk *chunk) {
    *chunk->first = (Block){.bytes = chunk->bytes, .chunk = chunk, .is_free = true};
    chunk->search_from = chunk->first;
    memory_retire(block_memory(chunk->first), chunk->bytes);
}

void arena_free(Arena *arena) {
    while (arena->chunks) {
        Chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        unpoison(chunk->first, chunk->bytes + sizeof(Block));
        free(chunk->first);
        free(chunk);
    }
    arena->held = 0;
}

static void arena_add_chunk(Arena *arena, size_t bytes) {
    void *memory = NULL;
    if (posix_memalign(&memory, ALIGNMENT, bytes + sizeof(Block)))
        fatal("out of memory: the tape wanted %zu more bytes", bytes);
    Chunk *chunk = memory_alloc(sizeof *chunk);
    *chunk = (Chunk){.next = arena->chunks, .bytes = bytes, .first = memory};
    chunk_make_one_block(chunk);
    arena->chunks = chunk;
    arena->held += bytes + sizeof(Block);
}

static Block *arena_find(Arena *arena, size_t bytes) {
    for (Chunk *chunk = arena->chunks; chunk; chunk = chunk->next)
        for (Block *block = chunk->search_from; block; block = block->after)
            if (block->is_free && block->bytes >= bytes)
                return block;
    return NULL;
}

// Leaves `bytes` in the block and makes a free block of the rest, if a header and some memory fit
// into it.
static void block_split(Block *block, size_t bytes) {
    if (block->bytes < bytes + sizeof(Block) + ALIGNMENT)
        return;
    Block *rest = (Block *)((char *)block_memory(block) + bytes);
    unpoison(rest, sizeof(Block));
    *rest = (Block){.bytes = block->bytes - bytes - sizeof(Block),
                    .before = block,
                    .after = block->after,
                    .chunk = block->chunk,
                    .is_free = true};
    if (rest->after)
        rest->after->before = rest;
    block->after = rest;
    block->bytes = bytes;
}

// Swallows the block behind, which is free.
static void block_merge_after(Block *block) {
    Block *after = block->after;
    block->bytes += sizeof(Block) + after->bytes;
    block->after = after->after;
    if (block->after)
        block->after->before = block;
    if (block->chunk->search_from == after)
        block->chunk->search_from = block;
    memory_retire(after, sizeof(Block));
}

void *arena_alloc(Arena *arena, size_t bytes) {
    bytes = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (bytes == 0)
        bytes = ALIGNMENT;
    Block *block = arena_find(arena, bytes);
    if (!block) {
        size_t chunk_bytes = arena->held > FIRST_CHUNK_BYTES ? arena->held / 2 : FIRST_CHUNK_BYTES;
        chunk_bytes = chunk_bytes / ALIGNMENT * ALIGNMENT; // half as much again as before
        arena_add_chunk(arena, bytes > chunk_bytes ? bytes : chunk_bytes);
        block = arena->chunks->first;
    }
    block_split(block, bytes);
    block->is_free = false;
    if (block == block->chunk->search_from && block->after)
        block->chunk->search_from = block->after;
    arena->used += block->bytes;
    if (arena->used > arena->peak)
        arena->peak = arena->used;
    unpoison(block_memory(block), block->bytes);
    return block_memory(block);
}

void arena_release(Arena *arena, void *memory) {
    Block *block = (Block *)memory - 1;
    arena->used -= block->bytes;
    block->is_free = true;
    memory_retire(memory, block->bytes);
    if (block->after && block->after->is_free)
        block_merge_after(block);
    if (block->before && block->before->is_free) {
        block = block->before;
        block_merge_after(block);
    }
    if (block < block->chunk->search_from)
        block->chunk->search_from = block;
}

void arena_clear(Arena *arena) {
    arena->used = 0;
    if (arena->chunks && arena->chunks->next) { // it grew in pieces: one piece from now on
        size_t bytes = arena->held;
        arena_free(arena);
        arena_add_chunk(arena, bytes);
    } else if (arena->chunks) {
        chunk_make_one_block(arena->chunks);
    }
}
