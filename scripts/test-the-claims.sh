#!/bin/sh
# test-the-claims.sh [NN…]: can each lesson's claims fail?
#
# In a copy of the tree it changes one place of what a lesson is about, and runs the lesson in its quick form (or with the options
# that stand here), which must say FAIL. A line each; exit 1 if all claims still hold, or if the change can't be made any more
# because the code it names has changed.
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/mutate.sh"
copy_tree Makefile common lessons scripts datasets tests/false-gnuplot
ln -s "$root/datasets/downloads" "$tree/datasets/downloads" || exit 1
chosen=" $* "

build() {
    (cd "$tree" && ${MAKE:-make} -j2 --no-print-directory "build/$program") >"$log" 2>&1
}

# first_red: the first claim that fails, of those that begin with $claim.
first_red() {
    rm -rf "$folder/out"
    # shellcheck disable=SC2086 # a list of words
    PATH=$tree/tests/false-gnuplot:$PATH "$tree/build/$program" $options --out "$folder/out" 2>&1 </dev/null |
        sed -n "/^FAIL  $claim/{s/^FAIL  //; s/: [^:]*\$//; p; q;}"
}

# turn PROGRAM OPTIONS WHAT FILE FROM TO [CLAIM]: the first words of the one that must fail, where such a short run can't decide
# the others; else any.
turn() {
    program=$1 options=$2 claim=${7-}
    number=$(echo "${program#lesson-}" | sed 's/[^0-9].*//')
    shift 2
    case $chosen in "  " | *" $number "*) want_green && flip "$number $1" "$2" "$3" "$4" ;; esac
}

turn lesson-01 --quick "the loss's gradient has a wrong label" common/kernels/softmax.c '(p[c] - off_label)' '(p[c] + off_label + 1)'
turn lesson-02 --quick "the own layer's backward is wrong" lessons/02-parameters/prelu.h '+ factor * dy[i]' '- factor * dy[i]'
turn lesson-03 --quick "freezing doesn't freeze" common/tensor/parameter.c 'parameter->tensor.requires_grad = requires_grad' 'parameter->tensor.requires_grad = true'
turn lesson-04 --quick "another gradient" common/instruments/surface.c 'gradient[1] = kappa * y' 'gradient[1] = 2 * kappa * y'
turn lesson-05 --quick "momentum 0" common/optim/sgd.c 'factors.momentum = (real)h->momentum' 'factors.momentum = 0'
turn lesson-06 --quick "no bias correction in Adam" common/optim/adam.c '(1 - pow(h->beta1, t))' '1.0'
turn lesson-07 --quick "plain SGD keeps a velocity" common/optim/sgd.c 'h->momentum == 0' 'h->momentum < 0'
turn lesson-08 --quick "AdamW's decay grows" common/optim/adam.c 'state, 0, h->lr' 'state, 0, -h->lr'
turn lesson-09 --quick "all groups have the first one's knobs" common/optim/optimizer.c 'update(&group->hyperparameters' 'update(&optimizer->groups[0].hyperparameters'
turn lesson-10 --quick "a leaked gradient: no detach" lessons/10-gan/lesson.c 'fake = detach(fake);' '(void)0;'
turn lesson-11 "--batch-size 8 --lr-g 0.002 --lr-d 0.001 --ema 0 --steps 500 --seeds 5" "the generator wants the wrong label" common/nn/gan_loss.c 'distance_to(loss, fake, 1)' 'distance_to(loss, fake, -1)' "samples differ"
turn lesson-12 --quick "the statistics aren't pinned" common/nn/module.c 'module_pin_mode(module->children[i], training)' 'module_pin_mode(module->children[i], true)'
turn lesson-13 --quick "a gradient of none is one of zeros" common/optim/optimizer.c 'parameter_clear_grad(optimizer' 'parameter_zero_grad(optimizer'
turn lesson-14 "--quick --seeds 5" "the backbone has the head's rate" lessons/14-ladder/rungs.h 'return rung->lr * rung->ratio;' 'return rung->lr;' "differential: the first layer"
turn lesson-15 --quick "a cosine is a step early" common/schedule/cosine.c 'fmod(step, 2 * t_max)' 'fmod(step + 1, 2 * t_max)'
turn lesson-16c "--epochs 1 --look 43 --patience 0 --seeds 5" "the plateau is noticed and nothing done" common/schedule/plateau.c '    rates_reduce(plateau)' '    (void)rates_reduce'
turn lesson-17 --quick "a schedule is shifted by one" common/schedule/scheduler.c 'step - binding->start : 0' 'step + 1 - binding->start : 0'
turn lesson-18 --quick "a direction has its own length" common/instruments/plane.c '(wanted / own)' '(1 / own)'
# In a container this is root, which mpirun refuses unless it is told twice.
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
! command -v mpirun >/dev/null || turn lesson-19 "--quick --ranks 2" "a rank takes its own gradients" common/ranks/ranks.c 'memcpy(tensor->grad, at, tensor->size * sizeof *at);' '(void)at;'
count_changes
