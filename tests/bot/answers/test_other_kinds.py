"""Numbers, years, phones, postcodes, places, references, codes, text and photos."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.answers import Question
from bot.answers.counting import in_digits
from bot.answers.photo import read_photo
from bot.answers.place import read_outward
from tests.bot.answers.reading import ask, read

NUMBER = [
    ("3", 3), ("three", 3), ("3 please", 3), ("about 3", 3), ("there are 4 of us", 4), ("a couple", 2),
    ("a dozen", 12),
    ("1,200", 1200), ("a hundred and five", 105), ("a thousand", 1000), ("nine hundred and ninety nine",
        999),
    ("twenty-one", 21), ("none", 0), ("zero", 0), ("just me", 1), ("not 2, 3", 3), ("2 hundred", 200),
    ("tri", 3), ("tair", 3), ("dwy", 2), ("deg", 10), ("un ar ddeg", 11), ("un deg un", 11), ("deuddeg",
        12),
    ("pymtheg", 15), ("un ar bymtheg", 16), ("deunaw", 18), ("pedwar ar bymtheg", 19), ("ugain", 20),
    ("dau ddeg", 20),
    ("un ar hugain", 21), ("dau ddeg un", 21), ("pump ar hugain", 25), ("deg ar hugain", 30),
    ("un ar ddeg ar hugain", 31), ("tri deg un", 31), ("saith deg pump", 75), ("cant", 100),
    ("dau gant pum deg", 250),
    ("mil", 1000), ("naw cant naw deg naw", 999), ("dim ond fi", 1),
    ("12.5", None), ("-3", None), ("minus 2", None), ("2 or 3", None), ("£5", None), ("1/2", None),
    ("10%", None),
    ("hello", None), ("", None), ("i can't say", None), ("1,20", None), ("10:30", None),
    ("9999999999999", None),
]  # fmt: skip
YEAR = [
    ("1961", 1961), ("born in 1948", 1948), ("61", 1961), ("'61", 1961), ("’61", 1961), ("99", 1999),
    ("27", 1927),
    ("nineteen sixty one", 1961), ("two thousand and one", 2001), ("i was born in nineteen fifty four",
        1954),
    ("3/4/61", 1961), ("3 April 1961", 1961), ("14/03/1961", 1961), ("mil naw chwe deg un", 1961),
    ("yn 1955", 1955),
    ("2030", None), ("1061", None), ("1899", None), ("hello", None), ("12345", None), ("yes", None),
    ("", None),
]  # fmt: skip
PHONE = [
    ("07700 900123", "+447700900123"), ("07700900123", "+447700900123"), ("+44 7700 900123",
        "+447700900123"),
    ("0044 7700 900 123", "+447700900123"), ("07700-900-123", "+447700900123"),
    ("(07700) 900123", "+447700900123"),
    ("ring me on 07700900123 please", "+447700900123"), ("fy rhif yw 07700 900123", "+447700900123"),
    ("not 07700 900123, 07700 900456", "+447700900456"), ("0113 496 0000", "+441134960000"),
    ("020 7946 0000", "+442079460000"), ("07700 900123 or 07700 900456", None), ("12345678", None),
    ("hello", None),
    ("077009001234", None), ("1111 2222 3333", None), ("999", None), ("", None), ("2", None),
]  # fmt: skip
POSTCODE = [
    ("LS6 2AB", "LS6 2AB"), ("ls62ab", "LS6 2AB"), ("LS6-2AB", "LS6 2AB"), ("LS6,2AB.", "LS6 2AB"),
    ("L S 6 2 A B", "LS6 2AB"),
    ("LS6 OAB", "LS6 0AB"), ("LSO 2AB", "LS0 2AB"), ("LSS 2AB", "LS5 2AB"), ("SWIA 1AA", "SW1A 1AA"),
    ("SW1A1AA", "SW1A 1AA"),
    ("M1 1AE", "M1 1AE"), ("B33 8TH", "B33 8TH"), ("W1A 0AX", "W1A 0AX"), ("CR2 6XH", "CR2 6XH"),
    ("DN55 1PT", "DN55 1PT"),
    ("my postcode is LS28 8CM", "LS28 8CM"), ("going to ls6 2ab", "LS6 2AB"),
    ("not LS6 2AB, BD9 4CK", "BD9 4CK"),
    ("CF10 1EP plîs", "CF10 1EP"), ("fy nghod post yw cf10 1ep", "CF10 1EP"), ("LS6  2ab?", "LS6 2AB"),
    ("LS6", None), ("LS6 2", None), ("ls6 zab", None), ("diolch", None), ("was 1st", None),
    ("to 5pm", None), ("us 1st", None),
    ("at 2pm", None), ("class 5 ab", None), ("from ls6 2ab to bd9 4ck", None), ("12345", None),
    ("", None), ("so 2nd", None),
]  # fmt: skip
PLACE: list[tuple[str, Any]] = [
    ("near the bus station", ("bus station", None)), ("in Leeds", ("Leeds", None)),
    ("I live in Otley", ("Otley", None)),
    ("Leeds", ("Leeds", None)),
    ("outside the Co-op on Otley Road", ("outside the Co-op on Otley Road", None)),
    ("outside 12 High St LS6 2AB", ("outside 12 High St LS6 2AB", "LS6 2AB")),
    ("ls62ab", ("ls62ab", "LS6 2AB")),
    ("near LS6 2AB", ("LS6 2AB", "LS6 2AB")), ("12 High Street", ("12 High Street", None)),
    ("ger yr orsaf yn Aberystwyth", ("yr orsaf yn Aberystwyth", None)),
    ("yng Nghaerdydd", ("Nghaerdydd", None)),
    ("yn y dre", ("y dre", None)), ("by the park gates", ("by the park gates", None)),
    ("", None), ("?", None), ("yes", None), ("na", None), ("123", None), ("not sure", None),
]  # fmt: skip
FORM = r"[A-Z]{2}\d{6}"
REFERENCE = [
    ("AB123456", "AB123456"), ("ab123456", "AB123456"), ("ab 12 34 56", "AB123456"),
    ("AB-123-456", "AB123456"),
    ("my ref is ab-123456 thanks", "AB123456"), ("it's AB 123456", "AB123456"), ("AB123456.", "AB123456"),
    ("fy nghyfeirnod yw ab 123456", "AB123456"), ("not AB123456, CD123456", "CD123456"),
    ("ref: AB123456", "AB123456"),
    ("AB12345", None), ("AB1234567", None), ("A1234567", None), ("AB123456 or CD123456", None),
    ("hello", None), ("", None),
]  # fmt: skip
DIGITS = [
    ("1111 2222 3333", "111122223333"), ("1111-2222-3333", "111122223333"), ("111122223333",
        "111122223333"),
    ("it's 1111 2222 3333 thanks", "111122223333"), ("1111.2222.3333", "111122223333"),
    ("1111 2222 333", None),
    ("1111 2222 3333 4", None), ("hello", None), ("", None), ("A111122223333", None),
]  # fmt: skip
CODE = [
    ("KITE 4821", "KITE 4821"), ("kite4821", "KITE 4821"), ("kite-4821", "KITE 4821"),
    ("it says LAMP 7305", "LAMP 7305"),
    ("7305", "7305"), ("hello", None), ("", None), ("what code", None),
]  # fmt: skip


def rows(kind: str, table: list[tuple[str, Any]], **details: Any) -> list[Any]:
    return [pytest.param(kind, text, details, value, id=f"{kind}: {text}") for text, value in table]


@pytest.mark.parametrize(
    ("kind", "text", "details", "value"),
    [
        *rows("number", NUMBER), *rows("year", YEAR), *rows("phone", PHONE), *rows("postcode", POSTCODE),
        *rows("place", [(text, value and {"text": value[0], "postcode": value[1]}) for text,
        value in PLACE]),
        *rows("reference", REFERENCE, form=FORM), *rows("digits", DIGITS, digits=12), *rows("code", CODE),
        *rows("number", [("3", 3), ("1", None), ("12", None), ("un", None)], min=2, max=10),
        *rows("phone", [("07700 900123", "+447700900123"), ("0113 496 0000", None)], only="mobile"),
        *rows("phone", [("07700 900123", None), ("0113 496 0000", "+441134960000")], only="landline"),
        *rows("text", [("a  big\nhole", "a big hole"), ("twll mawr", "twll mawr"), ("?!", None),
        ("", None), ("🙃", None)]),
        *rows("text", [("hole", None), ("a big hole", "a big hole"),
        ("a very big hole indeed", None)], min=5, max=12),
        *rows("reference", [("AB123456", None)], form="(["), *rows("reference", [("AB123456", None)]),
    ],
)  # fmt: skip
def test_kinds(kind: str, text: str, details: dict[str, Any], value: Any) -> None:
    assert read(kind, text, **details) == value


@pytest.mark.parametrize(
    ("text", "outward"),
    [("LS6", "LS6"), ("ls6", "LS6"), ("I'm in LS6", "LS6"), ("LS6 2", "LS6"), ("SW1A", "SW1A"),
    ("LS6 2AB", None),
     ("hello", None), ("12", None), ("CF10 plîs", "CF10"), ("", None)],
)  # fmt: skip
def test_half_a_postcode_is_told(text: str, outward: str | None) -> None:
    assert read_outward(text) == outward


@pytest.mark.parametrize(
    ("kind", "text", "whole"),
    [("postcode", "LS6 2AB", True), ("postcode", "I need to choose a hospital near BD9 4CK", False),
     ("place", "near the bus station", True), ("place", "I want to speak to somebody about this", False),
     ("text", "a big hole", False), ("number", "3", True), ("year", "1961", True)],
)  # fmt: skip
def test_whole(kind: str, text: str, whole: bool) -> None:
    answer = ask(kind, text)
    assert answer is not None
    assert answer.whole is whole


def test_a_photo_comes_with_the_message() -> None:
    media = (
        {"type": "image/jpeg", "photo": "a"},
        {"type": "video/mp4", "error": "not_a_picture"},
        {"type": "image/png", "error": "too_big"},
        {"type": "image/png", "url": "https://api.twilio.com/1"},
        {"type": "image/jpeg", "photo": "b"},
        {"type": "image/jpeg", "photo": "c", "error": "gone"},
        {"type": "image/jpeg", "photo": "d"},
    )
    answer = read_photo("here", Question("photo", {"most": 2}, media=media))
    assert answer is not None
    assert answer.value == [media[0], media[4]]
    assert read_photo("here", Question("photo", media=media[1:4])) is None
    assert read_photo("here is a photo", Question("photo")) is None
    assert read_photo("", Question("photo", media=({"type": "audio/ogg"},))) is None


ONES = ("", *["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"])  # fmt: skip
TENS = ("", "", *["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"])
UN = ("", *["un", "dau", "tri", "pedwar", "pump", "chwech", "saith", "wyth", "naw"])
DEGAU = (
    "",
    "deg",
    "dau ddeg",
    "tri deg",
    "pedwar deg",
    "pum deg",
    "chwe deg",
    "saith deg",
    "wyth deg",
    "naw deg",
)


def english(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    small = ONES[rest] if rest < 20 else " ".join(filter(None, (TENS[rest // 10], ONES[rest % 10])))
    return " and ".join(filter(None, (f"{ONES[hundreds]} hundred" if hundreds else "", small)))


def cymraeg(number: int) -> str:
    tens, ones = divmod(number, 10)
    first = "un deg" if tens == 1 and ones else DEGAU[tens]
    return " ".join(filter(None, (first, UN[ones])))


@given(st.integers(1, 999))
def test_a_number_in_words_reads_back(number: int) -> None:
    said = english(number)
    assert in_digits(said) == str(number)
    assert in_digits(said.replace("and ", "")) == str(number)
    assert read("number", f"{said} please") == read("number", f"{number:,}") == number


@given(st.integers(1, 99))
def test_a_number_in_welsh_words_reads_back(number: int) -> None:
    assert in_digits(cymraeg(number)) == str(number)
    assert read("money", f"{cymraeg(number)} punt") == number * 100
