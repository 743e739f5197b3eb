"""Rows of an award run go when their time is over; awards and sums stay."""

import asyncio
from datetime import timedelta

import pytest

from actions.childcare.award_client import Awards, Got
from actions.childcare.service import keeping
from actions.childcare.tests.award_files import (
    file,
    known,
    line,
    send,
    until,
)
from actions.childcare.tests.conftest import Office
from actions.sdk import ServiceRefused


async def cleared(office: Office, awards: Awards, number: int) -> Got:
    """A run when its rows are gone; the service looks by itself as well."""
    for _ in range(500):
        await keeping.look(office.pool, office.clock())
        run = await awards.run(number)
        if run["cleared_at"]:
            return run
        await asyncio.sleep(0.02)
    raise AssertionError(f"run {number} keeps its rows")


async def test_rows_of_a_run_go_after_a_year_and_its_awards_and_sums_stay(
    office: Office, awards: Awards
) -> None:
    run = await send(awards, file(line(), known(wtc="180")))
    await awards.start(run["id"], "officer:3")
    done = await until(awards, run["id"], "done")
    office.clock.forward(days=364)
    assert not await keeping.look(office.pool, office.clock())
    office.clock.forward(days=2)
    after = await cleared(office, awards, run["id"])
    assert (after["state"], after["rows"], after["sums"]) == ("done", 2, done["sums"])
    assert await awards.rows(run["id"]) == ([], False)
    assert await office.pool.fetchval("SELECT count(*) FROM childcare.award WHERE run = $1", run["id"]) == 2


@pytest.mark.parametrize("row", [line(), line(12)])
async def test_a_file_that_was_not_awarded_is_put_aside_after_a_month(
    office: Office, awards: Awards, row: str
) -> None:
    run = await send(awards, file(row))
    office.clock.forward(days=29)
    assert not await keeping.look(office.pool, office.clock())
    office.clock.forward(days=2)
    assert (await cleared(office, awards, run["id"]))["state"] == "given_up"
    assert await awards.rows(run["id"]) == ([], False)
    with pytest.raises(ServiceRefused, match="NOT_READY"):
        await awards.start(run["id"], "officer:3")


async def test_many_rows_go_some_at_a_time_until_none_is_left(
    office: Office, awards: Awards, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "AT_ONCE", 2)
    run = await send(awards, file(*(line(3000000001 + at) for at in range(3))))
    office.clock.now += keeping.WAITING + timedelta(days=1)
    await cleared(office, awards, run["id"])
    assert await awards.rows(run["id"]) == ([], False)
