"""What every call of the childcare service needs, and what stands in its address."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from aiohttp import web

from actions.childcare.service.eligibility import LONDON
from actions.childcare.service.worker import Worker
from actions.sdk import Ledger
from actions.sdk.serving import Pool, Problem

type Clock = Callable[[], datetime]

SERVICE: Final = "childcare"
"""Whose idempotency keys and proofs these are."""
_NUMBER: Final = re.compile("[1-9][0-9]{0,17}")
_REFERENCE: Final = re.compile("[0-9]{10}")
_PROVIDER: Final = re.compile("[A-Z]{2}[0-9]{4,8}")


@dataclass(frozen=True)
class Tools:
    """What surrounds a call.

    Args:
        pool: the database.
        clock: the time.
        ledger: gives the client of the ledger.
        keys: digests of the keys of those who may ask about families.
    """

    pool: Pool
    clock: Clock
    ledger: Callable[[], Ledger]
    keys: frozenset[bytes]

    @property
    def today(self) -> date:
        """The day in London."""
        return self.clock().astimezone(LONDON).date()


TOOLS: web.AppKey[Tools] = web.AppKey("tools")
WORKER: web.AppKey[Worker] = web.AppKey("worker")
PROVIDER: web.RequestKey[str] = web.RequestKey("provider")
"""Who asks, where a provider does."""


def secret_digest(secret: str) -> bytes:
    """What is kept of a key or a token: how long a comparison takes tells nothing of it then."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def number_in(request: web.Request) -> int:
    """The number in the address.

    Raises:
        Problem: 404: it is none.
    """
    return int(_in(request, "id", _NUMBER))


def reference_in(request: web.Request) -> str:
    """The family's reference in the address."""
    return _in(request, "reference", _REFERENCE)


def provider_in(request: web.Request) -> str:
    """The provider's number in the address."""
    return _in(request, "number", _PROVIDER)


def _in(request: web.Request, name: str, form: re.Pattern[str]) -> str:
    given = request.match_info[name]
    if not form.fullmatch(given):
        raise Problem(404, "NOT_FOUND", f"There is nothing of this {name}.")
    return given
