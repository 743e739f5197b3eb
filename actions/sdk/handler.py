"""A handler: the code behind a `do` step, which asks the department and fills slots."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.sdk.knowledge import Knowledge
from actions.sdk.service import Service, ServiceDown

type Values = dict[str, Any]
"""Slots by name. Each value is JSON: it is kept in the conversation's snapshot."""


@dataclass(frozen=True)
class Case:
    """Something a person should look at; it goes to the department's queue at the desk.

    Args:
        reason: one word or two, such as `locked_out`; counted, so never anything a citizen wrote.
        urgent: whether it goes before the others.
        known: what the officer should know without asking; JSON.
    """

    reason: str
    urgent: bool = False
    known: Values = field(default_factory=dict)


@dataclass(frozen=True)
class Reminder:
    """A text to send later, on the channel the citizen writes on, in their language.

    Args:
        at: when, with its zone; held until the quiet hours are over.
        say: a response of the pack.
        values: what the response names; JSON.
    """

    at: datetime
    say: str
    values: Values = field(default_factory=dict)


type Reminders = Mapping[str, Sequence[Reminder]]
"""By the thing they are about, such as `booking:82`. They take the place of those that still wait about the
same thing: so they move when it moves, and an empty list withdraws them."""


type Follow = Mapping[str, Values | None]
"""What the citizen follows from now on, by the pack's name of it, with what later texts name; None ends."""


class Outcome:
    """What a handler gives back: `Filled`, `Again` or `Stop`."""

    say: str | None
    case: Case | None
    remind: Reminders
    follow: Follow
    values: Values


class Filled(Outcome):
    """The work is done: sets slots, and the flow goes on with the next step.

    Args:
        say: a response to give on the way.
        case: something for a person beside it.
        remind: texts for later.
        follow: what the citizen wants to hear of, or no more.
        values: the slots.
    """

    def __init__(
        self,
        *,
        say: str | None = None,
        case: Case | None = None,
        remind: Reminders | None = None,
        follow: Follow | None = None,
        **values: Any,
    ) -> None:
        self.say, self.case, self.remind, self.values = say, case, remind or {}, values
        self.follow = follow or {}


class Again(Outcome):
    """An earlier answer does not do: the flow goes back and asks for it again.

    Args:
        slots: the slots to clear; the flow rewinds to the first of them.
        say: a response that tells why.
        case: something for a person beside it.
        values: slots to set all the same.
    """

    def __init__(self, *slots: str, say: str | None = None, case: Case | None = None, **values: Any) -> None:
        self.slots, self.say, self.case, self.remind, self.values = slots, say, case, {}, values
        self.follow = {}


class Stop(Outcome):
    """The flow can't go on: it ends here.

    Args:
        say: a response that tells why and what can be done.
        case: something for a person.
        remind: texts for later.
        follow: what the citizen wants to hear of, or no more.
        values: slots that the response names.
    """

    def __init__(
        self,
        say: str,
        *,
        case: Case | None = None,
        remind: Reminders | None = None,
        follow: Follow | None = None,
        **values: Any,
    ) -> None:
        self.say, self.case, self.remind, self.values = say, case, remind or {}, values
        self.follow = follow or {}


@dataclass(frozen=True)
class Call:
    """What a handler knows when it is called.

    Args:
        slots: what the citizen and other handlers have filled so far; read only.
        key: the idempotency key of this call, made from the message and the step: the same when the
            turn is run again after a crash. Give it to every request that changes something.
        language: `en` or `cy`.
        channel: `sms`, `webchat` or `terminal`.
        address: the citizen's on that channel.
        now: the time of the message, with its zone.
        option: the option a citizen pointed at, where the step allows ("tell me about 2").
        options: the two they pointed at, where it allows that ("compare 1 and 3").
        text: the message of this turn, which is perhaps no answer to what the handler is about.
        knowledge: places, likeness of meaning, and what the citizen follows.
        services: gives the department's client of a class.
    """

    slots: Mapping[str, Any]
    key: str
    language: str
    channel: str
    address: str
    now: datetime
    services: Callable[[type[Service]], Service]
    option: Values | None = None
    options: Sequence[Values] = ()
    text: str = ""
    knowledge: Knowledge | None = None

    @property
    def know(self) -> Knowledge:
        """What Onedoor knows.

        Raises:
            ServiceDown: the handler is served by Rasa's own action server, which knows nothing of it.
        """
        if self.knowledge is None:
            raise ServiceDown("nothing is known here")
        return self.knowledge

    def service[S: Service](self, kind: type[S]) -> S:
        """The client of the department's service API, with its time-outs and circuit breaker."""
        client = self.services(kind)
        assert isinstance(client, kind)
        return client


class Handler(Action):  # type: ignore[misc]
    """Base of a pack's handlers. A subclass is found by its name: `FindSlots` is `do: find_slots`.

    It is a Rasa SDK action as well: `rasa run actions --actions actions.health.handlers` serves the
    same classes on a department's own machine.
    """

    reads: ClassVar[tuple[str, ...]] = ()
    """Slots the result depends on: when one of them changes, the handler is called again."""

    fills: ClassVar[tuple[str, ...]] = ()
    """Slots it may set; `Again` on one of them calls the handler again."""

    clients: ClassVar[Mapping[type[Service], Service]] = {}
    """The clients to use when it is served by Rasa's own action server."""

    @classmethod
    def step_name(cls) -> str:
        """The name a flow calls it by."""
        return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def name(self) -> str:
        """Its name as a Rasa action."""
        return f"action_{self.step_name()}"

    async def handle(self, call: Call) -> Outcome:  # noqa: ARG002  (for those who write one)
        """Does the work.

        Raises:
            ServiceDown: the department can't be reached; the flow keeps the request and calls again later.
            ServiceRefused: the department said no and the handler has no better answer; a person is told.
        """
        raise TypeError(f"{type(self).__name__} has no handle method.")

    async def run(
        self,
        dispatcher: CollectingDispatcher,
        tracker: Tracker,
        domain: dict[str, Any],  # noqa: ARG002
    ) -> list[dict[str, Any]]:
        """The same for Rasa's action server: slots from the tracker, slots back as events."""
        metadata = tracker.latest_message.get("metadata") or {}
        call = Call(
            slots=tracker.current_slot_values(), key=str(metadata["key"]), language=str(metadata["language"]),
            channel=str(metadata["channel"]), address=str(tracker.sender_id),
            now=datetime.fromisoformat(str(metadata["now"])), services=self.clients.__getitem__,
        )  # fmt: skip
        outcome = await self.handle(call)
        cleared = outcome.slots if isinstance(outcome, Again) else ()
        if outcome.say:
            dispatcher.utter_message(response=outcome.say)
        values = {**dict.fromkeys(cleared), **outcome.values}
        return [{"event": "slot", "name": name, "value": value} for name, value in values.items()]
