# The stacks of lesson 02, for signal.gp and learning.gp: of kind k (see runs_read) its name and its line type.
# results.csv: run, init, …, std (of the weights), loss, accuracy.
eval runs_read
dark = "#222222"; pale = "#555555"
inits = "large kaiming xavier small"
type(k) = int(word("2 1 4 8", place_in(inits, kind[k])))
array std[kinds]; array count[kinds]
do for [k = 1:kinds] { std[k] = 0.0; count[k] = 0 }
stats KNOBS_DATA."/results.csv" using (k = kind_of[int($0) + 1], std[k] = std[k] + column("std"), count[k] = count[k] + 1, 0) nooutput
name(k) = word("Normal Kaiming Xavier Normal", place_in(inits, kind[k])).sprintf(", std %.2g", std[k] / count[k])
