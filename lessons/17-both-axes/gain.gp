# What groups and schedules buy: the test accuracy of each way to give rates.
words_of(name) = name eq "constant" ? "one rate,\nconstant" : name eq "schedule" ? "one rate,\nscheduled" : \
    name eq "groups" ? "two groups,\nconstant" : name eq "both" ? "two groups,\neach scheduled" : \
    name eq "momentum" ? "momentum too,\nin antiphase" : name
load KNOBS_COMMON."/gain.gp"
