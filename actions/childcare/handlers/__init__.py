"""What the childcare flows do, a module for each subject."""
