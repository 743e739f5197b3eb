"""What every citizen can ask whatever the department: written as a pack like any other."""
