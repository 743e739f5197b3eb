"""Gives every test folder, the packs' own included, the fixtures of tests/fixtures.py."""

pytest_plugins = ["tests.fixtures"]
