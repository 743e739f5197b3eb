"""Flows: how a department writes a dialogue, and the machine that walks through one."""
