"""The department's pages at the desk: schools that are failing, the register, and giving out places."""

from actions.education.staff.designations import Designations
from actions.education.staff.places import Places
from actions.education.staff.register import Register
from channels.desk.departments import StaffPages

__all__ = ["add"]


def add(pages: StaffPages) -> None:
    """Adds them."""
    for each in (Designations(pages), Register(pages), Places(pages)):
        each.add()
