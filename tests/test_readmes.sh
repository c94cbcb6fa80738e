#!/bin/sh
# readmes.sh, numbers.sh and figures.sh, in a project of one lesson whose program is false: it "finds" an accuracy that
# depends on the seed and on --lr.
# shellcheck disable=SC2015,SC2016  # bad is the end of a test; the marks are no shell
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir -p build lessons/01-small/figures
cp -R "$root/scripts" scripts
lesson=lessons/01-small
failures=0

bad() {
    echo "FAIL  $name: $*"
    sed 's/^/      | /' stdout stderr
    failures=$((failures + 1))
}

# try STATUS TEXT COMMAND…: it must end with this status, and TEXT must stand in what it says.
try() {
    wanted=$1 text=$2
    shift 2
    status=0
    "$@" >stdout 2>stderr </dev/null || status=$?
    if [ "$status" != "$wanted" ]; then
        bad "exit status $status, expected $wanted"
    elif [ -n "$text" ] && ! cat stdout stderr | grep -qF -e "$text"; then
        bad "expected: $text"
    else
        echo "PASS  $name"
    fi
}

readme() { # the lines of the README
    printf '%s\n' "$@" >$lesson/README.md
}

# wants TEXT: the README has this line now
wants() {
    grep -qxF -e "$1" $lesson/README.md || bad "the README lacks: $1; it has: $(cat $lesson/README.md)"
}

# --- what runs have found, in numbers --------------------------------------------------------------

cat >build/lesson-01 <<'LESSON'
#!/bin/sh
lr=0.1 seeds=1 status=0
while [ $# -gt 0 ]; do
    case $1 in
    --lr) lr=$2 && shift ;;
    --seeds) seeds=$2 && shift ;;
    --out) out=$2 && shift ;;
    --fail) status=1 ;;
    --die) echo 'error: no data' && exit 1 ;;
    --draw) echo new >"$out/drawn.png" && exit ;;
    esac
    shift
done
echo run,init,seed,accuracy,loss >"$out/results.csv"
seed=11
while [ $seed -lt $((11 + seeds)) ]; do
    for init in small large; do
        mkdir -p "$out/runs/seed-$seed-$init"
        printf 'step,length\n1,5\n2,%s\n' $seed >"$out/runs/seed-$seed-$init/steps.csv"
        echo "seed-$seed-$init,$init,$seed,$lr$seed,$([ $init = large ] && echo nan || echo 1e-05)" >>"$out/results.csv"
    done
    seed=$((seed + 1))
done
printf 'verdict,claim,measured\nPASS,it learns; and well,at least 0.1\n' >"$out/claims.csv"
echo 'PASS  it learns: at least 0.1'
exit $status
LESSON
printf '#!/bin/sh\necho plain\n' >build/plain
cp build/plain build/unasked
chmod +x build/lesson-01 build/plain
touch $lesson/lesson.c $lesson/plain.c $lesson/unasked.c
cat >$lesson/knobs.txt <<'KNOBS'
# a comment
number | length | steps.csv | last | length
number | first | steps.csv | step=1 length=5 | length
column | accuracy | %.1f % | 100 * accuracy[small].mean
defaults | as it is
--lr 0.5 --fail | <!-- %.2f accuracy[small].mean{defaults} -->0 before
KNOBS

name='measured: without claims'
try 1 'there is no out/claims/lesson-01: run make claims' scripts/numbers.sh measured build 01
mkdir -p out/claims/lesson-01
build/lesson-01 --seeds 5 --out out/claims/lesson-01
name='measured: of the runs of make claims'
try 0 'measured.csv: 8 numbers' scripts/numbers.sh measured build
cat >wanted <<'CSV'
options,name,place,seeds,mean,error,least,most
,accuracy,small,11-15,0.113,0.000707,0.111,0.115
,loss,small,11-15,1e-05,0,1e-05,1e-05
,length,small,11-15,13,0.707,11,15
,first,small,11-15,5,0,5,5
,accuracy,large,11-15,0.113,0.000707,0.111,0.115
,loss,large,11-15,nan,nan,nan,nan
,length,large,11-15,13,0.707,11,15
,first,large,11-15,5,0,5,5
CSV
cmp -s wanted $lesson/measured.csv || bad "$(cat $lesson/measured.csv)"
name='measured: of the runs that tune, too'
printf 'run,init,lr,seed,accuracy\nseed-11-small,small,0.3,1,0.5\n' >out/claims/lesson-01/tuning.csv
try 0 'new    tuning: accuracy[small 0.3] 0.5 (0.5 to 0.5)' scripts/numbers.sh measured build
rm out/claims/lesson-01/tuning.csv
scripts/numbers.sh measured build >stdout 2>stderr
cmp -s wanted $lesson/measured.csv || bad 'what is gone stays'
name='knobs: a failed claim is no error'
try 0 'knobs.csv: 16 numbers' scripts/numbers.sh knobs build 01
grep -qxF -e '--lr 0.5 --fail,accuracy,small,11-13,0.512,0.000577,0.511,0.513' $lesson/knobs.csv || bad "$(cat $lesson/knobs.csv)"
name='knobs: what has moved'
sed -i.bak 's/,0.512,/,0.6,/; /^defaults,loss,small/d; $s/.*/--lr 9,accuracy,small,11-13,1,0,1,1/' $lesson/knobs.csv
try 0 'moved  --lr 0.5 --fail: accuracy[small] 0.6 (0.511 to 0.513) → 0.512 (0.511 to 0.513)' scripts/numbers.sh knobs build 01
grep -qF 'new    defaults: loss[small]' stdout && grep -qF 'gone   --lr 9: accuracy[small]' stdout || bad 'one is new, one is gone'
name='knobs: a run that fails'
cp $lesson/knobs.txt $lesson/knobs.csv .
echo '--die | words' >>$lesson/knobs.txt
try 1 'lesson-01 --die has no results: error: no data' scripts/numbers.sh knobs build 01
cmp -s knobs.csv $lesson/knobs.csv || bad 'knobs.csv was changed'
name='knobs: a number that is in no file'
(cat knobs.txt && echo 'number | x | steps.csv | last | nosuch') >$lesson/knobs.txt
try 1 'steps.csv has no column nosuch' scripts/numbers.sh knobs build 01
name='knobs: a row that is in no file'
(cat knobs.txt && echo 'number | x | steps.csv | step=7 | length') >$lesson/knobs.txt
try 1 'no steps.csv has a row step=7' scripts/numbers.sh knobs build 01
cp knobs.txt $lesson/knobs.txt
name='a row that only some runs have'
(cat knobs.txt && echo 'number | x | steps.csv | length=13 | step') >$lesson/knobs.txt
try 0 'new    defaults: x[small] nan (nan to nan)' scripts/numbers.sh knobs build 01
cp knobs.txt $lesson/knobs.txt
scripts/numbers.sh knobs build 01 >/dev/null
name='no such lesson'
try 1 'there is no lessons/07-*/knobs.txt' scripts/numbers.sh knobs build 07
name='a first run'
readme '<!-- first-run -->' '<!-- end -->' '<!-- first-run plain -->' '<!-- end -->'
try 0 'first-run-plain.txt: ' scripts/numbers.sh first-run build 01
[ ! -e $lesson/first-run-unasked.txt ] || bad 'a program was run that the README has no mark for'

# --- and in the README -----------------------------------------------------------------------------

readme '| <!-- %.1f 100 * accuracy[small].least -->0 % | x' 'and <!-- %,d 1e6 * accuracy[small].mean * 11 -->1. So' \
    '= <!-- %.2g 2 ^ (1 - 3) / sqrt(4) -->7, <!-- %d loss[large].mean -->3' '= <!-- %.1e -(loss[small].mean) -->-5.0e-7' \
    '<!-- knobs -->' '<!-- end -->' '<!-- claims -->' 'old' '<!-- end -->' '<!-- first-run -->' '<!-- end -->' '<!-- first-run plain -->' '<!-- end -->' \
    '<!-- table -->' '<!-- end -->' \
    '<!-- holds: length[small].least < length[small].mean = 13 <= 13 -->' '```' '<!-- anything -->' '```'
echo '| printed |' >$lesson/table.md
name='check names the file, the line, the mark and the difference'
try 1 "$lesson/README.md:1: <!-- %.1f 100 * accuracy[small].least --> is 0, the results give 11.1" scripts/readmes.sh --check
grep -qF "$lesson/README.md:7: <!-- claims --> has 'old', the results give '| | claim | measured |'" stderr || bad 'the table is missing'
name='check changes nothing'
try 1 'is 0' scripts/readmes.sh --check
name='readmes writes the numbers'
try 0 'is 0' scripts/readmes.sh
wants '| <!-- %.1f 100 * accuracy[small].least -->11.1 % | x'
wants 'and <!-- %,d 1e6 * accuracy[small].mean * 11 -->1,243,000. So'
wants '= <!-- %.2g 2 ^ (1 - 3) / sqrt(4) -->0.12, <!-- %d loss[large].mean -->NaN'
wants '= <!-- %.1e -(loss[small].mean) -->-1.0e-5'
wants '| means of seeds 11–13 | accuracy | |'
wants '| the defaults | 11.2 % | as it is |'
wants '| `--lr 0.5 --fail` | 51.2 % | <!-- %.2f accuracy[small].mean{defaults} -->0.11 before |'
wants '| PASS | it learns, and well | at least 0.1 |'
wants 'PASS  it learns: at least 0.1'
wants plain
wants '| printed |'
wants '<!-- anything -->'
name='and then it is what they give'
try 0 '' scripts/readmes.sh --check lessons/01-small/

# refused LINE TEXT README…: both commands refuse it, with its line, and write nothing.
refused() {
    line=$1 text=$2
    shift 2
    readme "$@"
    cp $lesson/README.md before
    try 1 "$lesson/README.md:$line: $text" scripts/readmes.sh --check
    "$work/scripts/readmes.sh" >/dev/null 2>&1 && bad 'readmes takes it'
    cmp -s before $lesson/README.md || bad 'it was written'
}
name='an unknown mark'
refused 2 'unknown mark <!-- number: 3 -->' '= <!-- %d 1 -->1' '<!-- number: 3 -->3'
name='no such result'
refused 1 "there is no result 'speed' of '' in <!-- %d speed.mean -->" '= <!-- %d speed.mean -->1'
name='no such place'
refused 1 "'accuracy' has no place [middle]" '= <!-- %d accuracy[middle].mean -->1'
name='no such statistic'
refused 1 "'accuracy' has no .median" '= <!-- %d accuracy[small].median -->1'
name='no such options'
refused 1 "there are no results of 'lr 7'" '= <!-- %d accuracy[small].mean{lr 7} -->1'
name='what is no expression'
refused 1 "')' isn't understood" '= <!-- %d 1 + 2) -->3'
name='a bracket too few'
refused 1 'a bracket is missing' '= <!-- %d (1 + 2 -->3'
name='a division by 0'
refused 1 'a division by 0' '= <!-- %d 1 / first[small].error -->3'
name='what is no format'
refused 1 "'%s' is no format" '= <!-- %s 1 -->3'
name='nothing behind the mark'
refused 1 'there is no number behind the mark' '= <!-- %d 1 --> 1'
name='a mark without an end'
refused 2 'a mark without -->' 'text' '= <!-- %d 1'
name='a table without an end'
refused 2 '<!-- knobs --> has no <!-- end -->' 'text' '<!-- knobs -->' '| text |'
name='an end without a table'
refused 1 'an end that nothing begins' '<!-- end -->'
name='options with dashes in a mark'
refused 1 'no -- within a mark' '= <!-- %d accuracy[small].mean{--lr 0.5 --fail} -->1'
name='a number that begins a line'
refused 2 "a line can't begin with the mark of a number" 'text' '  <!-- %d 1 -->1'
name='text behind a mark that begins a line'
refused 1 'behind a mark that begins a line there can be no text' '<!-- holds: 1 = 1 --> text'
name='no comparison'
refused 1 'expected < <= > >= or =' '<!-- holds: 1 + 2 -->'
name='a comparison that does not hold'
refused 1 '<!-- holds: length[small].most < 15 --> doesn'\''t hold: 15 < 15' '<!-- holds: length[small].most < 15 -->'
name='NaN is not larger'
refused 1 '<!-- holds: loss[large].mean > 0 --> doesn'\''t hold: NaN' '<!-- holds: loss[large].mean > 0 -->'
name='a comparison does not hold, numbers are written all the same'
readme '= <!-- %d 1 -->2<!-- holds: 1 > 2 -->'
try 1 "doesn't hold: 1 > 2" scripts/readmes.sh
wants '= <!-- %d 1 -->1<!-- holds: 1 > 2 -->'
name='options that were run and are listed no more'
sed '/^--lr/d' knobs.txt >$lesson/knobs.txt
refused 1 "knobs.csv has 'lr 0.5 fail', and knobs.txt hasn't" '<!-- knobs -->' '<!-- end -->'
name='options that were never run'
(cat knobs.txt && echo '--lr 2 | words') >$lesson/knobs.txt
readme '<!-- knobs -->' '<!-- end -->'
try 1 "$lesson/knobs.txt:7: there are no results of 'lr 2'" scripts/readmes.sh --check

# --- figures -----------------------------------------------------------------------------------------

mkdir -p out/lesson-01
build/lesson-01 --out out/lesson-01 >/dev/null
cp -R out/claims/lesson-01 claims
for figure in drawn.png other.svg large.png; do echo old >$lesson/figures/$figure; done
head -c 300001 /dev/zero >out/lesson-01/large.png
name='figures: what is too large, and what was not drawn'
echo new >out/lesson-01/drawn.png
try 1 "renewed    $lesson/figures/drawn.png from out/lesson-01/drawn.png" scripts/figures.sh --renew
grep -qF 'large.png has 300 KB, at most 300' stdout && grep -qF "not drawn  $lesson/figures/other.svg" stdout || bad 'a line is missing'
[ "$(cat $lesson/figures/drawn.png $lesson/figures/large.png)" = "$(printf 'new\nold')" ] || bad 'the wrong one was copied'
name='renewed already'
rm out/lesson-01/large.png
try 0 "the same   $lesson/figures/drawn.png" scripts/figures.sh --renew
name='figures over seeds, which come first'
echo seeds >out/claims/lesson-01/drawn.png
try 0 'from out/claims/lesson-01/drawn.png' scripts/figures.sh --renew
sed -i.bak 's,--draw) echo,--draw) : "${out:=out/lesson-01}"; echo,' build/lesson-01
name='figures says where they are'
try 0 '== lesson-01, over seeds' scripts/figures.sh build lesson-01
name='and tells of those of the article, each where its script does'
article=out/figures/OptimizerOverview
mkdir -p $article
printf '# %s-1: it shows\n# this & that.\n# Elsewhere: all wrong.\n#\n# data.csv: step\nplot\n' Drawn >$lesson/Drawn-1.gp
sed 's/Drawn/Missing/' $lesson/Drawn-1.gp >$lesson/Missing-1.gp
touch $article/Drawn-1.png
try 0 'index.html and index.md' scripts/figures.sh build lesson-01
grep -qxF 'it shows this & that.' $article/index.md && grep -qxF 'From [lesson 01 small](../../../lessons/01-small/README.md).' $article/index.md &&
    ! grep -q 'Missing\|data' $article/index.md || bad "$(cat $article/index.md)"
grep -qF '<p>it shows this &amp; that.</p>' $article/index.html || bad "$(cat $article/index.html)"
name='and how long those take that have no run'
rm out/lesson-01/claims.csv
printf 'It takes 61 s of processor time, and prints\n' >$lesson/first-run-lesson-01.txt
try 0 '1 of 1 lessons have no run yet and are trained: about 2 minutes of processor time.' scripts/figures.sh build lesson-01
name='and which are missing'
rm -r out/claims
try 0 'Not drawn: the figures over seeds of lesson-01; make claims makes their runs' scripts/figures.sh build lesson-01

# --- names, and what is missing ----------------------------------------------------------------------

rm -r lessons && mkdir -p $lesson common/optim
readme '# Lesson 01'
printf '#define sgd(parameters, ...)\n' >common/optim/algorithm.h
printf '%s\n' '| PyTorch | Knobs |' '|---|---|' '| `optim.SGD` | `sgd`, any knob |' '' '| `no` | `table` |' >README.md
name='names that headers have'
try 0 '' scripts/readmes.sh --check
sed -i.bak 's/`sgd`/`sgd`, `sg`/' README.md
name='a name that none has'
try 1 'README.md: no header of common/ has sg' scripts/readmes.sh --check
rm README.md $lesson/README.md
name='a lesson without a README'
try 1 'lessons/01-small has no README.md' scripts/readmes.sh
[ ! -e $lesson/README.md ] || bad 'it is there now'

[ $failures -eq 0 ] || { echo "$failures failed" >&2 && exit 1; }
echo 'all passed'
