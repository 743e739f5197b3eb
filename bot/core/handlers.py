"""What the core's own flows do: putting a case to a person."""

from actions.sdk import Call, Case, Filled, Handler, Outcome


class AskForPerson(Handler):
    """The citizen wants a person: the desk is told."""

    async def handle(self, call: Call) -> Outcome:
        """Puts the case to the desk."""
        return Filled(case=Case("asked_for_person"))


class TellDeskOfEmergency(Handler):
    """The citizen speaks of an emergency in words the danger gate has no answer for."""

    async def handle(self, call: Call) -> Outcome:
        """Puts an urgent case to the desk."""
        return Filled(case=Case("danger_unsure", urgent=True))
