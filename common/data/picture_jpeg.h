// Whether a JPEG gives every number of its picture. stb_image goes on with zeros where a scan ends early, a
// table or a component is missing, and its pixels are then nobody's.
#ifndef KNOBS_DATA_PICTURE_JPEG_H
#define KNOBS_DATA_PICTURE_JPEG_H

#include <stddef.h>

// Reads the codes of all scans, baseline or progressive (ITU T.81, annexes B, F and G), without making
// pixels of them. Returns NULL, or in words what is wrong. At most `pixels_max` pixels.
const char *jpeg_check(const unsigned char *bytes, size_t size, int pixels_max);

#endif
