#!/bin/sh
# Checks that each folder of common/ includes only what stands below it. A reader who draws the includes draws the
# article's picture: model | optimizer | scheduler.
cd "$(dirname "$0")/.." || exit 1

allowed() { # what a file of the folder $1 may include
    case $1 in
        base) echo 'base/' ;;
        kernels) echo 'base/ kernels/' ;;
        tensor) echo 'base/ kernels/ tensor/' ;;
        # No operations, no layers: parameters are all that an optimizer sees. gemm.h is for Muon.
        optim) echo 'base/ kernels/update.h kernels/gemm.h tensor/parameter.h optim/' ;;
        # optim's header alone.
        schedule) echo 'base/ optim/optimizer.h schedule/' ;;
        nn) echo 'base/ kernels/ tensor/ nn/' ;;
        data) echo 'base/ tensor/ data/' ;;
        run) echo 'base/ tensor/ optim/ schedule/ nn/ data/ run/' ;;
        *) echo '' ;;
    esac
}

status=0
for file in common/*/*.[ch]; do
    folder=$(basename "$(dirname "$file")")
    for include in $(sed -n 's/^ *# *include *"\([^"]*\)".*/\1/p' "$file"); do
        fits=no
        for prefix in $(allowed "$folder"); do
            case $include in "$prefix"*) fits=yes ;; esac
        done
        if [ $fits = no ]; then
            echo "layering: $file includes \"$include\"; $folder may include only: $(allowed "$folder")" >&2
            status=1
        fi
    done
done
if grep -ln '#include "\.\./\|#include "lessons/' common/*/*.[ch]; then
    echo "layering: the files above include a lesson or leave common/" >&2
    status=1
fi
# A line of code: neither blank, nor a comment, nor brackets alone.
lines=$(cat common/*/*.[ch] | sed 's,//.*,,' | grep '[^[:space:]]' | grep -vc '^[[:space:]]*[]{}();,]*[[:space:]]*$')
if [ "$lines" -gt 6000 ]; then
    echo "layering: common/ has $lines lines of code, at most 6000 are allowed: cut" >&2
    status=1
fi
[ $status -eq 0 ] && echo "layering: ok ($lines lines of code in common/)"
exit $status
