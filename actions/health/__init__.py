"""The health department: choosing a treatment and a hospital."""
