# The samples of the same noise, look by look: one frame each.
# looks.csv: step, …; frames/STEP.png, six digits.
count = 0
stats KNOBS_DATA."/looks.csv" using 0 nooutput
array step[STATS_records]
stats KNOBS_DATA."/looks.csv" using ((count = count + 1, step[count] = column("step")), 0) nooutput
frame(i) = sprintf("%s/frames/%06d.png", KNOBS_DATA, step[i])
stats frame(1) binary filetype=png using 1 nooutput
side = int(sqrt(STATS_records) + 0.5)
stride = (count + 39) / 40 # no more than some 40 frames

set terminal gif animate delay 25 loop 0 optimize size side, side
set output KNOBS_OUTPUT
unset tics; unset border; unset key; unset grid; unset colorbox
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
do for [i = 1:count:stride] { plot frame(i) binary filetype=png with rgbimage notitle }
