// The scans of a JPEG, code by code: whether each block of each component is there.
#ifndef KNOBS_DATA_PICTURE_JPEG_SCAN_H
#define KNOBS_DATA_PICTURE_JPEG_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOCK = 64, COMPONENTS_MAX = 4, TABLES_MAX = 4 };

typedef struct Component {
    int id, across, down;         // blocks in an MCU, along each side
    int table;                    // of its quantization
    int width, height;            // blocks that carry pixels
    int stride;                   // blocks in a row, with those that fill up the last MCU
    bool given;                   // whether a scan held it
    uint64_t *nonzero;            // [blocks], a bit for each coefficient that isn't 0
    const unsigned char *dc, *ac; // Huffman tables of the scan
} Component;

typedef struct Jpeg {
    const unsigned char *at, *end; // what wasn't read yet
    int pixels_max;
    uint32_t buffer; // its lowest `bits` bits were taken from there and not read yet
    int bits;
    bool broken; // a code that no table has, or data that aren't there

    // DC, AC: the numbers of codes of 1 … 16 bits, then the values; NULL: not given
    const unsigned char *huffman[2][TABLES_MAX];
    bool quantization[TABLES_MAX]; // given
    int interval;                  // MCUs between restarts; 0: none
    int adobe; // how Adobe's marker says that colours are stored; −1: no such marker

    bool progressive;
    int count, mcus_across, mcus_down;
    Component components[COMPONENTS_MAX];

    // The scan.
    int scans, scan_count;
    Component *scan[COMPONENTS_MAX];
    int first, last, high, low; // coefficients, and bits of them before and after the scan
    int blocks_empty;           // of a run of blocks that have no further coefficient
} Jpeg;

// Reads a scan whose components, tables and coefficients are set, up to the marker behind it. Returns NULL, or in
// words what is wrong.
const char *jpeg_scan_read(Jpeg *jpeg);

// Any number of bytes 255 may stand before a marker: goes to the last.
void jpeg_fill_skip(Jpeg *jpeg);

#endif
