# The losses of curves.csv (step, loss_d, loss_g), for training.gp and curves.gp: `steps`; calm(), an average of some 60 steps, to
# be begun with m = 0.0; w = 0.0; and the range of both, set by `eval loss_range`.
steps = 0; low = 0.0; high = 0.0; m = 0.0; w = 0.0
finite(name) = strstrt(strcol(name), "nan") ? 0 : column(name) # what has diverged is nothing
calm(x) = (m = 0.97 * m + 0.03 * x, w = 0.97 * w + 0.03, m / w)
stats KNOBS_DATA."/curves.csv" using ((steps = column("step"), d = calm(finite("loss_d")), d < low ? (low = d) : 0), 0) nooutput
m = 0.0; w = 0.0
stats KNOBS_DATA."/curves.csv" using ((g = calm(finite("loss_g")), column("step") > 0.05 * steps && g > high ? (high = g) : 0), 0) nooutput
# a critic's loss is below 0
loss_range = low < 0 ? sprintf("set yrange [%g:%g]", 1.3 * low, 1.5 * high - low) : "set yrange [0:*]"
