"""Every error as Open311 has it: a list of codes and sentences, in the format and language asked for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import asyncpg
import structlog
from aiohttp import web

from actions.reports.service.words import Language, say
from actions.reports.service.writing import Format, respond

log = structlog.get_logger()

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

LANGUAGE: Final[web.RequestKey[Language]] = web.RequestKey("language")
"""That of a request, once it was read."""

_QUOTED: Final = 60
"""Characters of what was sent that a sentence repeats."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Args:
        reason: its name in `refused` of words.yml.
        values: what its sentence is filled with.
    """

    reason: str
    values: dict[str, object] = field(default_factory=dict)

    def sentence(self, language: Language) -> str:
        """As a citizen can be shown it."""
        short = {
            name: value[:_QUOTED] if name == "value" and isinstance(value, str) else value
            for name, value in self.values.items()
        }
        return say("refused", self.reason, language, **short)


class Refusal(Exception):  # noqa: N818  (an answer to the caller, not a mistake of ours)
    """What a caller asked can't be done.

    Args:
        status: of HTTP; also the standard's code.
        faults: what is wrong, one or more.
    """

    def __init__(self, status: int, *faults: Fault) -> None:
        super().__init__(",".join(fault.reason for fault in faults))
        self.status, self.faults = status, faults


def refuse(status: int, reason: str, **values: object) -> Refusal:
    """A refusal for one reason."""
    return Refusal(status, Fault(reason, values))


def answer(request: web.Request, refusal: Refusal) -> web.Response:
    """The list of errors. The language is that of `locale`, wherever it was sent."""
    language: Language = request.get(LANGUAGE, "cy" if request.query.get("locale") == "cy" else "en")
    errors = [
        {"code": str(refusal.status), "description": fault.sentence(language), "reason": fault.reason}
        for fault in refusal.faults
    ]
    return respond(format_of(request), "errors", errors, status=refusal.status)


def format_of(request: web.Request) -> Format:
    """The format that the address ends with; XML, which the standard makes mandatory, when with none."""
    return "json" if request.path.endswith(".json") else "xml"


_HTTP: Final = {404: "no_such_page", 405: "method"}


@web.middleware
async def refusals(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every error below into the standard's list."""
    try:
        return await handler(request)
    except Refusal as refusal:
        found = refusal
    except web.HTTPException as error:
        found = refuse(
            error.status, _HTTP.get(error.status, "form_broken" if error.status < 500 else "failed")
        )
    except (TimeoutError, OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
        log.warning("reports.unavailable", error=type(error).__name__)
        found = refuse(503, "unavailable")
    except Exception as error:
        # The name only: the text of an error may hold what a citizen sent.
        log.error("reports.failed", error=type(error).__name__)
        found = refuse(500, "failed")
    return answer(request, found)
