"""The department's tools: what `packs new` writes is whole; what is wrong with a pack is told by rule."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.commands.pack_rules import RULES, WORDS_ONLY, Subject, check
from bot.commands.packs import check_pack, list_packs, new_pack
from bot.packs import Pack, load_packs
from bot.problems import Problem
from bot.settings import read_settings

PACKS = load_packs()


@pytest.fixture
def housing(tmp_path: Path) -> Path:
    new_pack("housing", tmp_path)
    return tmp_path / "housing"


def test_the_list_has_every_journey_with_its_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert list_packs() == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.match(r"core +greet +\d+ +\d+$", lines[1])
    assert any(re.match(r"health +choose_hospital +\d{2,} +\d{2,} +\d+$", line) for line in lines)
    assert len(lines) == 1 + len(load_packs().flows)


def test_what_is_written_passes(housing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_pack(str(housing)) == 0
    out = capsys.readouterr().out
    assert "FIX" not in out
    assert "housing keeps every rule." in out
    assert re.search(r"^12 later", out, re.MULTILINE)


def test_what_is_written_is_a_pack_with_every_file(housing: Path) -> None:
    packs = load_packs(["housing"], housing.parent)
    assert "contact_housing" in packs.flows
    assert list(packs.packs["housing"].handlers) == ["pass_on"]
    assert not [path for path in housing.rglob("*") if path.is_file() and b"__NAME__" in path.read_bytes()]


@pytest.mark.parametrize(
    "name",
    ["", "Housing", "h", "two words", "../up", "9lives", "a" * 31, "class", "core", "sdk", "hou-sing", "tŷ"],
)
def test_a_name_that_will_not_do(tmp_path: Path, name: str) -> None:
    with pytest.raises(Problem, match="can't be a pack's name"):
        new_pack(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_pack_is_never_written_over(housing: Path) -> None:
    before = (housing / "flows.yml").read_text()
    with pytest.raises(Problem, match="already"):
        new_pack("housing", housing.parent)
    assert (housing / "flows.yml").read_text() == before


def test_a_service_that_departments_share_needs_only_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "shared"
    (folder / "service").mkdir(parents=True)
    (folder / "pack.yml").write_text("pack: shared\ntitle: {en: Shared, cy: Rhannu}\n")
    assert check_pack(str(folder)) == 0
    (folder / "nlu.yml").write_text("nlu: []\n")
    assert check_pack(str(folder)) == 1
    assert "flows.yml" in capsys.readouterr().out


@pytest.mark.parametrize(
    "pack", [each for each in PACKS.packs.values() if (each.folder / "flows.yml").exists()]
)
def test_our_own_packs_keep_the_rules(pack: Pack) -> None:
    # The core's responses are said with what the dialogue gives, and its handlers serve every pack.
    rules = RULES if pack.name != "core" else WORDS_ONLY
    subject = Subject(pack, PACKS)
    assert [fix for rule in rules for fix in rule(subject).fix] == []


def test_no_such_folder() -> None:
    with pytest.raises(Problem, match="There is no folder"):
        check_pack("actions/nowhere")


def _put(file: str, old: str, new: str) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))

    return damage


def _drop(file: str) -> Callable[[Path], None]:
    return lambda folder: (
        shutil.rmtree(folder / file) if (folder / file).is_dir() else (folder / file).unlink()
    )


# What is done to a good pack, the rule that then is not kept, and what is said.
DAMAGES = [
    (_drop("pack.yml"), 1, "Write .*pack.yml"),
    (_put("pack.yml", "pack: housing", "pack: houses"), 1, "“pack” is the folder's name, housing"),
    (_put("pack.yml", ", cy: Housing", ""), 1, "“title” needs both languages"),
    (_put("pack.yml", "desk:", "dseks:"), 1, "“dseks” is not known here"),
    (_put("pack.yml", "pack: housing", "pack: {housing"), 1, "pack.yml:.*not YAML"),
    (_drop("flows.yml"), 2, "Write .*flows.yml"),
    (_put("flows.yml", "as: text", "as: txet"), 2, r"flows\.yml:5: .*did you mean “text”"),
    (_put("flows.yml", "- do: pass_on", "- dou: pass_on"), 2, "did you mean “do”"),
    (_drop("responses/cy.yml"), 3, "cy.yml is missing"),
    (_put("responses/cy.yml", "ask_housing_hour:", "# "), 3, "cy.yml lacks ask_housing_hour"),
    (_put("responses/en.yml", "| short", "| shrot"), 3, "“confirm_housing_message” can't be read"),
    (_put("flows.yml", "do: pass_on", "do: pass_no"), 4, "no handler “pass_no”. Did you mean pass_on"),
    (_put("flows.yml", "say: housing_passed_on", "say: housing_past"), 4, "no response “housing_past”"),
    (_put("flows.yml", "[text, call]", "[text, call, letter]"), 4, "option.housing_reply.letter"),
    (_put("handlers.py", "class PassOn(Handler):", "class PassOn(Handlr):"), 4, "can't be imported"),
    (_put("responses/en.yml", "{{ housing_about", "{{ housing_abuot"), 5, "housing_abuot .*nothing fills"),
    (_put("handlers.py", "call: Call) -> Outcome", "call)"), 7, "PassOn.handle is written"),
    (_put("handlers.py", "    async def handle", "    async def hanlde"), 7, "PassOn needs “async def"),
    (_put("handlers.py", '"housing_hour")', '"housing_huor")'), 7, "reads housing_huor, which nothing fills"),
    (_drop("nlu.yml"), 8, "contact_housing has 0 in English: write 10 more"),
    (_put("nlu.yml", "language: cy", "language: en"), 8, "contact_housing has 0 in Welsh"),
    (_put("nlu.yml", "intent: contact_housing", "intent: hosing"), 8, "hosing is the id of no flow"),
    (_put("nlu.yml", "nlu:", "nlu: ["), 8, "not YAML"),
    (_put("responses/en.yml", "ask_housing_hour: ", "ask_housing_hour: YES or NO. "), 9, "invites YES"),
    (_put("responses/en.yml", "ask_housing_hour: ", "ask_housing_hour: It''s. "), 10, "has t''s"),
    (_drop("tests"), 11, "Write .*tests/conversations"),
    (_put("tests/conversations/contact.yml", "- asks:", "- akss:"), 11, r"contact\.yml:8: .*“asks”"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "rule", "says"), DAMAGES)
def test_what_is_wrong_is_told(housing: Path, damage: Callable[[Path], None], rule: int, says: str) -> None:
    damage(housing)
    wrong = {
        number: checked.fix
        for number, checked in enumerate(check(housing, read_settings()), 1)
        if checked.fix
    }
    assert list(wrong) == [rule]
    assert re.search(says, "\n".join(wrong[rule]))


def test_what_is_only_advised_does_not_fail(housing: Path) -> None:
    for language in ("en", "cy"):
        _put(f"responses/{language}.yml", "why.housing_about:", "wyh.housing_about:")(housing)
    found = dict(enumerate(check(housing, read_settings()), 1))
    assert found[6].fix == []
    assert found[6].advice == ["Write why.housing_about in both languages."]
    assert check_pack(str(housing)) == 0
