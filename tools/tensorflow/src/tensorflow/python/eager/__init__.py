"""A package on the way to wrap_function."""
