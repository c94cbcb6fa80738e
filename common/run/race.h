// A race: optimizers that walk on one surface from the same start, as the command line asks. The
// lessons on algorithms are this instrument, all with the same options, besides what each of them
// shows when no option is given:
//
//     const Lesson lesson = {.name = "lesson-04", …, .knobs = race_options(),
//                            .knob_count = RACE_OPTION_COUNT, .choose = race_choose};
//
//     lesson-04 --function rosenbrock --optimizer sgd --optimizer adam:lr=0.1,beta1=0.5 --momentum 0.9
//
// A knob behind an optimizer's name is that one's; a knob that is an option is everyone's who has it.
// What isn't said is as in PyTorch. --rotate turns the surface, its minima and the start together.
//
// It writes race.csv (optimizer,step,x,y,loss: a row for the start, step 0, and one for each step),
// race-ends.csv (optimizer,steps,x,y,loss,arrived,diverged,words) and race-surface.csv, and draws
// race.gp. With --csv FILE it writes the rows of race.csv there and nothing else; FILE may be -, the
// standard output. The path of a walk that diverges ends at its last point that is a number and within
// the limit of walk.h, or the first beyond it.
#ifndef KNOBS_RUN_RACE_H
#define KNOBS_RUN_RACE_H

#include "run/lesson.h"
#include "run/race_options.h"

// For Lesson.choose: the lesson itself where no option of the race was given; else the race, or, with
// --csv, nothing more: it is written already.
const Lesson *race_choose(const Lesson *lesson, const LessonOptions *options, int *status);

#endif
