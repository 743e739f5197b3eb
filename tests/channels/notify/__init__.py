"""The Notify API."""
