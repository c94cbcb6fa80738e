#!/bin/sh
# test_exercises.sh [BUILD]: each exercise asks while it is open; its solution is right; and spoilt solutions, at least one a
# lesson, are told what came out and what was expected. The lines at the end spoil: NN, the sed expression, what must be said.
cd "$(dirname "$0")/.." || exit 1
build=${1:-build}
make=${MAKE:-make}
status=0
fail() {
    echo "FAIL  $*" >&2
    status=1
}

# said STATUS PATTERN COMMAND…: one line, which has the pattern, and this exit status
said() {
    wanted=$1 pattern=$2
    shift 2
    text=$("$@" 2>&1)
    found=$?
    [ $found -eq "$wanted" ] || fail "$*: exit status $found, expected $wanted: $text"
    echo "$text" | grep -q -- "$pattern" || fail "$*: expected '$pattern' in: $text"
    [ "$(echo "$text" | wc -l)" -eq 1 ] || fail "$*: expected one line, not: $text"
}

spoilt=$build/spoilt
rm -rf "$spoilt"
mkdir -p "$spoilt"
sed '1,/^exit \$status/d' tests/test_exercises.sh >"$spoilt/list"
count=0 programs=''
while IFS='|' read -r number expression pattern; do
    count=$((count + 1))
    set -- lessons/"$number"-*/solution.c
    sed "$expression" "$1" >"$spoilt/$number-$count.c"
    cmp -s "$1" "$spoilt/$number-$count.c" && fail "'$expression' changes nothing in $1"
    sed -i.old 's,"../exercise.h","../../lessons/exercise.h",' "$spoilt/$number-$count.c"
    programs="$programs $spoilt/$number-$count"
done <"$spoilt/list"
# shellcheck disable=SC2086 # a list of words
$make --no-print-directory -j2 exercises $programs || exit 1

exercises=0
for source in lessons/[0-9]*/exercise.c; do
    number=$(basename "$(dirname "$source")")
    number=${number%%-*}
    exercises=$((exercises + 1))
    grep -q "^$number|" "$spoilt/list" || fail "exercise $number has no line at the end of tests/test_exercises.sh"
    said 1 "^to do: .* of $source\$" "$build/exercise-$number"
    said 0 '^solved' "$build/solution-$number"
done
count=0
while IFS='|' read -r number expression pattern; do
    count=$((count + 1))
    said 1 "^not yet: $pattern.* is .*; expected was " "$spoilt/$number-$count"
done <"$spoilt/list"
text=$($make exercise-99 2>&1) && fail "make exercise-99 is no error"
echo "$text" | grep -q '^error: there is no exercise-99; there are: exercise-01 ' || fail "make exercise-99 says: $text"

[ $status -eq 0 ] && echo "$exercises exercises, $count spoilt ones"
exit $status
01|s/-= lr/+= lr/|1 with
01|s/lr \* gradient/gradient/|1 with
01|s/i < count/i <= count/|the weight behind
01|s/-= lr \* gradient.i./= lr/|1 with
02|s/int i = 1/int i = 0/|std of a linear
02|s,i < shape.rank,i < 2,|std of a convolution
02|s/2.0/1.0/|std of a linear
03|s,(real)lr,1,|an owned 1 with
03|s/if (p->tensor.grad_state == GRAD_NONE)/if (0)/|an owned 1 without
03|/parameter_changed(p);/d|how often
04|s/> 1000/> 0.5/|steps at condition 1 
04|s/steps = 0/steps = 1/|steps at condition 1 
04|s/lr \* condition \* y/lr * y/|steps at lr .0199
05|s/momentum \* velocity.i. + gradient/momentum * velocity[i] + (1 - momentum) * gradient/|1 with gradient 2
05|s/nesterov ? .* : velocity/velocity/|Nesterov's steps
05|s/velocity.i. = .*/velocity[i] = gradient[i];/|the same after the second
06|s/sum.i. += /sum[i] = /|the first one after
06|s/gradient.i. \* gradient.i./gradient[i]/|1 with gradient 3
06|s/ + eps//|1 with gradient 0
07|s/return test.best./return most/|the result of the rate
07|s/mean > most/!(mean <= most)/|the result where the
07|s/mean > most/mean >= most/|the result of two equal
07|s,seed < seeds,seed < 1,|the result of the rate
08|s/lr \* decay \* weight->w/decay * weight->w/|1 after 100
08|s/ \/ (1 - pow(beta1, step))//|1 after a first
08|/lr \* decay/d|1 after 100
08|s/v = weight->v.*/v = weight->v;/|1 after a first
09|s/optimizer_add_group(optimizer, of_head.decay.*/;/|in how many groups head.weight
09|s/of_rest.no_decay, .weight_decay = 0/of_rest.no_decay/|weight_decay of
09|s/, .lr = 0.01, .weight_decay/, .weight_decay/|lr of head.bias
10|s/exp(-r.i.)/exp(r[i])/|the loss of a D that is right
10|s/ \/ count//|the loss of a D that says
10|s/exp(-f.i.)/exp(f[i])/|the loss of a G that D
10|s/sum += log(1 + exp(-f.i.)).*/sum -= log(1 + exp(f[i]));/|the loss of a G of
11|s!, module_buffers([a-z]*))!, (ParameterList){0})!|a running statistic
11|s/decay \* \*number + (1 - decay)/(1 - decay) * *number + decay/|a weight after
12|/module_freeze/d|the backbone's parameters
12|/module_pin_mode/d|the way of a batch norm
12|s/adam(head, .lr = 0.03)/adam(module_parameters(network), .lr = 0.03)/|how many numbers
12|s/adam(module_parameters_under(network, "backbone"), .lr = 0.001)/adam(module_parameters_under(network, "backbone"), .lr = 0.01)/|fine-tuned
13|s/ \/ (1 - pow(0.9, t))//|the way after 1 gradient
13|s/pow(0.9, t)/pow(0.9, steady)/|the way after 1
13|s/t > steady/t >= steady/|the way after 1 gradient, in no
14|s/step < thaws/step <= thaws/|the head's rate at step 0
14|s/step - thaws/step/|the same when it thaws
14|s/pow(decay, below)/1/|the same when it thaws
15|s/step >= steps/step > 2 * steps/|the rate at step 130
15|s/(double)(step - warm_up)/(double)step/|the rate at step 10
15|s/peak \* (double)step/peak * (double)(step + 1)/|the rate at step 0
16|s/> plateau->patience/>= plateau->patience/|the rate after look
16|s/loss < plateau->best/!(loss >= plateau->best)/|the rate after look
16|s/    plateau->best = loss;/;/|the rate after look
16|s/loss < plateau->best/loss <= plateau->best/|the rate after look
17|s/schedule_cyclic(0.95, 0.85/schedule_cyclic(0.85, 0.95/|momentum of the head at step 0
17|s/steps \/ 8/steps \/ 4/|lr of the head
17|s/, .eta_min = 0.95//|momentum of the features
