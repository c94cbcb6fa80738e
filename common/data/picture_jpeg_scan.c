#include "data/picture_jpeg_scan.h"

// --- bits and codes ------------------------------------------------------------------------------

// The next bits, at most 15.
static int bits_read(Jpeg *jpeg, int count) {
    while (jpeg->bits < count) {
        int byte = 0;
        if (jpeg->end - jpeg->at < 2 || (jpeg->at[0] == 0xFF && jpeg->at[1] != 0)) {
            jpeg->broken = true; // the end, or a marker
        } else {
            byte = jpeg->at[0];
            jpeg->at += byte == 0xFF ? 2 : 1; // 255 in the data is followed by a 0
        }
        jpeg->buffer = jpeg->buffer << 8 | (uint32_t)byte;
        jpeg->bits += 8;
    }
    jpeg->bits -= count;
    return (int)(jpeg->buffer >> jpeg->bits & ((1U << count) - 1));
}

// A value of a table; 0 after what is no code of it.
static int code_read(Jpeg *jpeg, const unsigned char *table) {
    int code = 0, first = 0, index = 16; // the first code of this length, and where its value is
    for (int length = 0; length < 16; length++) {
        code = code << 1 | bits_read(jpeg, 1);
        if (code - first < table[length])
            return table[index + code - first];
        index += table[length];
        first = (first + table[length]) << 1;
    }
    jpeg->broken = true;
    return 0;
}

// A coefficient of `size` bits.
static void coefficient_read(Jpeg *jpeg, int size) {
    if (size + jpeg->low > 15)
        jpeg->broken = true;
    else
        bits_read(jpeg, size);
}

// --- blocks --------------------------------------------------------------------------------------

// Reads what a scan has of a block.
typedef void ReadBlock(Jpeg *jpeg, const Component *component, uint64_t *nonzero);

static void sequential_read(Jpeg *jpeg, const Component *component, uint64_t *nonzero) {
    (void)nonzero;
    coefficient_read(jpeg, code_read(jpeg, component->dc));
    for (int k = 1; k < BLOCK && !jpeg->broken; k++) {
        const int code = code_read(jpeg, component->ac), zeros = code >> 4, size = code & 15;
        if (size == 0 && zeros < 15)
            break; // the rest is 0
        k += zeros;
        jpeg->broken |= size > 0 && k >= BLOCK;
        coefficient_read(jpeg, size);
    }
}

static void dc_read(Jpeg *jpeg, const Component *component, uint64_t *nonzero) {
    (void)nonzero;
    if (jpeg->high == 0)
        coefficient_read(jpeg, code_read(jpeg, component->dc));
    else
        bits_read(jpeg, 1);
}

// How many blocks, from this one, have nothing more in this scan.
static int empty_read(Jpeg *jpeg, int size) {
    return (1 << size) + bits_read(jpeg, size);
}

static void ac_read(Jpeg *jpeg, const Component *component, uint64_t *nonzero) {
    for (int k = jpeg->first; k <= jpeg->last && !jpeg->blocks_empty && !jpeg->broken; k++) {
        const int code = code_read(jpeg, component->ac), zeros = code >> 4, size = code & 15;
        if (size == 0 && zeros < 15) {
            jpeg->blocks_empty = empty_read(jpeg, zeros);
            break;
        }
        k += zeros;
        if (size > 0 && k >= BLOCK)
            jpeg->broken = true;
        else if (size > 0)
            *nonzero |= UINT64_C(1) << k;
        coefficient_read(jpeg, size);
    }
    jpeg->blocks_empty -= jpeg->blocks_empty > 0;
}

// One more bit of each coefficient that isn't 0, until so many that are 0 were passed; returns the place of the
// next that is 0.
static int bits_refine(Jpeg *jpeg, int k, int zeros, uint64_t nonzero) {
    for (; k <= jpeg->last; k++)
        if (nonzero >> k & 1)
            bits_read(jpeg, 1);
        else if (zeros-- == 0)
            break;
    return k;
}

static void ac_refine(Jpeg *jpeg, const Component *component, uint64_t *nonzero) {
    int k = jpeg->first;
    for (; k <= jpeg->last && !jpeg->blocks_empty && !jpeg->broken; k++) {
        const int code = code_read(jpeg, component->ac), zeros = code >> 4, size = code & 15;
        if (size == 0 && zeros < 15) {
            jpeg->blocks_empty = empty_read(jpeg, zeros);
            break;
        }
        jpeg->broken |= size > 1;
        bits_read(jpeg, size); // the sign of one that is no longer 0
        k = bits_refine(jpeg, k, zeros, *nonzero);
        if (size > 0 && k <= jpeg->last)
            *nonzero |= UINT64_C(1) << k;
    }
    if (jpeg->blocks_empty > 0) {
        bits_refine(jpeg, k, BLOCK, *nonzero);
        jpeg->blocks_empty--;
    }
}

// --- scans ---------------------------------------------------------------------------------------

// A scan of one component has its blocks row by row, without those that fill up MCUs.
static bool mcu_read(Jpeg *jpeg, ReadBlock *read, int x, int y) {
    const bool alone = jpeg->scan_count == 1;
    for (int i = 0; i < jpeg->scan_count && !jpeg->broken; i++) {
        Component *component = jpeg->scan[i];
        const int across = alone ? 1 : component->across, down = alone ? 1 : component->down;
        for (int block = 0; block < across * down && !jpeg->broken; block++) {
            const int row = y * down + block / across, column = x * across + block % across;
            read(jpeg, component, &component->nonzero[row * component->stride + column]);
        }
    }
    return !jpeg->broken;
}

void jpeg_fill_skip(Jpeg *jpeg) { // any number of these may stand before a marker
    while (jpeg->end - jpeg->at >= 2 && jpeg->at[0] == 0xFF && jpeg->at[1] == 0xFF)
        jpeg->at++;
}

static bool is_restart(int marker) {
    return marker >= 0xD0 && marker <= 0xD7;
}

static bool restart_read(Jpeg *jpeg) {
    jpeg->bits = jpeg->blocks_empty = 0;
    jpeg_fill_skip(jpeg);
    if (jpeg->end - jpeg->at < 2 || jpeg->at[0] != 0xFF || !is_restart(jpeg->at[1]))
        return false;
    jpeg->at += 2;
    return true;
}

const char *jpeg_scan_read(Jpeg *jpeg) {
    const bool alone = jpeg->scan_count == 1;
    const int across = alone ? jpeg->scan[0]->width : jpeg->mcus_across;
    const int down = alone ? jpeg->scan[0]->height : jpeg->mcus_down;
    ReadBlock *read = !jpeg->progressive ? sequential_read
                      : jpeg->first == 0 ? dc_read
                      : jpeg->high == 0  ? ac_read
                                         : ac_refine;
    jpeg->bits = jpeg->blocks_empty = 0;
    for (int mcu = 0; mcu < across * down; mcu++) {
        if (jpeg->interval && mcu && mcu % jpeg->interval == 0 && !restart_read(jpeg))
            return "a restart marker is missing";
        if (!mcu_read(jpeg, read, mcu % across, mcu / across))
            return "a scan ends early or is damaged";
    }
    for (int i = 0; jpeg->first == 0 && jpeg->high == 0 && i < jpeg->scan_count; i++)
        jpeg->scan[i]->given = true;
    // Bytes that a camera left behind, up to the next marker that isn't a restart's.
    while (jpeg->end - jpeg->at >= 2 &&
           (jpeg->at[0] != 0xFF || jpeg->at[1] == 0 || is_restart(jpeg->at[1])))
        jpeg->at++;
    return NULL;
}
