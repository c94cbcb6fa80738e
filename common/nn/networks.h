// Small networks for images of 28 × 28 pixels in one channel, and ten classes unless told: [n, 1, 28, 28]
// → logits [n, 10]. The layers have names; module_initialise gives them their first values.
#ifndef KNOBS_NN_NETWORKS_H
#define KNOBS_NN_NETWORKS_H

#include "nn/module.h"

// Two convolutions and a linear head, 9,098 numbers: conv1 (8 channels, 3×3), relu1, pool1, conv2 (16,
// 3×3), relu2, pool2, flatten, head. With batch norm behind each convolution (norm1, norm2), 9,146; the
// other layers start from the same values.
Module *conv_net_new(bool batch_norm);

// LeNet-5 (LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition",
// 1998), 61,706 numbers: conv1 (6 channels, 5×5, padding 2), conv2 (16, 5×5), each with a pool behind it,
// and fc1 (120), fc2 (84), fc3. With ReLU and max pooling instead of the paper's squashing and averages:
// it learns within an epoch where sigmoids don't move at rates that suit them elsewhere.
Module *lenet_new(void);

// A backbone of three blocks, and a linear head: 23,845 numbers with 5 classes. "block1" to "block3" have
// 16, 32 and 64 channels, each a convolution ("conv", 3×3), batch norm ("norm") and ReLU, the first two
// a pool; then "pool", the mean of each channel over the image, and "head". Where `classes` is 0 it has
// no head: → its features, [n, BLOCK_NET_FEATURES].
enum { BLOCK_NET_FEATURES = 64 };
Module *block_net_new(int classes);

#endif
