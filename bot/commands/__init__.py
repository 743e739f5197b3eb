"""The verbs of the `onedoor` command, a module each."""
