"""`onedoor templates`, `keys` and `callbacks`, typed as an operator types them."""

import re
import sys
from pathlib import Path

import pytest

from bot.command import main

BOOKED = """
department: reports
channel: sms
name: Repair booked
urgency: notice
en: {body: "Your report ((reference)), on {{ day|day }}."}
cy: {body: "Eich adroddiad ((reference)), {{ day|day }}."}
"""


class Terminal:
    """What an operator types and reads."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        self._patch, self._capsys, self.folder = monkeypatch, capsys, folder

    def type(self, line: str, *more: str) -> str:
        """Runs a command that must end well, and gives what it printed."""
        code, out, err = self.run(line, *more)
        assert code == 0, err
        return out

    def fails(self, line: str, *more: str) -> str:
        """Runs a command that must not, and gives its sentence."""
        code, _, err = self.run(line, *more)
        assert code == 1
        assert "Traceback" not in err
        return err

    def run(self, line: str, *more: str) -> tuple[int, str, str]:
        """Runs a command."""
        self._patch.setattr(sys, "argv", ["onedoor", *line.split(), *more])
        self._capsys.readouterr()
        code = main()
        return code, *self._capsys.readouterr()

    def file(self, text: str) -> str:
        """A file with this text."""
        path = self.folder / "template.yml"
        path.write_text(text)
        return str(path)


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, database_url: str
) -> Terminal:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ONEDOOR_SEGMENT_PRICE", "2.5")
    return Terminal(monkeypatch, capsys, tmp_path)


def test_a_template_from_its_file_to_its_archive(terminal: Terminal) -> None:
    saved = terminal.type("templates save", terminal.file(BOOKED))
    found = re.fullmatch(r"([0-9a-f-]{36})  version 1  Repair booked\n", saved)
    assert found
    number = found[1]
    assert terminal.type("templates save", terminal.file(BOOKED)) == saved
    assert "version 2" in terminal.type("templates save", terminal.file(BOOKED.replace("Your", "The")))
    assert f"{number}  reports        sms     v2    Repair booked" in terminal.type("templates list reports")
    assert terminal.type("templates list health") == ""
    shown = terminal.type(f"templates show {number} --version 1")
    assert "To be filled in: reference, day" in shown
    assert "Your report ((reference)), on {{ day|day }}." in shown
    preview = terminal.type(f"templates preview {number} reference=R1 day=2026-03-03")
    assert "-- English\nThe report R1, on Tuesday 3 March.\n   1 part in GSM-7: 2.5p" in preview
    assert "-- Welsh\nEich adroddiad R1, dydd Mawrth 3 Mawrth.\n   1 part in GSM-7: 2.5p" in preview
    assert preview.count("part in") + preview.count("parts in") == 3, "and both together"
    assert "Missing personalisation: day" in terminal.fails(f"templates preview {number} reference=R1")
    assert "“x” has no =" in terminal.fails(f"templates preview {number} x")
    terminal.type(f"templates archive {number}")
    assert "There is no such template in use" in terminal.fails(f"templates show {number}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must have channel, cy, department, en, name, urgency, and nothing else"),
        ("a: [", "is no YAML"),
        (BOOKED + "more: 1\n", "and nothing else"),
        (BOOKED.replace("en: {body", "en: {text"), "“en” must have a body"),
        (BOOKED.replace("notice", "soon"), "the urgency is urgent, notice or bulk"),
        (BOOKED.replace("notice", "reply"), "The urgency of a template is one of"),
        (BOOKED.replace("{{ day|day }}", "{{ day.x }}"), "The English body may not use “Getattr” (line 1)"),
        (BOOKED.replace("adroddiad ((reference))", "adroddiad"), "The Welsh lacks placeholders of the other"),
    ],
)
def test_a_file_that_won_t_do(terminal: Terminal, text: str, sentence: str) -> None:
    said = terminal.fails("templates save", terminal.file(text))
    assert sentence in said
    assert "template.yml" in said


def test_keys_and_whom_and_how_much(terminal: Terminal) -> None:
    made = terminal.type("keys new reports website --kind team").strip()
    assert re.fullmatch(r"website-[0-9a-f-]{36}-[0-9a-f-]{36}", made)
    assert "has, or had, a key" in terminal.fails("keys new reports website")
    assert "of one of these kinds" in terminal.fails("keys new reports other --kind gold")
    listed = terminal.type("keys list")
    assert "website" in listed
    assert made[-36:] not in listed
    assert terminal.type("keys limits reports --per-minute 60") == "reports: 60 a minute, 250000 a day.\n"
    terminal.type("keys member reports", "07700 900123")
    terminal.type("keys member reports Maya@Example.org")
    terminal.type("keys member reports +447700900123 --remove")
    assert "is not among" in terminal.fails("keys member reports +447700900123 --remove")
    terminal.type("keys member reports maya@example.org --remove")
    for wrong in ("maya", "maya@", "@example.org", "12"):
        assert terminal.fails("keys member reports", wrong)
    terminal.type("keys revoke reports website")
    assert "revoked" in terminal.type("keys list reports")
    assert "no key “website” in use" in terminal.fails("keys revoke reports website")


def test_call_backs(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    token = terminal.type("callbacks set reports delivery https://reports.example/told")
    assert re.fullmatch(r"[0-9a-f-]{36}\n", token)
    assert terminal.type("callbacks set reports delivery https://reports.example/told") != token
    assert "must begin with https" in terminal.fails("callbacks set reports received http://127.0.0.1/")
    monkeypatch.setenv("ONEDOOR_PRIVATE_CALLBACKS", "true")
    terminal.type("callbacks set reports received http://127.0.0.1/")
    assert terminal.type("callbacks list").splitlines() == [
        "reports        delivery  https://reports.example/told",
        "reports        received  http://127.0.0.1/",
    ]
    terminal.type("callbacks remove reports received")
    assert "has no address" in terminal.fails("callbacks remove reports received")


def test_the_doctor_says_when_a_change_of_secret_ended_the_keys(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.type("keys new reports website")
    assert "fit the installation's secret" in terminal.run("doctor")[1]
    monkeypatch.setenv("ONEDOOR_SECRET_KEY", "another-secret-that-is-long-enough")
    assert "1 of departments' API keys were made with another secret" in terminal.run("doctor")[1]
