"""The department's pages at the desk: failing schools, the register, places, and disputed sessions."""

from actions.education.staff.designations import Designations
from actions.education.staff.places import Places
from actions.education.staff.register import Register
from actions.education.staff.sessions import Sessions
from channels.desk.departments import StaffPages

__all__ = ["add"]


def add(pages: StaffPages) -> None:
    """Adds them."""
    for each in (Designations(pages), Register(pages), Places(pages), Sessions(pages)):
        each.add()
