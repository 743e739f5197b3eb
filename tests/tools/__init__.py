"""Tests of the set-up and of what it installs from."""
