// libFuzzer (make fuzz): whatever the bytes are, opening ends with an error of one line, or with
// entries that keep what safetensors.h promises.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(bool truth) {
    if (!truth)
        abort();
}

// The first two bytes tell how many bytes of data follow the header, so that the fuzzer needn't
// learn the length's eight bytes: with an odd second byte the rest is taken as a file just as it
// is.
static size_t make_file(const uint8_t *data, size_t size, uint8_t *file) {
    if (size < 2 || data[1] % 2) {
        memcpy(file, data, size);
        return size;
    }
    size_t tail = data[0], length = size - 2;
    memset(file, 0, 8);
    for (int i = 0; i < 8; i++)
        file[i] = (uint8_t)((uint64_t)length >> 8 * i);
    memcpy(file + 8, data + 2, length);
    for (size_t i = 0; i < tail; i++)
        file[8 + length + i] = (uint8_t)i;
    return 8 + length + tail;
}

// Returns its bytes.
static size_t check_entry(const SafetensorsFile *file, int index, const uint8_t *data) {
    const SafetensorsEntry *entry = &file->entries[index];
    size_t bytes = safetensors_bytes(entry);
    for (int i = 0; i < entry->shape.rank; i++)
        want(entry->shape.dims[i] >= 0);
    want(strlen(safetensors_type_text(entry).text) >= 5);
    want(safetensors_find(file, entry->name) == entry);
    want(bytes == 0 || memcmp(entry->data, data, bytes) == 0);
    return bytes;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t bytes[1 << 17];
    static char path[64];
    if (size > sizeof bytes - 300)
        return 0;
    if (!*path) // in memory where there is such a folder
        snprintf(path, sizeof path, "%s/fuzz_safetensors.%ld",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
    size_t length = make_file(data, size, bytes);
    FILE *stream = fopen(path, "wb");
    want(stream && fwrite(bytes, 1, length, stream) == length && fclose(stream) == 0);
    Error error = {.message = "?"};
    SafetensorsFile *file = safetensors_open(path, &error);
    unlink(path);
    want(file || (strncmp(error.message, path, strlen(path)) == 0 && !strchr(error.message, '\n')));
    uint64_t header = 0, covered = 0;
    for (int i = 0; file && i < 8; i++)
        header |= (uint64_t)bytes[i] << 8 * i;
    for (int i = 0; file && i < file->count; i++)
        covered += check_entry(file, i, bytes + 8 + header + covered);
    want(!file || 8 + header + covered == length);
    safetensors_close(file);
    return 0;
}
