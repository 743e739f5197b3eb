"""From a message, read in the context of the open question, to commands."""
