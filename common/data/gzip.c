#include "data/gzip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

typedef struct Buffer {
    unsigned char *bytes;
    size_t size;     // bytes that hold something
    size_t capacity; // bytes that there are
} Buffer;

static void buffer_free(Buffer *buffer) {
    free(buffer->bytes);
    *buffer = (Buffer){0};
}

// Reads what fstat promised, and one byte more to see that the file ends there.
static bool read_open_file(int file, const char *path, size_t cap, Buffer *out, Error *error) {
    struct stat status;
    if (fstat(file, &status) != 0)
        return error_set(error, "%s: can't be read: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return error_set(error, "%s: expected a file, found %s", path,
                         S_ISDIR(status.st_mode) ? "a folder"
                                                 : "something that is no regular file");
    if (status.st_size == 0)
        return error_set(error, "%s: the file is empty; get it again", path);
    if ((unsigned long long)status.st_size > cap)
        return error_set(error, "%s: expected at most %zu bytes, found %lld", path, cap,
                         (long long)status.st_size);
    size_t expected = (size_t)status.st_size;
    *out = (Buffer){.bytes = memory_alloc(expected + 1), .capacity = expected + 1};
    while (out->size < out->capacity) {
        ssize_t got = read(file, out->bytes + out->size, out->capacity - out->size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(error, "%s: can't be read: %s", path, strerror(errno));
        if (got == 0)
            break;
        out->size += (size_t)got;
    }
    if (out->size != expected)
        return error_set(error, "%s: changed while it was read; try again", path);
    return true;
}

// The file as it lies on the disk, at most `cap` bytes.
static bool read_file(const char *path, size_t cap, Buffer *out, Error *error) {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer that may never come.
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return error_set(error, "%s: can't be opened: %s", path, strerror(errno));
    bool read = read_open_file(file, path, cap, out, error);
    close(file);
    return read;
}

static bool is_gzip(const unsigned char *bytes, size_t size) {
    return size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

// Doubles the capacity, up to one byte beyond the limit: the byte that shows that there is too
// much.
static void buffer_grow(Buffer *buffer, size_t limit) {
    size_t capacity = buffer->capacity ? 2 * buffer->capacity : (size_t)1 << 16;
    buffer->capacity = capacity < limit + 1 ? capacity : limit + 1;
    buffer->bytes = memory_resize(buffer->bytes, buffer->capacity);
}

static bool inflate_members(z_stream *stream, const char *path, size_t limit, Buffer *out,
                            Error *error) {
    for (;;) {
        if (out->size == out->capacity)
            buffer_grow(out, limit);
        stream->next_out = out->bytes + out->size;
        stream->avail_out = (uInt)(out->capacity - out->size);
        int status = inflate(stream, Z_NO_FLUSH);
        out->size = out->capacity - stream->avail_out;
        if (out->size > limit)
            return error_set(error, "%s: unpacks to more than the expected %zu bytes", path, limit);
        if (status == Z_BUF_ERROR)
            return error_set(
                error, "%s: the gzip file is cut short after %zu unpacked bytes; get it again",
                path, out->size);
        if (status == Z_MEM_ERROR)
            fatal("gzip_read: out of memory in zlib");
        if (status != Z_OK && status != Z_STREAM_END)
            return error_set(error, "%s: the gzip file is damaged (%s); get it again", path,
                             stream->msg ? stream->msg : "unknown format");
        if (status == Z_STREAM_END && stream->avail_in == 0)
            return true;
        if (status == Z_STREAM_END && !is_gzip(stream->next_in, stream->avail_in))
            return error_set(error, "%s: %u bytes that are no gzip follow the end; get it again",
                             path, stream->avail_in);
        if (status == Z_STREAM_END)
            inflateReset(stream);
    }
}

static bool inflate_buffer(const char *path, const Buffer *packed, size_t limit, Buffer *out,
                           Error *error) {
    z_stream stream = {.next_in = packed->bytes, .avail_in = (uInt)packed->size};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) // the largest window; 16: gzip and nothing else
        fatal("gzip_read: zlib doesn't start: %s", stream.msg ? stream.msg : "out of memory");
    bool unpacked = inflate_members(&stream, path, limit, out, error);
    inflateEnd(&stream);
    if (unpacked && out->size == 0)
        return error_set(error, "%s: the gzip file holds nothing; get it again", path);
    return unpacked;
}

bool gzip_read(const char *path, size_t limit, unsigned char **bytes, size_t *size, Error *error) {
    if (limit < 1 || limit > GZIP_LIMIT)
        fatal("gzip_read: limit %zu, expected 1 … %zu", limit, GZIP_LIMIT);
    Buffer file = {0}, content = {0};
    *bytes = NULL;
    *size = 0;
    // What can't be packed grows a little: 5 bytes a block of 16 KB, and the header.
    bool good = read_file(path, limit + limit / 1024 + 1024, &file, error);
    if (good && is_gzip(file.bytes, file.size)) {
        good = inflate_buffer(path, &file, limit, &content, error);
        buffer_free(&file);
    } else {
        content = file;
        if (good && content.size > limit)
            good = error_set(error, "%s: expected at most %zu bytes, found %zu", path, limit,
                             content.size);
    }
    if (!good) {
        buffer_free(&content);
        return false;
    }
    *bytes = content.bytes;
    *size = content.size;
    return true;
}
