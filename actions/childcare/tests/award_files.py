"""Files of families as tests send them to an award run, and what comes of them."""

import asyncio
import itertools
from datetime import date, timedelta
from typing import Any

from actions.childcare.award_client import Awards, Got
from actions.childcare.tests.conftest import MONDAY, Office

HEADING = (
    "Family,Parent,Year of birth,Code,Phone,Language,Child,Born,Low income,Training,Eligible until,"
    "Working tax credit,Nursery education grant,Sure Start grant"
)
PERIOD = date(2026, 4, 1), date(2026, 6, 30)
EXPIRES = date(2026, 7, 31)
_numbers = itertools.count()


AMINA = MONDAY - timedelta(days=1050)
"""When a child of the demonstration was born, whose family has a low income."""


def line(family: int | str = 3000000001, **cells: str) -> str:
    """A row of a family that is not known yet, unless its cells say otherwise."""
    row = {
        "family": str(family), "parent": "Ann", "year": "1990", "code": "STONE 1234", "phone": "",
        "language": "", "child": "Bo", "born": "2023-01-02", "low_income": "no", "training": "no",
        "until": "", "wtc": "100", "neg": "", "ssg": "", **cells,
    }  # fmt: skip
    return ",".join(row.values())


def known(reference: str = "2000000009", **cells: str) -> str:
    """A row of a family of the demonstration: only what changes from time to time."""
    blank = dict.fromkeys(("parent", "year", "code", "low_income", "training"), "")
    return line(reference, **{**blank, "child": "Amina", "born": AMINA.isoformat(), **cells})


def file(*rows: str, heading: str = HEADING) -> bytes:
    return "\n".join((heading, *rows, "")).encode()


async def send(awards: Awards, data: bytes, *, period: tuple[date, date] = PERIOD, **more: Any) -> Got:
    """Sends a file and waits until it is checked."""
    run = await awards.send(
        "families.csv", data, period, more.pop("expires", EXPIRES), by="officer:3",
        key=f"send-{next(_numbers)}", **more,
    )  # fmt: skip
    return await until(awards, run["id"], "broken", "ready")


async def until(awards: Awards, number: int, *states: str) -> Got:
    for _ in range(1_500):
        run = await awards.run(number)
        if run["state"] in states:
            return run
        await asyncio.sleep(0.02)
    raise AssertionError(f"run {number} is {run['state']}")


async def problems(awards: Awards, run: Got) -> dict[int, str]:
    rows, more = await awards.rows(run["id"], broken=True)
    assert not more
    return {row["number"]: row["problem"] for row in rows}


async def counts(office: Office) -> dict[str, int]:
    tables = ("family", "child", "eligibility", "award", "award_element")
    return {each: await office.pool.fetchval(f"SELECT count(*) FROM childcare.{each}") for each in tables}
