"""A plain Rasa domain with its rules works as a pack: RulePolicy answers what the flows leave to it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.settings import ROOT

FILES = {
    "pack.yml": "pack: library\ntitle: {en: Library, cy: Llyfrgell}\ndesk: library\n",
    "domain.yml": (
        'version: "3.1"\nintents: [library_hours]\nresponses:\n'
        "  utter_library_hours:\n    - text: The library is open from 9am to 5pm.\n"
    ),
    "rules.yml": (
        'version: "3.1"\nrules:\n  - rule: opening hours\n    steps:\n'
        "      - intent: library_hours\n      - action: utter_library_hours\n"
    ),
    "nlu.yml": (
        'version: "3.1"\nnlu:\n  - intent: library_hours\n    examples: |\n'
        "      - when is the library open\n      - library opening times please\n"
        "      - what time does the library shut\n      - is the library open on saturday\n"
        "      - library hours\n      - how late is the library open\n"
    ),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_plain_rasa_domain_is_a_pack(tmp_path: Path, server_url: str) -> None:
    folder = tmp_path / "packs" / "library"
    folder.mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    environment = {
        **os.environ, "ONEDOOR_PACKS_DIR": str(folder.parent), "ONEDOOR_MODELS_DIR": str(tmp_path / "models"),
        "ONEDOOR_FLOOR_ACCURACY": "0", "ONEDOOR_FLOOR_OUT_OF_SCOPE": "0", "DATABASE_URL": server_url,
    }  # fmt: skip

    def onedoor(*arguments: str, said: str = "") -> str:
        command = [sys.executable, "-m", "bot.command", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=environment, input=said, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    onedoor("train")
    lines = [{"from": "+447700900123", "text": text} for text in ("when does the library open", "hello")]
    answers = onedoor("chat", "--json", said="".join(json.dumps(line) + "\n" for line in lines))
    library, core = (json.loads(line) for line in answers.splitlines())
    assert library["replies"] == ["The library is open from 9am to 5pm."]
    assert library["understood"] == "library_hours"
    assert core["flow"] == "greet"
