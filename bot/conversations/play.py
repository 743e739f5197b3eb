"""Plays a script's conversation and checks what came; a failure shows all that was said so far."""

import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, Self

from actions.sdk import Service
from bot.commands.chat import say
from bot.conversations.script import Case, Step
from bot.conversations.stage import Said, ScriptClock, Stage, keep_picture
from bot.desk.cases import reasons_of
from bot.engine.runtime import packs
from bot.flows.flow import Ask, Confirm
from bot.flows.frame import Frame, State
from bot.inbox import open_conversation
from bot.process import Process
from bot.watches import Watches
from channels.sms.segments import prepare

WAY_BACK: Final = ("back_to", "welcome_back", "continued", "service_back")
"""Responses that tell a citizen which journey goes on."""
PHONE: Final = "+447700900777"
CITIZEN: Final = "citizen"
"""The name of the contact point that a script begins with."""


class ExpectationError(AssertionError):
    """The answer was another than the script expects; the text shows the conversation."""


@dataclass
class Heard:
    """What came of one message of the citizen.

    Args:
        reply: all that was said back.
        labels: what it offered to press.
        before: the conversation's state before.
        after: and after.
        said: responses that were put into words, with their language and text.
        commands: of the turn's record.
        outcome: of the turn's record.
        cases: reasons of what was put to the desk.
        language: of the answer.
    """

    reply: str = ""
    labels: list[str] = field(default_factory=list)
    before: State = field(default_factory=State)
    after: State = field(default_factory=State)
    said: list[tuple[str, str, str]] = field(default_factory=list)
    commands: list[dict[str, Any]] = field(default_factory=list)
    outcome: str = ""
    flow: str | None = None
    cases: list[str] = field(default_factory=list)
    language: str = "en"

    def responses(self) -> list[str]:
        """Keys of the responses that are in the answer, in its language."""
        reply = _one_line(self.reply)
        return [
            key
            for key, language, text in self.said
            if text and language == self.language and _one_line(prepare(text)) in _one_line(prepare(reply))
        ]


async def play(case: Case, stage: Stage) -> None:
    """Plays one conversation through the inbox and the turn.

    Args:
        case: the script.
        stage: where.

    Raises:
        ExpectationError: at the first step whose expectation was not met.
    """
    clock, said, story = ScriptClock(), Said(), list[str]()
    async with AsyncExitStack() as stack:
        process = await stack.enter_async_context(stage.process(clock))
        said.watch(stack)
        address = PHONE if case.channel != "webchat" else "script-browser"
        contact = first = await _Contact.open(process, case.channel, address, case.language)
        contacts = {CITIZEN: first}
        heard = Heard(language=case.language)
        for step in case.steps:
            if step.verb == "after_hours":
                clock.ahead += timedelta(hours=step.value)
                story.append(f"      ({step.value} hours later)")
            elif step.verb == "service":
                clock.departments_down = step.value == "down"
                story.append(f"      (the departments' systems are {step.value})")
            elif step.verb == "department":
                await _happens(process, step)
                story.append(f"      (at {step.value['pack']}: {step.value['post']})")
            elif step.verb == "from":
                name = str(step.value)
                if name not in contacts:
                    contacts[name] = await _Contact.open(process, "sms", name, case.language)
                contact = contacts[name]
                heard = await _arrived(process, contact, said)
                story += [f"      (from {name})", *(f"      {line}" for line in heard.reply.split("\n"))]
            elif step.verb == "look":
                said.rendered.clear()
                await _look(process, clock)
                heard = await _arrived(process, contact, said)
                story += ["      (a look)", *(f"      {line}" for line in heard.reply.split("\n"))]
            elif step.verb in ("user", "photo"):
                media = [await keep_picture(process.pool, contact.number)] if step.verb == "photo" else []
                heard = await _send(process, contact, str(step.value), said, heard.after, media)
                shown = f"(a picture) {step.value}" if media else step.value
                story += [f"  ->  {shown}", *(f"      {line}" for line in heard.reply.split("\n"))]
                if problem := _always(heard):
                    raise _failure(case, step, story, "of every answer", problem, heard)
            elif problem := CHECKS[step.verb](heard, step.value):
                raise _failure(case, step, story, str(step), problem, heard)


@dataclass
class _Contact:
    """A contact point of a script, and how much of what went there was looked at."""

    number: int
    channel: str
    address: str
    seen: int = 0

    @classmethod
    async def open(cls, process: Process, channel: str, address: str, language: str) -> Self:
        async with process.pool.acquire() as connection:
            return cls(await open_conversation(connection, channel, address, language), channel, address)


async def _happens(process: Process, step: Step) -> None:
    """What others do at a department: sent to its stand-in, with their key, or the one its own client has."""
    kind = type("Department", (Service,), {"served_by": step.value["pack"]})
    client = process.services.client(kind)
    key = step.value.get("key") or client.settings.get("key", "")
    headers = {"Authorization": f"Bearer {key}"}
    body = json.loads(json.dumps(step.value["json"]))
    await client.call(
        "POST", step.value["post"], lambda _: None, body=body, key=f"script-{step.line}", headers=headers
    )


async def _look(process: Process, clock: ScriptClock) -> None:
    """The watches look, at the script's time, and what they begin is begun."""
    await process.pool.execute("UPDATE watch SET looked_at = '-infinity'")
    watches = Watches(process.pool, packs(), process.notices, process.services.client, clock=clock)
    await watches.step()
    begun = await process.pool.fetch(
        "UPDATE inbound SET due_at = now() - interval '1 second' WHERE done_at IS NULL AND details ? 'begin'"
        " AND due_at <= now() + $1 RETURNING conversation_id",
        clock.ahead + timedelta(seconds=1),
    )
    for number in sorted({row["conversation_id"] for row in begun}):
        await process.turns.run(number)


async def _arrived(process: Process, contact: _Contact, said: Said) -> Heard:
    """What reached a contact point since it was looked at last."""
    out = await process.pool.fetch(
        "SELECT id, text, options FROM outbound WHERE conversation_id = $1 AND id > $2"
        " AND status <> 'failed' ORDER BY id",
        contact.number, contact.seen,
    )  # fmt: skip
    row = await process.pool.fetchrow(
        "SELECT snapshot, language FROM conversation WHERE id = $1", contact.number
    )
    assert row is not None
    contact.seen = out[-1]["id"] if out else contact.seen
    after = State.from_json(row["snapshot"].get("state"), row["language"])
    return Heard(
        reply="\n".join(each["text"] for each in out), before=after, after=after, said=list(said.rendered),
        labels=[option["label"] for each in out for option in each["options"]], language=row["language"],
    )  # fmt: skip


async def _send(
    process: Process, contact: _Contact, text: str, said: Said, before: State, media: list[dict[str, str]]
) -> Heard:
    said.rendered.clear()
    number = contact.number
    turn = await say(process, contact.channel, contact.address, text, media)
    contact.seen = await process.pool.fetchval("SELECT max(id) FROM outbound") or 0
    heard = Heard(reply="\n".join(turn["replies"]), said=list(said.rendered), before=before, after=before)
    if turn["understood"] == "refused":
        heard.outcome = "refused"
        return heard
    row = await process.pool.fetchrow(
        "SELECT c.snapshot, c.language, r.commands, r.outcome, r.flow, i.id FROM conversation c"
        " JOIN inbound i ON i.conversation_id = c.id JOIN turn_record r ON r.inbound_id = i.id"
        " WHERE c.id = $1 ORDER BY i.id DESC LIMIT 1",
        number,
    )
    assert row is not None
    heard.after = State.from_json(row["snapshot"].get("state"), row["language"])
    heard.commands, heard.outcome, heard.flow = row["commands"], row["outcome"], row["flow"]
    heard.language = row["language"]
    heard.cases = await reasons_of(process.pool, row["id"])
    offered = await process.pool.fetch("SELECT options FROM outbound WHERE inbound_id = $1", row["id"])
    heard.labels = [option["label"] for out in offered for option in out["options"]]
    return heard


def _failure(
    case: Case, step: Step, story: list[str], expected: str, came: str, heard: Heard
) -> ExpectationError:
    top = heard.after.top
    state = f"flow {top.flow}, asking {top.asking}, slots {_short(top)}" if top else "no flow in hand"
    keys = ", ".join(dict.fromkeys(heard.responses())) or "none"
    return ExpectationError(
        f"{case.path}:{step.line}: {case.name} ({case.channel}, {case.language})\n"
        + "\n".join(story)
        + f"\n  expected  {expected}\n  but       {came}\n  responses {keys}\n  state     {state}"
    )


def _short(frame: Frame) -> str:
    return ", ".join(f"{slot}={str(value)[:40]}" for slot, value in frame.values.items())


# --- what is expected -----------------------------------------------------------------------------


def _always(heard: Heard) -> str | None:
    """What holds of every answer, asked for or not."""
    if not heard.reply.strip():
        return "nothing was said"
    if heard.outcome == "failed":
        return "the turn failed"
    if re.search(r"\{\{|\}\}|\bNone\b|Undefined", heard.reply):
        return "the answer shows a gap in its template"
    other = [
        key for key, language, text in heard.said
        if language != heard.after.language and len(text) > 12 and not key.startswith(("field.", "option."))
        and _one_line(prepare(text)) in _one_line(prepare(heard.reply)) and heard.outcome != "danger"
    ]  # fmt: skip
    return f"{other[0]} was said in another language than {heard.after.language}" if other else None


def _utter(heard: Heard, key: Any) -> str | None:
    if key not in packs().wording:
        return f"there is no response “{key}”"
    return None if key in heard.responses() else "that response is not in the answer"


def _bot(heard: Heard, text: Any) -> str | None:
    return None if _one_line(heard.reply) == _one_line(str(text)) else "the answer is another"


def _text(heard: Heard, wanted: Any) -> str | None:
    return None if _holds(heard, str(wanted)) else "that is not in the answer"


def _not_text(heard: Heard, wanted: Any) -> str | None:
    return "that is in the answer" if _holds(heard, str(wanted)) else None


def _holds(heard: Heard, wanted: str) -> bool:
    reply = _one_line(heard.reply)
    if len(wanted) > 2 and wanted.startswith("/") and wanted.endswith("/"):
        return re.search(wanted[1:-1], reply, re.IGNORECASE) is not None
    return _one_line(wanted).casefold() in reply.casefold()


def _slots(heard: Heard) -> dict[str, Any]:
    """The slots of the flow in hand; of a flow that has just ended, what its last state had."""
    if heard.after.top is not None:
        return heard.after.top.values
    return heard.before.top.values if heard.before.top is not None else {}


def _slot_was_set(heard: Heard, wanted: Any) -> str | None:
    slots = _slots(heard)
    for name, value in _pairs(wanted):
        found: Any = slots
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
        if found is None:
            return f"{name} is empty"
        if value is not None and str(found) != str(value):
            return f"{name} is {str(found)[:80]}"
    return None


def _slot_was_not_set(heard: Heard, wanted: Any) -> str | None:
    slots = _slots(heard)
    for name, value in _pairs(wanted):
        if name in slots and (value is None or str(slots[name]) == str(value)):
            return f"{name} is {str(slots[name])[:80]}"
    return None


def _pairs(wanted: Any) -> list[tuple[str, Any]]:
    """`{a: 1}`, `[a, {b: 2}]` and `a` alike: names, with the value or None for any."""
    if isinstance(wanted, dict):
        return [(str(name), value) for name, value in wanted.items()]
    if isinstance(wanted, list):
        return [pair for each in wanted for pair in _pairs(each)]
    return [(str(wanted), None)]


def _flow_started(heard: Heard, flow: Any) -> str | None:
    begun = [c["flow"] for c in heard.commands if c["command"] in {"Start", "Choose"}]
    return None if flow in begun else f"what began was {', '.join(begun) or 'nothing'}"


def _flow_completed(heard: Heard, flow: Any) -> str | None:
    if flow in packs().flows and packs().flows[flow].small_talk:
        return None if heard.outcome == "small_talk" and heard.flow == flow else "it was not said"
    done = Counter(heard.after.finished) - Counter(heard.before.finished)
    return None if done[flow] else f"what was done is {', '.join(done) or 'nothing'}"


def _flow_cancelled(heard: Heard, flow: Any) -> str | None:
    if flow in _stack(heard.after):
        return "it is still under way"
    if flow not in _stack(heard.before) or _flow_completed(heard, flow) is None:
        return "it was not under way, or was completed"
    return None


def _stack(state: State) -> list[str]:
    return [frame.flow for frame in state.stack]


def _resumed(heard: Heard, flow: Any) -> str | None:
    top = heard.after.top
    if top is None or top.flow != flow:
        return f"the flow in hand is {top.flow if top else 'none'}"
    if top.asking is None:
        return "no question is open"
    told = set(heard.responses()) & set(WAY_BACK)
    return None if told else "the citizen is not told what goes on"


def _flow(heard: Heard, flow: Any) -> str | None:
    top = heard.after.top
    found = top.flow if top else None
    return None if found == flow else f"the flow in hand is {found}"


def _asks(heard: Heard, wanted: Any) -> str | None:
    top = heard.after.top
    found = None
    if top is not None:
        for step in packs().flows[top.flow].all_steps():
            if step.id == top.asking:
                found = (
                    step.slot if isinstance(step, Ask) else step.name if isinstance(step, Confirm) else None
                )
    return None if found == wanted else f"the open question is {found}"


def _options(heard: Heard, wanted: Any) -> str | None:
    if isinstance(wanted, int):
        return None if len(heard.labels) == wanted else f"there are {len(heard.labels)}"
    missing = [
        each for each in wanted if not any(str(each).casefold() in label.casefold() for label in heard.labels)
    ]
    return f"{missing[0]} is not offered, but {heard.labels}" if missing else None


def _escalated(heard: Heard, wanted: Any) -> str | None:
    if isinstance(wanted, bool):
        return (
            None
            if bool(heard.cases) == wanted
            else f"the desk was told: {', '.join(heard.cases) or 'nothing'}"
        )
    return None if wanted in heard.cases else f"the desk was told: {', '.join(heard.cases) or 'nothing'}"


def _language(heard: Heard, wanted: Any) -> str | None:
    return None if heard.language == wanted else f"it is {heard.language}"


def _one_line(text: str) -> str:
    return " ".join(text.split())


CHECKS: Final[dict[str, Callable[[Heard, Any], str | None]]] = {
    "utter": _utter, "bot": _bot, "text": _text, "not_text": _not_text, "slot_was_set": _slot_was_set,
    "slot_was_not_set": _slot_was_not_set, "flow_started": _flow_started, "flow_completed": _flow_completed,
    "flow_cancelled": _flow_cancelled, "resumed": _resumed, "flow": _flow, "asks": _asks, "options": _options,
    "escalated": _escalated, "language": _language,
}  # fmt: skip
"""For each kind of expectation, what is wrong with the answer, or None."""
