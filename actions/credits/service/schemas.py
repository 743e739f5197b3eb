"""What the ledger takes and gives: requests are checked with these models, its page is made of them."""

import json
from datetime import datetime
from typing import Annotated, Final, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    Discriminator,
    Field,
    JsonValue,
    StringConstraints,
)

from actions.sdk.serving import Body

MOST: Final = 4_000
"""Transfers or accounts in a request."""
LISTED: Final = 2_000
"""Transfers or accounts in an answer."""
LARGEST: Final = 1_000_000_000_000
"""Pence of one transfer: ten thousand million pounds."""
BALANCE: Final = 9_007_199_254_740_991
"""Pence of a balance: what JSON's numbers hold exactly."""
LONGEST: Final = 2_147_483_647
"""Seconds of a hold: 68 years."""
DETAILS: Final = 2_000
"""Characters of an account's details, as JSON."""

_PLAIN: Final = r"^[^\x00-\x1f\x7f-\x9f]*$"


def _small(details: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(json.dumps(details, allow_nan=False)) > DETAILS:
        raise ValueError(f"at most {DETAILS:,} characters of JSON")
    return details


Id = Annotated[
    str,
    StringConstraints(
        pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"
    ),
    Field(json_schema_extra={"format": "uuid"}),
]
Word = Annotated[str, StringConstraints(max_length=100, pattern=_PLAIN)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=_PLAIN)]
Reference = Annotated[str, StringConstraints(max_length=200, pattern=_PLAIN)]
Sentence = Annotated[str, StringConstraints(max_length=500, pattern=_PLAIN)]
Amount = Annotated[int, Field(ge=1, le=LARGEST, description="Pence.")]
Pence = Annotated[int, Field(ge=0, le=BALANCE)]
Details = Annotated[dict[str, JsonValue], AfterValidator(_small)]


class NewAccount(Body):
    """An account to open."""

    id: Id
    code: Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=_PLAIN)]
    holder: Name
    limit: Literal["none", "debits", "credits"] = "none"
    ledger: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,20}$")] = "GBP"
    details: Details = Field(default_factory=dict)


class NewAccounts(Body):
    """Accounts to open, all or none."""

    accounts: Annotated[list[NewAccount], Field(min_length=1, max_length=MOST)]


class _NewTransfer(Body):
    id: Id
    code: Word = ""
    reference: Reference = ""
    by: Word = ""
    reason: Sentence = ""
    linked: bool = Field(default=False, description="True for all of a request but the last.")


class Posted(_NewTransfer):
    """Money that moves at once."""

    phase: Literal["posted"]
    debit: Id
    credit: Id
    amount: Amount
    of: None = None
    seconds: None = None


class Pending(_NewTransfer):
    """Money that is held."""

    phase: Literal["pending"]
    debit: Id
    credit: Id
    amount: Amount
    of: None = None
    seconds: Annotated[int, Field(ge=1, le=LONGEST)] | None = None


class _End(_NewTransfer):
    debit: Id | None = None
    credit: Id | None = None
    of: Id
    seconds: None = None


class Post(_End):
    """A hold of which so much goes, or all; the rest comes back."""

    phase: Literal["post"]
    amount: Amount | None = None


class Void(_End):
    """A hold that comes back."""

    phase: Literal["void"]
    amount: Amount | None = None


NewTransfer = Annotated[Posted | Pending | Post | Void, Discriminator("phase")]


class NewTransfers(Body):
    """Transfers to make, all or none: one chain, each linked to the next."""

    transfers: Annotated[list[NewTransfer], Field(min_length=1, max_length=MOST)]


class Account(BaseModel):
    """An account with its four balances, in pence."""

    id: Id
    code: str
    holder: str
    limit: Literal["none", "debits", "credits"]
    ledger: str
    details: dict[str, JsonValue]
    debits_pending: Pence
    debits_posted: Pence
    credits_pending: Pence
    credits_posted: Pence
    opened_at: AwareDatetime
    closed_at: AwareDatetime | None


class Accounts(BaseModel):
    """Accounts, in the order of the request, or that in which they were opened."""

    accounts: list[Account]


class Total(BaseModel):
    """The balances of all accounts of one code and unit together, in pence."""

    code: str
    ledger: str
    accounts: int
    debits_pending: int
    debits_posted: int
    credits_pending: int
    credits_posted: int


class Totals(BaseModel):
    """Totals of codes, in their order, all of one moment."""

    totals: list[Total]


class Transfer(BaseModel):
    """A transfer that was made; `number` is its place in the journal."""

    id: Id
    number: int
    phase: Literal["posted", "pending", "post", "void"]
    debit: Id
    credit: Id
    amount: Amount
    code: str
    of: Id | None
    reference: str
    by: str
    reason: str
    made_at: AwareDatetime
    expires_at: AwareDatetime | None
    state: Literal["pending", "posted", "voided", "expired"]
    new: bool


class Transfers(BaseModel):
    """Transfers, in the order of the request, or that in which they were made."""

    transfers: list[Transfer]


class Statement(BaseModel):
    """What an account had, what came and went, and what it had then; `until` is no part of it."""

    account: Id
    since: datetime
    until: datetime
    opening: int
    closing: int
    transfers: list[Transfer]


class Problem(BaseModel):
    """Why not (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    index: int | None = Field(default=None, description="Which of several, from 0.")
    field: str | None = None
    available: int | None = Field(default=None, description="Pence.")
    first: str | None = Field(default=None, description="The code with which the id was refused first.")
