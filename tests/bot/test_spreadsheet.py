"""CSV files of recipients: every encoding and mistake a department may send, told before anything is sent."""

import uuid
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.spreadsheet import MOST_LINE, MOST_ROWS, Checked, SpreadsheetError, check_file
from bot.templates import Template
from bot.urgency import Urgency


def template(channel: str = "sms", body: str = "Dear ((name)), your bin day is ((day)).") -> Template:
    """A template in two languages."""
    subject = None if channel == "sms" else "Bins"
    return Template(
        uuid.uuid4(), "reports", channel, "bins", 1, Urgency.BULK, {"en": subject, "cy": subject},
        {"en": body, "cy": body.replace("Dear", "Annwyl").replace("your bin day is", "eich diwrnod yw")},
        "a test", datetime.now(UTC), None,
    )  # fmt: skip


def phone(text: str) -> str:
    """A stand-in for the check of numbers, which has tests of its own."""
    if not text.startswith("07"):
        raise ValueError("Not a UK mobile number.")
    return "+44" + text[1:].replace(" ", "")


def check(folder: Path, data: str | bytes, for_template: Template | None = None) -> Checked:
    """Checks a file with this content."""
    path = folder / "people.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return check_file(
        path, for_template or template(), check_address=phone, segments=lambda text: -(-len(text) // 160)
    )


GOOD = "phone number,name,day\n07700 900123,Siân,Tuesday\n07700 900124,Tŷ,Friday\n"


@pytest.mark.parametrize(
    "data",
    [
        GOOD,
        GOOD.encode("utf-8-sig"),
        GOOD.encode("utf-16"),
        GOOD.replace("\n", "\r\n"),
        GOOD.replace(",", ";"),
        GOOD.replace(",", "\t"),
        GOOD.replace("phone number", "Phone_Number").replace("day\n", "DAY\n", 1),
        GOOD.replace("phone number", "rhif ffôn"),
        GOOD + "\n , ,\n\n",
        'day,"name","phone number"\nTuesday,"Siân",07700 900123\nFriday,Tŷ,"07700 900124"\n',
    ],
)
def test_all_these_are_the_same_file(tmp_path: Path, data: str | bytes) -> None:
    checked = check(tmp_path, data)
    assert checked.errors == []
    assert [row.address for row in checked.rows] == ["+447700900123", "+447700900124"]
    assert [row.personalisation["name"] for row in checked.rows] == ["Siân", "Tŷ"]
    assert checked.segments == 2


def test_what_a_western_spreadsheet_writes(tmp_path: Path) -> None:
    data = "phone number;name;day\n07700900123;Siân – “the first”;£5\n".encode("cp1252")
    (row,) = check(tmp_path, data).rows
    assert row.personalisation == {"name": "Siân – “the first”", "day": "£5"}


def test_every_wrong_row_is_named_and_none_is_sent(tmp_path: Path) -> None:
    data = (
        "phone number,name,day,language,large print\n"
        "07700900123,Maya,Tuesday,Welsh,yes\n"
        "0113 496 0000,Maya,Tuesday,\n"
        ",Maya,Tuesday,\n"
        "07700900125,,Tuesday,\n"
        "07700900126,Maya\n"
        "07700900127,Maya,Tuesday,French\n"
        "07700 900 123,Maya,Tuesday,\n"
        f"07700900128,{'x' * 900},Tuesday,\n"
        "07700900129,Maya,Tuesday,,perhaps\n"
    )
    checked = check(tmp_path, data)
    assert [(row.number, row.language, row.large_print) for row in checked.rows] == [(2, "cy", True)]
    assert [(number, sentence.split(":")[0]) for number, sentence in checked.errors] == [
        (3, "Not a UK mobile number."),
        (4, "The recipient is missing."),
        (5, "Missing"),
        (6, "Missing"),
        (7, "The language must be English or Welsh."),
        (8, "It is the same as row 2."),
        (9, checked.errors[-2][1].split(":")[0]),
        (10, "Large print must be yes or no."),
    ]
    assert "918" in checked.errors[-2][1]
    assert checked.wrong == 8


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", "is empty"),
        ("\n\n  \n", "is empty"),
        ("phone number,name,day\n", "nobody to send to"),
        ("name,day\nMaya,Tuesday\n", "needs a column “phone number”"),
        ("phone number,name\n07700900123,Maya\n", "lacks columns that the template names: day"),
        (b"PK\x03\x04 and so on", "save it as CSV"),
        (b"\x81\x8d\x00\xff", "encoding"),
        ('phone number,name,day\n07700900123,"' + "x" * 20_000, "quotation mark"),
        ("phone number,name,day" + "," * MOST_LINE, "line 1 is too long"),
        ("phone number,name,day\n07700900123,Maya,Tuesday\n" + "," * (MOST_LINE + 1), "line 3 is too long"),
    ],
)
def test_a_file_that_is_no_use_is_told_in_a_sentence(tmp_path: Path, data: str | bytes, says: str) -> None:
    with pytest.raises(SpreadsheetError, match=says):
        check(tmp_path, data)


def test_a_million_rows_are_refused_at_the_first_too_many(tmp_path: Path) -> None:
    rows = "\n".join(f"0770090{at:07},Maya,Tuesday" for at in range(1_000_000))
    seen: list[int] = []
    path = tmp_path / "people.csv"
    path.write_text(f"phone number,name,day\n{rows}\n")
    with pytest.raises(SpreadsheetError, match="more than 100,000 recipients"):
        check_file(
            path,
            template(body="((name))"),
            check_address=lambda text: text,
            segments=len,
            progress=seen.append,
        )
    assert seen[-1] == MOST_ROWS + 1


def test_a_letter_takes_its_address_from_several_columns(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "address line 1,address line 2,address line 3,address line 7,name,day\n"
        "Maya Osei,1 Mill Lane,,LS6 2AB,Maya,Tuesday\n"
    )
    checked = check_file(path, template("letter"), check_address=lambda text: text, segments=len)
    assert [row.address for row in checked.rows] == ["Maya Osei\n1 Mill Lane\nLS6 2AB"]
    assert checked.segments == 0
