// How many threads share the work of one kernel. Results don't depend on it: a sum is
// cut by the size of the problem alone, and its pieces are added in a fixed order.
#ifndef KNOBS_BASE_THREADS_H
#define KNOBS_BASE_THREADS_H

// OpenMP and OpenBLAS read from the environment how their threads behave, before main begins. This
// sets what isn't set and starts the program again, once: a waiting thread spins for some 50 µs and
// then sleeps (on a busy machine a spinning thread keeps the processor from the one it waits for: a
// step was seen to take 20 times as long; to wake a sleeping one takes longer than a small loop),
// and OpenBLAS starts no threads of its own. What binds threads to processors (OMP_PROC_BIND,
// OMP_PLACES, GOMP_CPU_AFFINITY) is taken off: runs side by side would all be bound to the same ones.
// Call it first in main; it returns in the second start, or if the program can't be started again.
void threads_prepare(char **argv);

// n ≥ 1; 0 stands for threads_standard(). Call it before the first kernel; the default is 0.
void threads_set(int n);
int threads_count(void);

// One thread a processor that this program may use, or what OMP_NUM_THREADS says.
int threads_standard(void);

#endif
