"""The operator's pages of the demonstration, below `/desk/health`."""
