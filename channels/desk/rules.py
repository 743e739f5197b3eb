"""Rules: each route of the desk says who may use it, and nothing is answered before that was looked at."""

from collections.abc import Mapping
from enum import Enum
from typing import Final
from urllib.parse import quote, urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler
from jinja2 import Environment

from bot.officers import Ability, Officer
from bot.signin.sessions import Session, Sessions, Stage
from channels.origin import own_origin
from channels.pages import render

BASE: Final = "/desk"
SIGN_IN: Final = f"{BASE}/sign-in"


class Access(Enum):
    """Who may use a route that asks for no ability."""

    PUBLIC = "anybody"
    STARTED = "who has begun to sign in"
    SIGNED_IN = "every officer"


type Rule = Ability | frozenset[Ability] | Access
"""One ability, or several that it takes together, or none."""


def abilities(rule: Rule) -> frozenset[Ability]:
    """The abilities that a rule takes."""
    if isinstance(rule, Access):
        return frozenset()
    return frozenset({rule}) if isinstance(rule, Ability) else rule


PUBLIC: Final = Access.PUBLIC
STARTED: Final = Access.STARTED
SIGNED_IN: Final = Access.SIGNED_IN

STAGES: Final[Mapping[Stage, str]] = {
    Stage.CODE: f"{BASE}/sign-in/code",
    Stage.PASSWORD: f"{BASE}/account/password",
    Stage.ENROL: f"{BASE}/account/codes",
    Stage.IN: BASE,
}
"""Where somebody must go who has come so far."""

NAVIGATION: Final = (
    ("Cases", "/cases", Ability.SEE),
    ("Board", "/board", Ability.SEE),
    ("Search", "/search", Ability.SEE),
    ("Measures", "/measures", Ability.TEAM),
    ("Replies", "/replies", Ability.REPLIES),
    ("Officers", "/officers", Ability.OFFICERS),
    ("Audit", "/audit", Ability.AUDIT),
)
"""The pages that every page leads to, where they are there and the officer may."""

SESSION: "Final[web.RequestKey[Session | None]]" = web.RequestKey("session")
"""The session of a request's browser; None where there is none."""
OFFICER: "Final[web.RequestKey[Officer]]" = web.RequestKey("officer")
"""Who asks; there behind every rule but `Access.PUBLIC`."""
_ROUTES: "Final[web.AppKey[Routes]]" = web.AppKey("routes")
_FORM: "Final[web.RequestKey[Mapping[str, object]]]" = web.RequestKey("form")


class Gate:
    """Lets through who may: knows sessions by their cookies, and that a form came from our page."""

    def __init__(self, sessions: Sessions, base_url: str) -> None:
        """Prepares.

        Args:
            sessions: of the installation.
            base_url: the public address. With https the cookie travels on https only.
        """
        self.sessions = sessions
        parts = urlsplit(base_url)
        self._netloc, self._secure = parts.netloc, parts.scheme == "https"
        # With the prefix no subdomain can plant a cookie of this name.
        self.cookie = "__Host-onedoor-desk" if self._secure else "onedoor-desk"

    def remember(self, response: web.StreamResponse, token: str) -> None:
        """Gives the browser its token; it keeps it until it is closed.

        `Lax`, not `Strict`: a link to a case in an e-mail must find its officer signed in.
        """
        response.set_cookie(self.cookie, token, httponly=True, samesite="Lax", secure=self._secure, path="/")

    def forget(self, response: web.StreamResponse) -> None:
        """Takes the token away."""
        response.del_cookie(self.cookie, path="/", httponly=True, samesite="Lax", secure=self._secure)

    def guard(self, handler: Handler, rule: Rule, largest: int | None = None) -> Handler:
        """The handler, behind a rule; `largest` as for `form`."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            token = request.cookies.get(self.cookie)
            session = await self.sessions.find(token) if token else None
            request[SESSION] = session
            if session is not None:
                request[OFFICER] = session.officer
            self._let_in(request, session, rule)
            if request.method not in ("GET", "HEAD"):
                await self._check_form(request, session, rule, largest)
            elif _is_socket(request) and own_origin(request, self._netloc) is not True:
                raise web.HTTPForbidden
            if session is None or not session.due or token is None or _is_socket(request):
                return await handler(request)
            # Afterwards: a handler that fails must not cost the browser its only good token.
            try:
                response = await handler(request)
            except web.HTTPException as answer:
                await self._renew(answer, token)
                raise
            await self._renew(response, token)
            return response

        return guarded

    async def _renew(self, response: web.StreamResponse, token: str) -> None:
        # What sets the cookie itself, as signing out does, is left alone.
        if self.cookie not in response.cookies and (fresh := await self.sessions.rotate(token)):
            self.remember(response, fresh)

    @staticmethod
    def _let_in(request: web.Request, session: Session | None, rule: Rule) -> None:
        if rule is Access.PUBLIC:
            return
        if session is None or (session.stage is not Stage.IN and rule is not Access.STARTED):
            if _is_socket(request):
                raise web.HTTPUnauthorized
            to = SIGN_IN if session is None else STAGES[session.stage]
            back = f"?next={quote(request.path_qs, safe='')}" if request.method == "GET" else ""
            raise web.HTTPSeeOther(to + back)
        if not all(session.officer.may(ability) for ability in abilities(rule)):
            raise web.HTTPForbidden

    async def _check_form(
        self, request: web.Request, session: Session | None, rule: Rule, largest: int | None
    ) -> None:
        ours = own_origin(request, self._netloc)
        if session is None or rule is Access.PUBLIC:
            if ours is not True:  # every browser of today says it with a form
                raise web.HTTPForbidden
            return
        fields = await form(request, largest)
        given = request.headers.get("X-CSRF-Token") or str(fields.get("csrf", ""))
        if ours is False or not session.is_csrf(given):
            raise web.HTTPForbidden


def _is_socket(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").casefold() == "websocket"


async def form(request: web.Request, largest: int | None = None) -> Mapping[str, object]:
    """The fields of a posted form.

    Args:
        request: with the form.
        largest: bytes it may have, where that is more than the application takes: a file comes with it, which
            its handler closes.

    Raises:
        web.HTTPBadRequest: it can't be read.
        web.HTTPRequestEntityTooLarge: it is larger.
    """
    fields: Mapping[str, object] | None = request.get(_FORM)
    if fields is not None:
        return fields
    try:
        fields = await (request if largest is None else request.clone(client_max_size=largest)).post()
    except (ValueError, LookupError):
        raise web.HTTPBadRequest from None
    request[_FORM] = fields
    return fields


class Routes:
    """The routes of the desk: the one way to add one, so that none is without a rule."""

    def __init__(self, app: web.Application, gate: Gate, *, demo: bool) -> None:
        """Prepares.

        Args:
            app: the desk's application, mounted at `BASE`.
            gate: lets through who may.
            demo: whether the pages say that this is one.
        """
        self.app, self.gate, self.demo = app, gate, demo
        self.rules: dict[tuple[str, str], Rule] = {}
        self._links: list[tuple[str, str, Ability, str | None]] = [(*each, None) for each in NAVIGATION]
        app[_ROUTES] = self

    def add(
        self, method: str, path: str, handler: Handler, *, needs: Rule, largest: int | None = None
    ) -> None:
        """Adds a route.

        The handler finds the officer in `request[OFFICER]`; what a form of theirs brings was checked.

        Args:
            method: of HTTP; a web socket's is GET.
            path: below `BASE`.
            handler: what answers.
            needs: the ability or abilities it takes, or one of `Access`.
            largest: bytes of its form, where it brings a file; see `form`.
        """
        route = self.app.router.add_route(method, path, self.gate.guard(handler, needs, largest))
        assert route.resource is not None
        self.rules[method, route.resource.canonical] = needs

    def link(self, text: str, path: str, ability: Ability, desk: str) -> None:
        """Adds a link to what every page leads to, for officers of a desk.

        Args:
            text: of the link.
            path: below `BASE`.
            ability: what the page takes.
            desk: whose page it is.
        """
        self._links.append((text, path, ability, desk))

    def navigation(self, request: web.Request, officer: Officer) -> list[dict[str, object]]:
        """The links that an officer's pages begin with."""
        there = {path for method, path in self.rules if method == "GET"}
        return [
            {"text": text, "href": BASE + path, "active": request.path.startswith(BASE + path)}
            for text, path, ability, desk in self._links
            if path in there
            and officer.may(ability)
            and (desk is None or officer.reach is None or desk in officer.reach)
        ]


def desks(officer: Officer) -> frozenset[str] | None:
    """The desks whose cases an officer may see; None for all."""
    return officer.reach


def desk_page(
    request: web.Request,
    template: str,
    templates: Environment | None = None,
    *,
    status: int = 200,
    **values: object,
) -> web.Response:
    """A page of the desk.

    Args:
        request: what asks for it.
        template: its file in templates/pages/desk, which finds `officer`, `csrf` and `navigation`.
        templates: a department's own, where the file is among those instead.
        status: of HTTP.
        values: what else it names.
    """
    routes = request.app[_ROUTES]
    session: Session | None = request.get(SESSION)
    inside = session is not None and session.stage is Stage.IN
    return render(
        template if templates else f"desk/{template}", "en", templates, status=status, demo=routes.demo,
        officer=None if session is None else session.officer,
        csrf="" if session is None else session.csrf,
        navigation=routes.navigation(request, session.officer) if session and inside else [],
        **values,
    )  # fmt: skip
