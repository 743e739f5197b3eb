"""What the core's own flows do: handlers are found in the modules of this folder."""
