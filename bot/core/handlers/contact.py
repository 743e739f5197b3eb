"""Another number or e-mail address for what is sent to a citizen, which a person makes sure of."""

import re
from typing import Final

from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, Stop
from bot.answers import KINDS, Question

MOST_ASKED: Final = 2
"""Times that it is asked for; who still has none that we can read is better off with a person."""
_MAIL: Final = re.compile(r"[^\s@<>,;]{1,64}@[^\s@<>,;]{1,190}\.[a-z]{2,24}", re.IGNORECASE)


class ReadContact(Handler):
    """A number or an address, which the message that began it may have in it."""

    reads = ("new_contact",)

    async def handle(self, call: Call) -> Outcome:
        """Asks for it where there is none, and again where it won't do."""
        said = call.slots["new_contact"]
        phone, mail = KINDS["phone"](said, Question("new_contact")), _MAIL.search(said)
        found = phone.value if phone is not None else mail[0].rstrip(".") if mail else None
        if found == call.address:
            found, wrong = None, "new_contact_same"
        else:
            wrong = "new_contact_wrong"
        if found is not None:
            return Filled(new_contact=found)
        asked = int(call.slots.get("asked_contact", 0))
        if asked > MOST_ASKED:
            return Stop("unclear_to_desk", case=Case("not_understood"))
        return Again("new_contact", say=wrong if asked else None, asked_contact=asked + 1)


class AskNewContact(Handler):
    """Wants to be reached elsewhere: who could say so for anybody would read their messages."""

    reads = ("new_contact",)

    async def handle(self, call: Call) -> Outcome:
        """Puts it to the desk, which makes sure that it is theirs."""
        return Filled(case=Case("change_contact", known={"contact": call.slots["new_contact"]}))
