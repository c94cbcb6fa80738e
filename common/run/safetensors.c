#include "run/safetensors.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/file.h"

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the tensors of a .safetensors file are little-endian, and are copied here as they are"
#endif

#define DEPTH_MAX 3                // the header, a tensor's entry, its shape
#define EXACT_MAX 9007199254740992 // 2^53: JSON's numbers are doubles here, exact up to this
#define METADATA "__metadata__"

struct SafetensorsFile {
    int descriptor;
    char *path;
    uint64_t data_begin, data_bytes;
    cJSON *header;
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
// cJSON is lenient: it cuts a key at \u0000, takes 01 and 1e3 and bytes that aren't UTF-8. So the
// text is looked at first, and only what a header can consist of goes to the parser: objects and
// arrays three deep, strings, and plain whole numbers.

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

// *at stands after the opening quote, and afterwards after the closing one. Returns what is wrong,
// or NULL.
static const char *scan_string(const unsigned char *text, size_t length, size_t *at) {
    while (*at < length && text[*at] != '"') {
        if (text[*at] < 0x20)
            return "its header has a control character in a string";
        if (text[*at] == '\\') {
            if (length - *at >= 6 && memcmp(text + *at, "\\u0000", 6) == 0)
                return "its header has a string with \\u0000 in it";
            ++*at;
        }
        size_t bytes = *at < length ? character_bytes(text + *at, length - *at) : 0;
        if (!bytes)
            return "its header has a string that isn't UTF-8";
        *at += bytes;
    }
    return (*at)++ < length ? NULL : "its header has a string without its closing quote";
}

static const char *scan_header(const char *header, size_t length) {
    const unsigned char *text = (const unsigned char *)header;
    int depth = 0;
    if (length == 0 || text[0] != '{')
        return "its header doesn't begin with {";
    for (size_t i = 0; i < length;) {
        unsigned char byte = text[i++];
        const char *wrong = NULL;
        if (byte == '"')
            wrong = scan_string(text, length, &i);
        else if (byte == '{' || byte == '[')
            wrong = ++depth > DEPTH_MAX ? "its header nests too deep" : NULL;
        else if (byte == '}' || byte == ']')
            depth--;
        else if (byte >= '0' && byte <= '9') {
            bool zero = byte == '0';
            while (i < length && text[i] >= '0' && text[i] <= '9')
                wrong = zero ? "its header has a number that begins with 0" : NULL, i++;
        } else if (byte == 0 || !strchr(",: \t\n\r", byte))
            wrong = "its header has something that is neither text, a whole number, an object nor "
                    "an array";
        if (wrong)
            return wrong;
    }
    return NULL;
}

// --- the parsed header ---------------------------------------------------------------------------

static bool refuse(const SafetensorsFile *file, const char *name, const char *what, Error *error) {
    if (!name)
        return error_set(error, "%s: not a sound .safetensors file: %s", file->path, what);
    char shown[100]; // what the file says must not break the line, nor speak to the terminal
    snprintf(shown, sizeof shown, "%s", name);
    for (char *letter = shown; *letter; letter++)
        if ((unsigned char)*letter < 0x20 || *letter == 0x7f)
            *letter = '?';
    return error_set(error, "%s: not a sound .safetensors file: tensor \"%s\": %s", file->path,
                     shown, what);
}

static bool whole_number(const cJSON *item, uint64_t *value) {
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= 0 && item->valuedouble <= EXACT_MAX))
        return false;
    *value = (uint64_t)item->valuedouble;
    return true;
}

static bool read_dtype(const cJSON *item, Dtype *dtype) {
    if (!cJSON_IsString(item))
        return false;
    for (int i = 0; i < DTYPE_COUNT; i++)
        if (strcmp(item->valuestring, dtypes[i].name) == 0) {
            *dtype = (Dtype)i;
            return true;
        }
    return false;
}

// *elements gets their number. False where it isn't an array of sizes, or their product is above
// 2^53.
static bool read_shape(const cJSON *item, SafetensorsEntry *entry, uint64_t *elements) {
    if (!cJSON_IsArray(item))
        return false;
    *elements = 1;
    bool empty = false;
    for (const cJSON *size = item->child; size; size = size->next) {
        uint64_t value;
        if (entry->rank == SAFETENSORS_RANK_MAX || !whole_number(size, &value))
            return false;
        entry->shape[entry->rank++] = (int64_t)value;
        empty |= value == 0;
        if (value && *elements > EXACT_MAX / value)
            return false;
        *elements *= value ? value : 1;
    }
    if (empty)
        *elements = 0;
    return true;
}

static bool read_offsets(const cJSON *item, uint64_t *begin, uint64_t *end) {
    if (!cJSON_IsArray(item) || cJSON_GetArraySize(item) != 2)
        return false;
    return whole_number(item->child, begin) && whole_number(item->child->next, end) &&
           *begin <= *end;
}

static bool read_entry(const SafetensorsFile *file, const cJSON *item, SafetensorsEntry *entry,
                       Error *error) {
    const char *name = item->string;
    *entry = (SafetensorsEntry){.name = name};
    if (!cJSON_IsObject(item) || cJSON_GetArraySize(item) != 3)
        return refuse(file, name,
                      "must have dtype, shape and data_offsets, once each and nothing else", error);
    // Three keys, and all three names are found: then none is there twice.
    const cJSON *dtype = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    if (!dtype || !shape || !offsets)
        return refuse(file, name,
                      "must have dtype, shape and data_offsets, once each and nothing else", error);
    uint64_t elements, end;
    if (!read_dtype(dtype, &entry->dtype))
        return refuse(file, name, "an unknown dtype", error);
    if (!read_shape(shape, entry, &elements))
        return refuse(file, name,
                      "shape must be at most 8 sizes, whole and with a product that fits", error);
    if (!read_offsets(offsets, &entry->begin, &end))
        return refuse(file, name,
                      "data_offsets must be two whole numbers, the first not above the second",
                      error);
    if (end > file->data_bytes)
        return refuse(file, name, "data_offsets point past the end of the file", error);
    entry->bytes = end - entry->begin;
    if (elements > EXACT_MAX / 8 || entry->bytes != elements * dtype_size(entry->dtype))
        return refuse(file, name, "data_offsets don't fit the size that shape and dtype say",
                      error);
    return true;
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
        if (file->entries[i].begin != end)
            return refuse(file, file->entries[i].name,
                          "its bytes don't begin where those before it end", error);
        end += file->entries[i].bytes;
    }
    if (end != file->data_bytes)
        return refuse(file, NULL, "there are bytes that belong to no tensor", error);
    qsort(file->entries, count, sizeof *file->entries, compare_names);
    for (size_t i = 1; i < count; i++)
        if (strcmp(file->entries[i - 1].name, file->entries[i].name) == 0)
            return refuse(file, file->entries[i].name, "this name is there twice", error);
    return true;
}

static bool check_metadata(const SafetensorsFile *file, const cJSON *metadata, Error *error) {
    if (!cJSON_IsObject(metadata))
        return refuse(file, NULL, METADATA " must be an object of texts", error);
    size_t count = (size_t)cJSON_GetArraySize(metadata), used = 0;
    const char **keys = memory_alloc(count * sizeof *keys);
    bool sound = true;
    for (const cJSON *item = metadata->child; item; item = item->next) {
        sound = sound && cJSON_IsString(item);
        keys[used++] = item->string;
    }
    qsort(keys, count, sizeof *keys, compare_texts);
    for (size_t i = 1; i < count; i++)
        sound = sound && strcmp(keys[i - 1], keys[i]) != 0;
    free(keys);
    return sound ||
           refuse(file, NULL, METADATA " must be an object of texts, each key once", error);
}

static bool parse_header(SafetensorsFile *file, const char *text, size_t length, Error *error) {
    const char *wrong = scan_header(text, length), *end = NULL;
    if (wrong)
        return refuse(file, NULL, wrong, error);
    file->header = cJSON_ParseWithLengthOpts(text, length, &end, false);
    if (!file->header)
        return refuse(file, NULL, "the header isn't JSON", error);
    while (end < text + length && *end == ' ')
        end++;
    if (end != text + length || !cJSON_IsObject(file->header))
        return refuse(file, NULL, "the header isn't one JSON object", error);
    file->entries = memory_alloc((size_t)cJSON_GetArraySize(file->header) * sizeof *file->entries);
    bool metadata = false;
    for (const cJSON *item = file->header->child; item; item = item->next) {
        if (strcmp(item->string, METADATA) != 0) {
            if (!read_entry(file, item, &file->entries[file->count++], error))
                return false;
        } else if (metadata || !check_metadata(file, item, error)) {
            return metadata ? refuse(file, NULL, METADATA " is there twice", error) : false;
        } else {
            metadata = true;
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
    if (length > size - 8 || length > SAFETENSORS_HEADER_MAX)
        return error_set(
            error,
            "%s: not a .safetensors file, or cut short: a header of %llu bytes in a file of %llu "
            "(at most %zu are taken)",
            file->path, (unsigned long long)length, (unsigned long long)size,
            SAFETENSORS_HEADER_MAX);
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
    const cJSON *metadata = cJSON_GetObjectItemCaseSensitive(file->header, METADATA);
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(metadata, key));
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
    Pending tensor = {.name = memory_string(name),
                      .dtype = dtype,
                      .rank = rank,
                      .bytes = bytes,
                      .size = dtype_size(dtype)};
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0)
            fatal("safetensors_add: \"%s\": size %d of its shape is negative", name, i);
        tensor.shape[i] = shape[i];
        tensor.size *= (uint64_t)shape[i];
    }
    writer->tensors =
        memory_resize(writer->tensors, (size_t)(writer->count + 1) * sizeof *writer->tensors);
    writer->tensors[writer->count++] = tensor;
}

void safetensors_add_metadata(SafetensorsWriter *writer, const char *key, const char *value) {
    if (!writer->metadata)
        writer->metadata = cJSON_CreateObject();
    if (cJSON_GetObjectItemCaseSensitive(writer->metadata, key))
        fatal("safetensors_add_metadata: \"%s\" was added before", key);
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
