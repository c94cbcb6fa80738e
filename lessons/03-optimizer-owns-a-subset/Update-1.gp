# Update-1: The formula, and one owned and one unowned weight in the first step, with the numbers that were measured.
# Elsewhere: it crosses out the gradients of what the optimizer doesn't own. But gradients don't stop at the optimizer's edge: backward
# knows no optimizer, and computes them all the same; they just aren't used. What spares them is freezing.
#
# update.csv: name, index, old, gradient, new, lr, numbers (of its part), norm (of its part's gradient); owned, then unowned.
unset border; unset tics; unset grid; unset key
set lmargin 0; set rmargin 0; set tmargin 0; set bmargin 0
set xrange [0:90]; set yrange [0:56] # a unit is 10 pixels
dark = "#222222"; pale = "#555555"; blue = "#00527f"; sky = "#cfe4f2"; grey = "#f1f1f1"; red = "#a03000"; sand = "#fbe6d9"
array name[2]; array old[2]; array gradient[2]; array new[2]; array numbers[2]; array norm[2]
stats KNOBS_DATA."/update.csv" using ((i = int($0) + 1, name[i] = sprintf("%s[%d]", strcol("name"), column("index")), \
    old[i] = column("old"), gradient[i] = column("gradient"), new[i] = column("new"), lr = column("lr"), \
    numbers[i] = column("numbers"), norm[i] = column("norm")), 0) nooutput
# as many digits as show the change
change = abs(new[1] - old[1])
digits = change > 0 ? 1 - floor(log10(change)) : 4; digits = digits < 3 ? 3 : digits > 9 ? 9 : digits
format = sprintf("%%.%df", digits)
number(x) = (x < 0 ? "−" : "").sprintf(format, abs(x))
part(i) = sprintf("of all %s %s numbers: norm %.2f", thousands(numbers[i]), i == 1 ? "owned" : "unowned", norm[i])
array middle[4] = [12.5, 33, 54.5, 77.5]; array half[4] = [8.5, 8.5, 7.5, 8.5]; upper = 41.2; lower = 6; high = 2.6
array sign[3] = ["=", "+", "×"]; array sign_at[3] = [22.75, 44.25, 65.5]

# the formula
array what[4] = ["new value", "old value", "hyperparameter", "delta"]
do for [j = 1:4] { set label "{/:Bold ".what[j]."}" at middle[j], 53.3 center font ",13" textcolor rgb dark }
do for [j = 1:3] {
    set label sign[j] at sign_at[j], 53.3 center font ",18" textcolor rgb dark
    set label sign[j] at sign_at[j], upper center font ",18" textcolor rgb dark
}

# owned
set label "{/:Bold Owned:} ".name[1] at 4, 47.3 left textcolor rgb dark
array text[4] = [number(new[1]), number(old[1]), sprintf("lr %g", lr), number(-gradient[1])]
do for [j = 1:4] {
    set object rectangle from middle[j] - half[j], upper - high to middle[j] + half[j], upper + high \
        fillstyle solid 1 border linecolor rgb blue fillcolor rgb sky linewidth (j == 1 ? 2.5 : 1.2)
    set label "{/:Bold ".text[j]."}" at middle[j], upper center textcolor rgb dark
}

# the gradients, in the middle: backward knows nothing of optimizers
set object rectangle from 4, 23.5 to 86, 27.5 fillstyle solid 1 border linecolor rgb red fillcolor rgb sand linewidth 1.5
set label "{/:Bold backward} computes the gradient of every parameter that requires one" at 45, 25.5 center textcolor rgb red
array middles[2] = [32.8, 18.2]
do for [i = 1:2] {
    side = i == 1 ? 1 : -1
    set arrow from 77.5, 25.5 + side * 2 to 77.5, middles[i] - side * 2.1 filled size 1.2, 20 linewidth 2.5 linecolor rgb red
    set object rectangle from 64, middles[i] - 2.1 to 86, middles[i] + 2.1 \
        fillstyle solid 1 border linecolor rgb red fillcolor rgb sand linewidth 1.5
    set label "gradient  {/:Bold ".number(gradient[i])."}" at 75, middles[i] center textcolor rgb dark
    set label part(i) at 62.5, middles[i] right textcolor rgb pale font ",12"
}
set arrow from 77.5, middles[1] + 2.1 to 77.5, upper - high filled size 1.2, 20 linewidth 2.5 linecolor rgb blue
set label "first step: delta = −gradient" at 75.5, 36.7 right textcolor rgb blue

# not owned: the gradient is there, and nobody reads it
set label "{/:Bold Not owned:} ".name[2] at 4, 12 left textcolor rgb dark
do for [j = 1:2] {
    set object rectangle from middle[j] - half[j], lower - high to middle[j] + half[j], lower + high \
        fillstyle solid 1 border linecolor rgb pale fillcolor rgb grey linewidth (j == 1 ? 2.5 : 1.2)
    set label "{/:Bold ".number(j == 1 ? new[2] : old[2])."}" at middle[j], lower center textcolor rgb dark
    set label sign[j] at sign_at[j], lower center font ",18" textcolor rgb dark
}
set object rectangle from 47, lower - high to 86, lower + high linewidth 1.2 dashtype (6,4) fillstyle empty border linecolor rgb pale
set label "nothing" at 66.5, lower center textcolor rgb dark
set arrow from 77.5, middles[2] - 2.1 to 77.5, 12 nohead linewidth 2.5 linecolor rgb red
set arrow from 75, 12 to 80, 12 nohead linewidth 4 linecolor rgb red
set label "{/:Bold computed, not used}" at 73, 12.3 right textcolor rgb red
set label (old[2] == new[2] ? "the same bits" : "other bits") at middle[1], 1.8 center textcolor rgb dark font ",12"

plot NaN notitle
