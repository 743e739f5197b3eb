"""What the reports flows do: handlers are found in the modules of this folder."""
