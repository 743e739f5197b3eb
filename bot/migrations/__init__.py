"""The one migration history of the assistant's own tables."""
