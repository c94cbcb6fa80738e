// The .safetensors format: 8 bytes of header length (little-endian), a JSON header, then the
// tensors' bytes. https://github.com/huggingface/safetensors#format. The header is checked in full
// before anything is believed: after safetensors_open every entry has a known type, a shape whose
// size fits, and bytes that are all in the file and belong to no other entry. Opening reads the
// header alone; the bytes are read into the caller's memory.
#ifndef KNOBS_RUN_SAFETENSORS_H
#define KNOBS_RUN_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/real.h"

#define SAFETENSORS_RANK_MAX 8
#define SAFETENSORS_HEADER_MAX                                                                     \
    ((size_t)10 << 20) // bytes; 50,000 tensors and more. Bounds what a header can cost

typedef enum Dtype {
    DTYPE_BOOL,
    DTYPE_U8,
    DTYPE_I8,
    DTYPE_U16,
    DTYPE_I16,
    DTYPE_F16,
    DTYPE_BF16,
    DTYPE_U32,
    DTYPE_I32,
    DTYPE_F32,
    DTYPE_U64,
    DTYPE_I64,
    DTYPE_F64,
} Dtype;

#ifdef KNOBS_DOUBLE
#define DTYPE_REAL DTYPE_F64
#else
#define DTYPE_REAL DTYPE_F32
#endif

const char *dtype_name(Dtype dtype); // "F32"
size_t dtype_size(Dtype dtype);      // bytes

typedef struct SafetensorsEntry {
    const char *name;
    Dtype dtype;
    int rank;
    int64_t shape[SAFETENSORS_RANK_MAX];
    uint64_t begin, bytes; // within the data part
} SafetensorsEntry;

// For messages, on one line whatever a file says: a name or text with "?" for all but printable
// ASCII, cut if it is long; and a shape as "[256, 784]".
typedef struct SafetensorsText {
    char text[192];
} SafetensorsText;
SafetensorsText safetensors_quoted(const char *text);
SafetensorsText safetensors_shape_text(const SafetensorsEntry *entry);

typedef struct SafetensorsFile SafetensorsFile;

SafetensorsFile *safetensors_open(const char *path, Error *error); // NULL on an error
void safetensors_close(SafetensorsFile *file);

int safetensors_count(const SafetensorsFile *file);
const SafetensorsEntry *safetensors_entry(const SafetensorsFile *file,
                                          int index); // in the order of the names
const SafetensorsEntry *safetensors_find(const SafetensorsFile *file,
                                         const char *name); // NULL if there is none
const char *safetensors_metadata(const SafetensorsFile *file,
                                 const char *key); // NULL if there is none

// Reads entry->bytes bytes into `into`.
bool safetensors_read(const SafetensorsFile *file, const SafetensorsEntry *entry, void *into,
                      Error *error);

// Writing. The bytes are the caller's and are only read by safetensors_save. Wider types stand
// first in the file, so every tensor is aligned; within a type the order is that of adding. The
// same calls make the same file.
typedef struct SafetensorsWriter SafetensorsWriter;

SafetensorsWriter *safetensors_writer_new(void);
void safetensors_writer_free(SafetensorsWriter *writer);
void safetensors_add(SafetensorsWriter *writer, const char *name, Dtype dtype, int rank,
                     const int64_t *shape, const void *bytes);
void safetensors_add_metadata(SafetensorsWriter *writer, const char *key, const char *value);
bool safetensors_save(const SafetensorsWriter *writer, const char *path,
                      Error *error); // whole or not at all

#endif
