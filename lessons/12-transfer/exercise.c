// Exercise 12: frozen, or fine-tuned
//
// A network has children named "backbone" and "head". Make an Adam for it:
//     frozen        the optimizer owns the head alone, at lr 0.03; the backbone gets no gradient and stays in evaluation mode
//     fine-tuned    it owns the backbone at lr 0.001, and the head at 0.01
// Given are module_parameters_under(network, "head"), adam(list, .lr = …), optimizer_add_group(optimizer, list, .lr = …),
// module_find(network, "backbone"), module_freeze(module), and module_pin_mode(module, false), which is evaluation mode
// whatever module_train says. Try it with make exercise-12.

#include "../exercise.h"
#include "nn/layers.h"
#include "optim/optimizer.h"

static Optimizer *optimizer_for(Module *network, bool frozen) {
    exercise_asks("make the optimizer, frozen or fine-tuned, and return it");
}

#include "check.h" // main: tries it
