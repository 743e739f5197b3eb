"""What texts about a budget name: figures, plans and statements as slots, in both languages."""

from collections import Counter
from datetime import date
from typing import Any, Final

from babel.dates import format_date

from actions.care.budget import Citizen, Plan, Position, Statement, Version
from actions.sdk import Values

LOCALES: Final = {"en": "en_GB", "cy": "cy"}
NAMED: Final = 3
"""Payees that a statement by text names; the others are summed."""


def month_name(month: date) -> dict[str, str]:
    """“November 2026” by language."""
    return {
        language: str(format_date(month, "MMMM y", locale=locale)) for language, locale in LOCALES.items()
    }


def position_slot(position: Position) -> Values:
    """The four figures, and each way of holding."""
    return {
        "left": position.left, "held": position.held, "spent": position.spent, "planned": position.planned,
        "free": position.free, "over": max(-position.free, 0),
        "ways": [{"id": each.way, "way": each.way, "left": each.left, "held": each.held}
                 for each in position.ways],
    }  # fmt: skip


def budget_slot(citizen: Citizen) -> Values:
    """A budget: what it is worth and why, and what it comes to now."""
    budget, price = citizen.budget, citizen.budget.price
    return {
        "pence": budget.pence, "contribution": budget.contribution, "units": budget.units,
        "ends_on": budget.ends_on.isoformat(), "starts_on": budget.starts_on.isoformat(),
        "service": price.service, "price": price.pence, "source": price.source,
        "published_on": price.published_on.isoformat(), "as_of": citizen.as_of.isoformat(),
        "untouched": not (citizen.position.planned or citizen.position.held or citizen.position.spent),
        **position_slot(citizen.position),
    }  # fmt: skip


def plan_slot(plan: Plan) -> Values:
    """A plan as it is written now: its lines in order with their numbers, and what they leave."""
    version = plan.latest
    lines = _lines(version) if version else []
    return {
        "lines": lines, "yearly": version.yearly if version else 0, "worth": plan.worth, "left": plan.left,
        "over": max(-plan.left, 0), "in_force": plan.in_force is not None, "open": plan.open is not None,
        "sent": bool(plan.open and plan.open.sent_at),
        "talk": [line for line in lines if line["state"] == "talk"],
        "unsent": [line for line in lines if line["state"] == "new"],
    }  # fmt: skip


def _lines(version: Version) -> list[Values]:
    return [
        {"n": number, "id": str(line.line), **line.slot()} for number, line in enumerate(version.lines, 1)
    ]


def statement_slot(statement: Statement) -> Values:
    """A statement by text: the larger payees by name, the others as one sum."""
    went: Counter[str] = Counter()
    came = 0
    for entry in statement.entries:
        if entry.payee is not None:
            went[entry.payee] -= entry.pence
        elif entry.pence < 0:
            went[""] -= entry.pence
        else:
            came += entry.pence
    named: list[dict[str, Any]] = [
        {"payee": payee, "pence": pence} for payee, pence in went.most_common() if payee and pence > 0
    ]
    total = sum(went.values())
    return {
        "month": month_name(date.fromisoformat(f"{statement.month}-01")), "over": statement.over,
        "opening": statement.opening, "closing": statement.closing, "came": came, "went": total,
        "payees": named[:NAMED], "others": total - sum(each["pence"] for each in named[:NAMED]),
        "held": statement.held or 0,
    }  # fmt: skip
