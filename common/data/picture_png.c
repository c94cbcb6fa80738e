#include "data/picture_formats.h"

#include <setjmp.h>
#include <string.h>

#include <png.h>

typedef struct Png {
    png_structp state;
    png_infop info;
    const unsigned char *at; // what wasn't read yet
    size_t left;
    Picture *picture;
    Error *error;
    jmp_buf refused;
} Png;

static void refuse(png_structp state, const char *why) {
    Png *png = png_get_error_ptr(state);
    error_set(png->error, "%s", why);
    longjmp(png->refused, 1);
}

static void pass_over(png_structp state, const char *warning) {
    (void)state;
    (void)warning;
}

static void read_bytes(png_structp state, unsigned char *to, size_t size) {
    Png *png = png_get_io_ptr(state);
    if (size > png->left)
        png_error(state, "it ends early");
    memcpy(to, png->at, size);
    png->at += size;
    png->left -= size;
}

// A wrong checksum, and all else that libpng could tolerate, is an error, but for an index beyond the
// palette, which it reads as black. Every kind becomes red, green, blue and alpha of 8 bits.
static bool read_picture(Png *png) {
    png_structp state = png->state;
    Picture *picture = png->picture;
    png_set_crc_action(state, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    png_set_benign_errors(state, false);
    png_set_check_for_invalid_index(state, false);
    png_set_keep_unknown_chunks(state, PNG_HANDLE_CHUNK_NEVER, NULL, -1); // nor known ones but tRNS
    png_set_read_fn(state, png, read_bytes);
    png_read_info(state, png->info);
    if (!picture_allocate(picture, png_get_image_width(state, png->info),
                          png_get_image_height(state, png->info), 4, png->error))
        return false;
    png_set_expand(state);
    png_set_strip_16(state);
    png_set_gray_to_rgb(state);
    png_set_add_alpha(state, 255, PNG_FILLER_AFTER);
    for (int pass = png_set_interlace_handling(state); pass > 0; pass--)
        for (int y = 0; y < picture->height; y++)
            png_read_row(state, picture->pixels + 4 * (size_t)y * (size_t)picture->width, NULL);
    png_read_end(state, NULL);
    return true;
}

// No local variable may change between setjmp and longjmp: here there is none.
static bool read_or_refuse(Png *png) {
    if (setjmp(png->refused))
        return false;
    return read_picture(png);
}

bool png_read(Picture *picture, const unsigned char *bytes, size_t size, Error *error) {
    Png png = {.at = bytes, .left = size, .picture = picture, .error = error};
    png.state = png_create_read_struct(PNG_LIBPNG_VER_STRING, &png, refuse, pass_over);
    png.info = png.state ? png_create_info_struct(png.state) : NULL;
    if (!png.info)
        fatal("picture: out of memory to read a PNG");
    const bool good = read_or_refuse(&png);
    png_destroy_read_struct(&png.state, &png.info, NULL);
    return good;
}
