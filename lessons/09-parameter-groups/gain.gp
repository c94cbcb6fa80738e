# What groups buy: the test accuracy of each way to group.
words_of(name) = name eq "one" ? "one group" : name eq "two" ? "two groups:\nfeatures, classifier" : \
    name eq "by-role" ? "by role:\nbackbone, head,\nbiases and norms" : name eq "layer-wise" ? "layer-wise: slower\ntowards the input" : name
load KNOBS_COMMON."/gain.gp"
