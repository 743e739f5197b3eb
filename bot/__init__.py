"""The assistant's engine: understanding, deciding, the turn, storage and settings."""
