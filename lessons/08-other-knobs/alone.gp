# A weight whose gradient is zero, with little and with much decay. alone.csv: step, and the weight under each.
set xlabel "step"; set ylabel "the weight"
set yrange [0:1.05]; set rmargin 32; unset key
array words[4] = ["", "Adam + L2, wd 0.1 and 1:\nthe same line", "AdamW, wd 0.1", "AdamW, wd 1"]
array names[4] = ["adam_weak", "adam_strong", "adamw_weak", "adamw_strong"]
do for [k = 2:4] {
    stats [*:*][*:*] KNOBS_DATA."/alone.csv" using (last = column(names[k])) nooutput
    length = curve_label(words[k], linear(last, 0, 1.05), k)
}
eval curve_labels
plot for [k = 1:4] KNOBS_DATA."/alone.csv" using "step":names[k] with lines linetype k
