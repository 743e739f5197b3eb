"""Every error as FHIR has it: an OperationOutcome, whatever went wrong."""

from collections.abc import Awaitable, Callable

import asyncpg
import structlog
from aiohttp import web

from actions.health import fhir
from actions.sdk.service import Json

log = structlog.get_logger()

type Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Refusal(Exception):  # noqa: N818  (an answer to the caller, not a mistake of ours)
    """What a caller asked can't be done.

    Args:
        status: the HTTP status.
        code: e-RS's code for it where the published API has one (A016's table of 422 codes), else ours.
        diagnostics: a sentence for a developer.
        details: extensions of ours, by their name, such as `{"until": {"valueInstant": …}}`.
    """

    def __init__(
        self, status: int, code: str, diagnostics: str, details: dict[str, dict[str, Json]] | None = None
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.diagnostics = status, code, diagnostics
        self.details = details or {}


def bad_request(diagnostics: str) -> Refusal:
    """400: what was sent is not FHIR as this call has it."""
    return Refusal(400, "INVALID_VALUE", diagnostics)


def missing(what: str) -> Refusal:
    """404: the thing named in the address does not exist."""
    return Refusal(404, "REFERENCE_NOT_FOUND", f"There is no such {what}.")


def outcome(refusal: Refusal) -> dict[str, Json]:
    """The OperationOutcome of a refusal."""
    issue: dict[str, Json] = {
        "severity": "error",
        "code": "value" if refusal.status < 500 else "exception",
        "details": fhir.concept("APIErrorCode", refusal.code),
        "diagnostics": refusal.diagnostics,
    }
    if refusal.details:
        issue["extension"] = [{"url": fhir.OURS + name, **value} for name, value in refusal.details.items()]
    return {
        "resourceType": "OperationOutcome",
        "meta": {"profile": [fhir.profile("eRS-OperationOutcome")]},
        "issue": [issue],
    }


def respond(body: dict[str, Json], *, status: int = 200) -> web.Response:
    """An answer in FHIR's media type, with the resource's version as its ETag."""
    meta = body.get("meta")
    version = meta.get("versionId") if isinstance(meta, dict) else None
    headers = {"ETag": f'W/"{version}"'} if isinstance(version, str) else None
    return web.json_response(body, status=status, content_type=fhir.MEDIA_TYPE, headers=headers)


@web.middleware
async def outcomes(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns every error below into an OperationOutcome."""
    try:
        return await handler(request)
    except Refusal as refusal:
        found = refusal
    except web.HTTPException as error:
        found = Refusal(error.status, f"HTTP_{error.status}", error.reason)
    except (TimeoutError, OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError) as error:
        log.warning("ers.unavailable", error=type(error).__name__)
        found = Refusal(503, "SERVICE_UNAVAILABLE", "Try again later.")
    except Exception as error:
        # The name only: the text of an error may hold what a citizen sent.
        log.error("ers.failed", error=type(error).__name__)
        found = Refusal(500, "INTERNAL_SERVER_ERROR", "Something went wrong here.")
    return respond(outcome(found), status=found.status)
