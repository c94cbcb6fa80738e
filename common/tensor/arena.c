#define _DEFAULT_SOURCE // madvise
#include "tensor/arena.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"

#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#define ASAN_UNPOISON_MEMORY_REGION(memory, bytes) ((void)(memory), (void)(bytes))
#endif

enum { ALIGNMENT = 64, PAGE = 1 << 12, CHUNK_BYTES = 1 << 20 };

// The header of a block, free or handed out. A chunk, which is one allocation of the system, begins
// with one too, and is cut into blocks that lie one behind the other:
//
//     [chunk][block | memory …][block | memory …][block | memory …]
//
// The free blocks are a list in the order of their addresses: there a released block meets its free
// neighbours, and they become one.
struct Block {
    _Alignas(ALIGNMENT) Block *next; // the next chunk, or the next free block
    size_t bytes;                    // with this header, a multiple of ALIGNMENT
};

// What nobody owns reads as NaN in a debug build, and not at all under ASan.
static void memory_retire(void *memory, size_t bytes) {
#ifdef KNOBS_DEBUG
    ASAN_UNPOISON_MEMORY_REGION(memory, bytes);
    memset(memory, 0xFF, bytes); // all bits set is a NaN in float and in double
#endif
    ASAN_POISON_MEMORY_REGION(memory, bytes);
}

// Swallows the next free block, if that lies right behind.
static void block_merge(Block *block) {
    Block *next = block->next;
    if ((char *)block + block->bytes != (char *)next)
        return;
    block->next = next->next;
    block->bytes += next->bytes;
    memory_retire(next, sizeof *next);
}

// Makes a free block of memory that nobody owns.
static void block_free(Arena *arena, void *memory, size_t bytes) {
    ASAN_UNPOISON_MEMORY_REGION(memory, sizeof(Block));
    Block *block = memory, *before = NULL, **place = &arena->free;
    for (; *place && *place < block; place = &before->next)
        before = *place;
    *block = (Block){.next = *place, .bytes = bytes};
    *place = block;
    block_merge(block);
    if (before)
        block_merge(before);
}

static void chunk_clear(Arena *arena, Block *chunk) {
    const size_t bytes = chunk->bytes - sizeof *chunk;
    memory_retire(chunk + 1, bytes);
    block_free(arena, chunk + 1, bytes);
}

// In huge pages, where the system has them: a convolution writes to so many places at once that the processor can't
// remember where their small pages are. Without them it is slower, and that is all.
static void arena_add_chunk(Arena *arena, size_t bytes) {
    bytes = (bytes + PAGE - 1) / PAGE * PAGE;
    Block *chunk = aligned_alloc(PAGE, bytes);
    if (!chunk)
        fatal("out of memory: the tape wanted %zu more bytes", bytes);
#ifdef MADV_HUGEPAGE
    madvise(chunk, bytes, MADV_HUGEPAGE);
#endif
    *chunk = (Block){.next = arena->chunks, .bytes = bytes};
    arena->chunks = chunk;
    arena->held += bytes;
    chunk_clear(arena, chunk);
}

// Where the list has the first free block that is large enough, or its end.
static Block **arena_find(Arena *arena, size_t bytes) {
    Block **place = &arena->free;
    while (*place && (*place)->bytes < bytes)
        place = &(*place)->next;
    return place;
}

void *arena_alloc(Arena *arena, size_t bytes) {
    bytes = sizeof(Block) + (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    Block **place = arena_find(arena, bytes);
    if (!*place) {
        const size_t chunk_bytes = sizeof(Block) + bytes;
        arena_add_chunk(arena, chunk_bytes > CHUNK_BYTES ? chunk_bytes : CHUNK_BYTES);
        place = arena_find(arena, bytes);
    }
    Block *block = *place;
    *place = block->next;
    if (block->bytes > bytes)
        block_free(arena, (char *)block + bytes, block->bytes - bytes);
    block->bytes = bytes;
    arena->used += bytes - sizeof *block;
    if (arena->used > arena->peak)
        arena->peak = arena->used;
    ASAN_UNPOISON_MEMORY_REGION(block + 1, bytes - sizeof *block);
    return block + 1;
}

void arena_release(Arena *arena, void *memory) {
    Block *block = (Block *)memory - 1;
    const size_t bytes = block->bytes - sizeof *block;
    arena->used -= bytes;
    memory_retire(memory, bytes);
    block_free(arena, block, block->bytes);
}

void arena_clear(Arena *arena) {
    const size_t held = arena->held;
    arena->used = 0;
    arena->free = NULL;
    if (arena->chunks && arena->chunks->next) { // it grew in pieces: one piece from now on
        arena_free(arena);
        arena_add_chunk(arena, held);
    } else if (arena->chunks) {
        chunk_clear(arena, arena->chunks);
    }
}

void arena_free(Arena *arena) {
    while (arena->chunks) {
        Block *chunk = arena->chunks;
        arena->chunks = chunk->next;
        ASAN_UNPOISON_MEMORY_REGION(chunk, chunk->bytes);
        free(chunk);
    }
    arena->held = 0;
}
