# Batch size and rate. results.csv: run, batch-size, lr, seed, accuracy, loss: a row a run.
load KNOBS_FOLDER."/map.gp"
row_name = "batch-size"; row_words(x) = sprintf("%g", x); row_label = "images a batch"
curve_at(size, lr) = lr; curve_axis = "learning rate"
line_count = 2; line_from(k) = 1; line_slope(k) = k == 1 ? 0.5 : 1; line_words(k) = k == 1 ? "lr ∝ √size" : "lr ∝ size"
shade_span = 0.15
load KNOBS_FOLDER."/two_panels.gp"
