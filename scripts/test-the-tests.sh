#!/bin/sh
# test-the-tests.sh: do the tests notice a wrong sign?
#
# In a copy of the tree it turns one sign at a time: in a backward of each family of operations, in the losses, the
# update rules, the schedules. For each it builds the tests in double precision and runs them until one is red.
# A line each; exit 1 if a change survives, or can't be made any more because the code it names has changed.
root=$(cd "$(dirname "$0")/.." && pwd)
. "$root/scripts/mutate.sh"
copy_tree Makefile common scripts datasets/optdigits tests

# In the order in which they are most likely to be red; only those that see numbers.
names="gradients loss training algorithms optim schedule scheduler convolution gemm operations tape gan surface walk"
tests=
for name in $names; do
    [ -f "$tree/tests/test_$name.c" ] && tests="$tests build/double/tests/test_$name"
done

build() {
    # shellcheck disable=SC2086
    (cd "$tree" && ${MAKE:-make} -j2 --no-print-directory VARIANT=double CFLAGS=-O1 $tests) >"$log" 2>&1
}

# first_red: runs the tests until one fails, and prints its name; prints nothing if all are green.
first_red() {
    for test in $tests; do
        "$tree/$test" >/dev/null 2>&1 || { basename "$test"; return; }
    done
}

want_green
flip "subtract, backward" common/tensor/arithmetic.c 'pass_multiple(node->inputs[1], factors->b' 'pass_multiple(node->inputs[1], -factors->b'
flip "tanh, backward" common/kernels/elementwise.c 'dy[i] * (1 - y[i] * y[i])' 'dy[i] * (1 + y[i] * y[i])'
flip "sigmoid, backward" common/kernels/elementwise.c 'y[i] * (1 - y[i])' 'y[i] * (1 + y[i])'
flip "leaky relu, backward" common/kernels/loops.c 'select_real(y[i] > 0, 1, slope) * dy[i]' 'select_real(y[i] > 0, 1, -slope) * dy[i]'
flip "linear, backward of the bias" common/kernels/elementwise.c '(add ? db[c] : 0) + (real)sums' '(add ? db[c] : 0) - (real)sums'
flip "a view, backward" common/tensor/tape.c 'x->size, 1, dy' 'x->size, -1, dy'
flip "convolution to few channels, backward of the weight" common/kernels/loops.c 'sums[i * apart + line] += lanes_total' 'sums[i * apart + line] -= lanes_total'
flip "depthwise convolution, backward of the weight" common/kernels/loops.c '(to + tap * LANES) += sums[tap]' '(to + tap * LANES) -= sums[tap]'
flip "depthwise convolution, backward of the image" common/kernels/depthwise.c 'next_row = d->transposed ? -line : line' 'next_row = line'
flip "depthwise convolution along rows, backward of the image" common/kernels/depthwise.c 'size - 1 - tap : tap' 'tap : tap'
flip "convolution, backward of the image" common/kernels/planes_results.c '(p->more_rows - u / r->step)' '(u / r->step)'
flip "convolution, taps that see the image, backward" common/kernels/planes.c 'size - 1 - more - low' 'size - more - low'
flip "convolution, weights in the order of the taps" common/kernels/planes_results.c 'columns + channel - first;' 'columns + channel;'
flip "convolution from many channels to few, backward of the weight" common/kernels/planes_gradient.c 'window + (ptrdiff_t)at * p->lanes' 'window'
flip "convolution by tiles of one row, its end" common/kernels/planes_results.c 'y * p->columns + column' 'y * p->columns + x'
flip "convolution along lines, many results" common/kernels/planes_results.c 'tiles_multiply(high, p->vectors' 'tiles_multiply(tiles_height(p->vectors, results), p->vectors'
flip "convolution along lines, several tiles" common/kernels/tiles.c 'b + row * b_row' 'b + row * b_stride'
flip "convolution, backward of the bias" common/kernels/convolution.c '(add ? sums[c] : 0) + (real)total' '(add ? sums[c] : 0) - (real)total'
flip "Winograd, the image" common/kernels/loops.c '{0, .5, .5}, {0}' '{0, .5, -.5}, {0}'
flip "Winograd, the sums" common/kernels/loops.c 'j % 2 ? d[i] - d[i + 1]' 'j % 2 ? d[i] + d[i + 1]'
flip "Winograd of six points" common/kernels/loops.c '(real)-32 / 81' '(real)32 / 81'
flip "Winograd at stride 2" common/kernels/winograd.h '(phase + padding) / w->sizes->stride' '(phase - padding) / w->sizes->stride'
flip "a product of few rows" common/kernels/tiles.c 'b_at[k] = k * (int)b_k' 'b_at[k] = -k * (int)b_k'
flip "a product that packs both operands" common/kernels/tiles.c 'a_first, a_row, a_k, packed' 'a, a_row, a_k, packed'
flip "a product with a transposed matrix" common/kernels/tiles.c 'p->b + column * p->b_k' 'p->b + column'
flip "a deep product" common/kernels/tiles.c '.add = add || first > 0,' '.add = add,'
flip "1×1 convolution, the bias" common/kernels/tiles.c 'p->bias ? p->bias + row' 'p->bias ? p->bias'
flip "the bias in a tile" common/kernels/loops.c 'sums[row][v] += bias[row]' 'sums[row][v] -= bias[row]'
flip "1×1 convolution, columns that fill no vector" common/kernels/tiles.c 'sums + i, PACKED_WIDTH' 'sums, PACKED_WIDTH'
flip "a ReLU behind a 1×1 convolution" common/kernels/tiles.c 'p->add, p->ceiling' 'p->add, -p->ceiling'
flip "columns taken apart at stride 2" common/kernels/convolution_parts.c 'left % 2; // the phase' '1 - left % 2; // the phase'
flip "a ReLU behind a convolution, backward" common/tensor/convolution.c '(real)c->options.relu, y->grad' '-(real)c->options.relu, y->grad'
flip "SAME's zeros at the bottom" common/tensor/convolution.c '(int)(zeros / 2)' '(int)(zeros - zeros / 2)'
flip "relu6 at its ceiling, backward" common/kernels/loops.c 'select_real(y[i] >= ceiling, 0, passed)' 'select_real(y[i] < -ceiling, 0, passed)'
flip "max pooling, backward" common/kernels/pooling.c 'plane[argmax[out]] += ' 'plane[argmax[out]] -= '
flip "average pooling, backward" common/kernels/pooling.c '+= amount' '-= amount'
flip "batch norm, backward" common/kernels/loops.c 'offset - (x[i] - mean) * tilt' 'offset + (x[i] - mean) * tilt'
flip "batch norm, running statistics" common/kernels/normalisation.c '(1 - momentum)' '(1 + momentum)'
flip "dropout, backward" common/kernels/dropout.c 'value = dy[i] * ' 'value = -dy[i] * '
flip "cross-entropy, backward" common/kernels/softmax.c '(p[c] - off_label)' '(p[c] + off_label)'
flip "label smoothing" common/kernels/softmax.c 'total -= smoothing' 'total += smoothing'
flip "mean squared error" common/nn/loss.c 'subtract(prediction, target)' 'add(prediction, target)'
flip "binary cross-entropy, backward" common/nn/loss.c 'probability - (double)t' 'probability + (double)t'
flip "spectral norm, backward" common/tensor/spectral_norm.c '- along) / s->sigma' '+ along) / s->sigma'
flip "the hinge" common/nn/gan_loss.c 'relu(subtract(constant_like(truth, 1), truth))' 'relu(add(constant_like(truth, 1), truth))'
flip "the generator's label" common/nn/gan_loss.c 'distance_to(loss, fake, 1)' 'distance_to(loss, fake, -1)'
flip "the average of a module" common/nn/module.c '(1 - decay)' '(1 + decay)'
flip "the blocks of a weight" common/kernels/update.c 'arrays.w += start' 'arrays.w += start ? BLOCK : 0'
flip "the blocks of a gradient" common/kernels/update.c 'arrays.g += start' 'arrays.g += 0'
flip "the blocks of a buffer" common/kernels/update.c 'arrays.buffers[b] += start' 'arrays.buffers[b] += start / 2'
flip "decay" common/kernels/update.h 'step + decay * w' 'step - decay * w'
flip "no decay" common/kernels/update.h 'chosen(decay == 0, ' 'chosen(false, '
flip "SGD" common/optim/sgd.c 'x.w[i] -= f.lr * with_decay' 'x.w[i] += f.lr * with_decay'
flip "SGD with momentum" common/optim/sgd.c 'x.w[i] -= f.lr * (f.nesterov' 'x.w[i] += f.lr * (f.nesterov'
flip "SGD with Nesterov's momentum" common/optim/sgd.c 'g + f.momentum * b[i]' 'g - f.momentum * b[i]'
flip "Adagrad's decay of the rate" common/optim/adagrad.c '1 + earlier' '1 - earlier'
flip "Adadelta's memory of steps" common/optim/adadelta.c 'f.one_minus_rho * d * d' 'f.one_minus_rho * d'
flip "RMSprop's variance" common/optim/rmsprop.c 's[i] - c[i] * c[i]' 's[i] + c[i] * c[i]'
flip "Adam's step" common/optim/adam.c 'f.step_size * m[i]' '-f.step_size * m[i]'
flip "Adam's bias correction" common/optim/adam.c '(1 - pow(h->beta1, t))' '(1 + pow(h->beta1, t))'
flip "AMSGrad's maximum" common/optim/adam.c 'larger_of(u[i], square)' 'larger_of(square, square)'
flip "AdamW's decay" common/optim/adam.c 'state, 0, h->lr' 'state, 0, -h->lr'
flip "Adamax's maximum" common/optim/adamax.c 'fabs(g) + f.eps' 'fabs(g) - f.eps'
flip "NAdam's product" common/optim/nadam.c '*product * mu' '*product'
flip "RAdam's rectification" common/optim/radam.c '(r - 4) * (r - 2)' '(r - 4) * (r + 2)'
flip "Rprop's turn" common/optim/rprop.c 'agreement < 0, 0' 'agreement > 0, 0'
flip "LARS's ratio" common/optim/lars.c '(of_gradient + h->weight_decay' '(of_gradient - h->weight_decay'
flip "Lion's momentum" common/optim/lion.c 'f.one_minus_beta2 * x.g[i]' '-f.one_minus_beta2 * x.g[i]'
flip "Muon's polynomial" common/optim/muon.c '(real)QUINTIC * factor' '-(real)QUINTIC * factor'
flip "clipping by the norm" common/optim/clip.c 'norm + 1e-6' 'norm + 1e-3'
flip "cosine schedule" common/schedule/cosine.c '* (1 + cos(PI * x)) / 2' '* (1 - cos(PI * x)) / 2'
flip "a sequence's clock" common/schedule/combinations.c 'piece_at(child, step - begun)' 'piece_at(child, step + begun)'
flip "the end of one cycle" common/schedule/one_cycle.c 'last = cycle->total_steps - 1' 'last = cycle->total_steps + 1'
flip "a binding's clock" common/schedule/scheduler.c 'step - binding->start : 0' 'step + binding->start : 0'
flip "the ravine's gradient" common/instruments/surface.c 'gradient[1] = kappa * y' 'gradient[1] = -kappa * y'
flip "a turned gradient" common/instruments/surface.c 'surface_turn_point(gradient, surface->degrees)' 'surface_turn_point(gradient, -surface->degrees)'
flip "a walk's limit" common/instruments/walk.c 'hypot(point.x, point.y) > walk->limit' 'hypot(point.x, point.y) < walk->limit'
count_changes
