"""The department's pages at the desk: plans line by line, payments, ways of holding, surpluses."""

from actions.care.staff.holdings import Holdings
from actions.care.staff.payments import Payments
from actions.care.staff.plans import Plans
from actions.care.staff.surpluses import SurplusPages
from channels.desk.departments import StaffPages

__all__ = ["add"]


def add(pages: StaffPages) -> None:
    """Adds them; the first has a link in the desk's navigation, and leads to the others."""
    for each in (Plans(pages), Payments(pages), Holdings(pages), SurplusPages(pages)):
        each.add()
