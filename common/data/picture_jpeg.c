#include "data/picture_formats.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

enum {
    // More scans than any program writes. A scan of a few bytes costs a pass over the whole picture.
    SCANS_MAX = 100,
    // Bytes that libjpeg is given at a time. With 512 or more for a block libjpeg-turbo takes a fast path
    // that decodes an invalid code as 0 without a warning.
    SLICE = 500,
};

typedef struct Jpeg {
    struct jpeg_decompress_struct state;
    struct jpeg_error_mgr errors;
    const unsigned char *at; // what libjpeg hasn't seen yet
    size_t left;
    Picture *picture;
    Error *error;
    jmp_buf refused;
} Jpeg;

static void refuse(Jpeg *jpeg, const char *why) {
    error_set(jpeg->error, "%s", why);
    longjmp(jpeg->refused, 1);
}

static void fail(j_common_ptr state) {
    char why[JMSG_LENGTH_MAX];
    state->err->format_message(state, why);
    refuse(state->client_data, why);
}

// Takes libjpeg's messages. A warning (level < 0) means that it goes on with numbers that the file
// doesn't have: refused, but for extraneous bytes before a marker, which cameras leave. Other
// messages come with every scan.
static void listen(j_common_ptr state, int level) {
    Jpeg *jpeg = state->client_data;
    if (level < 0 && state->err->msg_code != JWRN_EXTRANEOUS_DATA)
        fail(state);
    if (jpeg->state.input_scan_number > SCANS_MAX)
        refuse(jpeg, "it has more scans than a picture needs");
}

static boolean see_more(j_decompress_ptr state) {
    Jpeg *jpeg = state->client_data;
    if (jpeg->left == 0)
        refuse(jpeg, "it ends early");
    state->src->next_input_byte = jpeg->at;
    state->src->bytes_in_buffer = jpeg->left < SLICE ? jpeg->left : SLICE;
    jpeg->at += state->src->bytes_in_buffer;
    jpeg->left -= state->src->bytes_in_buffer;
    return TRUE;
}

// A table that isn't given has no codes; libjpeg-turbo would put a usual one there.
static void fill_table(j_decompress_ptr state, JHUFF_TBL **table) {
    if (!*table)
        *table = memset(jpeg_alloc_huff_table((j_common_ptr)state), 0, sizeof **table);
}

static void read_header(Jpeg *jpeg) {
    j_decompress_ptr state = &jpeg->state;
    jpeg_read_header(state, TRUE);
    const bool inks = state->num_components == 4;
    if (state->arith_code) // its decoder says nothing where data end early
        refuse(jpeg, "arithmetic codes aren't read");
    if (inks && !state->saw_Adobe_marker)
        refuse(jpeg, "it has four components and no Adobe marker that says what they are");
    if (!picture_allocate(jpeg->picture, state->image_width, state->image_height, inks ? 4 : 3,
                          jpeg->error))
        longjmp(jpeg->refused, 1);
    for (int i = 0; i < NUM_HUFF_TBLS; i++) {
        fill_table(state, &state->dc_huff_tbl_ptrs[i]);
        fill_table(state, &state->ac_huff_tbl_ptrs[i]);
    }
    // Adobe's programs store what an ink leaves of white, so the fourth says as alpha does how much of
    // the colour is seen, here over black.
    jpeg->picture->ground = 0;
    state->out_color_space = inks ? JCS_CMYK : JCS_RGB;
    state->do_block_smoothing = FALSE; // which guesses what further scans may say
}

static void read_pixels(Jpeg *jpeg) {
    j_decompress_ptr state = &jpeg->state;
    unsigned char *row = jpeg->picture->pixels;
    jpeg_start_decompress(state);
    for (int i = 0; i < state->num_components; i++)
        if (!state->comp_info[i].quant_table) // set by its first scan
            refuse(jpeg, "a component is missing");
    while (state->output_scanline < state->output_height) {
        jpeg_read_scanlines(state, &row, 1);
        row += (size_t)state->output_width * (size_t)state->output_components;
    }
    jpeg_finish_decompress(state);
}

// In a function of its own, for no local variable may change between setjmp and longjmp.
static bool read_or_refuse(Jpeg *jpeg) {
    j_decompress_ptr state = &jpeg->state;
    if (setjmp(jpeg->refused))
        return false;
    jpeg_create_decompress(state);
    jpeg_mem_src(state, jpeg->at, jpeg->left);
    state->src->bytes_in_buffer = 0;
    state->src->fill_input_buffer = see_more;
    read_header(jpeg);
    read_pixels(jpeg);
    return true;
}

bool jpeg_read(Picture *picture, const unsigned char *bytes, size_t size, Error *error) {
    Jpeg jpeg = {.at = bytes, .left = size, .picture = picture, .error = error};
    jpeg.state.err = jpeg_std_error(&jpeg.errors);
    jpeg.state.client_data = &jpeg;
    jpeg.errors.error_exit = fail;
    jpeg.errors.emit_message = listen;
    const bool good = read_or_refuse(&jpeg);
    jpeg_destroy_decompress(&jpeg.state);
    return good;
}
