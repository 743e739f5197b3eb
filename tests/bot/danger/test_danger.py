"""Every phrase that tells of danger is caught, and what only sounds like it is let through."""

from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import bot.danger
from bot.danger import Danger, Kind, advice, find_danger
from bot.danger.words import LONGEST


class Row(NamedTuple):
    text: str
    kind: str
    language: str


CURATED = yaml.safe_load(Path(bot.danger.__file__).with_name("phrases.yml").read_text(encoding="utf-8"))
HELD_OUT = yaml.safe_load(Path(__file__).with_name("held_out.yml").read_text(encoding="utf-8"))
DANGERS, HELD_OUT_DANGERS = (
    [
        Row(text, kind, language)
        for kind, languages in file["dangers"].items()
        for language, texts in languages.items()
        for text in texts
    ]
    for file in (CURATED, HELD_OUT)
)
SOONEST = list(Kind)
LANGUAGES = ["en", "cy"]


@pytest.mark.parametrize("row", DANGERS, ids=lambda row: row.text)
def test_curated_danger_is_found(row: Row) -> None:
    found = find_danger(row.text)
    assert found is not None
    assert found.language == row.language
    assert SOONEST.index(found.kind) <= SOONEST.index(Kind(row.kind)), found


@pytest.mark.parametrize("row", HELD_OUT_DANGERS, ids=lambda row: row.text)
def test_held_out_danger_is_found(row: Row) -> None:
    found = find_danger(row.text)
    assert found is not None
    assert found.language == row.language


@pytest.mark.parametrize("file", [CURATED, HELD_OUT], ids=["curated", "held out"])
def test_at_most_two_lookalikes_in_a_hundred_are_taken_for_danger(
    file: dict[str, dict[str, list[str]]],
) -> None:
    lookalikes = [text for texts in file["lookalikes"].values() for text in texts]
    taken = [(text, find_danger(text)) for text in lookalikes if find_danger(text)]
    assert len(taken) <= 0.02 * len(lookalikes), taken


def test_there_are_enough_phrases_of_both_languages() -> None:
    assert len(DANGERS) >= 150
    assert sum(row.language == "cy" for row in DANGERS) >= len(DANGERS) * 0.3
    assert {row.kind for row in DANGERS} == set(Kind)
    assert sum(map(len, CURATED["lookalikes"].values())) >= 150
    assert len(HELD_OUT_DANGERS) >= 60
    assert sum(map(len, HELD_OUT["lookalikes"].values())) >= 60


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("the wait is killing me and i want to kill myself", Kind.SUICIDE),
        ("my appointment for chest pain is Monday but now ive got crushing chest pain", Kind.MEDICAL),
        ("fire door is broken and the flat is on fire", Kind.FIRE),
        ("gas bill. also i can smell gas", Kind.GAS),
        ("she had a stroke last year and is having another stroke", Kind.STROKE),
        ("lost my blood test form, he is losing blood", Kind.MEDICAL),
        ("x" * 3 * LONGEST + " i want to die", Kind.SUICIDE),
        ("i want to die " + "x" * 3 * LONGEST, Kind.SUICIDE),
    ],
)
def test_a_harmless_phrase_or_a_long_message_never_hides_a_danger(text: str, kind: Kind) -> None:
    found = find_danger(text)
    assert found is not None
    assert found.kind == kind


def test_a_danger_is_explained_by_its_pattern_without_the_citizens_words() -> None:
    assert find_danger("Chets PAIN since tea") == Danger(Kind.MEDICAL, "en", "chest ..4 HURTS")


BETWEEN = st.text(
    st.sampled_from("\U0001f62d\U0001f525\u2764\ufe0f!?.,;:-–…()\u200b\u200d\ufeff \n\t"), max_size=4
)
INSIDE = st.text(
    st.sampled_from("\u200b\u200c\u200d\u2060\ufeff\u00ad\U000e0041\U000e007f\ufe0f"), max_size=2
)


@given(st.sampled_from([*DANGERS, *HELD_OUT_DANGERS]), st.data())
def test_emoji_punctuation_case_and_the_invisible_never_turn_a_danger_off(
    row: Row, data: st.DataObject
) -> None:
    change = data.draw(st.sampled_from(["upper", "lower", "title", "swapcase"]))
    words = getattr(row.text, change)().split(" ")
    words = ["".join(char + data.draw(INSIDE) for char in word) for word in words]
    text = "".join(f" {data.draw(BETWEEN)} {word}" for word in words) + data.draw(BETWEEN)
    found = find_danger(text)
    assert found is not None
    assert found.language == row.language


@given(st.text(max_size=3 * LONGEST))
def test_any_text_is_read_without_an_error(text: str) -> None:
    found = find_danger(text)
    assert found is None or found.kind in Kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a" * 100_000,
        "chest " * 20_000,
        "i want to " * 10_000,
        "' " * 50_000,
        "a b " * 40_000,
        "*" * 99_999,
        "\u0301" * 50_000,
        "\ufdfa" * 20_000,
        "1" * 50_000,
        "k*" * 40_000,
    ],
    ids=lambda text: repr(text[:8]),
)
def test_hostile_text_is_capped(text: str) -> None:
    find_danger(text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", list(Kind))
def test_advice_fits_two_texts_and_says_ring_now_and_that_a_person_was_told(
    kind: Kind, language: str
) -> None:
    text = advice(kind, language)
    assert text.isascii()
    assert len(text) <= 306
    assert "999" in text
    assert "18000" in text
    assert "?" not in text
    assert {"en": "We have told a person at our desk.", "cy": "Rydym wedi dweud wrth berson wrth ein desg."}[
        language
    ] in text
    assert {"en": "automatic", "cy": "awtomatig"}[language] in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        (Kind.MEDICAL, ["111"]),
        (Kind.SUICIDE, ["116 123", "85258", "111"]),
        (Kind.SELF_HARM, ["116 123", "85258"]),
        (Kind.GAS, ["0800 111 999"]),
        (Kind.ELECTRIC, ["105"]),
        (Kind.CHILD, ["0800 1111"]),
        (Kind.HARMED, ["0800 1111"]),
    ],
)
def test_advice_gives_the_number_to_ring(kind: Kind, language: str, numbers: list[str]) -> None:
    assert all(number in advice(kind, language) for number in numbers)


def test_welsh_speakers_are_given_the_welsh_line() -> None:
    assert "0808 164 0123" in advice(Kind.SUICIDE, "cy")
