// Looking at a GAN while it trains: quality.csv, and at a few moments the points and what D thinks of
// the plane.
#ifndef KNOBS_LESSON_10_VIEWS_H
#define KNOBS_LESSON_10_VIEWS_H

#include "gan.h"
#include "instruments/ownership.h"

enum { SHOWN_POINTS = 600, SHADES = 72, LOOKS = 50, SNAPSHOTS = 6 };
static const double snapshot_at[SNAPSHOTS] = {0, 0.03, 0.1, 0.25, 0.5, 1}; // of all steps

typedef struct Views {
    Log *quality, *points, *shades; // the last two at the snapshots
    long snapshots, covered;        // how many there were; modes in the last look,
    double good;                    // and the share of points that are good
    long forward, backward;         // multiply-adds of all steps
} Views;

static void views_start(Views *views, Loop *loop) {
    *views =
        (Views){.quality = loop_log(loop, "quality.csv", "step,covered,good,loss_d,loss_g"),
                .points = loop_log(loop, "points.csv", "snapshot,step,real_x,real_y,fake_x,fake_y"),
                .shades = loop_log(loop, "shades.csv", "snapshot,x,y,verdict")};
    loop_integer(loop, "snapshots", &views->snapshots);
    loop_integer(loop, "covered", &views->covered);
    loop_number(loop, "good", &views->good);
    loop_integer(loop, "forward", &views->forward);
    loop_integer(loop, "backward", &views->backward);
}

// Real and generated points, and how real D calls each place of the plane.
static void take_snapshot(Views *views, Gan *gan, long step) {
    const Random kept = gan->random;
    tape_set_recording(gan->tape, false);
    const Tensor *fake = gan_generate_many(gan, SHOWN_POINTS),
                 *truth = mixture_draw(&gan->mixture, gan->tape, SHOWN_POINTS, &gan->random);
    for (int i = 0; i < SHOWN_POINTS; i++)
        table_row(views->points, "%ld,%ld,%.4f,%.4f,%.4f,%.4f", views->snapshots, step,
                  (double)truth->data[2 * i], (double)truth->data[2 * i + 1],
                  (double)fake->data[2 * i], (double)fake->data[2 * i + 1]);
    Tensor *places = tape_tensor(gan->tape, SHAPE(SHADES * SHADES, 2));
    for (int i = 0; i < SHADES * SHADES; i++) {
        places->data[2 * i] = (real)(3.0 * (i % SHADES) / (SHADES - 1) - 1.5);
        places->data[2 * i + 1] = (real)(3.0 * (i / SHADES) / (SHADES - 1) - 1.5);
    }
    const Tensor *verdicts = sigmoid(module_forward(gan->discriminator, places));
    for (int i = 0; i < SHADES * SHADES; i++)
        table_row(views->shades, "%ld,%.4f,%.4f,%.3f", views->snapshots,
                  (double)places->data[2 * i], (double)places->data[2 * i + 1],
                  (double)verdicts->data[i]);
    tape_set_recording(gan->tape, true);
    gan->random = kept;
    views->snapshots++;
}

// After so many steps of all; `last` looks in any case.
static void views_look(Views *views, Gan *gan, long step, long steps, double loss_d, double loss_g,
                       bool last) {
    if (step % (steps / LOOKS > 0 ? steps / LOOKS : 1) == 0 || last) {
        const Quality quality = gan_quality(gan);
        views->covered = quality.covered;
        views->good = quality.good;
        log_row(views->quality, (double)step, quality.covered, quality.good, loss_d, loss_g);
    }
    while (views->snapshots < SNAPSHOTS &&
           step >= (long)(snapshot_at[views->snapshots] * (double)steps))
        take_snapshot(views, gan, step);
}

// Optim-1, of both.
static bool write_owners(const Gan *gan, const char *folder, Error *error) {
    return ownership_write(folder, "owned-d.csv", gan->discriminator, gan->optimizer_d, error) &&
           ownership_write(folder, "owned-g.csv", gan->generator, gan->optimizer_g, error);
}

#endif
