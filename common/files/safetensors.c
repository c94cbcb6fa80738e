#include "files/safetensors.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files/output.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the numbers of a .safetensors file are little-endian, and are copied here as they are"
#endif

#define UNSOUND "%s: not a sound .safetensors file: "

// --- the types -----------------------------------------------------------------------------------

static double half_value(const void *bytes) {
    uint16_t bits;
    memcpy(&bits, bytes, sizeof bits);
    const int exponent = bits >> 10 & 0x1F, fraction = bits & 0x3FF;
    double size = ldexp(fraction, -24); // of a subnormal number
    if (exponent == 0x1F)
        size = fraction ? NAN : INFINITY;
    else if (exponent)
        size = ldexp(0x400 + fraction, exponent - 25);
    return bits & 0x8000 ? -size : size;
}

static double bfloat16_value(const void *bytes) {
    uint16_t upper;
    memcpy(&upper, bytes, sizeof upper);
    const uint32_t bits = (uint32_t)upper << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static double single_value(const void *bytes) {
    float value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static double double_value(const void *bytes) {
    double value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static const struct {
    const char *name;
    size_t size;
    double (*value)(const void *bytes); // at any address; exact. NULL: no floating-point number
} dtypes[DTYPE_COUNT] = {
    [DTYPE_BOOL] = {"BOOL", 1, NULL},       [DTYPE_U8] = {"U8", 1, NULL},
    [DTYPE_F16] = {"F16", 2, half_value},   [DTYPE_BF16] = {"BF16", 2, bfloat16_value},
    [DTYPE_I32] = {"I32", 4, NULL},         [DTYPE_F32] = {"F32", 4, single_value},
    [DTYPE_U64] = {"U64", 8, NULL},         [DTYPE_I64] = {"I64", 8, NULL},
    [DTYPE_F64] = {"F64", 8, double_value},
};

size_t safetensors_bytes(const SafetensorsEntry *entry) {
    return dtypes[entry->dtype].size * shape_size(entry->shape);
}

bool safetensors_is_floating(const SafetensorsEntry *entry) {
    return dtypes[entry->dtype].value != NULL;
}

void safetensors_copy_reals(const SafetensorsEntry *entry, real *to) {
    if (!safetensors_is_floating(entry))
        fatal("safetensors_copy_reals: '%s' is %s", entry->name, dtypes[entry->dtype].name);
    const size_t count = shape_size(entry->shape), size = dtypes[entry->dtype].size;
    for (size_t i = 0; i < count; i++)
        to[i] = (real)dtypes[entry->dtype].value((const char *)entry->data + i * size);
}

SafetensorsText safetensors_type_text(const SafetensorsEntry *entry) {
    SafetensorsText type;
    snprintf(type.text, sizeof type.text, "%s %s", dtypes[entry->dtype].name,
             shape_text(entry->shape).text);
    return type;
}

// --- reading -------------------------------------------------------------------------------------
// cJSON parses the header. That it accepts 01, 1e3 or a control character in a name does no harm. Three
// things that it accepts are checked here: a \u0000, which cuts a string short, a number that isn't a
// size, and a name that is there twice.

// Whether each \u has four hexadecimal digits that don't make the end of a C string.
static bool escapes_are_sound(const char *text) {
    for (; (text = strchr(text, '\\')); text += text[1] ? 2 : 1)
        if (text[1] == 'u' &&
            (strspn(text + 2, "0123456789abcdefABCDEF") < 4 || strncmp(text + 2, "0000", 4) == 0))
            return false;
    return true;
}

// A whole number from 0 to `most`, which is below 2^53 (JSON's numbers are doubles here); else −1.
static double read_whole(const cJSON *item, double most) {
    const double value = cJSON_IsNumber(item) ? item->valuedouble : -1;
    return value >= 0 && value <= most && value == floor(value) ? value : -1;
}

// Reads a tensor of the header, whose bytes are among `size` at `data`. Returns what is wrong, or
// NULL.
static const char *read_entry(const cJSON *item, char *data, size_t size, SafetensorsEntry *entry) {
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(item, "dtype"),
                *shape = cJSON_GetObjectItemCaseSensitive(item, "shape"),
                *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    *entry = (SafetensorsEntry){.name = item->string};
    if (!cJSON_IsString(dtype) || !cJSON_IsArray(shape) || !cJSON_IsArray(offsets) ||
        cJSON_GetArraySize(offsets) != 2 || cJSON_GetArraySize(item) != 3)
        return "expected an object of dtype, shape and two data_offsets, and nothing else";
    while (entry->dtype < DTYPE_COUNT && strcmp(dtypes[entry->dtype].name, dtype->valuestring) != 0)
        entry->dtype++;
    if (entry->dtype == DTYPE_COUNT)
        return "its dtype is none of BOOL, U8, F16, BF16, I32, F32, U64, I64, F64";
    double bytes = (double)dtypes[entry->dtype].size; // exact where it is small enough to fit
    for (item = shape->child; item; item = item->next) {
        const double length = read_whole(item, INT32_MAX);
        if (length < 0 || entry->shape.rank == SHAPE_MAX_RANK)
            return "its shape has too many sizes, or one that is no whole number below 2^31";
        entry->shape.dims[entry->shape.rank++] = (int)length;
        bytes *= length;
    }
    const double begin = read_whole(offsets->child, (double)size),
                 end = read_whole(offsets->child->next, (double)size);
    if (begin < 0 || end < begin)
        return "its data_offsets are no place in the file";
    if (bytes != end - begin)
        return "its shape and its data_offsets differ in bytes";
    entry->data = data + (size_t)begin;
    return NULL;
}

static int compare_places(const void *a, const void *b) {
    const SafetensorsEntry *x = a, *y = b;
    if (x->data != y->data)
        return (char *)x->data < (char *)y->data ? -1 : 1;
    const size_t x_bytes = safetensors_bytes(x), y_bytes = safetensors_bytes(y);
    return (x_bytes > y_bytes) - (x_bytes < y_bytes);
}

// Reads all entries and checks that they fill the data: no hole, no overlap, nothing left over.
static bool read_entries(SafetensorsFile *file, const char *path, char *data, size_t size,
                         Error *error) {
    file->entries = memory_alloc((size_t)cJSON_GetArraySize(file->header) * sizeof *file->entries);
    for (const cJSON *item = file->header->child; item; item = item->next) {
        const char *wrong = NULL;
        if (cJSON_GetObjectItemCaseSensitive(file->header, item->string) != item)
            wrong = "it is there twice";
        else if (strcmp(item->string, "__metadata__") != 0 || !cJSON_IsObject(item))
            wrong = read_entry(item, data, size, &file->entries[file->count++]);
        if (wrong)
            return error_set(error, UNSOUND "tensor '%.100s': %s", path, item->string, wrong);
    }
    qsort(file->entries, (size_t)file->count, sizeof *file->entries, compare_places);
    const char *end = data;
    for (const SafetensorsEntry *e = file->entries; e < file->entries + file->count; e++) {
        if ((char *)e->data != end)
            return error_set(error, UNSOUND "tensor '%.100s' begins at byte %td, expected %td",
                             path, e->name, (char *)e->data - data, end - data);
        end += safetensors_bytes(e);
    }
    return end == data + size || error_set(error, UNSOUND "%zu bytes behind the last tensor", path,
                                           size - (size_t)(end - data));
}

static bool read_file(SafetensorsFile *file, const char *path, Error *error) {
    size_t size;
    uint64_t length = 0;
    if (!file_read(path, SAFETENSORS_BYTES_MAX, &file->bytes, &size, error))
        return false;
    if (size < 8)
        return error_set(error, UNSOUND "%zu bytes, expected at least 8", path, size);
    memcpy(&length, file->bytes, 8);
    const size_t most = size - 8 < SAFETENSORS_HEADER_MAX ? size - 8 : SAFETENSORS_HEADER_MAX;
    if (length > most)
        return error_set(error,
                         UNSOUND "a header of %llu bytes in a file of %zu, expected at most %zu",
                         path, (unsigned long long)length, size, most);
    char *text = memmove(file->bytes, file->bytes + 8, length), *data = file->bytes + 8 + length;
    text[length] = '\0';
    if (strlen(text) != length || !escapes_are_sound(text))
        return error_set(error, UNSOUND "the header holds a zero byte, \\u0000 or half an escape",
                         path);
    const char *end = NULL;
    file->header = cJSON_ParseWithLengthOpts(text, length + 1, &end, true);
    if (!cJSON_IsObject(file->header))
        return error_set(error, UNSOUND "the header is no JSON object, from byte %td on", path,
                         end ? end - text : 0);
    return read_entries(file, path, data, size - 8 - (size_t)length, error);
}

SafetensorsFile *safetensors_open(const char *path, Error *error) {
    SafetensorsFile *file = memory_zeroed(1, sizeof *file);
    if (read_file(file, path, error))
        return file;
    safetensors_close(file);
    return NULL;
}

void safetensors_close(SafetensorsFile *file) {
    if (!file)
        return;
    cJSON_Delete(file->header);
    free(file->entries);
    free(file->bytes);
    free(file);
}

SafetensorsEntry *safetensors_find(const SafetensorsFile *file, const char *name) {
    for (int i = 0; i < file->count; i++)
        if (strcmp(file->entries[i].name, name) == 0)
            return &file->entries[i];
    return NULL;
}

// --- writing -------------------------------------------------------------------------------------

static int compare_widths(const void *a, const void *b) {
    const SafetensorsEntry *x = a, *y = b;
    const int wider = (int)dtypes[y->dtype].size - (int)dtypes[x->dtype].size;
    return wider ? wider : strcmp(x->name, y->name);
}

// *size gets how many bytes the tensors have.
static char *header_text(const SafetensorsEntry *entries, int count, size_t *size) {
    cJSON *header = cJSON_CreateObject();
    *size = 0;
    for (int i = 0; i < count; i++) {
        const size_t begin = *size, end = begin + safetensors_bytes(&entries[i]);
        char *entry = path_format("{\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":[%zu,%zu]}",
                                  dtypes[entries[i].dtype].name, shape_text(entries[i].shape).text,
                                  begin, end);
        cJSON_AddRawToObject(header, entries[i].name, entry);
        free(entry);
        *size = end;
    }
    char *text = cJSON_PrintUnformatted(header);
    cJSON_Delete(header);
    if (!text)
        fatal("safetensors_save: out of memory for a header of %d tensors", count);
    return text;
}

bool safetensors_save(const char *path, SafetensorsEntry *entries, int count, Error *error) {
    qsort(entries, (size_t)count, sizeof *entries, compare_widths);
    size_t size;
    char *header = header_text(entries, count, &size);
    const uint64_t padded = (strlen(header) + 7) / 8 * 8;
    if (padded > SAFETENSORS_HEADER_MAX || size > SAFETENSORS_BYTES_MAX - 8 - padded) {
        cJSON_free(header);
        return error_set(error,
                         "%s: %zu bytes in %d tensors are more than can be read again; at most %zu",
                         path, size, count, SAFETENSORS_BYTES_MAX);
    }
    char *bytes = memory_alloc(8 + padded + size), *end = bytes + 8 + padded;
    memset(bytes, ' ', 8 + padded);
    memcpy(bytes, &padded, 8);
    memcpy(bytes + 8, header, strlen(header));
    for (int i = 0; i < count; i++) {
        const size_t length = safetensors_bytes(&entries[i]);
        if (length) // the data of nothing may be NULL
            memcpy(end, entries[i].data, length);
        end += length;
    }
    const bool saved = file_write(path, bytes, 8 + padded + size, error);
    cJSON_free(header);
    free(bytes);
    return saved;
}
