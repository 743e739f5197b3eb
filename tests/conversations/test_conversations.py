"""Every script of a whole conversation, the core's here and those in the packs, through the real turn."""

import pytest

from bot.conversations.play import ExpectationError, play
from bot.conversations.script import Case, read_cases
from bot.conversations.stage import Stage
from bot.settings import ROOT

FILES = sorted(
    [
        *(ROOT / "tests/conversations").glob("**/*.yml"),
        *(ROOT / "actions").glob("*/tests/conversations/**/*.yml"),
    ]
)
CASES = [case for file in FILES for case in read_cases(file)]


def _param(case: Case) -> object:
    marks = [pytest.mark.xfail(reason=case.xfail, strict=False)] if case.xfail else []
    return pytest.param(case, id=f"{case.path.stem}: {case.name}", marks=marks)


@pytest.mark.parametrize("case", [_param(case) for case in CASES])
async def test_conversation(stage: Stage, case: Case) -> None:
    problem = ""
    try:
        await play(case, stage)
    except ExpectationError as error:
        problem = str(error)
    if problem:
        pytest.fail(problem, pytrace=False)


CATEGORIES = [
    "happy_path", "corrections", "cancellations", "digressions", "skip", "negation", "disambiguation",
    "validation", "knowledge", "repeat", "small_talk", "clarification", "internal_error", "handoff",
    "session", "silence", "language", "danger",
]  # fmt: skip
"""Of Rasa's repair suite and the patterns it names, by file: docs/sources.md, dialogue."""


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_category_has_its_conversations(category: str) -> None:
    assert sum(case.path.stem == category for case in CASES) >= 8


def test_there_are_enough_over_texts_and_in_welsh() -> None:
    assert len(CASES) >= 120
    assert sum(case.channel == "sms" for case in CASES) >= len(CASES) / 3
    assert sum(case.language == "cy" for case in CASES) >= len(CASES) / 5
