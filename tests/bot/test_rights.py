"""Rights: every department tells of some, in both languages, each in two parts of a text."""

from pathlib import Path

import pytest

from bot.commands.packs import new_pack
from bot.flows.grammar import GrammarError
from bot.packs import load_packs
from bot.rights import Right, rights_of, told
from bot.wording import LANGUAGES
from channels.sms.segments import measure, prepare

PACKS = load_packs()
RIGHTS = list(rights_of(PACKS, "sms"))
LONGEST_LABEL = 42
"""Three of them, the question and MORE are one text."""


def test_every_department_that_is_talked_to_tells_of_rights() -> None:
    assert {right.pack for right in RIGHTS} == {
        name for name, pack in PACKS.packs.items() if any(not flow.fleeting for flow in pack.flows)
    }


@pytest.mark.parametrize("right", RIGHTS, ids=lambda right: right.name)
def test_a_right_is_told_with_its_journey_in_two_parts_of_a_text(right: Right) -> None:
    for language in LANGUAGES:
        leads = PACKS.wording.render("leads_to", language, "sms", {})
        text = told(PACKS, right.name, "sms")[language]
        whole = f"{text}\n{leads}\n1 {PACKS.flows[right.leads].title_in(language)}"
        assert measure(prepare(whole)).segments <= 2
        assert len(right.label[language]) <= LONGEST_LABEL
    assert len(right.asked) >= 2


@pytest.fixture
def housing(tmp_path: Path) -> Path:
    new_pack("housing", tmp_path)
    return tmp_path / "housing"


def tell(housing: Path, *keys: str) -> None:
    for language in LANGUAGES:
        with (housing / "responses" / f"{language}.yml").open("a") as words:
            words.writelines(f"{key}: {key}\n" for key in keys)


def test_a_department_plugs_in_its_own(housing: Path) -> None:
    tell(housing, "right.contact_housing.repair", "right_told.contact_housing.repair")
    rights = {right.name: right for right in rights_of(load_packs(["housing"], housing.parent), "sms")}
    assert rights["contact_housing.repair"].leads == "contact_housing"
    assert rights["contact_housing.repair"].pack == "housing"


def test_a_right_leads_to_a_journey_that_is_there(housing: Path) -> None:
    tell(housing, "right.contact_hosing.repair", "right_told.contact_hosing.repair")
    with pytest.raises(GrammarError, match=r"no flow “contact_hosing”\. Did you mean contact_housing"):
        load_packs(["housing"], housing.parent)


def test_a_right_that_is_named_is_told(housing: Path) -> None:
    tell(housing, "right.contact_housing.repair")
    with pytest.raises(GrammarError, match=r"no response “right_told\.contact_housing\.repair”"):
        load_packs(["housing"], housing.parent)
