"""The base of every department's HTTP client: time-outs, a circuit breaker, a capped answer, two errors."""

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import ClassVar, NoReturn
from weakref import WeakKeyDictionary

import aiohttp
import structlog
from circuitbreaker import CircuitBreaker
from yarl import URL

log = structlog.get_logger()

type Json = dict[str, Json] | list[Json] | str | int | float | bool | None

MAX_ANSWER = 4 * 1024 * 1024  # bytes, after decompression
FAILURES = 5  # in a row, and the circuit opens
RECOVERY = 30  # seconds, and one call may try again

# Statuses that say "not now" rather than "no".
_LATER = frozenset({408, 425, 429})
# Statuses of a gateway, or of a service that can't work at all.
_AWAY = frozenset({502, 503, 504})


class ServiceDown(Exception):  # noqa: N818  (a state of the service, not a mistake of ours)
    """The service did not answer, or not with sense: the same call may be tried again later.

    A call that changes something may have been carried out all the same: repeat it with the same key.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ServiceAway(ServiceDown):
    """Nobody is there: no connection, no answer in time, or a machine before it that says so.

    Only this opens the circuit. Whoever finds what makes a service stumble (500, nonsense) must not be
    able to close it to everybody by asking that five times.
    """


class ServiceRefused(Exception):  # noqa: N818
    """The service answered no (4xx): the same call will be refused again.

    Attributes:
        status: the HTTP status.
        code: the service's own name for the reason, or `HTTP_<status>` where it gave none.
        diagnostics: the service's sentence for a developer; never shown to a citizen.
        details: what else it said of the reason, such as how many tries remain.
    """

    def __init__(
        self, status: int, code: str, diagnostics: str = "", details: Mapping[str, str | int] | None = None
    ) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code
        self.diagnostics = diagnostics
        self.details: Mapping[str, str | int] = details or {}


# One circuit for each address that a session calls, whoever calls it: clients are made anew each
# turn, the session stays. It goes with its session, so an address that is later somebody else's
# starts without the failures of the one before.
_circuits: WeakKeyDictionary[aiohttp.ClientSession, dict[str, CircuitBreaker]] = WeakKeyDictionary()


def _circuit(session: aiohttp.ClientSession, base_url: str) -> CircuitBreaker:
    circuits = _circuits.setdefault(session, {})
    if base_url not in circuits:
        # A call we gave up waiting for counts as one without an answer; CircuitBreaker would
        # otherwise take the cancellation for a success and close.
        circuits[base_url] = CircuitBreaker(
            failure_threshold=FAILURES,
            recovery_timeout=RECOVERY,
            expected_exception=(ServiceAway, asyncio.CancelledError),
            name=base_url,
        )
    return circuits[base_url]


class Service:
    """A client of one department's service API; each department writes a subclass with its calls.

    Args:
        base_url: where the service is, without a slash at the end.
        session: the process's one session; it stays the caller's to close.
        correlation: an id sent as `X-Correlation-ID` with every call, to find the turn in both logs.
        headers: sent with every call, such as `Authorization`.
        settings: what pack.yml has under `service: {settings: …}`, such as a key.
    """

    timeout: ClassVar[aiohttp.ClientTimeout] = aiohttp.ClientTimeout(total=5, connect=2, sock_connect=2)
    media_type: ClassVar[str] = "application/json"
    served_by: ClassVar[str | None] = None
    """The pack whose service it calls, for a client that departments share; else the one it stands in."""

    def __init__(
        self,
        base_url: str,
        session: aiohttp.ClientSession,
        *,
        correlation: str | None = None,
        headers: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.settings: Mapping[str, str] = settings or {}
        self._base_url = base_url.rstrip("/")
        self._session = session
        self._headers = {**(headers or {}), "Accept": self.media_type}
        if correlation is not None:
            self._headers["X-Correlation-ID"] = correlation
        self._circuit = _circuit(session, self._base_url)

    async def call[T](
        self,
        method: str,
        path: str,
        read: Callable[[Json], T],
        *,
        params: Mapping[str, str] | None = None,
        body: Json = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """Makes one call and reads its answer.

        Args:
            method: GET, POST…
            path: below the base URL, already percent-encoded, without a slash in front.
            read: turns the answer's JSON (None for an empty answer) into what the call gives back;
                whatever LookupError, TypeError or ValueError it raises makes the answer nonsense.
            params: the query.
            body: sent as JSON.
            key: sent as `Idempotency-Key`; the service does the same key's work once.
            headers: for this call only.

        Raises:
            ServiceDown: no answer in time, none at all, 5xx, nonsense, or nobody there just now.
            ServiceRefused: 4xx.
        """
        data = None if body is None else (self.media_type, json.dumps(body).encode())
        return await self.exchange(
            method, path, lambda raw: read(parse(raw) if raw else None),
            params=params, data=data, key=key, headers=headers,
        )  # fmt: skip

    async def exchange[T](
        self,
        method: str,
        path: str,
        read: Callable[[bytes], T],
        *,
        params: Mapping[str, str] | None = None,
        data: tuple[str, bytes] | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        """The same for a service that does not speak JSON.

        Args:
            method: as for `call`, and so are `path`, `params`, `key`, `headers`.
            path: the same.
            read: turns the answer's bytes into what the call gives back.
            params: the query.
            data: the media type of what is sent, and what is sent.
            key: sent as `Idempotency-Key`.
            headers: for this call only.

        Raises:
            ServiceDown: as for `call`.
            ServiceRefused: the same.
        """
        if self._circuit.opened:
            self._down("circuit open")
        all_headers = {**self._headers, **(headers or {})}
        if key is not None:
            all_headers["Idempotency-Key"] = key
        if data is not None:
            all_headers["Content-Type"] = data[0]
        with self._circuit:
            try:
                async with self._session.request(
                    method,
                    URL(f"{self._base_url}/{path}", encoded=True),
                    params=params,
                    data=None if data is None else data[1],
                    headers=all_headers,
                    timeout=self.timeout,
                    allow_redirects=False,  # the answer must come from the address we were given
                ) as response:
                    status, raw = response.status, await self._capped(response)
            except TimeoutError:
                self._down("time-out", ServiceAway)
            except (aiohttp.ClientError, OSError) as error:
                self._down(type(error).__name__, ServiceAway)
            if status in _AWAY:
                self._down(f"status {status}", ServiceAway)
            if status in _LATER or not (200 <= status < 300 or 400 <= status < 500):
                self._down(f"status {status}")
            if status >= 400:
                raise self.refusal(status, raw)
            try:
                return read(raw)
            except (LookupError, TypeError, ValueError, RecursionError):
                self._down("nonsense")

    def refusal(self, status: int, raw: bytes) -> ServiceRefused:
        """What a 4xx means; a subclass reads its own standard's error format out of `raw`."""
        del raw
        return ServiceRefused(status, f"HTTP_{status}")

    async def _capped(self, response: aiohttp.ClientResponse) -> bytes:
        raw = bytearray()
        async for chunk in response.content.iter_any():
            raw += chunk
            if len(raw) > MAX_ANSWER:
                self._down("answer too large")
        return bytes(raw)

    def _down(self, reason: str, kind: type[ServiceDown] = ServiceDown) -> NoReturn:
        # Never the path: it may hold a citizen's reference.
        log.warning("service.down", service=URL(self._base_url).authority, reason=reason)
        raise kind(reason) from None


def parse(raw: bytes) -> Json:
    """JSON as the standard has it: UTF-8, and no NaN or Infinity.

    Raises:
        ValueError: it is something else.
        RecursionError: it is nested without end.
    """

    def refuse(constant: str) -> NoReturn:
        raise ValueError(constant)

    value: Json = json.loads(raw.decode("utf-8"), parse_constant=refuse)
    return value


class KeyedService(Service):
    """What clients of our own services share: the key they show, and problems (RFC 9457) as refusals.

    Every call raises ServiceDown and ServiceRefused (see `Service.call`).
    """

    @property
    def key(self) -> Mapping[str, str]:
        """The header that shows who calls; none without a key in the pack's settings."""
        key = self.settings.get("key")
        return {"Authorization": f"Bearer {key}"} if key else {}

    def refusal(self, status: int, raw: bytes) -> ServiceRefused:
        """What a problem says."""
        return problem_refusal(status, raw)


def problem_refusal(status: int, raw: bytes) -> ServiceRefused:
    """What a problem of RFC 9457 says, for the `refusal` of clients whose service tells them so.

    Args:
        status: of HTTP.
        raw: the body; its members that are texts or numbers, beside the standard's, are the details.
    """
    try:
        found = parse(raw)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        return ServiceRefused(status, f"HTTP_{status}")
    details = {
        name: value for name, value in found.items()
        if isinstance(value, str | int) and name not in ("type", "title", "status", "detail", "code")
    }  # fmt: skip
    return ServiceRefused(
        status, str(found.get("code", f"HTTP_{status}")), str(found.get("detail", "")), details
    )
