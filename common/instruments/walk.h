// A walk: one point on a test surface, moved by an optimizer as the weights of a network are moved.
//
//     Walk walk;
//     walk_init(&walk, &surface, surface.start, steps);
//     Optimizer *optimizer = adam(walk.parameters, .lr = 0.1);
//     while (walk_next(&walk)) {
//         Tensor *loss = surface_loss(&walk.surface, walk.w);
//         optimizer_zero_grad(optimizer);
//         backward(loss);
//         optimizer_step(optimizer);
//     } // walk_next clears the tape, looks where the point is now, and keeps it
//     optimizer_free(optimizer);
//     …walk.arrived, walk.path[i].loss…
//     walk_free(&walk);
//
// It ends after `steps` steps, or where it diverges: at a point that isn't finite, or farther from
// (0, 0) than 1000 times its start (than 1000, where it starts at (0, 0)).
#ifndef KNOBS_INSTRUMENTS_WALK_H
#define KNOBS_INSTRUMENTS_WALK_H

#include "files/table.h"
#include "instruments/surface.h"

// A point has arrived at a minimum when its Euclidean distance from it is no more than this.
#define WALK_TOLERANCE 1e-6

typedef struct WalkPoint {
    double x, y, loss; // y is 0 on a surface of one number
} WalkPoint;

typedef struct Walk {
    Surface surface;
    ParameterList parameters; // one of them: the point, [1, dimensions]
    Tape *tape;
    Tensor *w;       // the point on the tape, in the loop
    long steps;      // to make, at most
    bool ends_there; // the walk ends where it arrives; false unless set
    // What became of it:
    long step;    // steps done, without one to a point that isn't finite
    long arrived; // the step at which it first arrived at a minimum; −1: it hasn't
    bool diverged;
    WalkPoint *path; // [step + 1]: the start and the point after each step
    // private
    double limit;
    bool under_way;
} Walk;

// The start must be finite, and its loss too: else fatal (walk_can_start asks).
void walk_init(Walk *walk, const Surface *surface, const double start[2], long steps);
void walk_free(Walk *walk);
bool walk_can_start(const Surface *surface, const double start[2]);

// Ends the step under way. True: another follows.
bool walk_next(Walk *walk);

WalkPoint walk_end(const Walk *walk); // the last point of the path

// How it ended: "there after 709 steps", "diverged at step 12", "0.3 from there after 1000 steps".
typedef struct WalkText {
    char text[80];
} WalkText;
WalkText walk_words(const Walk *walk);

// --- for figures ---------------------------------------------------------------------------------
// Walks by a name and a rate, in folder/walks.csv: walk,lr,step,x,y,loss, a row a point, of long walks
// one in nine from step 1000 on; and in folder/ends.csv: walk,lr,steps,arrived,diverged,words.

typedef struct WalkTables {
    Table *walks, *ends;
} WalkTables;

WalkTables walk_tables_open(const char *folder);
void walk_tables_add(WalkTables *tables, const char *name, double lr, const Walk *walk);
bool walk_tables_close(WalkTables *tables, Error *error);

#endif
