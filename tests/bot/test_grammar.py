"""The grammar of flows.yml: every mistake told by file and line; the schema agrees with the reader."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from bot.answers import KINDS
from bot.flows.flow import Also, Ask, Branch, Condition, Confirm, Flow, Say, read_condition
from bot.flows.grammar import FlowReader, GrammarError
from bot.settings import ROOT

SCHEMA: dict[str, Any] = json.loads((ROOT / "bot/flows/schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)
FLOWS = [ROOT / "bot/core/flows.yml", *sorted((ROOT / "actions").glob("*/flows.yml"))]
HEAD = "repair:\n  title: {en: a repair, cy: atgyweirio}\n  steps:\n"


def _read(tmp_path: Path, text: str) -> list[Flow]:
    path = tmp_path / "flows.yml"
    path.write_text(text)
    return FlowReader(path, "housing").read()


def _valid(text: str) -> bool:
    return bool(VALIDATOR.is_valid(YAML(typ="safe").load(text)))


WHOLE = """
repair:
  title: {en: reporting a repair, cy: rhoi gwybod am atgyweiriad}
  keeps: 3 days
  called: [repair, Boiler]
  steps:
    - {ask: reference, as: {digits: 8}, secret: true}
    - {ask: fault, as: text, may_skip: true, valid: {pattern: ".{4,}", say: longer}}
    - {do: find_home}
    - branch:
        - if: several homes
          then: [{ask: home, as: option, from: homes, also: [{word: none, say: no_home}]}]
        - {if: home.kind is not flat, then: [{call: outside}, {done: }]}
        - {else: [{ask: door, as: option, options: [front, back], also: [{word: both, set: {door: both}}]}]}
    - ask: side
      as: text
      otherwise: left_over
      also: [{word: two, do: find_home, pair: true}, {word: by, said: next_to, first: only}]
    - {confirm: [fault, home], name: visit, also: [{word: both, set: {door: both}}]}
    - {say: booked, more: visit_details}
outside:
  title: {en: outside, cy: tu allan}
  small_talk: true
  steps: [{say: outside}]
"""


def test_everything_the_grammar_knows(tmp_path: Path) -> None:
    repair, outside = _read(tmp_path, WHOLE)
    assert (repair.keeps_days, repair.small_talk, outside.small_talk) == (3, False, True)
    assert repair.called == ("repair", "boiler")
    asks = repair.asks()
    assert list(asks) == ["reference", "fault", "home", "door", "side"]
    assert asks["reference"] == Ask("ask_reference", "reference", "digits", (("digits", 8),), secret=True)
    assert asks["home"].source == "homes"
    assert asks["door"].options == ("front", "back")
    assert asks["door"].also[0].set == (("door", "both"),)
    two, by = asks["side"].also
    assert asks["side"].otherwise == "left_over"
    assert (two.pair, two.first, by.said, by.first) == (True, False, "next_to", "only")
    branch = next(step for step in repair.steps if isinstance(step, Branch))
    assert [case[0] for case in branch.cases] == [
        Condition("homes", "several"), Condition("home.kind", "is not", "flat"), None,
    ]  # fmt: skip
    assert Say("say_booked", "booked", "visit_details") in repair.steps
    assert (
        Confirm("confirm_visit", "visit", ("fault", "home"), (Also("both", (("door", "both"),)),))
        in repair.steps
    )
    assert _valid(WHOLE)


def test_ids_are_unique(tmp_path: Path) -> None:
    (flow,) = _read(tmp_path, HEAD + "    - {say: a}\n    - {say: a}\n    - {branch: [{else: [{say: a}]}]}\n")
    assert [step.id for step in flow.all_steps()] == ["say_a", "say_a_2", "branch", "say_a_3"]


# What is written, the line the mistake is on, and what the message says.
MISTAKES = [
    (HEAD + "    - {ask: a, as: number, valid: {min: 1}}\n", 4, "“say” is missing"),
    (HEAD + "    - {ask: a, as: number, valid: {say: b}}\n", 4, "needs a “min”, a “max” or a “pattern”"),
    (HEAD + "    - {ask: a, as: number, valid: {mn: 1, say: b}}\n", 4, "did you mean “min”"),
    (HEAD + "    - {ask: a, as: number, valid: {min: [1], say: b}}\n", 4, "is a number, or a date"),
    (HEAD + "    - {ask: a, as: text, valid: {pattern: 7, say: b}}\n", 4, "“pattern” is a text"),
    ("- a list", 1, "mapping from flow ids"),
    ("repair:\n  title: {en: a, cy: b}\n", 2, "“steps” is missing"),
    ("repair:\n  steps: [{say: a}]\n", 2, "“title” is missing"),
    ("repair:\n  title: {en: a}\n  steps: [{say: a}]\n", 2, "two languages"),
    ("repair:\n  title: a\n  steps: [{say: a}]\n", 2, "two languages"),
    ("repair:\n  title: {en: a, cy: b}\n  steps: []\n", 2, "list of steps"),
    ("repair:\n  title: {en: a, cy: b}\n  keep: 3 days\n  steps: [{say: a}]\n", 2, "did you mean “keeps”"),
    ("repair:\n  title: {en: a, cy: b}\n  keeps: a week\n  steps: [{say: a}]\n", 2, "“7 days”"),
    (HEAD + "    - hello\n", 1, "a step is a mapping"),
    (HEAD + "    - {say: a}\n    - aks: fault\n      as: text\n", 5, "did you mean “ask”"),
    (HEAD + "    - {say: a}\n    - say: b\n      do: c\n", 5, "exactly one verb"),
    (HEAD + "    - ask: fault\n", 4, "“as” is missing"),
    (HEAD + "    - ask: home\n      as: postcod\n", 4, "did you mean “postcode”"),
    (HEAD + "    - ask: home\n      as: {digit: 4}\n", 4, "did you mean “digits”"),
    (HEAD + "    - ask: home\n      as: text\n      may_skp: true\n", 4, "did you mean “may_skip”"),
    (HEAD + "    - ask: home\n      as: option\n", 4, "either “options"),
    (HEAD + "    - {ask: home, as: option, options: [a], from: homes}\n", 4, "either “options"),
    (HEAD + "    - ask: home\n      as: text\n      also: [{say: a}]\n", 6, "“word” is missing"),
    (HEAD + "    - ask: home\n      as: text\n      also: [{word: a, says: b}]\n", 6, "did you mean “say”"),
    (HEAD + "    - ask: home\n      as: text\n      also: [{word: a, pair: true}]\n", 6, "that “do” gets"),
    (HEAD + "    - {ask: home, as: text, also: [{word: a, say: b, first: true}]}\n", 4, "“set” or “said”"),
    (HEAD + "    - {confirm: [home], also: [{word: a, do: find_home}]}\n", 4, "a read-back has none"),
    (HEAD + "    - branch:\n        - if: homes several\n          then: [{say: a}]\n", 5, "not a condition"),
    (HEAD + "    - branch:\n        - if: no home\n", 5, "“then” is missing"),
    (HEAD + "    - branch:\n        - if: no home\n          then: []\n", 5, "list of steps"),
    (HEAD + "    - branch:\n        - else: [{sya: a}]\n", 5, "did you mean “say”"),
    (HEAD + "    - confirm: [a]\n      nmae: b\n", 4, "did you mean “name”"),
    (HEAD + "    - do: a\n      as: b\n", 4, "not known here"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "says"), MISTAKES)
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, line: int, says: str) -> None:
    with pytest.raises(GrammarError, match=says) as raised:
        _read(tmp_path, text)
    assert str(raised.value).startswith(f"{tmp_path}/flows.yml:{line}: ")


@pytest.mark.parametrize("text", [row[0] for row in MISTAKES])
def test_the_schema_rejects_what_the_reader_rejects(text: str) -> None:
    assert not _valid(text)


def test_what_is_not_yaml(tmp_path: Path) -> None:
    with pytest.raises(GrammarError, match=r"flows\.yml:3: this is not YAML"):
        _read(tmp_path, "repair:\n  title: {en: a\n")


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.parent.name)
def test_every_flow_here_is_valid(path: Path) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    errors = [
        f"{e.json_path}: {e.message}" for e in VALIDATOR.iter_errors(YAML(typ="safe").load(path.read_text()))
    ]
    assert errors == []


def test_the_schema_names_every_kind_of_answer() -> None:
    assert sorted(SCHEMA["$defs"]["kind"]["enum"]) == sorted(KINDS)


@pytest.mark.parametrize(
    ("text", "values", "holds"),
    [
        ("no home", {}, True),
        ("no home", {"home": []}, True),
        ("no home", {"home": {"id": "1"}}, False),
        ("has home", {"home": "1"}, True),
        ("has home", {"home": None}, False),
        ("several homes", {"homes": [1, 2]}, True),
        ("several homes", {"homes": [1]}, False),
        ("several homes", {"homes": "ab"}, False),
        ("visit is late", {"visit": "late"}, True),
        ("visit is not late", {"visit": "early"}, True),
        ("visit is not late", {}, True),
        ("home.kind is flat", {"home": {"kind": "flat"}}, True),
        ("home.kind is flat", {"home": "flat"}, False),
        ("urgent is true", {"urgent": True}, True),
        ("urgent is false", {"urgent": False}, True),
        ("rooms is 3", {"rooms": 3}, True),
    ],
)  # fmt: skip
def test_conditions(text: str, values: dict[str, Any], holds: bool) -> None:
    assert read_condition(text).holds(values) is holds
