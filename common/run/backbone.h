// The backbone of lessons 12 to 14: block_net_new, trained on five garments of Fashion-MNIST. The other
// five it never saw.
#ifndef KNOBS_RUN_BACKBONE_H
#define KNOBS_RUN_BACKBONE_H

#include "nn/networks.h"
#include "run/lesson_data.h"

enum { GARMENTS = 5 };
extern const int backbone_garments[GARMENTS]; // T-shirt, sandal, pullover, sneaker, bag
extern const int new_garments[GARMENTS];      // trouser, dress, coat, shirt, ankle boot

// Keeps the images of these alone; their labels become 0 … 4.
void lesson_data_keep_garments(LessonData *data, const int garments[GARMENTS]);

// Its weights, as they are committed; `make backbone` makes such a file.
#define BACKBONE_PATH KNOBS_ROOT "/datasets/backbone/garments.safetensors"

// Loads them into a network of block_net_new, but for its head, which stays as it is. The error says how
// to get them.
bool backbone_load(const char *path, Module *network, Error *error);

#endif
