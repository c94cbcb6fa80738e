#include "schedule/plateau.h"

#include <math.h>

#include "base/error.h"

Plateau plateau_of(Optimizer *optimizer, PlateauOptions options) {
    if (!(options.factor >= 0 && options.factor < 1))
        fatal("plateau: factor is %g; it must be at least 0 and below 1", options.factor);
    if (options.patience < 0 || options.cooldown < 0)
        fatal("plateau: patience is %ld, cooldown %ld; they must be at least 0", options.patience,
              options.cooldown);
    const double worst = options.mode == PLATEAU_MIN ? INFINITY : -INFINITY;
    return (Plateau){.optimizer = optimizer, .options = options, .state = {.best = worst}};
}

static bool metric_is_better(const PlateauOptions *options, double metric, double best) {
    const double threshold = options->threshold;
    if (options->mode == PLATEAU_MIN)
        return metric <
               (options->threshold_mode == PLATEAU_REL ? best * (1 - threshold) : best - threshold);
    return metric >
           (options->threshold_mode == PLATEAU_REL ? best * (1 + threshold) : best + threshold);
}

static void check_groups(const Optimizer *optimizer) {
    for (int g = 0; g < optimizer->group_count; g++)
        if (optimizer->groups[g].scheduled[HYPERPARAMETER_lr])
            fatal("plateau: lr of '%s' follows a schedule, which would undo a reduction",
                  optimizer->groups[g].name);
}

static void rates_reduce(const Plateau *plateau) {
    for (int g = 0; g < plateau->optimizer->group_count; g++) {
        const double before = optimizer_get(plateau->optimizer, g, "lr");
        const double after = fmax(before * plateau->options.factor, plateau->options.min_lr);
        if (before - after > plateau->options.eps)
            optimizer_set(plateau->optimizer, g, "lr", after);
    }
}

bool plateau_step(Plateau *plateau, double metric) {
    PlateauState *state = &plateau->state;
    check_groups(plateau->optimizer);
    if (metric_is_better(&plateau->options, metric, state->best)) {
        state->best = metric;
        state->bad_epochs = 0;
    } else
        state->bad_epochs++;
    if (state->cooldown_left > 0) {
        state->cooldown_left--;
        state->bad_epochs = 0;
    }
    if (state->bad_epochs <= plateau->options.patience)
        return false;
    rates_reduce(plateau);
    state->cooldown_left = plateau->options.cooldown;
    state->bad_epochs = 0;
    return true;
}
