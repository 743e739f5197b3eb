"""`onedoor understand --json`, as other programs call it: a line in, a line out."""

import io
import json

import pytest

from bot.commands.understand import understand
from bot.settings import Settings

ROWS = {
    "I want to choose which hospital does my knee": "choose_hospital",
    "there is a pothole outside my house": "report_problem",
    "BALANCE": "my_budget",
    "balans": "my_budget",
    "PERSON": "speak_to_person",
    "?": "help",
    "CYMRAEG": "change_language",
    "my husband has collapsed and isn't breathing": "emergency",
    "who won the football last night": None,
    "7": None,
    "": None,
}


def test_each_line_is_answered_by_one(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = "".join(json.dumps({"text": text}) + "\n" for text in ROWS)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))
    assert understand(settings, json_lines=True) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {text: answer["flow"] for text, answer in zip(ROWS, answers, strict=True)} == ROWS
    for answer in answers:
        assert set(answer) == {"intent", "confidence", "flow", "entities"}
        assert answer["intent"] == (answer["flow"] or "out_of_scope")
        assert 0 <= answer["confidence"] <= 1
