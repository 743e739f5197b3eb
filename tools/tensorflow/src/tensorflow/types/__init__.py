"""A package on the way to types.experimental."""
