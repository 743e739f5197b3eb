"""What a citizen has of the education department: found in the modules of this folder."""
