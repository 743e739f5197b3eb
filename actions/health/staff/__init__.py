"""The operator's pages of the demonstration, below `/desk/health`: there where the stand-in is served."""

from actions.health.staff.stage import StagePages
from channels.desk.departments import StaffPages

__all__ = ["add"]


def add(pages: StaffPages) -> None:
    """Adds them; a hospital's own system is moved on by the hospital."""
    if pages.demo:
        StagePages(pages).add()
