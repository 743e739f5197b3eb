"""Calls the care service: budgets, plans, payments, helpers; and for the desk, decisions on them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, Literal

from pydantic import TypeAdapter

from actions.care.budget import (
    Citizen,
    DeskHolding,
    DeskPlan,
    DeskSpend,
    Event,
    Helper,
    Look,
    Payee,
    People,
    Person,
    Plan,
    Review,
    SentPlan,
    Spend,
    Statement,
    Surpluses,
    Token,
    Told,
)
from actions.sdk.service import Json, KeyedService


def _reader[T: Told](model: type[T]) -> Callable[[Json], T]:
    return model.model_validate


def _list[T: Told](name: str, model: type[T]) -> Callable[[Json], list[T]]:
    adapter = TypeAdapter(list[model])  # type: ignore[valid-type]

    def read(answer: Json) -> list[T]:
        if not isinstance(answer, dict):
            raise TypeError("an object is expected")
        return adapter.validate_python(answer[name])

    return read


def _nothing(_answer: Json) -> None:
    return None


class Care(KeyedService):
    """The care service. Every call raises ServiceDown and ServiceRefused (see `Service.call`).

    A ServiceRefused has one of these codes, among others:

    | code | when |
    |---|---|
    | PROOF_FAILED | `details["remaining-tries"]` are left |
    | LOCKED | too many wrong tries; `details["until"]` says when it ends |
    | NO_SUCH | there is no such citizen, line, payment, helper |
    | NOT_ENOUGH | there is not so much; `details["available"]` has the pence |
    | NEEDS_ASKING | the council must be asked; `details["needs"]` says why |
    | OVER_PAYMENT, OVER_WEEK, NOT_THEIR_LINE, NOT_FOR_HELPERS, HELPER_ENDED | what a helper may not |
    | NOT_NOW | not in this state |
    | PLAN_EMPTY, NOTHING_TO_SEND, LINE_LIMIT, PLAN_OVER | of a plan |
    | SLOT_TAKEN, NOTICE_RUNS, OWN_PHONE, HELPER_LIMIT | as they say |
    """

    async def _ask[T](
        self,
        method: Literal["GET", "POST"],
        path: str,
        read: Callable[[Json], T],
        *,
        params: Mapping[str, str] | None = None,
        body: Json = None,
        key: str | None = None,
    ) -> T:
        return await self.call(method, path, read, params=params, body=body, key=key, headers=self.key)

    # --- who ------------------------------------------------------------------------------------------

    async def prove(self, reference: str, code: str, year: int) -> Person:
        """Who a reference, an access code and a year of birth belong to."""
        body: Json = {"reference": reference, "code": code, "year": year}
        return await self._ask("POST", "proofs", _reader(Person), body=body)

    async def sign_in(self, reference: str, code: str, year: int) -> str:
        """The token of a sign-in on the pages, for the same three."""
        body: Json = {"reference": reference, "code": code, "year": year}
        return (await self._ask("POST", "sessions", _reader(Token), body=body)).token

    async def signed_in(self, token: str) -> Person:
        """Who is signed in with a token; each call keeps them so. NO_SUCH where it has ended."""
        return await self._ask("POST", "sessions/find", _reader(Person), body={"token": token})

    async def sign_out(self, token: str) -> None:
        """Ends a sign-in."""
        await self._ask("POST", "sessions/end", _nothing, body={"token": token})

    async def people(self, phone: str) -> People:
        """Whose a telephone is, and for whom its owner may act."""
        return await self._ask("GET", "people", _reader(People), params={"phone": phone})

    async def citizen(self, reference: str) -> Citizen:
        """A citizen with all that their budget comes to."""
        return await self._ask("GET", f"citizens/{reference}", _reader(Citizen))

    # --- the plan -------------------------------------------------------------------------------------

    async def plan(self, reference: str) -> Plan:
        """A citizen's plan."""
        return await self._ask("GET", f"citizens/{reference}/plan", _reader(Plan))

    async def write_line(self, reference: str, line: Mapping[str, Json], key: str, number: int = 0) -> Plan:
        """Adds a line, or writes one anew.

        Args:
            reference: the citizen's.
            line: its `words`, `outcome`, `pence` and `period`.
            key: the same key is the same line.
            number: of the line that is changed; 0 adds one.
        """
        path = f"citizens/{reference}/plan/lines" + (f"/{number}" if number else "")
        return await self._ask("POST", path, _reader(Plan), body=dict(line), key=key)

    async def remove_line(self, reference: str, number: int, key: str) -> Plan:
        """Takes a line out."""
        path = f"citizens/{reference}/plan/lines/{number}/remove"
        return await self._ask("POST", path, _reader(Plan), key=key)

    async def send_plan(self, reference: str, key: str) -> Plan:
        """Sends the plan to the desk."""
        return await self._ask("POST", f"citizens/{reference}/plan/send", _reader(Plan), key=key)

    # --- payments -------------------------------------------------------------------------------------

    async def payees(self, reference: str) -> list[Payee]:
        """Whom a citizen pays, those of late first."""
        return await self._ask("GET", f"citizens/{reference}/payees", _list("payees", Payee))

    async def spends(self, reference: str) -> list[Spend]:
        """A citizen's payments, the newest first."""
        return await self._ask("GET", f"citizens/{reference}/spends", _list("spends", Spend))

    async def look(self, reference: str, spend: Mapping[str, Json]) -> Look:
        """What a payment would need; nothing is done."""
        return await self._ask("POST", f"citizens/{reference}/spends/look", _reader(Look), body=dict(spend))

    async def spend(self, reference: str, spend: Mapping[str, Json], key: str) -> Spend:
        """Pays, or asks the council to.

        Args:
            reference: the citizen's.
            spend: `payee`, `pence`, `line` (None off the plan), `way`, `words`, `ask`, `receipt`, `helper`.
            key: the same key pays once.
        """
        return await self._ask(
            "POST", f"citizens/{reference}/spends", _reader(Spend), body=dict(spend), key=key
        )

    async def withdraw(self, reference: str, number: int, key: str) -> Spend:
        """Takes a payment back that has not gone."""
        path = f"citizens/{reference}/spends/{number}/withdraw"
        return await self._ask("POST", path, _reader(Spend), key=key)

    async def receipt(self, reference: str, number: int, url: str, key: str) -> Spend:
        """Keeps where the picture of a receipt is."""
        path = f"citizens/{reference}/spends/{number}/receipt"
        return await self._ask("POST", path, _reader(Spend), body={"url": url}, key=key)

    # --- helpers, holding, statements, surplus, review --------------------------------------------------

    async def helpers(self, reference: str) -> list[Helper]:
        """Who may pay for a citizen."""
        return await self._ask("GET", f"citizens/{reference}/helpers", _list("helpers", Helper))

    async def allow(self, reference: str, helper: Mapping[str, Json], key: str) -> None:
        """Lets somebody pay: `name`, `phone`, `per_payment`, `per_week`, `lines` (None for all)."""
        await self._ask("POST", f"citizens/{reference}/helpers", _nothing, body=dict(helper), key=key)

    async def end_helper(self, reference: str, number: int, key: str) -> None:
        """Ends what somebody may do, at once."""
        await self._ask("POST", f"citizens/{reference}/helpers/{number}/end", _nothing, key=key)

    async def ask_holding(self, reference: str, choice: Mapping[str, Any], key: str) -> None:
        """Asks the desk for another way of holding: `unit`, `parts`, `rest`."""
        await self._ask("POST", f"citizens/{reference}/holding", _nothing, body=dict(choice), key=key)

    async def statement(self, reference: str, month: date) -> Statement:
        """A statement of the month that a day is in."""
        return await self._ask(
            "GET", f"citizens/{reference}/statement", _reader(Statement), params={"month": f"{month:%Y-%m}"}
        )

    async def explain_surplus(self, reference: str, words: str, key: str) -> None:
        """Says what a surplus is for."""
        await self._ask("POST", f"citizens/{reference}/surplus", _nothing, body={"words": words}, key=key)

    async def review(self, reference: str) -> Review:
        """The yearly review, with the times there are."""
        return await self._ask("GET", f"citizens/{reference}/review", _reader(Review))

    async def book_review(self, reference: str, slot: int, key: str) -> Review:
        """Books a time."""
        return await self._ask(
            "POST", f"citizens/{reference}/review", _reader(Review), body={"slot": slot}, key=key
        )

    async def events(self, after: int) -> list[Event]:
        """What happened since an event."""
        return await self._ask("GET", "events", _list("events", Event), params={"after": str(after)})

    # --- the desk -------------------------------------------------------------------------------------

    async def sent_plans(self) -> list[SentPlan]:
        """The plans that wait."""
        return await self._ask("GET", "desk/plans", _list("plans", SentPlan))

    async def sent_plan(self, number: int) -> DeskPlan:
        """One of them."""
        return await self._ask("GET", f"desk/plans/{number}", _reader(DeskPlan))

    async def decide_line(self, plan: int, line: int, decision: Mapping[str, Json], key: str) -> None:
        """Agrees a line, or wants it talked over: `agreed`, `reason`, `officer`."""
        await self._ask("POST", f"desk/plans/{plan}/lines/{line}", _nothing, body=dict(decision), key=key)

    async def waiting_spends(self, state: Literal["asked", "held", "paid"]) -> list[DeskSpend]:
        """The payments in a state."""
        return await self._ask("GET", "desk/spends", _list("spends", DeskSpend), params={"state": state})

    async def decide_spend(self, number: int, decision: Mapping[str, Json], key: str) -> None:
        """Agrees to a payment that was asked for, or refuses it."""
        await self._ask("POST", f"desk/spends/{number}", _nothing, body=dict(decision), key=key)

    async def put_back(self, number: int, correction: Mapping[str, Json], key: str) -> None:
        """Puts back a payment that was wrong: `reason`, `officer`."""
        await self._ask("POST", f"desk/spends/{number}/refund", _nothing, body=dict(correction), key=key)

    async def pay(self, numbers: Sequence[int], officer: str, key: str) -> None:
        """Makes payments that are held."""
        body: Json = {"spends": list(numbers), "officer": officer}
        await self._ask("POST", "desk/payments", _nothing, body=body, key=key)

    async def waiting_holdings(self) -> list[DeskHolding]:
        """The other ways of holding that were asked for."""
        return await self._ask("GET", "desk/holdings", _list("holdings", DeskHolding))

    async def decide_holding(self, number: int, decision: Mapping[str, Json], key: str) -> None:
        """Agrees to another way of holding, or refuses it."""
        await self._ask("POST", f"desk/holdings/{number}", _nothing, body=dict(decision), key=key)

    async def surpluses(self) -> Surpluses:
        """The notices that run, and where one might be given."""
        return await self._ask("GET", "desk/surpluses", _reader(Surpluses))

    async def notice_surplus(self, reference: str, pence: int, officer: str, key: str) -> None:
        """Gives notice that money will be taken back."""
        body: Json = {"pence": pence, "officer": officer}
        await self._ask("POST", f"citizens/{reference}/surplus/notice", _nothing, body=body, key=key)

    async def end_surplus(
        self, number: int, how: Literal["leave", "take"], end: Mapping[str, Json], key: str
    ) -> None:
        """Leaves a surplus with the citizen, or takes it back: `reason`, `officer`."""
        await self._ask("POST", f"desk/surpluses/{number}/{how}", _nothing, body=dict(end), key=key)
