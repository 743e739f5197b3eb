"""Tools of the people who build Onedoor: the set-up, the locks, the benchmark."""
