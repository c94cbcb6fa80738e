// Test surfaces: losses of one or two numbers whose minima are known, so that the way of an optimizer
// can be drawn and its arrival counted. They are operations like those of a network: what walks on
// them is the optimizer that trains networks.
//
//     Surface surface = *surface_find("ravine");
//     surface.condition = 1000;
//     surface = surface_turned(surface, 45);
//     Tensor *loss = surface_loss(&surface, tape_use(tape, point)); // a parameter [1, 2]
//
// The table is in surface.c, with a formula beside each function.
#ifndef KNOBS_INSTRUMENTS_SURFACE_H
#define KNOBS_INSTRUMENTS_SURFACE_H

#include "base/error.h"
#include "tensor/tape.h"

enum { SURFACE_MINIMA_MAX = 4 };

typedef struct Surface Surface;
struct Surface {
    const char *name, *formula;
    int dimensions;    // 1: a point is x; 2: (x, y)
    int minimum_count; // 0: it falls for ever
    double minima[SURFACE_MINIMA_MAX][2];
    double start[2];   // where a walk begins, unless told otherwise
    double view[2][2]; // what a figure shows of x and of y, from and to
    // κ, how many times as steep the ravine is across as along; 0 of others, which have none. May be
    // set, to 1 or more.
    double condition;
    double degrees; // by which it is turned; set by surface_turned
    // Of the surface before it is turned: the loss, and its gradient.
    double (*function)(const Surface *surface, double x, double y, double gradient[2]);
};

// All of them; the last one has no name.
extern const Surface surfaces[];

const Surface *surface_find(const char *name); // NULL: there is none of that name

// Turned about (0, 0), counter-clockwise, together with its minima, its start, and its view (which
// grows to hold the old one). Fatal: a surface of one number.
Surface surface_turned(Surface surface, double degrees);

// The ravine of a condition, turned.
Surface surface_ravine(double condition, double degrees);

// A point turned in the same way.
void surface_turn_point(double point[2], double degrees);

// The loss at a point, in double precision in every build; gradient may be NULL. Of a surface of one
// number point[1] plays no part, and gradient[1] is 0.
double surface_at(const Surface *surface, const double point[2], double gradient[2]);

// The minimum that is nearest to the point, and how far it is; −1 and infinity where there is none.
int surface_nearest(const Surface *surface, const double point[2], double *distance);

// For a figure: writes folder/name, a table x,y,loss of side × side points of the view, with an empty line
// after each row of them, as gnuplot's grids have; for a surface of one number, `side` points with y 0.
enum { SURFACE_SIDE = 91 }; // fine enough for smooth contours
bool surface_write(const Surface *surface, int side, const char *folder, const char *name,
                   Error *error);

// An operation: the losses [n] of n points [n, dimensions], each by itself. Fatal: another shape.
Tensor *surface_loss(const Surface *surface, Tensor *points);

#endif
