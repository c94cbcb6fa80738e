// What a step costs, counted by hand: the multiply-adds of the products, for one image.
#ifndef KNOBS_LESSON_03_COST_H
#define KNOBS_LESSON_03_COST_H

#include <stdbool.h>
#include <stdint.h>

enum { CONV1, CONV2, HEAD, LAYERS };
static const char *const layer_names[LAYERS] = {"conv1", "conv2", "head"};
static const uint64_t layer_costs[LAYERS] = {
    8 * 28 * 28 * (1 * 3 * 3),  // outputs × what each adds up
    16 * 14 * 14 * (8 * 3 * 3), //
    10 * (16 * 7 * 7),
};

// A layer's backward is two products, each as large as its forward: the gradient of its weight, if
// that is wanted, and the gradient of its input, if a layer before it wants one.
typedef struct Cost {
    uint64_t forward, backward, weights[LAYERS], inputs[LAYERS]; // multiply-adds for one image
} Cost;

// `wanted`: whose parameters require a gradient.
static Cost cost_by_hand(const bool wanted[LAYERS]) {
    Cost cost = {0};
    bool wanted_before = false;
    for (int i = 0; i < LAYERS; i++) {
        cost.weights[i] = wanted[i] ? layer_costs[i] : 0;
        cost.inputs[i] = wanted_before ? layer_costs[i] : 0;
        cost.forward += layer_costs[i];
        cost.backward += cost.weights[i] + cost.inputs[i];
        wanted_before = wanted_before || wanted[i];
    }
    return cost;
}

#endif
