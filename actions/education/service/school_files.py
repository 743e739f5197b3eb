"""Files about schools that an officer brings: looked at first, then brought in whole or not at all."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, timedelta
from typing import Final, Literal

from actions.education.service.columns import Table
from actions.education.service.figures import Figures, read_figures
from actions.education.service.gias import COLUMNS, Registered, read_register, record
from actions.sdk.service import Json
from actions.sdk.serving import Connection, Pool, Problem
from bot.spreadsheet import SpreadsheetError

type Kind = Literal["register", "more"]

MOST_BYTES: Final = 16 * 1024 * 1024
"""Of a file from a browser: a council's part of the register has one or two. The whole of it is brought in by
`python -m actions.education.bring_schools`."""
KEPT: Final = timedelta(days=1)
"""For so long a file that was looked at can be brought in."""

# The register's date alone changes nothing of a school.
_COUNTS: Final = """
SELECT count(*) FILTER (WHERE s.urn IS NULL) AS new,
    count(*) FILTER (WHERE to_jsonb(s) - 'register_date' <> to_jsonb(b) - 'register_date') AS changed,
    count(*) FILTER (WHERE s.choosable AND NOT b.choosable) AS gone,
    count(*) FILTER (WHERE b.choosable) AS choosable
FROM brought b LEFT JOIN education.school s USING (urn)
"""
_MERGE: Final = f"""
INSERT INTO education.school ({", ".join(COLUMNS)}, register_date)
SELECT {", ".join(COLUMNS)}, register_date FROM brought
ON CONFLICT (urn) DO UPDATE SET {", ".join(f"{each} = excluded.{each}" for each in COLUMNS[1:])},
    register_date = excluded.register_date
"""  # noqa: S608  (our own columns)
_NEWLY_MARKED: Final = """
SELECT b.urn, b.name FROM brought b LEFT JOIN education.school s USING (urn)
WHERE b.measures IS NOT NULL AND b.shown AND s.measures IS NULL ORDER BY b.urn
"""
# Figures that are older than an offer would give its place away a second time.
_OFFERED_SINCE: Final = """
SELECT school_urn, max(decided_at) AS at FROM education.outcome
WHERE school_urn = ANY($1) AND state IN ('offered', 'accepted') GROUP BY school_urn
"""
# First, in the order that those who give places out have, so that what they give out now is seen.
_LOCK_PLACES: Final = """
SELECT FROM education.place WHERE urn = ANY($1) ORDER BY urn, year_group FOR NO KEY UPDATE
"""
# In its row, as those who wait for that row would not find another.
_KEEP_PLACES: Final = """
INSERT INTO education.place (urn, year_group, free) VALUES ($1, $2, $3)
ON CONFLICT (urn, year_group) DO UPDATE SET free = excluded.free
"""
_KEEP_MORE: Final = """
INSERT INTO education.school_more (urn, progress, progress_year, ethos_en, ethos_cy, breakfast, after_school,
    figure_date) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (urn) DO UPDATE SET progress = excluded.progress, progress_year = excluded.progress_year,
    ethos_en = excluded.ethos_en, ethos_cy = excluded.ethos_cy, breakfast = excluded.breakfast,
    after_school = excluded.after_school, figure_date = excluded.figure_date
"""


async def look_at(pool: Pool, kind: Kind, name: str, data: bytes, now: datetime) -> Json:
    """Keeps a file and tells what bringing it in would do; nothing of it is done.

    Args:
        pool: the database.
        kind: `register`, or `more` for the department's own.
        name: of the file.
        data: what is in it.
        now: the time.

    Returns:
        `file` (its number; None where a row is wrong), `rows`, `wrong`, `errors`, and what would change.

    Raises:
        Problem: 422 `FILE_UNREADABLE`, with a sentence.
    """
    told = await _bring(pool, kind, name, data, now, dry=True)
    await pool.execute("DELETE FROM education.school_file WHERE brought_at < $1", now - KEPT)
    number = None
    if not told["wrong"]:
        number = await pool.fetchval(
            """INSERT INTO education.school_file (kind, name, content, brought_at) VALUES ($1, $2, $3, $4)
               RETURNING id""",
            kind, name, data, now,
        )  # fmt: skip
    return {"file": number, **told}


async def bring_in(pool: Pool, number: int, now: datetime) -> Json:
    """Brings in a file that was looked at; all of it, or nothing where something is wrong by now.

    Raises:
        Problem: 404 `FILE_GONE`, it was brought in or is too old; 409 `FILE_WRONG` with the `errors`.
    """
    row = await pool.fetchrow(
        "SELECT kind, name, content FROM education.school_file WHERE id = $1 AND brought_at > $2",
        number, now - KEPT,
    )  # fmt: skip
    if row is None:
        raise Problem(404, "FILE_GONE", "The file was brought in already, or is to be looked at again.")
    told = await _bring(pool, row["kind"], row["name"], row["content"], now, dry=False)
    if told["wrong"]:
        raise Problem(409, "FILE_WRONG", "Rows of it can't be used any more.", errors=told["errors"])
    await pool.execute("DELETE FROM education.school_file WHERE id = $1", number)
    return told


async def bring(
    pool: Pool, kind: Kind, name: str, data: bytes, now: datetime, *, dry: bool = False
) -> dict[str, Json]:
    """Brings a file in at once, for the demonstration and the operator; with a wrong row nothing is done.

    Raises:
        Problem: 422 `FILE_UNREADABLE`.
    """
    return await _bring(pool, kind, name, data, now, dry=dry)


async def _bring(
    pool: Pool, kind: Kind, name: str, data: bytes, now: datetime, *, dry: bool
) -> dict[str, Json]:
    if kind == "register":
        return await _bring_table(pool, read_register, _merge_register, (name, data), now, dry=dry)
    return await _bring_table(pool, read_figures, _merge_figures, (name, data), now, dry=dry)


async def _bring_table[R](
    pool: Pool,
    read: Callable[[str, bytes], Table[R]],
    merge: Callable[[Connection, Table[R], date], Awaitable[dict[str, Json]]],
    file: tuple[str, bytes],
    now: datetime,
    *,
    dry: bool,
) -> dict[str, Json]:
    try:
        # Beside the loop: a whole register keeps a processor busy for seconds.
        table = await asyncio.to_thread(read, *file)
    except SpreadsheetError as error:
        raise Problem(422, "FILE_UNREADABLE", str(error)) from None
    async with pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        try:
            changes = await merge(connection, table, now.date())
        except BaseException:
            await transaction.rollback()
            raise
        # A dry run does all that is done in earnest, so that it tells the truth, and undoes it.
        await (transaction.rollback() if dry or table.wrong else transaction.commit())
    errors: list[Json] = [{"row": number, "sentence": sentence} for number, sentence in sorted(table.errors)]
    return {"rows": len(table.rows) + table.wrong, "wrong": table.wrong, "errors": errors, **changes}


async def _merge_register(connection: Connection, table: Table[Registered], today: date) -> dict[str, Json]:
    await connection.execute("CREATE TEMPORARY TABLE brought (LIKE education.school) ON COMMIT DROP")
    await connection.copy_records_to_table(
        "brought", records=[record(each, today) for each in table.rows.values()],
        columns=[*COLUMNS, "register_date"],
    )  # fmt: skip
    row = await connection.fetchrow(_COUNTS)
    marked = await connection.fetch(_NEWLY_MARKED)
    await connection.execute(_MERGE)
    assert row is not None
    return {**dict(row), "marked": [dict(each) for each in marked]}


async def _merge_figures(connection: Connection, table: Table[Figures], _today: date) -> dict[str, Json]:
    urns = [each.urn for each in table.rows.values()]
    await connection.execute(_LOCK_PLACES, urns)
    known = {
        row["urn"] for row in await connection.fetch(
            "SELECT urn FROM education.school WHERE urn = ANY($1)", urns
        )
    }  # fmt: skip
    offered = {row["school_urn"]: row["at"].date() for row in await connection.fetch(_OFFERED_SINCE, urns)}
    for number, each in list(table.rows.items()):
        if each.urn not in known:
            table.refuse(number, f"URN {each.urn} is not in the register.")
        elif each.urn in offered and each.figure_date <= offered[each.urn]:
            table.refuse(number, f"A place was offered on {offered[each.urn]}: newer figures are needed.")
        else:
            continue
        del table.rows[number]
    rows = list(table.rows.values())
    await connection.executemany(
        _KEEP_MORE,
        [
            (each.urn, each.progress, each.progress_year, each.ethos_en, each.ethos_cy, each.breakfast,
             each.after_school, each.figure_date)
            for each in rows
        ],
    )  # fmt: skip
    places = [(each.urn, year, free) for each in rows for year, free in each.places.items()]
    await connection.execute(
        """DELETE FROM education.place WHERE urn = ANY($1) AND (urn, year_group) NOT IN (
               SELECT * FROM unnest($2::text[], $3::smallint[]))""",
        [each.urn for each in rows], [urn for urn, _, _ in places], [year for _, year, _ in places],
    )  # fmt: skip
    await connection.executemany(_KEEP_PLACES, places)
    return {"places": sum(sum(each.places.values()) for each in rows)}
