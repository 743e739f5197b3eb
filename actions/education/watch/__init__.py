"""What is told and asked of our own accord: watches are found in the modules of this folder."""
