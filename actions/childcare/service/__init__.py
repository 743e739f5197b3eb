"""The stand-in for the childcare department's system."""
