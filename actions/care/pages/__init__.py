"""The public pages of a budget: signed in by the letter, the plan is written there without any script."""

from actions.care.pages.site import Reader, application

__all__ = ["Reader", "application"]
