"""Award runs: a file is checked as a whole, made into awards as a whole, and once, whatever happens."""

import asyncio
import itertools
import signal
import sys
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from actions.childcare.award_client import Awards, Got
from actions.childcare.service import checking, families, keeping, runs
from actions.childcare.service.ledger import element_account, funder_account
from actions.childcare.service.rule import ELEMENTS
from actions.childcare.service.run_file import MOST_LINES, Row
from actions.childcare.service.run_file import rows as read_rows
from actions.childcare.service.worker import Worker
from actions.childcare.tests.conftest import KEY, MONDAY, Office
from actions.sdk import Ledger, ServiceDown, ServiceRefused

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


@pytest.fixture
async def awards(office: Office) -> Awards:
    return Awards(office.url, office.session, settings={"key": KEY})


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


async def test_a_file_becomes_awards(office: Office, awards: Awards) -> None:
    before = await counts(office)
    facts = {"low_income": "yes", "training": "Y", "phone": "07700 900330"}
    rows = [
        line(**facts, wtc='"£1,200.50"', neg="96", ssg="0.01"), line(**facts, child="Cy", wtc="", neg="1"),
        line(3000000002, language="Welsh", born="03/02/2024"), known(),
    ]  # fmt: skip
    run = await send(awards, file(*rows))
    assert (run["state"], run["rows"], run["families"], run["broken"]) == ("ready", 4, 3, 0)
    # A check writes nothing down.
    assert await counts(office) == before
    # 1,200.50 + 100 + 100 of the working tax credit, and a quarter of it where the income is low.
    assert run["sums"]["wtc"] == {"base": 140_050, "low_income": 32_513, "training": 12_005}
    await awards.start(run["id"], "officer:4")
    done = await until(awards, run["id"], "done")
    assert (done["done"], done["sums"], done["started_by"]) == (4, run["sums"], "officer:4")

    family = await families.find(office.pool, "3000000001", MONDAY)
    assert family is not None
    assert (family.given_name, family.phone, family.standing.low_income) == ("Ann", "+447700900330", True)
    assert [child.given_name for child in family.children] == ["Bo", "Cy"]
    assert (family.confirmed_on, family.standing.confirm_by) == (MONDAY, date(2026, 6, 2))
    bo = family.children[0].id
    balances = {each.id: each.available for each in await office.ledger.accounts(f"childcare:child:{bo}")}
    # 120,050p + 9,600p + 1p with 35% more is 175,028.85p: a penny more than the parts' whole pennies.
    assert balances[element_account(bo, "wtc")] == 120_050 + 30_013 + 12_005
    assert balances[element_account(bo, "neg")] == 9_600 + 2_400 + 960
    assert balances[element_account(bo, "ssg")] == 1
    assert sum(balances.values()) == 175_029
    award = await office.pool.fetchval("SELECT id FROM childcare.award WHERE child = $1", bo)
    transfers = await office.ledger.referring(f"childcare:award:{award}")
    assert {each.by for each in transfers} == {f"run:{run['id']}"}
    equity = [each.amount for each in transfers if each.debit == funder_account("equity")]
    assert sorted(equity) == [3_360, 42_018]
    welsh = await families.find(office.pool, "3000000002", MONDAY)
    assert welsh is not None
    assert welsh.language == "cy"


async def test_the_family_is_told_what_it_was_awarded_and_why(office: Office, awards: Awards) -> None:
    run = await send(awards, file(known(wtc="180", neg="96", ssg="24")))
    await awards.start(run["id"], "officer:3")
    await until(awards, run["id"], "done")
    [told] = [told for kind, told in await office.notices() if kind == "awarded"]
    assert told == {
        "child": "Amina", "amount": 37_500, "from": "2026-04-01", "until": "2026-06-30",
        "expires": "2026-07-31", "low_income": 7_500, "training": 0, "before": 37_500,
    }  # fmt: skip


BROKEN = [
    (known("2000000009", born="x"), "born: A date is written"),
    (line(12), "family: The family's reference has ten digits."),
    (line(child=""), "child: It is missing."),
    (line(wtc=""), "There is nothing to award"),
    (line(wtc="-5"), "working tax credit: An amount is pounds and pence"),
    (line(wtc="1.234"), "working tax credit: An amount is pounds and pence"),
    (line(wtc="100000.01"), "at most 100,000"),
    (line(low_income="perhaps"), "low income: Write yes or no."),
    (line(born="2023-02-30"), "born: A date is written"),
    (line(year="90"), "year of birth: A year of birth has four digits"),
    (line(code="A1"), "code: A code is letters and digits"),
    (line(phone="call me"), "phone: This is no telephone number."),
    (line(language="fr"), "language: The language is English or Welsh."),
    (line(code="", parent=""), "these are needed: parent, code."),
    (line(until="2025-09-30"), "Eligibility ends on 2025-09-30, and the grace period on 2025-12-31."),
    (known("2000000012", child="Max", born="2020-01-01"), "grace"),
]  # fmt: skip


async def test_every_broken_row_is_told_with_its_number_and_nothing_is_awarded(
    office: Office, awards: Awards
) -> None:
    before = await counts(office)
    rows = [line(3_100_000_000 + at) for at in range(3)]
    wrong = [row.replace("3000000001", f"{3_200_000_000 + at}") for at, (row, _) in enumerate(BROKEN)]
    run = await send(awards, file(*rows, *wrong))
    assert (run["state"], run["broken"]) == ("broken", len(BROKEN))
    found = await problems(awards, run)
    assert sorted(found) == list(range(5, 5 + len(BROKEN)))
    for number, (row, sentence) in zip(sorted(found), BROKEN, strict=True):
        assert sentence in found[number], row
    with pytest.raises(ServiceRefused) as refused:
        await awards.start(run["id"], "officer:3")
    assert refused.value.code == "NOT_READY"
    assert await counts(office) == before


async def test_all_that_is_wrong_in_a_row_is_told_at_once(awards: Awards) -> None:
    run = await send(awards, file(line(born="x", low_income="x", wtc="x")))
    assert (await problems(awards, run))[2].count(":") == 3


CONTRADICTING: list[tuple[list[str], dict[int, str]]] = [
    ([line(), line(child="bo")], {3: "It is the same child as in row 2."}),
    ([line(), line(child="Cy", training="yes")], {3: "training: It is not the same as in row 2,"}),
    ([line(), "", line()], {4: "It is the same child as in row 2."}),
    ([line(), line(3000000002)], {}),
]


async def test_rows_that_contradict_each_other(awards: Awards) -> None:
    for rows, sentences in CONTRADICTING:
        found = await problems(awards, await send(awards, file(*rows)))
        assert found.keys() == sentences.keys()
        assert all(sentence in found[number] for number, sentence in sentences.items())


NO_FILES = [
    (b"", "is empty"),
    (b"PK\x03\x04", "save it as CSV"),
    (b"Family,Child\n1,2\n", "lacks these columns: born"),
    (b"Family,Child,Born\n1,2,3\n", "has no amounts"),
    (file(), "a heading and no rows"),
    (b"Family,Child,Born,Sure Start grant\n" + b"x" * 20_000, "can't be read as CSV"),
    (b"Family" + b"," * 1_000_000, "line 1 is too long"),
    (file(line() + "," * 1_000_000), "line 2 is too long"),
    (file() + b"\n" * MOST_LINES, "lines, with the empty ones"),
]


async def test_a_file_is_read_beside_the_loop(awards: Awards, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = set[int]()

    def seen(name: str, data: bytes) -> Iterator[Row]:
        for row in read_rows(name, data):
            readers.add(threading.get_ident())
            yield row

    monkeypatch.setattr(checking, "rows", seen)
    assert (await send(awards, file(line())))["state"] == "ready"
    assert readers
    assert threading.get_ident() not in readers


async def test_what_is_no_such_file_is_told(awards: Awards) -> None:
    for data, sentence in NO_FILES:
        run = await send(awards, data)
        assert run["state"] == "broken"
        assert sentence in run["problem"]


ZOE = file(line(parent="Zoë"))
WRITTEN = [
    ZOE, ZOE.decode().encode("utf-8-sig"), ZOE.decode().encode("utf-16"), ZOE.decode().encode("cp1252"),
    ZOE.replace(b",", b";"), ZOE.replace(b",", b"\t").replace(b"\n", b"\r\n"),
    file(line(parent="Zoë"), heading=HEADING.upper().replace(" ", "_")),
]  # fmt: skip


async def test_a_file_is_read_as_spreadsheets_write_it(office: Office, awards: Awards) -> None:
    for data in WRITTEN:
        run = await send(awards, data)
        assert run["state"] == "ready"
    parents = await office.pool.fetch("SELECT parent FROM childcare.award_run_row")
    assert [row["parent"] for row in parents] == ["Zoë"] * len(WRITTEN)


async def test_a_period_without_weights_can_not_be_awarded(awards: Awards) -> None:
    run = await send(awards, file(line()), period=(date(2020, 4, 1), date(2020, 6, 30)),
                     expires=date(2020, 7, 1))  # fmt: skip
    assert (run["state"], run["problem"]) == ("broken", "No weights hold on 2020-04-01: add some before.")


async def test_the_same_file_and_the_same_child_are_awarded_once(office: Office, awards: Awards) -> None:
    data = file(line())
    first, second = await send(awards, data), await send(awards, data)
    await awards.start(first["id"], "officer:3")
    await awards.start(first["id"], "officer:3")
    await until(awards, first["id"], "done")
    with pytest.raises(ServiceRefused) as refused:
        await awards.start(second["id"], "officer:3")
    assert refused.value.code == "SAME_FILE"
    other = file(line(neg="5"))
    overlap = await send(awards, other, period=(date(2026, 6, 30), date(2026, 7, 31)))
    assert "has an award from 2026-04-01 already, of run" in (await problems(awards, overlap))[2]
    after = await send(awards, other, period=(date(2026, 7, 1), date(2026, 7, 31)))
    assert after["state"] == "ready"


async def test_what_was_checked_before_another_run_is_checked_once_more(awards: Awards) -> None:
    first, second = await send(awards, file(line())), await send(awards, file(line(3000000002)))
    await awards.start(first["id"], "officer:3")
    await until(awards, first["id"], "done")
    with pytest.raises(ServiceRefused) as refused:
        await awards.start(second["id"], "officer:3")
    assert refused.value.code == "STALE"


async def test_new_weights_make_a_checked_file_stale(awards: Awards) -> None:
    run = await send(awards, file(line()))
    await awards.add_weights(date(2026, 4, 1), 3000, 1000, why="More", by="officer:3", key="w")
    with pytest.raises(ServiceRefused) as refused:
        await awards.start(run["id"], "officer:3")
    assert refused.value.code == "STALE"
    again = await send(awards, file(line(), line(3000000002, low_income="yes")))
    assert again["sums"]["wtc"]["low_income"] == 3_000


async def test_what_is_put_aside_leaves_nothing(office: Office, awards: Awards) -> None:
    run = await send(awards, file(line()))
    assert (await awards.give_up(run["id"], "officer:3"))["state"] == "given_up"
    assert await office.pool.fetchval("SELECT count(*) FROM childcare.award_run_row") == 0
    with pytest.raises(ServiceRefused):
        await awards.start(run["id"], "officer:3")


async def test_what_changed_of_a_family_is_kept_beside_what_was(office: Office, awards: Awards) -> None:
    run = await send(awards, file(known(low_income="no", training="yes")))
    await awards.start(run["id"], "officer:3")
    await until(awards, run["id"], "done")
    now, then = [await families.find(office.pool, "2000000009", day) for day in (MONDAY, PERIOD[0])]
    assert now is not None
    assert then is not None
    assert (now.standing.low_income, now.standing.training) == (True, False)
    assert (then.standing.low_income, then.standing.training) == (False, True)
    why = await office.pool.fetchval("SELECT by FROM childcare.eligibility ORDER BY id DESC LIMIT 1")
    assert why == f"run:{run['id']}"


# --- interruptions --------------------------------------------------------------------------------


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
