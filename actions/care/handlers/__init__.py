"""What the care flows do."""
