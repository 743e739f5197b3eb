"""Card and National Insurance numbers are refused; UBRNs, references, postcodes and phones never are."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.refusal import Refusal, RefusalKind, answer, clean, find_refusal, redact

CARDS = [
    "4111 1111 1111 1111",
    "4111111111111111",
    "4111-1111-1111-1111",
    "4111.1111.1111.1111",
    "4111  1111  1111  1111",
    "41111111 11111111",
    "4111\u00a01111\u00a01111\u00a01111",
    "4111\u200b1111\u200b1111\u200b1111",
    "41\U000e004111 1111 1111 1111",
    "\uff14111 1111 1111 1111",
    "\u0664111 1111 1111 1111",
    "4222222222222",
    "5555 5555 5555 4444",
    "2223 0031 2200 3222",
    "3782 822463 10005",
    "371449635398431",
    "3056 930902 5904",
    "6011 1111 1111 1117",
    "3530 1113 3330 0000",
    "6759 6498 2643 8453",
    "6200 0000 0000 0005",
    "pay with 4111 1111 1111 1111 exp 12/27 cvv 123",
    "card4111111111111111please",
    "my ubrn is 000049738205 and my card is 4111 1111 1111 1111",
    "07700 900123 4111 1111 1111 1111",
    "4111 1111 1111 1111 07700900123",
    "UBRN 123456789012 card 5555555555554444",
    "fy ngherdyn i ydy 5555 5555 5555 4444",
]
NINOS = [
    "AB123456C",
    "ab123456c",
    "AB 12 34 56 C",
    "ab 12 34 56 c",
    "AB-12-34-56-C",
    "AB.12.34.56.C",
    "AB123456",
    "AB 123456",
    "AB 12 34 56",
    "A B 1 2 3 4 5 6 C",
    "\uff21\uff22\uff11\uff12\uff13\uff14\uff15\uff16\uff23",
    "my ni number is QQ no sorry it's JG103759A",
    "nino:JG103759A.",
    "JG103759A and my ubrn is 000049738205",
    "JG103759A 07700900123",
    "my national insurance number is me 12 34 56",
    "AT 12 34 56 C",
    "fy rhif yswiriant gwladol yw JG 10 37 59 A",
]
ALLOWED = [
    "123456789012",
    "1234 5678 9012",
    "0000 4973 8205",
    "4000 1234 5678",
    "UBRN 123456789012 3",
    "UBRN 411111111111 1111",
    "411111111111 1111",
    "UBRN 4111 1111 1111 1111",
    "my booking reference is 4111 1111 1111 1111",
    "ubrn number: 4111-1111-1111 1111",
    "cyfeirnod yw 4111 1111 1111 1111",
    "4111 1111 1111\n1111",
    "4111 1111 1111, 1111",
    "4111 1111 1111 1112",
    "1111 1111 1111 1117",
    "0000 0000 0000 0000",
    "41111111111111111111111111",
    "HB-4823-QX",
    "RP-482371",
    "AB12 3CD",
    "SW1A 1AA",
    "LS6 2AB 14/03/2027",
    "07700 900123",
    "07700900123 07700900456",
    "+44 7700 900123",
    "+447700900123 1234",
    "+44 7700 900 123 4567 8901",
    "0113 496 0000",
    "943 476 5919",
    "ring me at 482913",
    "ring me on 482913",
    "it's on 12 06 25",
    "on 12-06-25",
    "ar 12 06 25",
    "we 12 06 25",
    "no 123456 789012",
    "ref no 1234 5678 9012",
    "hb 123456789",
    "GB123456C",
    "BG 12 34 56 A",
    "B G 123456 A",
    "ZZ123456A",
    "DA123456A",
    "AO123456A",
    "QQ123456C",
    "XAB123456C",
    "AB123456E",
    "AB12345C",
    "AB1234567C",
    "W1 2345",
    "born 14 03 1987",
    "2",
    "",
    "£1,234,567.89 over 2024 2025 2026",
]
PREFIXES = [
    first + second
    for first in "ABCEGHJKLMNOPRSTWXYZ"
    for second in "ABCEGHJKLMNPRSTWXYZ"
    if first + second not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}
]
SPACES = st.sampled_from(["", " ", "-", ".", "  ", " - ", "\u00a0", "\u200b", "\t"])


@pytest.mark.parametrize("text", CARDS)
def test_card_number_is_refused_and_removed(text: str) -> None:
    assert find_refusal(text) == Refusal(RefusalKind.CARD)
    assert "[card number removed]" in redact(text)
    assert find_refusal(redact(text)) is None


@pytest.mark.parametrize("text", NINOS)
def test_national_insurance_number_is_refused_and_removed(text: str) -> None:
    assert find_refusal(text) == Refusal(RefusalKind.NINO)
    assert "[National Insurance number removed]" in redact(text)
    assert find_refusal(redact(text)) is None


@pytest.mark.parametrize("text", ALLOWED)
def test_other_numbers_are_kept(text: str) -> None:
    assert find_refusal(text) is None
    assert redact(text) == unicodedata.normalize("NFC", text)


def test_redacting_leaves_the_words_and_other_numbers_around() -> None:
    text = "ubrn 000049738205, ni JG 10 37 59 A, card 4111-1111-1111-1111, ring 07700 900123"
    assert redact(text) == (
        "ubrn 000049738205, ni [National Insurance number removed], card [card number removed], "
        "ring 07700 900123"
    )


@pytest.mark.parametrize("kind", list(RefusalKind))
@pytest.mark.parametrize(("language", "kept"), [("en", "we have not kept it"), ("cy", "wedi ei gadw")])
def test_answer_says_it_was_not_kept(kind: RefusalKind, language: str, kept: str) -> None:
    assert kept in answer(kind, language)
    assert len(answer(kind, language)) <= 306


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("hi\U000e0068\U000e0069 there", "hi there"),
        ("a\x00b\x07c\x1b[31m", "abc[31m"),
        ("one\r\ntwo\rthree\ttab", "one\ntwo\nthree\ttab"),
        ("w\u0302r", "\u0175r"),
        ("\u202eevil\u202c", "evil"),
        ("half\ud83dpair", "halfpair"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f468\u200d\U0001f469\u200d\U0001f467"),
        ("\ufeffbom", "bom"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text())
def test_any_text_is_cleaned_for_good_and_can_be_stored(text: str) -> None:
    cleaned = clean(text)
    assert clean(cleaned) == cleaned
    assert "\x00" not in cleaned
    assert not re.search("[\U000e0000-\U000e007f]", cleaned)
    cleaned.encode()
    assert find_refusal(redact(text)) is None


@given(
    st.sampled_from(PREFIXES),
    st.text("0123456789", min_size=6, max_size=6),
    st.sampled_from("ABCD"),
    st.data(),
)
def test_a_national_insurance_number_is_found_in_any_spacing(
    prefix: str, digits: str, suffix: str, data: st.DataObject
) -> None:
    number = "".join(char + data.draw(SPACES) for char in prefix + digits) + suffix
    assert find_refusal(f"it is: {number}, thanks") == Refusal(RefusalKind.NINO)


@given(
    st.sampled_from(PREFIXES), st.text("0123456789", min_size=6, max_size=6), st.sampled_from(["", *"ABCD"])
)
def test_a_national_insurance_number_is_found_in_lower_case_and_without_its_suffix(
    prefix: str, digits: str, suffix: str
) -> None:
    assert find_refusal((prefix + digits + suffix).lower()) == Refusal(RefusalKind.NINO)


@given(st.text("0123456789", min_size=12, max_size=12), st.lists(SPACES, min_size=12, max_size=12))
def test_twelve_digits_are_never_refused(digits: str, spaces: list[str]) -> None:
    assert find_refusal("".join(digit + space for digit, space in zip(digits, spaces, strict=True))) is None


@given(st.text("0123456789", min_size=12, max_size=12), st.text("0123456789", max_size=7))
def test_a_ubrn_is_not_joined_to_its_neighbours(ubrn: str, neighbour: str) -> None:
    assert find_refusal(f"{ubrn} {neighbour}") is None
    assert find_refusal(f"UBRN {ubrn[:4]} {ubrn[4:8]} {ubrn[8:]} {neighbour}") is None


@given(st.text("0123456789", min_size=14, max_size=14), SPACES)
def test_a_card_number_is_found_in_any_spacing(start: str, space: str) -> None:
    digits = "4" + start
    doubled = [int(d) if at % 2 else sum(divmod(2 * int(d), 10)) for at, d in enumerate(digits)]
    digits += str(-sum(doubled) % 10)
    assert find_refusal(space.join(re.findall("....", digits))) == Refusal(RefusalKind.CARD)
