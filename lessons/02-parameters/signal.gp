plot 1
