// Figures, drawn by gnuplot from the CSV files of a run.
//
// A script holds the plot alone: common/run/style.gp is read first, sets the terminal, the output
// and the looks, and gives the script KNOBS_DATA, the folder of its CSV files: `plot
// KNOBS_DATA."/log.csv" using "step":"loss"`.
#ifndef KNOBS_RUN_FIGURE_H
#define KNOBS_RUN_FIGURE_H

#include <stdbool.h>

#include "base/error.h"

// Draws output_folder/NAME.svg and NAME.png, where NAME is the script's, without its folder and up to
// the first dot; for a script called NAME.gif.gp, NAME.gif alone. Ctrl-C doesn't reach gnuplot, so a
// figure is whole. Where gnuplot is missing, one line on stderr says how to draw later, and that's no
// failure: true.
bool figure_draw(const char *script, const char *data_folder, const char *output_folder,
                 Error *error);

#endif
