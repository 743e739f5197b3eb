"""Imported by Rasa as a module; none of its names is read at import."""
