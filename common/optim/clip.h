// Gradient clipping, between backward and optimizer_step. A gradient that is none stays none.
#ifndef KNOBS_OPTIM_CLIP_H
#define KNOBS_OPTIM_CLIP_H

#include "tensor/parameter.h"

// Multiplies all gradients by one number, so that their common Euclidean norm is at most max_norm
// (PyTorch's clip_grad_norm_: by max_norm / (norm + 1e-6) where that is below 1), and returns the norm
// before. The direction of the step stays. Pascanu, Mikolov, Bengio, "On the difficulty of training
// recurrent neural networks", ICML 2013. As in PyTorch, a gradient with a NaN makes all of them NaN,
// one with an infinity all others 0. Fatal: a max_norm that is negative or NaN.
double parameter_list_clip_grad_norm(const ParameterList *list, double max_norm);

// Puts every number of every gradient that is outside of ± clip_value on the nearer end of it
// (PyTorch's clip_grad_value_). A NaN stays. Fatal: a clip_value that is negative or NaN.
void parameter_list_clip_grad_value(const ParameterList *list, double clip_value);

#endif
