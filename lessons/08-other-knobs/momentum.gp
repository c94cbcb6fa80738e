# Rate and momentum of SGD. results.csv: run, momentum, lr, seed, accuracy, loss: a row a run.
load KNOBS_FOLDER."/map.gp"
row_name = "momentum"; row_at(x) = log10(1 / (1 - x)); row_words(x) = sprintf("µ = %g", x); row_label = ""
curve_at(mu, lr) = lr / (1 - mu); curve_axis = "learning rate / (1 − µ)"
line_count = 1; line_from(k) = 1; line_slope(k) = -1; line_words(k) = "lr / (1 − µ) stays"
shade_span = 0.15
load KNOBS_FOLDER."/two_panels.gp"
