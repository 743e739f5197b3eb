"""What the health flows do, a module for each part of a citizen's way."""
