# What the figures of this lesson share: names, the workload shown, a panel for each racer.
# results.csv: run, optimizer, workload, seed, accuracy, reached, steps, factor, lr, …; each kind is an optimizer.
eval runs_read
dark = "#222222"; pale = "#666666"; faint = "#bbbbbb"; shade = "#d3e6f2"; blue = "#005a8f"
name(k) = kind[k] eq "sgd" ? "SGD" : kind[k] eq "momentum" ? "SGD, momentum" : kind[k] eq "nesterov" ? "SGD, Nesterov" : \
    kind[k] eq "adagrad" ? "Adagrad" : kind[k] eq "adadelta" ? "Adadelta" : kind[k] eq "rmsprop" ? "RMSprop" : \
    kind[k] eq "adam" ? "Adam" : kind[k] eq "amsgrad" ? "AMSGrad" : kind[k] eq "adamw" ? "AdamW" : kind[k] eq "adamax" ? "Adamax" : \
    kind[k] eq "nadam" ? "NAdam" : kind[k] eq "radam" ? "RAdam" : kind[k] eq "lion" ? "Lion" : kind[k] eq "muon" ? "Muon + AdamW" : kind[k]
target(workload) = workload eq "digits" ? 0.90 : 0.82
# "+" begins with a row that counts as the names of columns: a sample from 0 on has 1, 2, …
across = kinds > 9 ? 5 : kinds > 4 ? 3 : kinds > 1 ? 2 : 1
down = (kinds + across - 1) / across
cell_x(k) = 0.07 + 0.93 * ((k - 1) % across) / across
cell_y(k) = 0.955 - 0.905 * ((k - 1) / across) / down # its head
wide = 0.93 / across - 0.022; tall = 0.905 / down - (down > 1 ? 0.095 : 0.07)
panel = 'set lmargin at screen cell_x(k); set rmargin at screen cell_x(k) + wide; \
    set tmargin at screen cell_y(k); set bmargin at screen cell_y(k) - tall'
