"""Errors in Notify's own form: a status, and a list of kinds with sentences."""

from typing import Any, Final

from aiohttp import web

KINDS: Final = {
    400: "BadRequestError",
    401: "AuthError",
    403: "AuthError",
    404: "NoResultFound",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    409: "Conflict",
    413: "RequestTooLarge",
    415: "UnsupportedMediaType",
    429: "TooManyRequestsError",
    500: "Exception",
    503: "ServiceUnavailable",
}
"""What an error is called where nothing else is said; https://docs.notifications.service.gov.uk/rest-api.html"""

VALIDATION: Final = "ValidationError"
RATE: Final = "RateLimitError"


class ApiError(Exception):
    """A request that is not done.

    Args:
        status: of HTTP.
        messages: sentences, one a mistake.
        kind: what Notify calls it.
    """

    def __init__(self, status: int, *messages: str, kind: str | None = None) -> None:
        super().__init__(*messages)
        self.status, self.messages = status, messages
        self.kind = kind or KINDS.get(status, "Exception")

    def response(self) -> web.Response:
        """The answer."""
        body: dict[str, Any] = {
            "status_code": self.status,
            "errors": [{"error": self.kind, "message": message} for message in self.messages],
        }
        return web.json_response(body, status=self.status)


def wrong(*messages: str) -> ApiError:
    """What was sent can't be sent on."""
    return ApiError(400, *messages)


def invalid(*messages: str) -> ApiError:
    """What was sent is not of its form."""
    return ApiError(400, *messages, kind=VALIDATION)
