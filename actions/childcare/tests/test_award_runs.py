"""Award runs: a file is checked as a whole, and made into awards as a whole, and once."""

import threading
from collections.abc import Iterator
from datetime import date

import pytest

from actions.childcare.award_client import Awards
from actions.childcare.service import checking, families
from actions.childcare.service.ledger import element_account, funder_account
from actions.childcare.service.run_file import MOST_LINES, Row
from actions.childcare.service.run_file import rows as read_rows
from actions.childcare.tests.award_files import (
    HEADING,
    PERIOD,
    counts,
    file,
    known,
    line,
    problems,
    send,
    until,
)
from actions.childcare.tests.conftest import MONDAY, Office
from actions.sdk import ServiceRefused


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
