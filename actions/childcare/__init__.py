"""Childcare: journeys that say what they will do, until they are built."""
