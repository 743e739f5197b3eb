"""Whole conversations as tests: scripts in YAML, played through the real turn on a real database."""
