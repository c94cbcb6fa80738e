#include "run/safetensors.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/file.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the tensors of a .safetensors file are little-endian, and are copied here as they are"
#endif

#define DEPTH_MAX 3                            // the header, a tensor's entry, its shape
#define EXACT_MAX ((uint64_t)9007199254740991) // 2^53 − 1: JSON's numbers are doubles here
#define VALUES_MAX 1000000                     // in a header: cJSON takes some 100 bytes for each
#define METADATA "__metadata__"

struct SafetensorsFile {
    int descriptor;
    char *path;
    uint64_t data_begin, data_bytes;
    cJSON *header;
    const cJSON *metadata;     // in the header; NULL: it has none
    SafetensorsEntry *entries; // sorted by name
    int count;
};

static const struct {
    const char *name;
    size_t size;
} dtypes[] = {
    [DTYPE_BOOL] = {"BOOL", 1}, [DTYPE_U8] = {"U8", 1},   [DTYPE_I8] = {"I8", 1},
    [DTYPE_U16] = {"U16", 2},   [DTYPE_I16] = {"I16", 2}, [DTYPE_F16] = {"F16", 2},
    [DTYPE_BF16] = {"BF16", 2}, [DTYPE_U32] = {"U32", 4}, [DTYPE_I32] = {"I32", 4},
    [DTYPE_F32] = {"F32", 4},   [DTYPE_U64] = {"U64", 8}, [DTYPE_I64] = {"I64", 8},
    [DTYPE_F64] = {"F64", 8},
};
#define DTYPE_COUNT ((int)(sizeof dtypes / sizeof dtypes[0]))

const char *dtype_name(Dtype dtype) {
    return dtypes[dtype].name;
}

size_t dtype_size(Dtype dtype) {
    return dtypes[dtype].size;
}

SafetensorsText safetensors_quoted(const char *text) {
    SafetensorsText quoted;
    size_t used = 0;
    for (; text[used] && used < 100; used++)
        quoted.text[used] = text[used] >= ' ' && text[used] <= '~' ? text[used] : '?';
    snprintf(quoted.text + used, sizeof quoted.text - used, "%s", text[used] ? "…" : "");
    return quoted;
}

SafetensorsText safetensors_shape_text(const SafetensorsEntry *entry) {
    SafetensorsText shape = {"["};
    size_t used = 1;
    for (int i = 0; i < entry->rank; i++)
        used += (size_t)snprintf(shape.text + used, sizeof shape.text - used, "%s%lld",
                                 i ? ", " : "", (long long)entry->shape[i]);
    snprintf(shape.text + used, sizeof shape.text - used, "]");
    return shape;
}

// --- the raw header ------------------------------------------------------------------------------
// cJSON is lenient: it cuts a key at \u0000 and at \u00g0, rounds a large number, takes 01 and 1e3
// and bytes that aren't UTF-8. So the text is looked at first, and only what a header can consist
// of goes to the parser: objects and arrays three deep, strings, and whole numbers that a double
// holds exactly.

// What is wrong with a tensor; with the file, if `tensor` is NULL.
static bool refuse(const SafetensorsFile *file, const char *tensor, Error *error,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

static bool refuse(const SafetensorsFile *file, const char *tensor, Error *error,
                   const char *format, ...) {
    char what[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    return error_set(error, "%s: not a sound .safetensors file: %s%s%s%s", file->path,
                     tensor ? "tensor '" : "", tensor ? safetensors_quoted(tensor).text : "",
                     tensor ? "': " : "", what);
}

// How many bytes the UTF-8 character at `text` has; 0 where it isn't one (Unicode 15, table 3-7).
static size_t character_bytes(const unsigned char *text, size_t left) {
    unsigned char first = text[0];
    size_t bytes = first < 0x80   ? 1
                   : first < 0xC2 ? 0
                   : first < 0xE0 ? 2
                   : first < 0xF0 ? 3
                   : first < 0xF5 ? 4
                                  : 0;
    if (bytes == 0 || bytes > left)
        return 0;
    for (size_t i = 1; i < bytes; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    bool overlong = (first == 0xE0 && text[1] < 0xA0) || (first == 0xF0 && text[1] < 0x90);
    bool outside = (first == 0xED && text[1] > 0x9F) || (first == 0xF4 && text[1] > 0x8F);
    return overlong || outside ? 0 : bytes;
}

// How many bytes the escape \n or \u00e9 at `text` has; 0 where it isn't one, or makes the end of a
// C string.
static size_t escape_bytes(const unsigned char *text, size_t left) {
    if (left < 2 || text[1] == '\0')
        return 0;
    if (text[1] != 'u')
        return strchr("\"\\/bfnrt", text[1]) ? 2 : 0;
    for (size_t i = 2; i < 6; i++)
        if (i >= left || text[i] > 0x7F || !isxdigit(text[i]))
            return 0;
    return memcmp(text + 2, "0000", 4) == 0 ? 0 : 6;
}

// These move *at behind a string (it stands behind the opening quote), and behind a number (it
// stands at the first digit). They return what is wrong, or NULL.
static const char *scan_string(const unsigned char *text, size_t length, size_t *at) {
    while (*at < length && text[*at] != '"') {
        if (text[*at] < 0x20)
            return "a control character in a string";
        size_t bytes = text[*at] == '\\' ? escape_bytes(text + *at, length - *at)
                                         : character_bytes(text + *at, length - *at);
        if (!bytes)
            return text[*at] == '\\' ? "an escape that is none, or \\u0000, in a string"
                                     : "a string that isn't UTF-8";
        *at += bytes;
    }
    return (*at)++ < length ? NULL : "a string without its closing quote";
}

static const char *scan_number(const unsigned char *text, size_t length, size_t *at) {
    const size_t first = *at;
    uint64_t value = 0;
    for (; *at < length && text[*at] >= '0' && text[*at] <= '9'; ++*at) {
        value = value * 10 + (uint64_t)(text[*at] - '0');
        if (value > EXACT_MAX)
            return "a number above 2^53 - 1";
    }
    if (*at < length && text[*at] && strchr(".eE+-", text[*at]))
        return "a number that isn't written as a whole one";
    return text[first] == '0' && *at > first + 1 ? "a number that begins with 0" : NULL;
}

// One of JSON's tokens; *at moves behind it if it is right.
static const char *scan_token(const unsigned char *text, size_t length, size_t *at, int *depth) {
    const unsigned char byte = text[*at];
    if (*at > 0 && *depth == 0 && byte != ' ') // spaces may fill up the header
        return "something behind the end of the JSON object";
    if (byte >= '0' && byte <= '9')
        return scan_number(text, length, at);
    ++*at;
    if (byte == '"')
        return scan_string(text, length, at);
    if (byte == '{' || byte == '[')
        return ++*depth > DEPTH_MAX ? "an object or array deeper than a header's" : NULL;
    if (byte == '}' || byte == ']')
        --*depth;
    else if (byte == '-')
        return "a negative number";
    else if (byte == 0 || !strchr(",: \t\n\r", byte))
        return "what is neither a string, a whole number, an object nor an array";
    return NULL;
}

static bool scan_header(const SafetensorsFile *file, const char *header, size_t length,
                        Error *error) {
    const unsigned char *text = (const unsigned char *)header;
    const char *wrong = length == 0 || text[0] != '{' ? "no {, which begins a header" : NULL;
    int depth = 0, values = 0;
    size_t at = 0, next = 0;
    while (!wrong && at < length) {
        values += text[at] == ',' || text[at] == '[' || text[at] == '{';
        wrong = scan_token(text, length, &next, &depth);
        if (values > VALUES_MAX)
            wrong = "more than a million values";
        at = wrong ? at : next;
    }
    if (!wrong && depth > 0)
        wrong = "the end, inside of an object or array";
    return !wrong || refuse(file, NULL, error, "at byte %zu of the header there is %s", at, wrong);
}

// --- the parsed header ---------------------------------------------------------------------------

// scan_header has seen that numbers are whole, at least 0 and exact.
static bool read_whole(const cJSON *item, uint64_t *value) {
    if (!cJSON_IsNumber(item))
        return false;
    *value = (uint64_t)item->valuedouble;
    return true;
}

static bool read_dtype(const SafetensorsFile *file, const cJSON *item, SafetensorsEntry *entry,
                       Error *error) {
    const char *name = cJSON_GetStringValue(item);
    for (int i = 0; name && i < DTYPE_COUNT; i++)
        if (strcmp(name, dtypes[i].name) == 0) {
            entry->dtype = (Dtype)i;
            return true;
        }
    return refuse(file, entry->name, error, "the dtype is %s, expected F32, F64, I64 or the like",
                  name ? safetensors_quoted(name).text : "no string");
}

// Sets entry->bytes too, to what shape and dtype make. Sizes of 0 don't hide an overflow: a caller
// may multiply in any order.
static bool read_shape(const SafetensorsFile *file, const cJSON *item, SafetensorsEntry *entry,
                       Error *error) {
    if (!cJSON_IsArray(item))
        return refuse(file, entry->name, error, "the shape is no array");
    uint64_t product = dtype_size(entry->dtype), value;
    bool empty = false;
    for (const cJSON *size = item->child; size; size = size->next) {
        if (entry->rank == SAFETENSORS_RANK_MAX)
            return refuse(file, entry->name, error, "a rank of %d, expected at most %d",
                          cJSON_GetArraySize(item), SAFETENSORS_RANK_MAX);
        if (!read_whole(size, &value))
            return refuse(file, entry->name, error, "size %d of the shape is no number",
                          entry->rank);
        entry->shape[entry->rank++] = (int64_t)value;
        empty = empty || value == 0;
        if (value && product > EXACT_MAX / value)
            return refuse(file, entry->name, error, "shape %s is too large",
                          safetensors_shape_text(entry).text);
        product *= value ? value : 1;
    }
    entry->bytes = empty ? 0 : product;
    return true;
}

static bool read_offsets(const SafetensorsFile *file, const cJSON *item, SafetensorsEntry *entry,
                         Error *error) {
    uint64_t end;
    if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) != 2 ||
        !read_whole(item->child, &entry->begin) || !read_whole(item->child->next, &end))
        return refuse(file, entry->name, error, "data_offsets are not two numbers");
    if (entry->begin > end || end > file->data_bytes)
        return refuse(file, entry->name, error, "data_offsets %llu to %llu, in %llu bytes of data",
                      (unsigned long long)entry->begin, (unsigned long long)end,
                      (unsigned long long)file->data_bytes);
    if (end - entry->begin != entry->bytes)
        return refuse(file, entry->name, error, "%llu bytes of data, but %s of shape %s has %llu",
                      (unsigned long long)(end - entry->begin), dtype_name(entry->dtype),
                      safetensors_shape_text(entry).text, (unsigned long long)entry->bytes);
    return true;
}

static bool read_entry(const SafetensorsFile *file, const cJSON *item, SafetensorsEntry *entry,
                       Error *error) {
    static const char *const names[] = {"dtype", "shape", "data_offsets"};
    const cJSON *fields[3] = {NULL};
    *entry = (SafetensorsEntry){.name = item->string};
    if (!cJSON_IsObject(item))
        return refuse(file, item->string, error, "it is no object with dtype, shape, data_offsets");
    for (const cJSON *child = item->child; child; child = child->next) {
        int field = 0;
        while (field < 3 && strcmp(child->string, names[field]) != 0)
            field++;
        if (field == 3 || fields[field])
            return refuse(file, item->string, error, "%s '%s'",
                          field == 3 ? "an unknown field," : "twice the field",
                          safetensors_quoted(child->string).text);
        fields[field] = child;
    }
    for (int field = 0; field < 3; field++)
        if (!fields[field])
            return refuse(file, item->string, error, "it has no %s", names[field]);
    return read_dtype(file, fields[0], entry, error) && read_shape(file, fields[1], entry, error) &&
           read_offsets(file, fields[2], entry, error);
}

static int compare_names(const void *a, const void *b) {
    return strcmp(((const SafetensorsEntry *)a)->name, ((const SafetensorsEntry *)b)->name);
}

static int compare_places(const void *a, const void *b) {
    const SafetensorsEntry *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return (x->bytes > y->bytes) - (x->bytes < y->bytes);
}

static int compare_texts(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// No hole, no overlap, nothing left over; and no name twice.
static bool check_all(SafetensorsFile *file, Error *error) {
    size_t count = (size_t)file->count;
    uint64_t end = 0;
    qsort(file->entries, count, sizeof *file->entries, compare_places);
    for (size_t i = 0; i < count; i++) {
        const SafetensorsEntry *entry = &file->entries[i];
        if (entry->begin != end)
            return refuse(file, entry->name, error,
                          "its data begin at %llu, expected %llu, where those before it end",
                          (unsigned long long)entry->begin, (unsigned long long)end);
        end += entry->bytes;
    }
    if (end != file->data_bytes)
        return refuse(file, NULL, error,
                      "there are %llu bytes of data, and the tensors end at %llu",
                      (unsigned long long)file->data_bytes, (unsigned long long)end);
    qsort(file->entries, count, sizeof *file->entries, compare_names);
    for (size_t i = 1; i < count; i++)
        if (compare_names(&file->entries[i - 1], &file->entries[i]) == 0)
            return refuse(file, file->entries[i].name, error, "it is there twice");
    return true;
}

static bool check_metadata(const SafetensorsFile *file, const cJSON *metadata, Error *error) {
    if (!cJSON_IsObject(metadata))
        return refuse(file, NULL, error, METADATA " is no object");
    size_t count = (size_t)cJSON_GetArraySize(metadata), used = 0;
    const char **keys = memory_alloc(count * sizeof *keys), *twice = NULL, *other = NULL;
    for (const cJSON *item = metadata->child; item; item = item->next) {
        other = cJSON_IsString(item) ? other : item->string;
        keys[used++] = item->string;
    }
    qsort(keys, count, sizeof *keys, compare_texts);
    for (size_t i = 1; i < count; i++)
        twice = strcmp(keys[i - 1], keys[i]) == 0 ? keys[i] : twice;
    free(keys);
    if (other)
        return refuse(file, NULL, error, METADATA ": the value of '%s' is no string",
                      safetensors_quoted(other).text);
    return !twice || refuse(file, NULL, error, METADATA ": the key '%s' is there twice",
                            safetensors_quoted(twice).text);
}

static bool parse_header(SafetensorsFile *file, const char *text, size_t length, Error *error) {
    if (!scan_header(file, text, length, error))
        return false;
    const char *end = NULL;
    file->header = cJSON_ParseWithLengthOpts(text, length, &end, false);
    if (!cJSON_IsObject(file->header))
        return refuse(file, NULL, error, "the header isn't JSON, from byte %zu on",
                      end ? (size_t)(end - text) : 0);
    file->entries = memory_alloc((size_t)cJSON_GetArraySize(file->header) * sizeof *file->entries);
    for (const cJSON *item = file->header->child; item; item = item->next) {
        if (strcmp(item->string, METADATA) != 0) {
            if (!read_entry(file, item, &file->entries[file->count++], error))
                return false;
        } else if (file->metadata) {
            return refuse(file, NULL, error, METADATA " is there twice");
        } else {
            file->metadata = item;
            if (!check_metadata(file, item, error))
                return false;
        }
    }
    return check_all(file, error);
}

// --- the file ------------------------------------------------------------------------------------

static bool read_at(const SafetensorsFile *file, uint64_t offset, void *into, uint64_t bytes,
                    Error *error) {
    char *place = into;
    while (bytes > 0) {
        size_t wanted = bytes < (1u << 30)
                            ? (size_t)bytes
                            : (1u << 30); // the most that macOS reads at once is 2^31 − 1
        ssize_t got = pread(file->descriptor, place, wanted, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return error_set(error, "%s: can't read: %s", file->path,
                             got < 0 ? strerror(errno) : "it became shorter");
        place += got;
        offset += (uint64_t)got;
        bytes -= (uint64_t)got;
    }
    return true;
}

static bool open_and_parse(SafetensorsFile *file, Error *error) {
    struct stat status;
    file->descriptor =
        open(file->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC); // a pipe must not make us wait
    if (file->descriptor < 0)
        return error_set(error, "%s: can't open: %s", file->path, strerror(errno));
    if (fstat(file->descriptor, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(error, "%s: not a regular file", file->path);
    uint64_t size = (uint64_t)status.st_size;
    unsigned char prefix[8];
    if (size < sizeof prefix)
        return error_set(
            error, "%s: not a .safetensors file: %llu bytes, and the header's length alone takes 8",
            file->path, (unsigned long long)size);
    if (!read_at(file, 0, prefix, sizeof prefix, error))
        return false;
    uint64_t length = 0;
    for (int i = 0; i < 8; i++)
        length |= (uint64_t)prefix[i] << 8 * i;
    if (length > size - 8)
        return error_set(
            error,
            "%s: not a .safetensors file, or cut short: a header of %llu bytes in a file of %llu",
            file->path, (unsigned long long)length, (unsigned long long)size);
    if (length > SAFETENSORS_HEADER_MAX)
        return error_set(error, "%s: a header of %llu bytes, expected at most %zu", file->path,
                         (unsigned long long)length, SAFETENSORS_HEADER_MAX);
    file->data_begin = 8 + length;
    file->data_bytes = size - file->data_begin;
    char *text = memory_alloc((size_t)length + 1);
    text[length] = '\0';
    bool sound =
        read_at(file, 8, text, length, error) && parse_header(file, text, (size_t)length, error);
    free(text);
    return sound;
}

SafetensorsFile *safetensors_open(const char *path, Error *error) {
    SafetensorsFile *file = memory_zeroed(1, sizeof *file);
    file->path = memory_string(path);
    if (open_and_parse(file, error))
        return file;
    safetensors_close(file);
    return NULL;
}

void safetensors_close(SafetensorsFile *file) {
    if (!file)
        return;
    if (file->descriptor >= 0)
        close(file->descriptor);
    cJSON_Delete(file->header);
    free(file->entries);
    free(file->path);
    free(file);
}

int safetensors_count(const SafetensorsFile *file) {
    return file->count;
}

const SafetensorsEntry *safetensors_entry(const SafetensorsFile *file, int index) {
    return &file->entries[index];
}

const SafetensorsEntry *safetensors_find(const SafetensorsFile *file, const char *name) {
    SafetensorsEntry wanted = {.name = name};
    return file->count
               ? bsearch(&wanted, file->entries, (size_t)file->count, sizeof wanted, compare_names)
               : NULL;
}

const char *safetensors_metadata(const SafetensorsFile *file, const char *key) {
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(file->metadata, key));
}

bool safetensors_read(const SafetensorsFile *file, const SafetensorsEntry *entry, void *into,
                      Error *error) {
    return read_at(file, file->data_begin + entry->begin, into, entry->bytes, error);
}

// --- writing -------------------------------------------------------------------------------------

typedef struct Pending {
    char *name;
    Dtype dtype;
    int rank;
    int64_t shape[SAFETENSORS_RANK_MAX];
    const void *bytes;
    uint64_t size;
} Pending;

struct SafetensorsWriter {
    Pending *tensors;
    int count;
    cJSON *metadata;
};

SafetensorsWriter *safetensors_writer_new(void) {
    return memory_zeroed(1, sizeof(SafetensorsWriter));
}

void safetensors_writer_free(SafetensorsWriter *writer) {
    if (!writer)
        return;
    for (int i = 0; i < writer->count; i++)
        free(writer->tensors[i].name);
    free(writer->tensors);
    cJSON_Delete(writer->metadata);
    free(writer);
}

void safetensors_add(SafetensorsWriter *writer, const char *name, Dtype dtype, int rank,
                     const int64_t *shape, const void *bytes) {
    if (rank < 0 || rank > SAFETENSORS_RANK_MAX || strcmp(name, METADATA) == 0)
        fatal("safetensors_add: \"%s\" of rank %d can't be a tensor of a .safetensors file", name,
              rank);
    for (int i = 0; i < writer->count; i++)
        if (strcmp(writer->tensors[i].name, name) == 0)
            fatal("safetensors_add: \"%s\" was added before", name);
    Pending tensor = {.dtype = dtype, .rank = rank, .bytes = bytes, .size = dtype_size(dtype)};
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0)
            fatal("safetensors_add: \"%s\": size %d of its shape is negative", name, i);
        tensor.shape[i] = shape[i];
        tensor.size *= (uint64_t)shape[i];
    }
    tensor.name = memory_string(name);
    writer->tensors =
        memory_resize(writer->tensors, (size_t)(writer->count + 1) * sizeof *writer->tensors);
    writer->tensors[writer->count++] = tensor;
}

void safetensors_add_metadata(SafetensorsWriter *writer, const char *key, const char *value) {
    if (!writer->metadata)
        writer->metadata = cJSON_CreateObject();
    if (cJSON_GetObjectItemCaseSensitive(writer->metadata, key))
        fatal("safetensors_add_metadata: '%s' was added before", key);
    cJSON_AddStringToObject(writer->metadata, key, value);
}

// Wider types first; otherwise as added.
static const Pending **order_for_file(const SafetensorsWriter *writer) {
    const Pending **order = memory_alloc((size_t)writer->count * sizeof *order);
    int used = 0;
    for (size_t size = 8; size >= 1; size /= 2)
        for (int i = 0; i < writer->count; i++)
            if (dtype_size(writer->tensors[i].dtype) == size)
                order[used++] = &writer->tensors[i];
    return order;
}

static char *print_header(const SafetensorsWriter *writer, const Pending *const *order) {
    cJSON *header = cJSON_CreateObject();
    if (writer->metadata)
        cJSON_AddItemToObject(header, METADATA, cJSON_Duplicate(writer->metadata, true));
    uint64_t offset = 0;
    for (int i = 0; i < writer->count; i++) {
        cJSON *entry = cJSON_AddObjectToObject(header, order[i]->name);
        cJSON_AddStringToObject(entry, "dtype", dtype_name(order[i]->dtype));
        cJSON *shape = cJSON_AddArrayToObject(entry, "shape");
        for (int j = 0; j < order[i]->rank; j++)
            cJSON_AddItemToArray(shape, cJSON_CreateNumber((double)order[i]->shape[j]));
        cJSON *offsets = cJSON_AddArrayToObject(entry, "data_offsets");
        cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)offset));
        offset += order[i]->size;
        cJSON_AddItemToArray(offsets, cJSON_CreateNumber((double)offset));
    }
    char *text = cJSON_PrintUnformatted(header);
    cJSON_Delete(header);
    if (!text)
        fatal("safetensors_save: out of memory for a header of %d tensors", writer->count);
    return text;
}

bool safetensors_save(const SafetensorsWriter *writer, const char *path, Error *error) {
    OutputFile output;
    if (!output_open(&output, path, error))
        return false;
    const Pending **order = order_for_file(writer);
    char *header = print_header(writer, order);
    size_t length = strlen(header), padded = (length + 7) / 8 * 8;
    for (int i = 0; i < 8; i++)
        fputc((int)((uint64_t)padded >> 8 * i & 0xFF), output.stream);
    fprintf(output.stream, "%-*s", (int)padded, header);
    for (int i = 0; i < writer->count; i++)
        if (order[i]->size)
            fwrite(order[i]->bytes, 1, order[i]->size, output.stream);
    cJSON_free(header);
    free(order);
    return output_commit(&output, error);
}
