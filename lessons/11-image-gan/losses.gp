# The losses of curves.csv (step, loss_d, loss_g), for training.gp and curves.gp: `steps`; calm(), an average of some 60 steps, to
# be begun with m = 0.0; w = 0.0; the range of both, low to high; and where their averages end, end_d and end_g.
steps = 0; low = 0.0; high = 0.0; m = 0.0; w = 0.0; end_d = 0.0; end_g = 0.0
finite(name) = strstrt(strcol(name), "nan") || strstrt(strcol(name), "inf") ? 0 : column(name) # what has diverged is nothing
calm(x) = (m = 0.97 * m + 0.03 * x, w = 0.97 * w + 0.03, m / w)
reach(x) = (low = x < low ? x : low, high = column("step") > 0.05 * steps && x > high ? x : high, x)
stats KNOBS_DATA."/curves.csv" using (steps = column("step"), 0) nooutput
stats KNOBS_DATA."/curves.csv" using (end_d = reach(calm(finite("loss_d"))), 0) nooutput
m = 0.0; w = 0.0
stats KNOBS_DATA."/curves.csv" using (end_g = reach(calm(finite("loss_g"))), 0) nooutput
low = 1.15 * low; high = high > low ? 1.15 * high : low + 1 # a critic's loss is below 0
