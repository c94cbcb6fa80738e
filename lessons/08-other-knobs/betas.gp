# Rate and β₁ of Adam. results.csv: run, beta1, lr, seed, accuracy, loss: a row a run.
load KNOBS_FOLDER."/map.gp"
row_name = "beta1"; row_at(x) = log10(1 / (1 - x)); row_words(x) = sprintf("β₁ = %g", x); row_label = ""
curve_at(beta, lr) = lr; curve_axis = "learning rate"
line_count = 1; line_from(k) = 1; line_slope(k) = -1; line_words(k) = "where SGD's momentum would lead"
shade_span = 0.06
load KNOBS_FOLDER."/two_panels.gp"
