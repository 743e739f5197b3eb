"""The specification: unit, integration, whole conversations, browser."""
