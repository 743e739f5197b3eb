"""The department's pages at the desk: award runs, weights, what-if, and the funders' books."""

from actions.childcare.staff.books import Books
from actions.childcare.staff.runs import Runs
from actions.childcare.staff.weights import WeightPages
from channels.desk.departments import StaffPages

__all__ = ["add"]


def add(pages: StaffPages) -> None:
    """Adds them."""
    for each in (Runs(pages), WeightPages(pages), Books(pages)):
        each.add()
