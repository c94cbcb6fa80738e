// MobileNet v1: Howard et al., "MobileNets: efficient convolutional neural networks for mobile
// vision applications", 2017, arXiv:1704.04861; as it is used after training: batch norm is folded
// into weights and biases.
//
// A 3×3 convolution of stride 2 ("conv0"), thirteen blocks ("block1" …), each a 3×3 depthwise
// ("dw") and a 1×1 convolution ("pw"), the mean over the image ("pool"), a linear "classifier".
// Behind each convolution stands ReLU6; padding is TensorFlow's SAME.
#ifndef KNOBS_NN_MOBILENET_H
#define KNOBS_NN_MOBILENET_H

#include "nn/module.h"

// Images [n, 3, side, side], RGB as (byte − 128) / 128, → logits [n, classes]; without a classifier
// where `classes` is 0: → the mean over the image, [n, features]. `width` multiplies all channels of
// the paper's network: 0.5 gives 512 features, 0.25 gives 256. Weights trained on ImageNet, with
// their 1001 classes (0 is the background): datasets/mobilenet/README.md.
Module *mobilenet_new(double width, int classes);

// Random weights in place of what it has learnt: Kaiming's, which keep the signal's size through all its
// convolutions, with biases of 0. The classifier, if it has one, has only 0s then.
void mobilenet_forget(Module *network, Random *random);

#endif
