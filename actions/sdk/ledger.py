"""The credits ledger as departments call it: accounts of pence, transfers in one or two phases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, Literal
from urllib.parse import quote
from uuid import UUID, uuid5

from actions.sdk.service import Json, KeyedService, ServiceRefused

type Phase = Literal["posted", "pending", "post", "void"]
"""`posted` moves money at once; `pending` holds it; `post` and `void` end a hold, once."""

type Limit = Literal["none", "debits", "credits"]
"""`debits`: debits never exceed credits, as of what a citizen has; `credits`: the other way round."""

TOGETHER: Final = 1_000
"""Transfers of several chains that travel in one request."""
IDS: Final = UUID("6f6e6564-6f6f-5200-8000-6c6564676572")
"""What ids that are made from a department's own words are made within."""


def ledger_id(*words: object) -> UUID:
    """The id of an account or a transfer, always the same for the same words.

    Args:
        words: such as `"childcare", "hold", 82`: what is asked again then has the same id, and is done once.
    """
    return uuid5(IDS, "/".join(str(word) for word in words))


@dataclass(frozen=True)
class NewAccount:
    """An account to open.

    Args:
        id: made by who opens it.
        code: what it is for, a word of the department's such as `childcare.nursery_grant`.
        holder: whose it is, the department's own name of them `childcare:child:82`; no citizen's name.
        limit: what the database keeps of its balances.
        ledger: the unit; transfers stay within one.
        details: what the department wants back with it, small and JSON.
    """

    id: UUID
    code: str
    holder: str
    limit: Limit = "none"
    ledger: str = "GBP"
    details: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class Account:
    """An account with its four balances, in pence."""

    id: UUID
    code: str
    holder: str
    limit: Limit
    ledger: str
    details: Mapping[str, Json]
    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int
    opened_at: datetime
    closed_at: datetime | None

    @property
    def available(self) -> int:
        """What can be spent, in pence: what came in, less what went and what is held."""
        return self.credits_posted - self.debits_posted - self.debits_pending

    @property
    def held(self) -> int:
        """What is held for something, in pence."""
        return self.debits_pending

    @property
    def spent(self) -> int:
        """What went for good, in pence."""
        return self.debits_posted


@dataclass(frozen=True)
class NewTransfer:
    """A transfer to make. It is never changed afterwards: what was wrong is put right by another.

    Args:
        id: made by who asks: the same id with the same content is done once, with another is refused.
        phase: see `Phase`.
        debit: the account it goes from; for `post` and `void` that of the hold, or None.
        credit: the account it goes to; likewise.
        amount: pence, 1 or more; for `post` at most what is held, the rest goes back; None for all.
        code: what it is for, a word of the department's.
        of: the hold that a `post` or `void` ends.
        seconds: after which a hold expires by itself; None never.
        reference: the department's own, such as `booking:82`; no citizen's words.
        by: who asked for it, such as `citizen`, `officer:3`, `provider:17`.
        reason: of a correction, in a sentence.
    """

    id: UUID
    phase: Phase = "posted"
    debit: UUID | None = None
    credit: UUID | None = None
    amount: int | None = None
    code: str = ""
    of: UUID | None = None
    seconds: int | None = None
    reference: str = ""
    by: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Transfer:
    """A transfer that was made.

    `state` is that of a hold: `pending`, `posted`, `voided` or `expired`; of any other it is `posted`.
    `number` is its place in the journal. `new` is false when the same had been made before.
    """

    id: UUID
    number: int
    phase: Phase
    debit: UUID
    credit: UUID
    amount: int
    code: str
    of: UUID | None
    reference: str
    by: str
    reason: str
    made_at: datetime
    expires_at: datetime | None
    state: Literal["pending", "posted", "voided", "expired"]
    new: bool = False


@dataclass(frozen=True)
class Statement:
    """What an account had at the beginning, what came and went, and what it had at the end; pence.

    `opening` and `closing` are posted credits less posted debits; they and the posted transfers add up.
    """

    account: UUID
    since: datetime
    until: datetime
    opening: int
    closing: int
    transfers: tuple[Transfer, ...]


@dataclass(frozen=True)
class Total:
    """The balances of all accounts with one code and unit together, in pence."""

    code: str
    ledger: str
    accounts: int
    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int


class Ledger(KeyedService):
    """The ledger. Every call raises ServiceDown and ServiceRefused (see `Service.call`).

    A ServiceRefused has one of these codes, among others:

    | code | when |
    |---|---|
    | NOT_ENOUGH | there is not so much; `details["available"]` has the pence |
    | TOO_MUCH | the same for an account with the limit `credits` |
    | EXISTS_DIFFERENT | the id was used for something else; `details["field"]` names what differs |
    | REFUSED_BEFORE | this id was refused before, and stays so; `details["first"]` has the code of then |
    | HOLD_POSTED, HOLD_VOIDED, HOLD_EXPIRED | the hold was ended before, so |
    | HOLD_NOT_FOUND, ACCOUNT_NOT_FOUND | there is none |
    | AMOUNT_OVER_HOLD | more is posted than is held |
    | ACCOUNT_CLOSED, WRONG_LEDGER, SAME_ACCOUNT | of the accounts |
    | INVALID | what was sent has the wrong form; `details["field"]` names where |

    `details["index"]` says which of several transfers it was; none of them was made then.
    """

    served_by: ClassVar[str | None] = "credits"

    async def open(self, accounts: Sequence[NewAccount]) -> list[Account]:
        """Opens accounts, all or none; those that are there already stay as they are."""
        body: Json = {"accounts": [account_json(each) for each in accounts]}
        return await self.call("POST", "accounts", _accounts, body=body, headers=self.key)

    async def account(self, id: UUID) -> Account:  # noqa: A002
        """One account, as it is now."""
        return await self.call("GET", f"accounts/{id}", _account, headers=self.key)

    async def accounts(self, holder: str) -> list[Account]:
        """All accounts of a holder, in the order they were opened."""
        return await self.call("GET", "accounts", _accounts, params={"holder": holder}, headers=self.key)

    async def totals(self, code: str) -> list[Total]:
        """The balances of all accounts whose codes begin so, by code, all of one moment."""
        return await self.call("GET", "accounts/totals", _totals, params={"code": code}, headers=self.key)

    async def close(self, id: UUID) -> Account:  # noqa: A002
        """Closes an account: nothing moves there any more. It is never deleted."""
        return await self.call("POST", f"accounts/{id}/close", _account, headers=self.key)

    async def transfer(self, transfers: Sequence[NewTransfer]) -> list[Transfer]:
        """Makes transfers, all or none: they are linked."""
        last = len(transfers) - 1
        body: Json = {
            "transfers": [{**transfer_json(each), "linked": at < last} for at, each in enumerate(transfers)]
        }
        return await self.call("POST", "transfers", _transfers, body=body, headers=self.key)

    async def transfer_many(
        self, chains: Sequence[Sequence[NewTransfer]]
    ) -> list[list[Transfer] | ServiceRefused]:
        """Makes many chains of transfers, each all or none, and none undone by another's refusal.

        They travel together: the ledger makes all of a request or nothing and says which transfer it refused.
        The chain with that one is left out then, and the others are asked for again.

        Args:
            chains: each of at most `TOGETHER` transfers.

        Returns:
            For each chain what was made, or why it was refused.

        Raises:
            ServiceDown: the same chains may be given again: what was made of them is made once.
        """
        outcomes: dict[int, list[Transfer] | ServiceRefused] = {}
        waiting = [at for at, chain in enumerate(chains) if chain]
        while waiting:
            batch, size = list[int](), 0
            for at in waiting:
                size += len(chains[at])
                if batch and size > TOGETHER:
                    break
                batch.append(at)
            try:
                made = await self.transfer([each for at in batch for each in chains[at]])
            except ServiceRefused as refusal:
                owners = [at for at in batch for _ in chains[at]]
                index = refusal.details.get("index")
                if not isinstance(index, int) or not 0 <= index < len(owners):
                    raise
                batch = [owners[index]]
                outcomes[batch[0]] = refusal
            else:
                for at in batch:
                    outcomes[at], made = made[: len(chains[at])], made[len(chains[at]) :]
            waiting = [at for at in waiting if at not in outcomes]
        return [outcomes.get(at, []) for at in range(len(chains))]

    async def find(self, id: UUID) -> Transfer:  # noqa: A002
        """One transfer, with the state of a hold as it is now."""
        return await self.call("GET", f"transfers/{id}", _transfer, headers=self.key)

    async def statement(self, id: UUID, since: datetime, until: datetime) -> Statement:  # noqa: A002
        """A statement of an account; `until` is no part of it."""
        params = {"since": since.isoformat(), "until": until.isoformat()}
        return await self.call("GET", f"accounts/{id}/statement", _statement, params=params, headers=self.key)

    async def referring(self, reference: str) -> list[Transfer]:
        """All transfers with a reference, in the order they were made."""
        path = f"transfers?reference={quote(reference, safe='')}"
        return await self.call("GET", path, _transfers, headers=self.key)


def account_json(account: NewAccount) -> dict[str, Json]:
    """An account to open, as it is sent."""
    return {
        "id": str(account.id), "code": account.code, "holder": account.holder, "limit": account.limit,
        "ledger": account.ledger, "details": dict(account.details),
    }  # fmt: skip


def transfer_json(transfer: NewTransfer) -> dict[str, Json]:
    """A transfer to make, as it is sent."""
    ids = {"debit": transfer.debit, "credit": transfer.credit, "of": transfer.of}
    return {
        "id": str(transfer.id), "phase": transfer.phase, "amount": transfer.amount, "code": transfer.code,
        "seconds": transfer.seconds, "reference": transfer.reference, "by": transfer.by,
        "reason": transfer.reason, **{name: str(value) if value else None for name, value in ids.items()},
    }  # fmt: skip


def _mapping(answer: Json) -> dict[str, Json]:
    if not isinstance(answer, dict):
        raise TypeError("an object is expected")
    return answer


def _list(answer: Json, name: str) -> list[Json]:
    found = _mapping(answer)[name]
    if not isinstance(found, list):
        raise TypeError("a list is expected")
    return found


def _pence(value: Json) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("pence are a whole number")
    return value


def _time(value: Json) -> datetime:
    found = datetime.fromisoformat(str(value))
    if found.tzinfo is None:
        raise ValueError("a time has its zone")
    return found


def _account(answer: Json) -> Account:
    got = _mapping(answer)
    limit = str(got["limit"])
    if limit not in ("none", "debits", "credits"):
        raise ValueError("limit")
    return Account(
        UUID(str(got["id"])), str(got["code"]), str(got["holder"]), limit, str(got["ledger"]),  # type: ignore[arg-type]
        _mapping(got["details"]), _pence(got["debits_pending"]), _pence(got["debits_posted"]),
        _pence(got["credits_pending"]), _pence(got["credits_posted"]), _time(got["opened_at"]),
        _time(got["closed_at"]) if got["closed_at"] else None,
    )  # fmt: skip


def _accounts(answer: Json) -> list[Account]:
    return [_account(each) for each in _list(answer, "accounts")]


def _totals(answer: Json) -> list[Total]:
    return [
        Total(
            str(got["code"]), str(got["ledger"]), _pence(got["accounts"]), _pence(got["debits_pending"]),
            _pence(got["debits_posted"]), _pence(got["credits_pending"]), _pence(got["credits_posted"]),
        )
        for got in map(_mapping, _list(answer, "totals"))
    ]  # fmt: skip


def _transfer(answer: Json) -> Transfer:
    got = _mapping(answer)
    phase, state = str(got["phase"]), str(got["state"])
    if phase not in ("posted", "pending", "post", "void"):
        raise ValueError("phase")
    if state not in ("pending", "posted", "voided", "expired"):
        raise ValueError("state")
    return Transfer(
        UUID(str(got["id"])), _pence(got["number"]), phase, UUID(str(got["debit"])), UUID(str(got["credit"])),  # type: ignore[arg-type]
        _pence(got["amount"]), str(got["code"]), UUID(str(got["of"])) if got["of"] else None,
        str(got["reference"]), str(got["by"]), str(got["reason"]), _time(got["made_at"]),
        _time(got["expires_at"]) if got["expires_at"] else None, state, got.get("new") is True,  # type: ignore[arg-type]
    )  # fmt: skip


def _transfers(answer: Json) -> list[Transfer]:
    return [_transfer(each) for each in _list(answer, "transfers")]


def _statement(answer: Json) -> Statement:
    got = _mapping(answer)
    return Statement(
        UUID(str(got["account"])), _time(got["since"]), _time(got["until"]), _pence(got["opening"]),
        _pence(got["closing"]), tuple(_transfers(answer)),
    )  # fmt: skip
