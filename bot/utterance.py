"""What is said back in one turn: put together piece by piece, for the citizen's language and channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.flows.flow import Ask, Confirm
from bot.flows.frame import Frame, State
from bot.flows.machine import Setting
from bot.understanding.questions import Questions, page
from bot.wording import Wording

PROMISES: Final = frozenset(
    {"person_told", "unclear_to_desk", "service_gave_up", "department_refused", "failed"}
    | {"new_contact_asked"}
)
"""Responses of the core that say a person will answer."""


@dataclass(frozen=True)
class Reply:
    """What is said back: one message.

    Args:
        text: plain text, line breaks included.
        options: what a page shows as buttons: `label` and the `value` that is sent.
    """

    text: str
    options: tuple[dict[str, str], ...] = ()


class Utterance:
    """Collects responses and the options under the last of them; becomes one message."""

    def __init__(self, wording: Wording, questions: Questions, state: State, setting: Setting) -> None:
        """Begins with nothing said.

        Args:
            wording: the responses.
            questions: names options and fields as it will read them.
            state: the conversation's, for its language.
            setting: for the channel.
        """
        self._wording, self._questions, self._state, self._setting = wording, questions, state, setting
        self._said: list[str] = []
        self._options: list[dict[str, str]] = []
        self.promised: int | None = None
        """Which of what was said promises that a person will answer."""
        self.brief = False
        """Whether a list that was just read is asked about again without being read out."""

    @property
    def empty(self) -> bool:
        """Whether nothing was said yet."""
        return not self._said

    def _render(self, key: str, values: Mapping[str, Any], channel: str | None = None) -> str:
        return self._wording.render(key, self._state.language, channel or self._setting.channel, values)

    def say(self, key: str, values: Mapping[str, Any] | None = None) -> None:
        """Adds a response, once."""
        text = self._render(key, values or {})
        if text and text not in self._said:
            self._said.append(text)
            if key in PROMISES:
                self.promised = len(self._said) - 1

    def promise(self, key: str, values: Mapping[str, Any]) -> None:
        """Adds to the promise of a person when that will be."""
        if self.promised is not None:
            self._said[self.promised] += f" {self._render(key, values)}"

    def say_if(self, key: str, fallback: str, values: Mapping[str, Any]) -> None:
        """Adds a response that a pack may have, or the core's."""
        self.say(key if key in self._wording else fallback, values)

    def say_only(self, text: str) -> None:
        """Takes back what was said, for a fixed text in its place."""
        self._said = [text]
        self.promised = None

    def list_out(self, labels: list[str], start: int = 0, *, quietly: bool = False) -> None:
        """Numbered lines in a text; buttons on a page, which are numbered as well so that either works.

        Args:
            labels: of the options.
            start: how many stand on pages before.
            quietly: only as buttons, when they were just read.
        """
        numbered = list(enumerate(labels, start=start + 1))
        self._options = [{"label": label, "value": str(number)} for number, label in numbered]
        if self._setting.channel != "webchat" and not quietly:
            self._said[-1] += "".join(f"\n{number} {label}" for number, label in numbered)

    def ask(self, frame: Frame, step: Ask | Confirm) -> None:
        """Adds the open question of a flow."""
        if isinstance(step, Confirm):
            self._ask_to_agree(frame, step)
        elif step.kind != "option":
            self.say(f"ask_{step.slot}", frame.values)
        else:
            self._ask_to_choose(frame, step)

    def _ask_to_agree(self, frame: Frame, step: Confirm) -> None:
        if frame.changing:
            self.say("change_what")
            self.list_out([self._questions.field(slot, self._state.language) for slot in step.slots])
            return
        # What was skipped is nothing, not unknown: a read-back may ask whether it is there.
        self.say(f"confirm_{step.name}", {**dict.fromkeys(step.slots), **frame.values})
        self.say("agree")
        self._options = [
            {"label": self._render("button.agree", {}, "web"), "value": "1"},
            {"label": self._render("button.change", {}, "web"), "value": "2"},
        ]

    def _ask_to_choose(self, frame: Frame, step: Ask) -> None:
        first = step.slot not in frame.pages
        quietly = self.brief and not first and step.source is not None
        if quietly:
            self.say("choose_again")
        else:
            self.say(f"ask_{step.slot}", {**frame.values, "first": first})
        values: list[Any] = list(step.options) or list(frame.values.get(step.source or "") or [])
        start, end = page(frame, step, len(values))
        frame.pages[step.slot] = end
        language, channel = self._state.language, self._setting.channel
        labels = [self._questions.label(step, value, language, channel) for value in values[start:end]]
        self.list_out(labels, start, quietly=quietly)
        if end < len(values):
            more = self._render("more", {"left": len(values) - end})
            if channel != "webchat" and not quietly:
                self._said[-1] += f"\n{more}"
            self._options.append({"label": more, "value": "more"})

    def reply(self) -> Reply | None:
        """The one message, or None when nothing was said."""
        if not self._said:
            return None
        parting = "\n" if self._setting.channel == "sms" else "\n\n"
        return Reply(parting.join(self._said), tuple(self._options))
