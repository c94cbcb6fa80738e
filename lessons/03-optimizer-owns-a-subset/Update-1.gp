# Update-1: one owned and one unowned weight in the first step, with the numbers that were measured.
# update.csv: name, index, old, gradient, new, lr, numbers (of its part), norm (of its part's gradient); owned, then unowned.
unset border; unset tics; unset grid; unset key
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
set xrange [0:90]; set yrange [0:56] # a unit is 10 pixels
dark = "#222222"; pale = "#555555"; blue = "#00527f"; sky = "#cfe4f2"; grey = "#f1f1f1"; red = "#a03000"; sand = "#fbe6d9"
array name[2]; array old[2]; array gradient[2]; array new[2]; array numbers[2]; array norm[2]
stats KNOBS_DATA."/update.csv" using ((i = int($0) + 1, name[i] = sprintf("%s[%d]", strcol("name"), column("index")), \
    old[i] = column("old"), gradient[i] = column("gradient"), new[i] = column("new"), lr = column("lr"), \
    numbers[i] = column("numbers"), norm[i] = column("norm")), 0) nooutput
number(x) = sprintf(x < 0 ? "−%.7f" : "%.7f", abs(x))
thousands(n) = n < 1000 ? sprintf("%d", n) : sprintf("%d,%03d", n / 1000, int(n) % 1000)
part(i) = sprintf("%s %s numbers:\ngradient norm %.2f", thousands(numbers[i]), i == 1 ? "owned" : "unowned", norm[i])
array middle[4] = [12, 33, 50, 78]; array half[4] = [8, 4.5, 8, 8]; upper = 46; lower = 6.3; high = 2.6

# the gradients, in the middle: backward knows nothing of optimizers
set object rectangle from 4, 26.6 to 86, 31 fillstyle solid 1 border linecolor rgb red fillcolor rgb sand linewidth 1.5
set label "{/:Bold backward} computes the gradient of every parameter that requires one" at 45, 28.8 center textcolor rgb red
array middles[2] = [36.7, 20.7]
do for [i = 1:2] {
    side = i == 1 ? 1 : -1
    set arrow from 50, 28.8 + side * 2.2 to 50, middles[i] - side * 2.6 filled size 1.2, 20 linewidth 2.5 linecolor rgb red
    set object rectangle from 36, middles[i] - 2.1 to 64, middles[i] + 2.1 \
        fillstyle solid 1 border linecolor rgb red fillcolor rgb sand linewidth 1.5
    set label "gradient  {/:Bold ".number(gradient[i])."}" at 50, middles[i] center textcolor rgb dark
    set label part(i) at 66, middles[i] + 0.9 left textcolor rgb pale font ",12"
}

# owned: new value = old value + hyperparameter × delta
set label "{/:Bold Owned:} ".name[1] at 4, 54 left textcolor rgb dark
array text[4] = [number(old[1]), sprintf("%g", lr), number(-gradient[1]), number(new[1])]
array what[4] = ["old value", "hyperparameter lr", "delta", "new value"]
do for [j = 1:4] {
    set object rectangle from middle[j] - half[j], upper - high to middle[j] + half[j], upper + high \
        fillstyle solid 1 border linecolor rgb blue fillcolor rgb sky linewidth (j == 4 ? 2.5 : 1.2)
    set label "{/:Bold ".text[j]."}" at middle[j], upper center textcolor rgb dark
    set label what[j] at middle[j], upper + 4.3 center textcolor rgb dark
}
set label "+" at 24.2, upper center font ",18" textcolor rgb dark
set label "×" at 39.7, upper center font ",18" textcolor rgb dark
set label "=" at 64, upper center font ",18" textcolor rgb dark
set arrow from 50, middles[1] + 2.1 to 50, upper - high - 0.5 filled size 1.2, 20 linewidth 2.5 linecolor rgb blue
set label "first step: delta = −gradient" at 48.7, 41 right textcolor rgb blue

# not owned: the gradient is there, and nobody reads it
set label "{/:Bold Not owned:} ".name[2] at 4, 14.5 left textcolor rgb dark
do for [j = 1:4:3] {
    set object rectangle from middle[j] - half[j], lower - high to middle[j] + half[j], lower + high \
        fillstyle solid 1 border linecolor rgb pale fillcolor rgb grey linewidth (j == 4 ? 2.5 : 1.2)
    set label "{/:Bold ".number(j == 1 ? old[2] : new[2])."}" at middle[j], lower center textcolor rgb dark
    set label what[j] at middle[j], lower + 4.3 center textcolor rgb dark
}
set object rectangle from 28.5, lower - high to 58, lower + high fillstyle empty border linecolor rgb pale linewidth 1.2 dashtype (6,4)
set label "nothing is added" at 43.25, lower center textcolor rgb dark
set label "+" at 24.2, lower center font ",18" textcolor rgb dark
set label "=" at 64, lower center font ",18" textcolor rgb dark
set arrow from 50, middles[2] - 2.1 to 50, 13.7 nohead linewidth 2.5 linecolor rgb red
set arrow from 47.5, 13.7 to 52.5, 13.7 nohead linewidth 4 linecolor rgb red
set label "{/:Bold computed, not used}" at 54, 14 left textcolor rgb red
set label (old[2] == new[2] ? "the same bits" : "other bits") at 78, 2 center textcolor rgb dark font ",12"

plot NaN notitle
