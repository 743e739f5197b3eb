"""A package on the way to eager.wrap_function."""
