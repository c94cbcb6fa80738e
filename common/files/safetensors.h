// The .safetensors format: 8 bytes of header length (little-endian), a JSON header, then the
// tensors' bytes. https://github.com/huggingface/safetensors#format. The whole file, of at most
// 1 GB, is read and its header checked: after safetensors_open every entry has a known type, a shape
// whose size fits, and bytes that are all in the file and belong to no other entry. The texts that
// other programs put under __metadata__ are ignored.
#ifndef KNOBS_FILES_SAFETENSORS_H
#define KNOBS_FILES_SAFETENSORS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/real.h"
#include "tensor/tensor.h"

// Bytes: the header of 5,000 tensors. A longer one is refused.
#define SAFETENSORS_HEADER_MAX ((size_t)1 << 20)
#define SAFETENSORS_BYTES_MAX ((size_t)1 << 30) // of a whole file, read or written

// The types that are read and written; a file that has another is refused.
typedef enum Dtype {
    DTYPE_BOOL,
    DTYPE_U8,
    DTYPE_F16,
    DTYPE_BF16,
    DTYPE_I32,
    DTYPE_F32,
    DTYPE_U64,
    DTYPE_I64,
    DTYPE_F64,
    DTYPE_COUNT
} Dtype;

#define DTYPE_REAL (sizeof(real) == 8 ? DTYPE_F64 : DTYPE_F32)

// One tensor, of a file that was read or is to be written.
typedef struct SafetensorsEntry {
    const char *name;
    Dtype dtype;
    Shape shape;
    void *data; // in a file's memory it may stand at any address, so copy it from there
} SafetensorsEntry;
size_t safetensors_bytes(const SafetensorsEntry *entry);

// Whether the type is F16 (IEEE 754's binary16), BF16 (the upper half of an F32), F32 or F64.
bool safetensors_is_floating(const SafetensorsEntry *entry);
// Copies all numbers of an entry of such a type (else fatal) to `to`, each rounded to the nearest
// `real`; beyond its range that is an infinity.
void safetensors_copy_reals(const SafetensorsEntry *entry, real *to);

// For messages: an entry's type, as "F32 [256, 784]".
typedef struct SafetensorsText {
    char text[192];
} SafetensorsText;
SafetensorsText safetensors_type_text(const SafetensorsEntry *entry);

typedef struct SafetensorsFile {
    SafetensorsEntry *entries; // in the order of their bytes
    int count;
    char *bytes;          // all that is in the file
    struct cJSON *header; // holds the names
} SafetensorsFile;

SafetensorsFile *safetensors_open(const char *path, Error *error); // NULL on an error
void safetensors_close(SafetensorsFile *file);

// NULL if there is none of that name.
SafetensorsEntry *safetensors_find(const SafetensorsFile *file, const char *name);

// Writes a file, whole or not at all. Wider types stand first in it, so every tensor is aligned;
// within a type they are in the order of their names, of which no two may be the same. The entries
// come into that order. Errors: more than safetensors_open would take; what file_write says.
bool safetensors_save(const char *path, SafetensorsEntry *entries, int count, Error *error);

#endif
