# What groups buy: the test accuracy of each way to group.
words_of(name) = name eq "one" ? "one group" : name eq "two" ? "two groups:\nfeatures, classifier" : \
    name eq "by-role" ? "by role: backbone,\nhead, biases and\nnorms, conv1 later" : name eq "layer-wise" ? "layer-wise: slower\ntowards the input" : name
load KNOBS_COMMON."/gain.gp"
