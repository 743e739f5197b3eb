"""An award run that breaks, is killed, is taken over or refused is finished once, with nothing lost."""

import asyncio
import signal
import sys
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from actions.childcare.award_client import Awards, Got
from actions.childcare.service import runs
from actions.childcare.service.ledger import element_account
from actions.childcare.service.rule import ELEMENTS
from actions.childcare.service.worker import Worker
from actions.childcare.tests.award_files import (
    file,
    known,
    line,
    problems,
    send,
    until,
)
from actions.childcare.tests.conftest import KEY, Office
from actions.sdk import Ledger, ServiceDown


class Cut(Ledger):
    """The ledger, over a line that breaks after so many calls, before or after it did what was asked."""

    calls, late = 0, False

    async def exchange(self, *given: Any, **more: Any) -> Any:
        Cut.calls -= 1
        if Cut.calls < 0 and not Cut.late:
            raise ServiceDown("cut")
        done = await super().exchange(*given, **more)
        if Cut.calls < 0:
            raise ServiceDown("cut")
        return done


async def begun(office: Office, run: Got, worker: UUID) -> None:
    """Starts a run that is this worker's alone, as the service has one of its own."""
    async with office.pool.acquire() as connection, connection.transaction():
        await runs.start(connection, run["id"], "officer:3", office.clock())
        await connection.execute(
            "UPDATE childcare.award_run SET worker = $2, worker_until = now() + interval '1 h' WHERE id = $1",
            run["id"], worker,
        )  # fmt: skip


async def taken_over(office: Office, awards: Awards, run: Got) -> None:
    """The worker died: its lease is over, the service's own goes on, and all is there once."""
    await office.pool.execute("UPDATE childcare.award_run SET worker_until = now() WHERE id = $1", run["id"])
    await awards.start(run["id"], "officer:3")  # does nothing, but wakes it
    done = await until(awards, run["id"], "done")
    assert (done["done"], done["problem"]) == (done["rows"], None)
    totals = {each.code: each for each in await office.ledger.totals("childcare.")}
    awarded = await office.pool.fetchval(
        "SELECT sum(amount)::bigint FROM childcare.award WHERE state = 'made'"
    )
    assert sum(totals[f"childcare.{each}"].credits_posted for each in ELEMENTS) == awarded
    told = await office.pool.fetchval(
        """SELECT count(*) FROM childcare.notice JOIN childcare.award ON key = 'awarded:' || award.id
           WHERE award.run = $1""",
        run["id"],
    )
    assert told == done["rows"]


@pytest.mark.parametrize("late", [False, True])
async def test_a_run_that_breaks_anywhere_is_finished_once(
    office: Office, awards: Awards, late: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actions.childcare.service.paying.BATCH", 2)
    url = office.url.replace("/departments/childcare", "/credits")
    ledger = Cut(url, office.session, settings={"key": KEY})
    for calls in range(6):
        first = 3_000_000_000 + calls * 10
        run = await send(awards, file(*(line(first + at, low_income="yes") for at in range(5))))
        broken = Worker(office.pool, office.clock, lambda: ledger, timedelta(hours=1))
        await begun(office, run, broken._me)
        Cut.calls, Cut.late = calls, late
        assert await broken.run()  # writes down
        with pytest.raises(ServiceDown):
            await broken.run()
        Cut.calls = 1_000
        await taken_over(office, awards, run)


KILLED = """
import asyncio, sys
from datetime import UTC, datetime, timedelta
from uuid import UUID
import aiohttp
from actions.childcare.service import paying
from actions.childcare.service.worker import Worker
from actions.sdk import Ledger
from bot.database import connect_pool

async def main(database, url, key, me):
    paying.BATCH = 1
    pool = await connect_pool(database, size=2)
    async with aiohttp.ClientSession() as session:
        ledger = Ledger(url, session, settings={"key": key})
        now = datetime(2026, 3, 2, 9, tzinfo=UTC)
        worker = Worker(pool, lambda: now, lambda: ledger, timedelta(hours=1))
        worker._me = UUID(me)
        while await worker.run():
            pass

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_run_whose_process_is_killed_is_finished_once(
    office: Office, awards: Awards, demo_url: str
) -> None:
    run = await send(awards, file(*(line(3_000_000_000 + at, training="yes") for at in range(300))))
    me = uuid4()
    await begun(office, run, me)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, demo_url, office.url.replace("/departments/childcare", "/credits"), KEY,
        str(me),
    )  # fmt: skip
    for _ in range(3_000):
        if (await awards.run(run["id"]))["done"] >= 20:
            break
        await asyncio.sleep(0.01)
    process.kill()
    assert await process.wait() == -signal.SIGKILL
    left = await office.pool.fetchval("SELECT count(*) FROM childcare.award WHERE state = 'planned'")
    assert 0 < left <= 280, "it was killed in the middle"
    await taken_over(office, awards, run)


async def test_a_worker_that_lost_its_run_leaves_it_alone(office: Office, awards: Awards) -> None:
    run = await send(awards, file(line()))
    assert not await runs.keep(office.pool, run["id"], uuid4(), timedelta(minutes=1), state="broken")
    assert (await awards.run(run["id"]))["state"] == "ready"


async def test_what_the_ledger_refuses_is_told_and_stops_nobody_else(office: Office, awards: Awards) -> None:
    child = await office.pool.fetchval("SELECT id FROM childcare.child WHERE family = '2000000009'")
    await office.ledger.close(element_account(child, "wtc"))
    run = await send(awards, file(line(), known(), line(3000000002)))
    await awards.start(run["id"], "officer:3")
    done = await until(awards, run["id"], "done")
    assert done["done"] == 3
    assert await problems(awards, run) == {3: "The ledger refused it: ACCOUNT_CLOSED."}
    states = [row["state"] for row in (await awards.rows(run["id"]))[0]]
    assert states == ["made", "refused", "made"]
