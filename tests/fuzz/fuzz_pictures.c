// libFuzzer (make fuzz): a folder with one picture, whatever its bytes are, becomes a data set of one
// image, or ends with an error of one line after the picture was skipped by name.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "data/pictures.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void want(bool truth) {
    if (!truth)
        abort();
}

static void put_big_endian(uint8_t *to, unsigned long value) {
    for (int i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> (24 - 8 * i));
}

// The sum of a stream that ends in the chunk where it began.
static void repair_stream(uint8_t *bytes, size_t size) {
    uint8_t unpacked[1 << 14];
    if (size < 6)
        return;
    z_stream stream = {.next_in = bytes + 2, .avail_in = (unsigned)size - 2};
    stream.next_out = unpacked;
    stream.avail_out = sizeof unpacked;
    want(inflateInit2(&stream, -15) == Z_OK);
    if (inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.avail_in >= 4)
        put_big_endian(bytes + size - stream.avail_in,
                       adler32(1, unpacked, (unsigned)stream.total_out));
    inflateEnd(&stream);
}

// A fuzzer doesn't guess checksums: whatever a PNG says, its sums are right for it.
static void repair_png(uint8_t *bytes, size_t size) {
    if (size < 8 || memcmp(bytes, "\x89PNG", 4) != 0)
        return;
    for (size_t at = 8; size - at >= 12;) {
        const size_t length = (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 |
                              (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length > size - at - 12)
            return;
        if (memcmp(bytes + at + 4, "IDAT", 4) == 0)
            repair_stream(bytes + at + 8, length);
        put_big_endian(bytes + at + 8 + length, crc32(0, bytes + at + 4, (unsigned)length + 4));
        at += 12 + length;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    enum { SIDE = 8 };
    static char folder[64], path[80];
    if (!*folder) { // in memory where there is such a folder
        snprintf(folder, sizeof folder, "%s/fuzz_pictures.%ld",
                 access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
        snprintf(path, sizeof path, "%s/a.png", folder);
    }
    want(mkdir(folder, 0700) == 0);
    uint8_t *bytes = memory_alloc(size + 1);
    memcpy(bytes, data, size);
    repair_png(bytes, size);
    FILE *stream = fopen(path, "wb");
    want(stream && fwrite(bytes, 1, size, stream) == size && fclose(stream) == 0);
    free(bytes);
    Error error = {.message = "?"};
    Dataset dataset;
    int skipped;
    const bool good = pictures_load(&dataset, folder, SIDE, NULL, &skipped, &error);
    unlink(path);
    rmdir(folder);
    want(skipped == !good);
    want(good
             ? dataset.count == 1 && dataset.classes == 1 && dataset.labels[0] == 0
             : strncmp(error.message, folder, strlen(folder)) == 0 && !strchr(error.message, '\n'));
    unsigned sum = 0;
    for (size_t i = 0; good && i < 3 * SIDE * SIDE; i++)
        sum += dataset.pixels[i]; // MSan and valgrind would see a pixel that was never set
    want(sum <= 3 * SIDE * SIDE * 255);
    dataset_free(&dataset);
    return 0;
}
