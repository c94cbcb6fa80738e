// Four settings of one training (the same weights, the same batches, other owners), and the tables of
// the figures, read from the live objects.
#ifndef KNOBS_LESSON_03_SETTINGS_H
#define KNOBS_LESSON_03_SETTINGS_H

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "cost.h"
#include "files/table.h"
#include "instruments/ownership.h"
#include "instruments/weights.h"
#include "optim/optimizer.h"
#include "nn/module.h"
#include "run/lesson.h"

enum { OWNS_ALL, OWNS_PART, REST_FROZEN, TWO_OPTIMIZERS, SETTINGS };
static const char *const setting_names[SETTINGS] = {"all", "part", "frozen", "two"};

typedef struct Setting {
    Module *network;
    ParameterList all, part, rest; // part and rest together are all
    Optimizer *optimizers[2];      // the second is NULL but in TWO_OPTIMIZERS
    // Of the steps of this process:
    uint64_t images, forward, backward; // seen; multiply-adds
} Setting;

static Cost setting_cost(int which, int own) {
    bool wanted[LAYERS];
    for (int i = 0; i < LAYERS; i++)
        wanted[i] = which != REST_FROZEN || i == own;
    return cost_by_hand(wanted);
}

// How many counts of the tape aren't those by hand.
static int counts_differ(const Setting settings[SETTINGS], int own) {
    int differ = 0;
    for (int i = 0; i < SETTINGS; i++) {
        const Cost hand = setting_cost(i, own);
        differ += settings[i].forward != settings[i].images * hand.forward;
        differ += settings[i].backward != settings[i].images * hand.backward;
    }
    return differ;
}

static int gradients_count(const ParameterList *list) {
    int count = 0;
    for (int i = 0; i < list->count; i++)
        count += list->items[i]->tensor.grad_state != GRAD_NONE;
    return count;
}

// All counts are 0 if the claims are right.
static void settings_compare(const Setting settings[SETTINGS], int own, const real *old_rest,
                             Results *results) {
    const Setting *part = &settings[OWNS_PART], *frozen = &settings[REST_FROZEN];
    result_add(results, "unowned", part->rest.count);
    result_add(results, "numbers", (double)parameter_list_size(&part->rest));
    real *all = weights_copy(&settings[OWNS_ALL].all), *of_part = weights_copy(&part->all);
    result_add(
        results, "moved",
        (double)(weights_differ(&part->rest, old_rest) + weights_differ(&frozen->rest, old_rest)));
    result_add(results, "frozen_gradients", gradients_count(&frozen->rest));
    result_add(results, "weights_differ", (double)weights_differ(&frozen->all, of_part));
    result_add(results, "two_differ", (double)weights_differ(&settings[TWO_OPTIMIZERS].all, all));
    result_add(results, "counts_differ", counts_differ(settings, own));
    free(all);
    free(of_part);
}

// Update-1: of the first parameter of a list, the number with the longest gradient, before and after
// a step; `old` are the list's numbers before it.
static void update_row(Table *table, const ParameterList *list, const real *old, double lr) {
    const Tensor *new = &list->items[0]->tensor;
    size_t at = 0;
    for (size_t j = 1; j < new->size; j++)
        if (fabs((double)new->grad[j]) > fabs((double)new->grad[at]))
            at = j;
    table_row(table, "%s,%zu,%.9g,%.9g,%.9g,%g,%zu,%.9g", list->items[0]->name, at, (double)old[at],
              (double)new->grad[at], (double)new->data[at], lr, parameter_list_size(list),
              parameter_list_grad_norm(list));
}

// After the first step: what Optim-1 and Update-1 show.
static bool write_first_step(const Setting *part, const real *old_part, const real *old_rest,
                             double lr, const char *folder, Error *error) {
    Table *table = table_open(folder, "update.csv", "name,index,old,gradient,new,lr,numbers,norm");
    update_row(table, &part->part, old_part, lr);
    update_row(table, &part->rest, old_rest, lr);
    return table_close(table, error) &&
           ownership_write(folder, "ownership.csv", part->network, part->optimizers[0], error);
}

// cost.png: the parts as counted by hand; "counted" is the tape's sum.
static bool write_cost(const Setting settings[SETTINGS], int own, const char *folder,
                       Error *error) {
    Table *table = table_open(folder, "cost.csv", "setting,phase,part,multiply_adds");
    for (int s = OWNS_ALL; s <= REST_FROZEN; s++) {
        const Setting *setting = &settings[s];
        const Cost hand = setting_cost(s, own);
        for (int i = 0; i < LAYERS; i++) {
            const char *row = "%d,%s,%s,%" PRIu64;
            table_row(table, row, s, "forward", layer_names[i], layer_costs[i]);
            table_row(table, row, s, "weight", layer_names[i], hand.weights[i]);
            table_row(table, row, s, "input", layer_names[i], hand.inputs[i]);
        }
        table_row(table, "%d,forward,counted,%" PRIu64, s, setting->forward / setting->images);
        table_row(table, "%d,backward,counted,%" PRIu64, s, setting->backward / setting->images);
    }
    return table_close(table, error);
}

#endif
