"""What a citizen compares: needs and conditions heard, shown, and said plainly in both languages."""

from dataclasses import replace

import pytest

from actions.health.client import Ers
from actions.health.options import (
    CONDITIONS,
    EXCLUSIONS,
    KINDS,
    NEEDS,
    condition_in,
    option,
    order,
    wanted,
    words,
)
from actions.health.service.invented import CLINICS

TREATED = sorted({each for clinic in CLINICS for each in clinic.conditions})


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("for my carpal tunnel please", "Carpal tunnel"),
        ("TRIGGER FINGER", "Trigger finger"),
        ("ar gyfer twnnel carpal", "Carpal tunnel"),
        ("ffibriliad atriaidd", "Atrial fibrillation"),
        ("for my knee", None),
        ("eczema or acne", None),
        ("", None),
    ],
)
def test_a_condition_in_a_citizens_words(text: str, condition: str | None) -> None:
    assert condition_in(text, TREATED) == condition


def test_what_services_say_has_plain_words_in_both_languages() -> None:
    said = {each for clinic in CLINICS for each in clinic.exclusions if not each.startswith("People under")}
    assert said <= set(EXCLUSIONS)
    assert set(TREATED) <= set(CONDITIONS)
    assert all(set(each) == {"en", "cy"} for each in (*EXCLUSIONS.values(), *KINDS.values()))


@pytest.mark.parametrize(
    ("slots", "needs"),
    [
        ({}, []),
        ({"need_parking": True, "need_transport": False}, ["need_parking"]),
        ({"need_parking": "true", "need_interpreter": True}, ["need_interpreter"]),
    ],
)
def test_needs_are_those_that_were_told_of(slots: dict[str, object], needs: list[str]) -> None:
    assert wanted(slots) == needs


async def test_an_option_shows_what_is_needed_where_it_is_there(shared: Ers) -> None:
    found = await shared.search(clinic_type="KNEE", postcode="LS6 2CV")
    paid = next(each for each in found if each.provider.parking == "paid")
    none = replace(paid, provider=replace(paid.provider, parking="none"), supports=())
    assert option(paid, ["need_parking"])["shows"] == [{"en": "paid parking", "cy": "parcio talu"}]
    assert option(none, ["need_parking", "need_interpreter"])["shows"] == []
    assert option(paid)["shows"] == []


@pytest.mark.parametrize("need", sorted(NEEDS))
async def test_what_is_searched_for_is_what_the_option_shows(shared: Ers, need: str) -> None:
    code, called = NEEDS[need]
    found = await shared.search(clinic_type="KNEE", postcode="LS6 2CV", needs=[code])
    assert found
    for each in found:
        (shown,) = option(each, [need])["shows"]
        assert called["en"].split()[-1] in shown["en"]


@pytest.mark.parametrize("priority", ["soonest", "nearest", "rating"])
async def test_whose_a_hospital_is_changes_no_order(shared: Ers, priority: str) -> None:
    found = await shared.search(clinic_type="KNEE", postcode="LS6 2CV")
    others = [replace(each, provider=replace(each.provider, kind="private")) for each in found]
    ids = [each.id for each in order(found, priority)]
    assert [each.id for each in order(others, priority)] == ids


def test_words_have_no_accents_and_no_signs() -> None:
    assert words("Môn, Dupuytren's (2)!") == ["mon", "dupuytren", "s", "2"]
