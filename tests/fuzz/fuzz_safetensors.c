// libFuzzer: whatever the bytes are, opening ends with an error or with entries that are all within
// the file.
//     clang -g -O1 -std=c11 -D_POSIX_C_SOURCE=200809L -DKNOBS_ROOT='"."' -Icommon
//     -fsanitize=fuzzer,address,undefined \
//         tests/fuzz/fuzz_safetensors.c common/run/safetensors.c common/run/file.c
//         common/base/error.c -lcjson \ -o build/fuzz_safetensors && build/fuzz_safetensors
//         -max_len=600 -max_total_time=120
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

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
    memset(file + 8 + length, 7, tail);
    return 8 + length + tail;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t bytes[1 << 17], tensor[1 << 17];
    static char path[64];
    if (size > sizeof bytes - 300)
        return 0;
    if (!*path)
        snprintf(path, sizeof path, "/dev/shm/fuzz_safetensors.%ld", (long)getpid());
    size_t length = make_file(data, size, bytes);
    FILE *stream = fopen(path, "wb");
    if (!stream)
        abort();
    fwrite(bytes, 1, length, stream);
    fclose(stream);
    Error error = {.message = "?"};
    SafetensorsFile *file = safetensors_open(path, &error);
    if (!file && (!strstr(error.message, path) || strchr(error.message, '\n')))
        abort();
    for (int i = 0; file && i < safetensors_count(file); i++) {
        const SafetensorsEntry *entry = safetensors_entry(file, i);
        if (safetensors_find(file, entry->name) != entry || entry->bytes > length)
            abort();
        if (!safetensors_read(file, entry, tensor, &error))
            abort();
    }
    safetensors_close(file);
    return 0;
}
