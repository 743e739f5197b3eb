"""`onedoor understand`: what a text is taken to ask for, with no context and no side effect."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any, Final

from bot.commands.jsonlines import read_lines, text_of, write_line
from bot.engine.engine import Engine
from bot.engine.runtime import dialogue, packs
from bot.engine.training import find_model
from bot.entities import find_entities
from bot.flows.frame import State
from bot.logs import configure_logs
from bot.problems import Problem
from bot.refusal import clean
from bot.settings import Settings
from bot.understanding.commands import Alarm, SetLanguage, Simple, Start
from bot.understanding.reader import EMERGENCY, OUT_OF_SCOPE
from bot.wording import LONDON

_JOURNEYS: Final = {"person": "speak_to_person", "help": "help"}
"""The words for everywhere that are a journey's too."""


def understand(settings: Settings, *, json_lines: bool) -> int:
    """Reads texts on standard input and tells each one's intent.

    Args:
        settings: where the model is.
        json_lines: JSON lines in and out; otherwise plain lines in, a sentence out.

    Raises:
        Problem: there is no model.
    """
    configure_logs("error")
    if not find_model(settings).path.exists():
        raise Problem("There is no model yet: run `onedoor train`.")
    engine = Engine(find_model(settings).path)
    if json_lines:
        for line in read_lines():
            write_line(asyncio.run(_understood(engine, text_of(line))))
        return 0
    for text in sys.stdin:
        found = asyncio.run(_understood(engine, text.rstrip("\n")))
        print(f"{found['intent']} ({found['confidence']:.2f})", flush=True)
    return 0


async def _understood(engine: Engine, text: str) -> dict[str, Any]:
    """The intent as the assistant would act on it: danger first, and what is too unsure is out of scope."""
    said = clean(text)
    entities = find_entities(said)
    if (told := _told_without_model(said)) is not None:
        return {"intent": told, "confidence": 1.0, "flow": told, "entities": entities}
    parsed = await engine.understand(said)
    name, confidence = str(parsed["intent"]["name"]), float(parsed["intent"]["confidence"])
    threshold = float((parsed.get("tuning") or {}).get("threshold", 0.0))
    if confidence < threshold:
        name = OUT_OF_SCOPE
    flow = name if name in packs().flows and name != OUT_OF_SCOPE else None
    return {"intent": name, "confidence": round(confidence, 4), "flow": flow, "entities": entities}


def _told_without_model(text: str) -> str | None:
    """The journey of a word that needs no classifier: danger, BALANCE, PERSON, CYMRAEG."""
    for command in dialogue().reader.read_short(text, State(), datetime.now(UTC).astimezone(LONDON)):
        match command:
            case Alarm():
                return EMERGENCY
            case Start():
                return command.flow
            case SetLanguage(asked=True):
                return "change_language"
            case Simple():
                return _JOURNEYS.get(command.word)
            case _:
                pass
    return None
