"""What a message asks the dialogue to do; deterministic, and kept in the record of the turn."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Start:
    """Begin a flow, with the slots the message already filled."""

    flow: str
    values: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Begin:
    """Begin a flow of our own accord, afresh, with the slots we know."""

    flow: str
    values: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Fill:
    """Answer the open question."""

    slot: str
    value: Any


@dataclass(frozen=True)
class Correct:
    """Change an earlier answer; without a value, ask for it again."""

    slot: str
    value: Any = None


@dataclass(frozen=True)
class Decide:
    """Agree to what was read back, or not."""

    agreed: bool


@dataclass(frozen=True)
class AlsoSaid:
    """One of the other things that may be said at this question, perhaps about an option, or two in a list.

    Args:
        word: which.
        option: the one that was named, or the list of the two.
        text: the message from the phrase on, where the step keeps it.
    """

    word: str
    option: Any = None
    text: str | None = None


@dataclass(frozen=True)
class Simple:
    """A word that works everywhere: back, repeat, skip, more, help, leave, person."""

    word: str


@dataclass(frozen=True)
class SetLanguage:
    """Go on in another language; `asked` when the citizen named it."""

    language: str
    asked: bool = True


@dataclass(frozen=True)
class Choose:
    """Take one of the journeys a clarification offered."""

    flow: str


@dataclass(frozen=True)
class Unclear:
    """Nothing fits.

    Args:
        nearest: the nearest journeys, best first.
        out_of_scope: none of them is meant: it is something we don't do.
        ambiguous: one of the two is meant, and which one can't be told.
    """

    nearest: tuple[str, ...] = ()
    out_of_scope: bool = False
    ambiguous: bool = False


@dataclass(frozen=True)
class Alarm:
    """Danger to life, of a kind that `bot.danger` has an answer for."""

    kind: str
    language: str


@dataclass(frozen=True)
class Resume:
    """Go on with what waited for a department."""


type Command = (
    Start
    | Begin
    | Fill
    | Correct
    | Decide
    | AlsoSaid
    | Simple
    | SetLanguage
    | Choose
    | Unclear
    | Alarm
    | Resume
)


def name(command: Command) -> str:
    """Its name in records and metrics."""
    return command.word if isinstance(command, Simple) else type(command).__name__.lower()


def to_json(command: Command) -> dict[str, Any]:
    """As it travels in Rasa's tracker."""
    return {"command": type(command).__name__, **asdict(command)}


_KINDS = {
    kind.__name__: kind
    for kind in (
        Start,
        Begin,
        Fill,
        Correct,
        Decide,
        AlsoSaid,
        Simple,
        SetLanguage,
        Choose,
        Unclear,
        Alarm,
        Resume,
    )
}


def from_json(stored: dict[str, Any]) -> Command:
    """From the tracker."""
    fields = dict(stored)
    kind = _KINDS[fields.pop("command")]
    if "values" in fields:
        fields["values"] = tuple((slot, value) for slot, value in fields["values"])
    if "nearest" in fields:
        fields["nearest"] = tuple(fields["nearest"])
    command: Command = kind(**fields)
    return command
