"""Files of schools: England's register and our own figures; broken, hostile and large ones."""

import asyncio
import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from actions.education.school_client import SchoolOffice
from actions.education.service.columns import MOST_ROWS
from actions.education.service.figures import NEEDED as FIGURE_COLUMNS
from actions.education.service.figures import YEARS, read_figures
from actions.education.service.gias import NEEDED, read_register
from actions.education.service.invented_schools import FIGURES, REGISTER
from actions.education.service.school_files import MOST_BYTES, bring
from actions.education.tests.conftest import Departments
from actions.sdk import ServiceRefused
from actions.sdk.serving import Problem
from bot.queue import Pool
from bot.spreadsheet import SpreadsheetError

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)

ROW = {
    "URN": "910001", "LA (code)": "383", "LA (name)": "Leeds", "EstablishmentNumber": "2999",
    "EstablishmentName": "Hillcrest Primary School", "TypeOfEstablishment (name)": "Community school",
    "EstablishmentStatus (name)": "Open", "PhaseOfEducation (name)": "Primary", "StatutoryLowAge": "4",
    "StatutoryHighAge": "11", "Gender (name)": "Mixed", "ReligiousCharacter (name)": "Does not apply",
    "SchoolCapacity": "210", "NumberOfPupils": "195", "Street": "Hill Road", "Locality": "", "Town": "Leeds",
    "Postcode": "LS1 1CC", "SchoolWebsite": "www.hillcrest.example", "TelephoneNum": "01134960999",
    "HeadFirstName": "Ann", "HeadLastName": "Other", "Easting": "430000", "Northing": "434000",
}  # fmt: skip
FIGURE = {
    "URN": "900008", "ProgressMonths": "13", "ProgressYear": "2026", "EthosEnglish": "Kind.",
    "EthosWelsh": "Caredig.", "BreakfastClub": "yes", "AfterSchoolClub": "no", "FigureDate": "2026-11-20",
    "Places 4": "3",
}  # fmt: skip


def written(rows: list[dict[str, str]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """A file with the columns of its first row."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode(encoding)


def changed(**cells: str) -> dict[str, str]:
    """A good row with some cells changed; `_` in a name is the sign between words of the register."""
    names = {name.replace(" ", "_").replace("(", "").replace(")", ""): name for name in ROW}
    return {**ROW, **{names.get(name, name): value for name, value in cells.items()}}


def test_a_good_row() -> None:
    table = read_register("a.csv", written([ROW]))
    school = table.rows[2]
    assert (table.errors, school.urn, school.phase, school.choosable) == ([], "910001", "primary", True)
    assert (school.faith, school.website, school.address) == (
        None,
        "https://www.hillcrest.example",
        "Hill Road",
    )
    assert school.head == "Ann Other"


@pytest.mark.parametrize(
    ("cells", "shown", "choosable"),
    [
        ({"EstablishmentStatus_name": "Closed"}, False, False),
        ({"EstablishmentStatus_name": "Open, but proposed to close"}, True, True),
        ({"EstablishmentStatus_name": "Proposed to open"}, False, False),
        ({"TypeOfEstablishment_name": "Other independent school"}, False, False),
        ({"TypeOfEstablishment_name": "Community special school", "PhaseOfEducation_name": "Not applicable"},
         True, False),
        ({"TypeOfEstablishment_name": "Free schools"}, True, True),
        ({"PhaseOfEducation_name": "Middle deemed secondary"}, True, True),
        ({"PhaseOfEducation_name": "16 plus"}, True, False),
        # Schools of the forces abroad have no place on the grid; they are kept, and nobody is sent there.
        ({"Easting": "", "Northing": ""}, True, False),
        ({"Easting": "0", "Northing": "0"}, True, False),
        ({"StatutoryLowAge": "", "StatutoryHighAge": ""}, True, False),
    ],
)  # fmt: skip
def test_which_schools_are_shown_and_can_be_chosen(
    cells: dict[str, str], shown: bool, choosable: bool
) -> None:
    school = read_register("a.csv", written([changed(**cells)])).rows[2]
    assert (school.shown, school.choosable) == (shown, choosable)


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"URN": ""}, "URN is missing."),
        ({"URN": "12345"}, "URN is not a number of six digits."),
        ({"URN": "1234567"}, "URN is not a number of six digits."),
        ({"URN": "९००००१"}, "URN is not a number of six digits."),
        ({"EstablishmentName": ""}, "EstablishmentName is missing."),
        ({"EstablishmentName": "=HYPERLINK(\"http://x\")"},
         "EstablishmentName begins with a sign that a spreadsheet takes for a formula."),
        ({"EstablishmentName": "@SUM(A1)"},
         "EstablishmentName begins with a sign that a spreadsheet takes for a formula."),
        ({"Street": "-2+3cmd"}, None),
        ({"Street": "+cmd|calc"}, "Street begins with a sign that a spreadsheet takes for a formula."),
        ({"Street": "\t=1"}, "Street begins with a sign that a spreadsheet takes for a formula."),
        ({"EstablishmentName": "St ThÃ©rÃ¨se's"},
         "EstablishmentName was garbled by a wrong encoding: save the file as “CSV UTF-8”."),
        ({"EstablishmentName": "St Th\ufffdr\ufffdse's"},
         "EstablishmentName was garbled by a wrong encoding: save the file as “CSV UTF-8”."),
        ({"EstablishmentName": "A" * 121}, "EstablishmentName has more than 120 characters."),
        (
            {"EstablishmentName": "Good\u202eloohcS"},
            "EstablishmentName holds a character that can't be shown.",
        ),
        ({"EstablishmentName": "<script>alert(1)</script>"}, None),
        ({"EstablishmentStatus_name": "Ajar"},
         "EstablishmentStatus (name) is not one of: open, open, but proposed to close, closed,"
         " proposed to open."),
        ({"StatutoryLowAge": "12", "StatutoryHighAge": "11"}, "StatutoryLowAge is above StatutoryHighAge."),
        ({"StatutoryLowAge": "four"}, "StatutoryLowAge is not a whole number."),
        ({"SchoolCapacity": "99999"}, "SchoolCapacity is not from 0 to 20,000."),
        ({"NumberOfPupils": "1e3"}, "NumberOfPupils is not a whole number."),
        ({"Easting": "430000", "Northing": ""}, "Easting and Northing go together."),
        ({"Easting": "800000"}, "Easting is not from 0 to 700,000."),
        ({"Postcode": "LEEDS"}, "Postcode is not a postcode."),
        ({"SchoolWebsite": "javascript:alert(1)"}, "SchoolWebsite is not a web address."),
        ({"SchoolWebsite": "http://x.example/\"onload=1"}, "SchoolWebsite is not a web address."),
        ({"TelephoneNum": "ring us"}, "TelephoneNum is not a telephone number."),
        ({"LA_code": "38"}, "LA (code) is not a number of three digits."),
        ({"PercentageFSM": "101"}, "PercentageFSM is above 100."),
        ({"OfstedSpecialMeasures (name)": "Doing fine"},
         "OfstedSpecialMeasures (name) is not one of: in special measures, special measures, has serious "
         "weaknesses, serious weaknesses, not applicable, not in special measures."),
    ],
)  # fmt: skip
def test_a_row_that_can_not_be_used_is_told(cells: dict[str, str], sentence: str | None) -> None:
    table = read_register("a.csv", written([changed(**cells)]))
    assert [text for _, text in table.errors] == ([sentence] if sentence else [])


def test_every_broken_row_is_told_by_its_number() -> None:
    rows = [changed(URN=f"91000{number}") for number in range(1, 7)]
    rows[1]["URN"], rows[3]["EstablishmentName"] = "910001", ""
    table = read_register("a.csv", written(rows) + b"910009,1,2,3" + b",x" * 40 + b"\n")
    assert table.errors == [
        (3, "URN 910001 is in row 2 already."), (5, "EstablishmentName is missing."),
        (8, "The row has more cells than the heading: is a quotation mark missing?"),
    ]  # fmt: skip
    assert sorted(table.rows) == [2, 4, 6, 7]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04rest", "save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "save it as CSV"),
        (b"URN,EstablishmentName\n1,2\n", "lacks columns: LA (code)"),
        (",".join(NEEDED).encode() + b"\n", "has a heading and no rows"),
        (",".join((*NEEDED, "URN")).encode() + b"\n1\n", "has columns twice: URN"),
        (b"\xff\xfe\x00\xd8" + b"x" * 9, "encoding"),
        (b"URN,\x00\n", "encoding"),
    ],
)
def test_a_file_that_can_not_be_used(data: bytes, sentence: str) -> None:
    with pytest.raises(SpreadsheetError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        read_register("a.csv", data)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_it_is_read_in_whatever_way_spreadsheets_write(encoding: str, delimiter: str) -> None:
    row = changed(EstablishmentName="St Thérèse’s Primary School")
    table = read_register("a.csv", written([row], encoding, delimiter))
    assert [each.name for each in table.rows.values()] == ["St Thérèse’s Primary School"]


def test_a_file_may_be_too_long() -> None:
    line = written([ROW]).splitlines(keepends=True)
    with pytest.raises(SpreadsheetError, match="more than 100,000 rows"):
        read_register("a.csv", line[0] + line[1] * (MOST_ROWS + 1))


def test_the_demonstration_is_in_the_register_s_own_encoding() -> None:
    data = REGISTER.read_bytes()
    with pytest.raises(UnicodeDecodeError):
        data.decode("utf-8")
    table = read_register(REGISTER.name, data)
    assert (len(table.rows), table.errors) == (120, [])
    assert "St Thérèse's Catholic High School" in {each.name for each in table.rows.values()}
    assert {each.urn for each in table.rows.values()} == {f"9{number:05}" for number in range(1, 121)}
    assert {each.phase for each in table.rows.values()} == {"primary", "secondary", "all_through", "special"}
    assert len(read_figures(FIGURES.name, FIGURES.read_bytes()).rows) == 120


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        ({"ProgressMonths": "13", "ProgressYear": ""}, "ProgressMonths and ProgressYear go together."),
        ({"ProgressMonths": "99"}, "ProgressMonths is not from 0 to 36."),
        ({"BreakfastClub": "maybe"}, "BreakfastClub is not one of: yes, no."),
        ({"FigureDate": "2 Nov"}, "FigureDate is not a date such as 2026-11-02."),
        ({"FigureDate": "31/02/2026"}, "FigureDate is not a date such as 2026-11-02."),
        ({"Places 4": "-1"}, "Places 4 is not a whole number."),
        ({"FigureDate": "20/11/2026"}, None),
    ],
)
def test_rows_of_figures(cells: dict[str, str], sentence: str | None) -> None:
    table = read_figures("f.csv", written([{**FIGURE, **cells}]))
    assert [text for _, text in table.errors] == ([sentence] if sentence else [])


def test_a_year_without_a_cell_has_no_places() -> None:
    assert set(FIGURE_COLUMNS) <= set(FIGURE)
    assert read_figures("f.csv", written([FIGURE])).rows[2].places == {YEARS["Places 4"]: 3}


# --- in the department's system ---------------------------------------------------------------------


async def count(pool: Pool) -> int:
    number: int = await pool.fetchval("SELECT count(*) FROM education.school")
    return number


async def test_looked_at_then_brought_in_whole(office: SchoolOffice, demo: Pool) -> None:
    failing = {**changed(URN="910002"), "OfstedSpecialMeasures (name)": "In special measures"}
    same = [dict(row, **{"OfstedSpecialMeasures (name)": ""}) for row in (ROW,)]
    told = await office.look_at_file("register", "leeds.csv", written([*same, failing]))
    assert (told["rows"], told["wrong"], told["new"], told["changed"], told["choosable"]) == (2, 0, 2, 0, 2)
    assert [each["urn"] for each in told["marked"]] == ["910002"]
    assert await count(demo) == 120  # it was only looked at
    await office.bring_in(told["file"])
    assert await count(demo) == 122
    with pytest.raises(ServiceRefused, match="FILE_GONE"):
        await office.bring_in(told["file"])
    # The same again changes nothing; a school that closes is no more to be chosen.
    again = await office.look_at_file("register", "leeds.csv", written([*same, failing]))
    assert (again["new"], again["changed"], again["gone"]) == (0, 0, 0)
    shut = {**failing, "EstablishmentStatus (name)": "Closed"}
    closing = await office.look_at_file("register", "leeds.csv", written([shut]))
    assert (closing["new"], closing["changed"], closing["gone"]) == (0, 1, 1)


async def test_with_one_broken_row_nothing_is_brought_in(office: SchoolOffice, demo: Pool) -> None:
    rows = [changed(URN=f"91{number:04}") for number in range(50)]
    rows[30]["Postcode"] = "nowhere"
    told = await office.look_at_file("register", "leeds.csv", written(rows))
    assert (told["file"], told["wrong"], told["errors"][0]["row"]) == (None, 1, 32)
    assert await count(demo) == 120
    assert (await bring(demo, "register", "leeds.csv", written(rows), NOW))["wrong"] == 1
    assert await count(demo) == 120


async def test_a_file_is_kept_for_a_day(office: SchoolOffice, departments: Departments) -> None:
    told = await office.look_at_file("register", "leeds.csv", written([ROW]))
    departments.clock.forward(hours=25)
    with pytest.raises(ServiceRefused, match="FILE_GONE"):
        await office.bring_in(told["file"])


@pytest.mark.parametrize(
    ("data", "code"), [(b"PK\x03\x04", "FILE_UNREADABLE"), (b"x" * (MOST_BYTES + 1), "TOO_LARGE")]
)
async def test_what_is_no_such_file(office: SchoolOffice, data: bytes, code: str) -> None:
    with pytest.raises(ServiceRefused, match=code):
        await office.look_at_file("register", "x.xlsx", data)


async def test_figures_are_of_schools_in_the_register(office: SchoolOffice, demo: Pool) -> None:
    told = await office.look_at_file("more", "f.csv", written([FIGURE, {**FIGURE, "URN": "999999"}]))
    assert [each["sentence"] for each in told["errors"]] == ["URN 999999 is not in the register."]
    told = await office.look_at_file("more", "f.csv", written([FIGURE]))
    await office.bring_in(told["file"])
    rows = await demo.fetch("SELECT year_group, free FROM education.place WHERE urn = '900008'")
    assert [tuple(row) for row in rows] == [(4, 3)]


async def test_figures_older_than_an_offer_would_give_its_place_away_twice(office: SchoolOffice) -> None:
    old = {**FIGURE, "URN": "900015", "FigureDate": "2020-01-01"}
    told = await office.look_at_file("more", "f.csv", written([old]))
    assert "newer figures are needed" in told["errors"][0]["sentence"]
    assert told["file"] is None


async def waiting(pool: Pool, most: int, *tasks: asyncio.Task[Any]) -> None:
    """Comes back once so many wait for a lock, or one of the tasks is done."""
    while not any(task.done() for task in tasks):
        if await pool.fetchval("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted") >= most:
            return
        await asyncio.sleep(0.01)


async def test_figures_wait_for_the_places_that_are_being_given(office: SchoolOffice, demo: Pool) -> None:
    told = await office.look_at_file("more", "f.csv", written([FIGURE]))
    async with demo.acquire() as giving:
        transaction = giving.transaction()
        await transaction.start()
        await giving.execute(
            "UPDATE education.place SET free = free - 1 WHERE urn = $1 AND free > 0", FIGURE["URN"]
        )
        await giving.execute(
            """UPDATE education.outcome SET school_urn = $1, decided_at = '2026-11-25'
               WHERE school_urn = '900015' AND state = 'offered'""",
            FIGURE["URN"],
        )
        bringing = asyncio.create_task(office.bring_in(told["file"]))
        await waiting(demo, 1, bringing)
        await transaction.commit()
    with pytest.raises(ServiceRefused, match="FILE_WRONG"):
        await bringing


async def test_who_gives_places_while_figures_come_has_the_new_ones(office: SchoolOffice, demo: Pool) -> None:
    told = await office.look_at_file("more", "f.csv", written([FIGURE]))
    place = "SELECT free FROM education.place WHERE urn = $1 AND year_group = 4 FOR NO KEY UPDATE"
    assert await demo.fetchval(place, FIGURE["URN"]) == 1
    async with demo.acquire() as holding:
        transaction = holding.transaction()
        await transaction.start()
        await holding.execute(place, FIGURE["URN"])
        bringing = asyncio.create_task(office.bring_in(told["file"]))
        await waiting(demo, 1, bringing)
        giving = asyncio.create_task(demo.fetchval(place, FIGURE["URN"]))
        await waiting(demo, 2, bringing, giving)
        await transaction.rollback()
    await bringing
    assert await giving == 3


async def test_a_register_of_thirty_thousand(demo: Pool) -> None:
    rows = [
        changed(URN=f"{200_000 + number}", EstablishmentName=f"School {number}") for number in range(30_000)
    ]
    told = await bring(demo, "register", "england.csv", written(rows), NOW)
    assert isinstance(told, dict)
    assert (told["rows"], told["wrong"], told["new"]) == (30_000, 0, 30_000)


async def test_no_such_kind_of_file(demo: Pool) -> None:
    with pytest.raises(Problem, match="FILE_UNREADABLE"):
        await bring(demo, "more", "f.csv", b"", NOW)
