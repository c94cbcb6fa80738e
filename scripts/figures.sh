#!/bin/sh
# figures.sh BUILD LESSON…: redraws each lesson's figures from its saved run; a lesson that has none is run first.
cd "$(dirname "$0")/.." || exit 1
build=$1
shift
for lesson in "$@"; do
    if [ -f "out/$lesson/claims.csv" ]; then
        "$build/$lesson" --draw || exit
    else
        "$build/$lesson" || exit
    fi
done
echo "The article's figures are in out/figures/OptimizerOverview/, the lessons' in out/lesson-NN/."
