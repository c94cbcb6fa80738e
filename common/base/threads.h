// How many threads share the work of one kernel. Results don't depend on it: work is cut by the
// size of the problem, and pieces are summed in a fixed order.
#ifndef KNOBS_BASE_THREADS_H
#define KNOBS_BASE_THREADS_H

// n ≥ 1; 0 stands for one thread a processor. Call it before the first kernel; the default is 0.
void threads_set(int n);
int threads_count(void);

#endif
