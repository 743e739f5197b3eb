"""Paying somebody from a budget, against a line of the plan; what is over or off it is asked for."""

from collections.abc import Sequence
from typing import Any, Final

from actions.care.budget import Line, Payee
from actions.care.client import Care
from actions.care.figures import position_slot
from actions.care.paying import Payment, is_role, named_in, payment, several
from actions.care.who import payable, reference
from actions.sdk import Again, Call, Case, Filled, Handler, Outcome, ServiceRefused, Stop, Values

OFF_PLAN: Final = "off"
PAYMENT: Final = (
    "care_pay_who", "care_payee", "care_pay_amount", "care_pay_line", "care_line_guess", "care_pay_off",
    "care_pay_way", "care_ask_why", "care_receipt", "care_pay_back", "care_receipt_for",
)  # fmt: skip
"""What is known of one payment."""
SURE: Final = 0.5
AHEAD: Final = 0.06
"""A likeness from which a line is taken to be meant, and by how much it must be ahead of the next."""

HELPER_MAY_NOT: Final = {
    "OVER_WEEK": "care_over_week", "NOT_THEIR_LINE": "care_not_their_line",
    "NOT_FOR_HELPERS": "care_not_for_helpers", "HELPER_ENDED": "care_helper_ended_already",
}  # fmt: skip
"""What ends a helper's payment, by the service's code."""


class HearPayment(Handler):
    """What of a payment was said at once: whom, how much, what for; or that one is to be taken back."""

    reads = ("care_pay_words",)
    fills = ("care_pay_kind", "care_pay_said", "care_pay_heard")

    async def handle(self, call: Call) -> Outcome:
        """What is told of another payment clears what was said of one that was left."""
        text, slots = call.slots["care_pay_words"], call.slots
        said = payment(text)
        known = await call.service(Care).payees(reference(call))
        names = {each.id: each.name for each in known}
        told: Values = {}
        alone = not several(text, names)
        if said.kind == "pay" and alone:
            told = await self._told(call, said, known)
        if (told or said.kind != "pay" or not alone) and slots.get("care_pay_heard") not in (None, text):
            stale = [slot for slot in PAYMENT if slot in slots]
            if stale:
                return Again(*stale, care_pay_heard=text)
        return Filled(
            say=None if alone else "care_pay_one", care_pay_heard=text, care_pay_kind=said.kind,
            care_pay_said={"purpose": said.purpose, "paid": said.paid},
            **{slot: value for slot, value in told.items() if slot not in slots},
        )  # fmt: skip

    @staticmethod
    async def _told(call: Call, said: Payment, known: Sequence[Payee]) -> Values:
        """A known payee is sure, and so is the one whom a line of that name paid; another is new."""
        text, names = call.slots["care_pay_words"], {each.id: each.name for each in known}
        told: Values = {}
        named = named_in(text, names)
        if not named and said.who:
            lines = {line.line: line.words for line in await payable(call)}
            meant = named_in(said.who, lines)
            named = [each.id for each in known if [each.line] == meant]
        if named:
            told["care_pay_who"] = names[named[0]] if len(named) == 1 else said.who or text[:80]
        elif said.who and not is_role(said.who):
            told["care_pay_who"] = said.who
        last = next((each for each in known if [each.id] == named), None)
        # What the citizen paid the last time is not a helper's to know.
        same = said.same and last is not None and call.slots["care"]["helper"] is None
        pence = last.pence if same and last is not None else said.pence
        return {**told, "care_pay_amount": pence} if pence is not None else told


class FindPayee(Handler):
    """Who is meant: one that was paid before, or somebody new."""

    reads = ("care_pay_who",)
    fills = ("care_payees", "care_payee")

    async def handle(self, call: Call) -> Outcome:
        """Several are asked about; none is a new one, in the citizen's words."""
        text = call.slots["care_pay_who"]
        known = {each.id: each for each in await call.service(Care).payees(reference(call))}
        found = named_in(text, {number: each.name for number, each in known.items()})
        options = [
            {"id": str(number), "name": known[number].name, "line": known[number].line, "known": True}
            for number in found
        ]  # fmt: skip
        if not options:
            options = [{"id": "new", "name": text[:80], "line": None, "known": False}]
        if len(options) == 1:
            return Filled(care_payees=options, care_payee=options[0])
        return Filled(care_payees=options)


class FindPayLine(Handler):
    """The lines of the plan that it may be for; one that is plain is taken, and read back."""

    reads = ("care_payee", "care_pay_said", "care_pay_off")
    fills = ("care_pay_lines",)

    async def handle(self, call: Call) -> Outcome:
        """By whom the last payment was for, or by the words."""
        found = await payable(call)
        lines = [
            {"id": str(line.line), "words": line.words, "left": line.left, "off": False} for line in found
        ]
        # Among the first that are shown: what is not in the plan can be asked for.
        options = [*lines[:2], {"id": OFF_PLAN, "words": "", "left": 0, "off": True}, *lines[2:]]
        guess = OFF_PLAN if call.slots.get("care_pay_off") else await self._guess(call, found)
        chosen, before = call.slots.get("care_pay_line"), call.slots.get("care_line_guess")
        taken = next((each for each in options if each["id"] == guess), None)
        # Once for each guess: a citizen who says it is another is then asked.
        if taken is not None and guess != before and (chosen is None or chosen["id"] == before):
            return Filled(care_pay_lines=options, care_pay_line=taken, care_line_guess=guess)
        return Filled(care_pay_lines=options, care_line_guess=guess)

    @staticmethod
    async def _guess(call: Call, lines: list[Line]) -> str | None:
        payee, said = call.slots["care_payee"], call.slots["care_pay_said"]
        numbers = {line.line for line in lines}
        if payee["line"] in numbers:
            return str(payee["line"])
        words = f"{payee['name']} {said['purpose']}"
        named = named_in(words, {line.line: line.words for line in lines})
        if len(named) == 1:
            return str(named[0])
        phrases = {str(line.line): [line.words, *([line.outcome] * bool(line.outcome))] for line in lines}
        found = await call.know.likeness.closest(words, phrases, 2) if phrases else []
        ahead = found[0][1] - found[1][1] if len(found) > 1 else 1.0
        return found[0][0] if found and found[0][1] >= SURE and ahead >= AHEAD else None


class FindPayWay(Handler):
    """Where the money is that it may be paid from."""

    reads = ("care", "care_pay_amount")
    fills = ("care_pay_ways",)

    async def handle(self, call: Call) -> Outcome:
        """One that has enough is taken; with several the citizen says, unless they have paid it themself."""
        citizen, slots = await call.service(Care).citizen(reference(call)), call.slots
        ways = [each for each in position_slot(citizen.position)["ways"] if each["left"] > 0]
        if not ways:
            return Stop("care_nothing_left")
        amount = slots["care_pay_amount"]
        enough = [each for each in ways if not isinstance(amount, int) or each["left"] >= amount]
        if slots["care"]["helper"] is not None:
            # What there is in which part is not theirs to know.
            ways = (enough or ways)[:1]
        elif not enough:
            most = max(each["left"] for each in ways)
            return Again("care_pay_amount", say="care_not_enough", care_pay_ways=ways, care_available=most)
        else:
            ways = enough
        direct = [each for each in ways if each["way"] == "direct"]
        if len(ways) == 1:
            return Filled(care_pay_ways=ways, care_pay_way=ways[0])
        if direct and slots["care_pay_said"]["paid"] and "care_pay_way" not in slots:
            return Filled(care_pay_ways=ways, care_pay_way=direct[0])
        return Filled(care_pay_ways=ways)


def _wanted(call: Call) -> Values:
    """The payment as the service is asked for it."""
    slots = call.slots
    line: Any = slots["care_pay_line"]
    return {
        "payee": slots["care_payee"]["name"], "pence": slots["care_pay_amount"],
        "line": None if line["off"] else int(line["id"]), "way": slots["care_pay_way"]["way"],
        "words": slots["care_pay_said"]["purpose"][:200], "helper": slots["care"]["helper"],
    }  # fmt: skip


def _refused(refusal: ServiceRefused) -> Outcome:
    """What a refusal means for the payment."""
    if refusal.code == "NOT_ENOUGH":
        return Again(
            "care_pay_amount", say="care_not_enough", care_available=int(refusal.details["available"])
        )
    if refusal.code == "INVALID":
        return Again("care_pay_amount", say="care_pay_far_too_much")
    if refusal.code == "OVER_PAYMENT":
        return Again("care_pay_amount", say="care_over_payment", care_limit=int(refusal.details["limit"]))
    if refusal.code in HELPER_MAY_NOT:
        left = int(refusal.details.get("left", 0))
        return Stop(HELPER_MAY_NOT[refusal.code], care_limit=left)
    raise refusal


class LookAtPayment(Handler):
    """What the payment needs: nothing, or the council's word."""

    reads = ("care_payee", "care_pay_amount", "care_pay_line", "care_pay_way")
    fills = ("care_needs",)

    async def handle(self, call: Call) -> Outcome:
        """All or half means what is left of the line."""
        slots, amount = call.slots, call.slots["care_pay_amount"]
        left = slots["care_pay_way"]["left"]
        if isinstance(amount, str):
            line = left if slots["care_pay_line"]["off"] else min(left, slots["care_pay_line"]["left"])
            amount = max(line, 0) if amount == "all" else max(line, 0) // 2
        if amount < 1:
            return Again("care_pay_amount", say="care_pay_nothing")
        helper = slots["care"]["helper"] is not None
        if amount > left and not helper:
            return Again("care_pay_amount", say="care_not_enough", care_available=left)
        try:
            look = await call.service(Care).look(reference(call), {**_wanted(call), "pence": amount})
        except ServiceRefused as refusal:
            return _refused(refusal)
        return Filled(
            care_pay_amount=amount, care_needs=list(look.needs), care_line_left=look.left or 0,
            care_line_over=amount - (look.left or 0), say="care_must_ask" if look.needs else None,
        )  # fmt: skip


class MakePayment(Handler):
    """Pays, or asks the council to."""

    reads = (
        "care_payee", "care_pay_amount", "care_pay_line", "care_pay_way", "care_ask_why", "care_receipt",
    )  # fmt: skip
    fills = ("care_paid",)

    async def handle(self, call: Call) -> Outcome:
        """Once, however often the turn is run."""
        slots, pictures = call.slots, call.slots.get("care_receipt") or []
        ask = slots.get("care_ask_why") or "" if slots["care_needs"] else ""
        receipt = await call.know.picture_url(pictures[0]["photo"]) if pictures else ""
        try:
            spend = await call.service(Care).spend(
                reference(call), {**_wanted(call), "ask": ask, "receipt": receipt}, call.key
            )
        except ServiceRefused as refusal:
            if refusal.code == "NEEDS_ASKING":  # the line was spent meanwhile
                return Again("care_needs", "care_ask_why")
            return _refused(refusal)
        return Filled(care_paid={"number": spend.number, "state": spend.state, "way": spend.way,
                                 "receipt": bool(receipt)})  # fmt: skip


class FindLastPayment(Handler):
    """The payment that is asked after: the newest to whom is named, or the newest of all."""

    reads = ("care", "care_pay_words")
    fills = ("care_pay_last",)

    async def handle(self, call: Call) -> Outcome:
        """What was paid is for its owner to see."""
        if call.slots["care"]["helper"] is not None:
            return Stop("care_pay_status_private")
        spends = await call.service(Care).spends(reference(call))
        named = named_in(call.slots["care_pay_words"], {each.number: each.payee for each in spends})
        last = next((each for each in spends if each.number in named), next(iter(spends), None))
        if last is None:
            return Stop("care_pay_status_none")
        return Filled(care_pay_last=last.model_dump(mode="json"))


class ListWaiting(Handler):
    """The payments that have not gone yet, to take one back."""

    reads = ("care",)
    fills = ("care_waiting",)

    async def handle(self, call: Call) -> Outcome:
        """None: a person looks. What was paid is for its owner to see, and to take back."""
        if call.slots["care"]["helper"] is not None:
            return Stop("care_helper_no_back")
        spends = await call.service(Care).spends(reference(call))
        waiting = [
            {"id": str(each.number), "payee": each.payee, "pence": each.pence}
            for each in spends
            if each.state in ("asked", "held")
        ]
        return Filled(care_waiting=waiting)


class TakeBackPayment(Handler):
    """Takes a payment back that has not gone."""

    reads = ("care_pay_back",)

    async def handle(self, call: Call) -> Outcome:
        """It may have gone at this moment."""
        number = int(call.slots["care_pay_back"]["id"])
        try:
            await call.service(Care).withdraw(reference(call), number, call.key)
        except ServiceRefused as refusal:
            if refusal.code != "NOT_NOW":
                raise
            return Stop("care_gone_already")
        return Filled()


class TellDeskPaymentWrong(Handler):
    """A payment was wrong: a person looks and puts it back."""

    reads = ("care",)

    async def handle(self, call: Call) -> Outcome:
        """Tells the desk."""
        return Filled(case=Case("payment_wrong", known={"reference": reference(call)}))


class ListUnreceipted(Handler):
    """The payments by the citizen themself that no receipt came for."""

    reads = ("care",)
    fills = ("care_unreceipted",)

    async def handle(self, call: Call) -> Outcome:
        """The newest first; a helper's own only."""
        spends, helper = await call.service(Care).spends(reference(call)), call.slots["care"]["helper"]
        found = [
            {"id": str(each.number), "payee": each.payee, "pence": each.pence}
            for each in spends
            if each.way == "direct" and not each.receipt and each.state in ("asked", "paid")
            and helper in (None, each.helper_id)
        ]  # fmt: skip
        return Filled(care_unreceipted=found[:9])


class KeepReceipt(Handler):
    """Keeps the picture with the payment."""

    reads = ("care_receipt_for", "care_receipt")

    async def handle(self, call: Call) -> Outcome:
        """The desk sees it there."""
        number, picture = int(call.slots["care_receipt_for"]["id"]), call.slots["care_receipt"][0]
        url = await call.know.picture_url(picture["photo"])
        await call.service(Care).receipt(reference(call), number, url, call.key)
        return Filled()
