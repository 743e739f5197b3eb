"""The check of an award run's file: every row is read and worked out, and nothing is awarded yet."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import batched
from typing import Any, Final, cast
from uuid import UUID

import asyncpg

from actions.childcare.service import runs, weights
from actions.childcare.service.eligibility import CONFIRM_MONTHS, grace_until, months_later
from actions.childcare.service.families import COLUMNS, FROM
from actions.childcare.service.rule import ELEMENTS, Weights, work_out
from actions.childcare.service.run_file import NEW_NEEDS, OF_FAMILY, Row, Value, rows, title
from actions.sdk.serving import Pool, digest
from bot.spreadsheet import SpreadsheetError

CHUNK: Final = 500
"""Rows that are looked at together; others' work comes in between."""

_COLUMNS: Final = (
    "run", "number", "problem", "family", "code_digest", "birth_year", "parent", "phone", "language", "child",
    "born", "low_income", "training", "eligible_until", "base", "for_low_income", "for_training",
)  # fmt: skip
_AWARDED: Final = """
SELECT child.family, lower(child.given_name) AS name, child.born, award.period_from, award.run
FROM childcare.child JOIN childcare.award ON award.child = child.id
WHERE child.family = ANY ($1) AND award.state <> 'refused' AND period_from <= $3 AND period_until >= $2
"""


@dataclass
class _Seen:
    """What the rows before said, to find those that say it again or otherwise."""

    families: dict[str, tuple[int, tuple[Value | None, ...]]]
    children: dict[tuple[str, str, date], int]


async def check(pool: Pool, run: asyncpg.Record, me: UUID, lease: timedelta, today: date) -> None:
    """Checks a run's file and says what it comes to, or all that is wrong with it.

    What a worker left half-done is done again from the beginning: nothing of it counts before the end.

    Args:
        pool: the database.
        run: its row.
        me: the worker that has it.
        lease: see `runs.keep`.
        today: the day in London.
    """
    number = run["id"]
    data = await pool.fetchval("SELECT content FROM childcare.award_run_file WHERE run = $1", number)
    holds = await weights.on(pool, run["period_from"])
    before = await pool.fetchval("SELECT count(*) FROM childcare.award_run WHERE started_at IS NOT NULL")
    await pool.execute("DELETE FROM childcare.award_run_row WHERE run = $1", number, timeout=runs.LONG)
    seen, broken, done = _Seen({}, {}), 0, 0
    problem = None
    if holds is None:
        problem = f"No weights hold on {run['period_from'].isoformat()}: add some before."
    else:
        try:
            expected = data.count(b"\n")
            chunks = _chunks(run["file_name"], data)
            # Beside the loop: there may be many empty lines before the next row.
            while chunk := await asyncio.to_thread(next, chunks, ()):
                records = await _checked(pool, run, chunk, holds, seen, today)
                async with pool.acquire() as connection, connection.transaction():
                    await connection.copy_records_to_table(
                        "award_run_row", schema_name="childcare", columns=_COLUMNS, records=records
                    )
                    broken += sum(1 for record in records if record[2])
                    done += len(records)
                    if not await runs.keep(
                        connection, number, me, lease, rows=max(expected, done), done=done, broken=broken
                    ):
                        return
                await asyncio.sleep(0)
        except SpreadsheetError as error:
            problem = str(error)
    async with pool.acquire() as connection, connection.transaction():
        await runs.keep(
            connection, number, me, lease, state="broken" if broken or problem else "ready", problem=problem,
            rows=done, done=done, broken=broken, families=len(seen.families), started_before=before,
            weights=holds.version if holds else None, worker=None,
        )  # fmt: skip
        await connection.execute("DELETE FROM childcare.award_run_file WHERE run = $1", number)


def _chunks(name: str, data: bytes) -> Iterator[Sequence[Row]]:
    return batched(rows(name, data), CHUNK)


async def _checked(
    pool: Pool, run: asyncpg.Record, chunk: Sequence[Row], holds: Weights, seen: _Seen, today: date
) -> list[tuple[Any, ...]]:
    """Rows as they are kept, looked up together."""
    period = run["period_from"], run["period_until"]
    references = list({row.family for row in chunk if row.family})
    known = {
        row["reference"]: row
        for row in await pool.fetch(
            f"SELECT {COLUMNS} FROM {FROM} WHERE family.reference = ANY ($2)",  # noqa: S608
            period[0], references,
        )
    }  # fmt: skip
    awarded = {
        (each["family"], each["name"], each["born"]): each
        for each in await pool.fetch(_AWARDED, references, *period)
    }
    found = []
    for row in chunk:
        family = known.get(row.family or "")
        problems = [
            *row.problems, *_repeats(row, seen), *_not_eligible(row, family, period[0], today),
            *_awarded_before(row, awarded),
        ]  # fmt: skip
        found.append(_record(run["id"], row, family, holds, problems))
    return found


def _repeats(row: Row, seen: _Seen) -> Iterator[str]:
    child = row.child
    if child is not None and (first := seen.children.setdefault(child, row.number)) != row.number:
        yield f"It is the same child as in row {first}."
    if row.family is not None:
        says = tuple(row.values.get(column) for column in OF_FAMILY)
        first, before = seen.families.setdefault(row.family, (row.number, says))
        for column, here, there in zip(OF_FAMILY, says, before, strict=True):
            if here != there:
                yield f"{title(column)}: It is not the same as in row {first}, of the same family."


def _not_eligible(
    row: Row, family: asyncpg.Record | None, begin: date, today: date
) -> Iterator[str]:  # fmt: skip
    if row.family is None:
        return
    until = cast("date | None", row.values.get("eligible_until"))
    if family is None:
        missing = [title(column) for column in NEW_NEEDS if column not in row.values]
        if missing and not row.problems:  # what can't be read is not missing
            yield f"The family is not known yet, so these are needed: {', '.join(missing)}."
        confirm_by = months_later(today, CONFIRM_MONTHS)
    else:
        until, confirm_by = until or family["eligible_until"], family["confirm_by"]
    if until is not None and (last := grace_until(until)) < begin:
        yield f"Eligibility ends on {until.isoformat()}, and the grace period on {last.isoformat()}."
    # Whether it will have confirmed when a period that is to come begins is not known yet.
    elif (last := grace_until(confirm_by)) < min(begin, today):
        yield f"It had to be confirmed by {confirm_by.isoformat()}; grace ended on {last.isoformat()}."


def _awarded_before(
    row: Row, awarded: dict[tuple[str, str, date], asyncpg.Record]
) -> Iterator[str]:  # fmt: skip
    if row.child is not None and (award := awarded.get(row.child)) is not None:
        by = f"run {award['run']}" if award["run"] else "the demonstration"
        yield f"The child has an award from {award['period_from'].isoformat()} already, of {by}."


def _record(
    run: int, row: Row, family: asyncpg.Record | None, holds: Weights, problems: Sequence[str]
) -> tuple[Any, ...]:
    values = row.values
    if problems:
        whose = (values.get("family"), *[None] * 5, values.get("child"))
        return (run, row.number, " ".join(problems), *whose, *[None] * 7)
    reference, code = cast("str", values["family"]), cast("str | None", values.get("code"))
    facts = {
        name: values.get(name, None if family is None else family[name])
        for name in ("low_income", "training", "eligible_until")
    }
    award = work_out(
        dict(zip(ELEMENTS, row.base, strict=True)), holds,
        low_income=bool(facts["low_income"]), training=bool(facts["training"]),
    )  # fmt: skip
    parts = {part.element: part for part in award.parts}
    more = [parts.get(element) for element in ELEMENTS]
    new = family is None and code is not None
    return (
        run, row.number, None, reference, digest(reference, code) if new and code else None,
        values.get("birth_year") if new else None, values.get("parent") if new else None,
        values.get("phone") if new else None, values.get("language", "en") if new else None,
        values["child"], values["born"], facts["low_income"], facts["training"], facts["eligible_until"],
        list(row.base), [part.low_income if part else 0 for part in more],
        [part.training if part else 0 for part in more],
    )  # fmt: skip
