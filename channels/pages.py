"""Pages in the GOV.UK style: their templates, words, assets and security headers."""

import hashlib
import mimetypes
import re
import traceback
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final, Literal

import structlog
import yaml
from aiohttp import web
from aiohttp.typedefs import Handler
from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, PrefixLoader

from bot.hours import LONDON
from bot.settings import ROOT

type Language = Literal["en", "cy"]

log = structlog.get_logger()

TEMPLATES: Final = ROOT / "templates" / "pages"
FRONTEND: Final = ROOT / "node_modules" / "govuk-frontend" / "dist" / "govuk"
OWN: Final = Path(__file__).parent / "webchat" / "static"
DESK: Final = Path(__file__).parent / "desk" / "static"

SYSTEM_FONTS: Final = '-apple-system,"Segoe UI",Roboto,arial,"Liberation Sans",sans-serif'
"""GDS Transport may only be used on GOV.UK's own pages, so the reader's own font takes its place."""

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: with it a browser sends "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Put on every answer that does not set them itself."""


class AssetsError(Exception):
    """GOV.UK Frontend is not there; the text says what to do."""


class Assets:
    """The style sheets, scripts and pictures of the pages, in memory, under one address that is their hash.

    An address with another content is another address, so a browser may keep what it has for ever;
    and a script's relative import meets the version it was written with.
    """

    def __init__(self) -> None:
        try:
            files = {path.name: path.read_bytes() for path in (
                FRONTEND / "govuk-frontend.min.css", FRONTEND / "govuk-frontend.min.js",
                *sorted(path for folder in (OWN, DESK) for path in folder.iterdir() if path.is_file()),
            )}  # fmt: skip
        except FileNotFoundError as error:
            raise AssetsError("GOV.UK Frontend is missing: run `make setup`, or `npm ci` here.") from error
        files["govuk-frontend.min.css"] = _without_transport(files["govuk-frontend.min.css"])
        self.files: Mapping[str, bytes] = files
        digest = hashlib.sha256(b"".join(name.encode() + files[name] for name in sorted(files)))
        self.version = digest.hexdigest()[:16]

    def url(self, name: str) -> str:
        """The address of a file. A `KeyError` says that there is none of that name."""
        if name not in self.files:
            raise KeyError(name)
        return f"/assets/{self.version}/{name}"

    async def serve(self, request: web.Request) -> web.Response:
        """Answers `GET /assets/{version}/{name}`; an old version is told the way to the present one."""
        name = request.match_info["name"]
        if name not in self.files:
            raise web.HTTPNotFound
        if request.match_info["version"] != self.version:
            raise web.HTTPFound(self.url(name))
        content_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
        text = content_type.startswith("text/")
        return web.Response(
            body=self.files[name],
            content_type=content_type,
            charset="utf-8" if text else None,
            headers={"Cache-Control": "public, max-age=31536000, immutable"},
        )


def _without_transport(css: bytes) -> bytes:
    """The style sheet with the system's fonts and without the address of its map."""
    text = re.sub(r"@font-face\{[^}]*\}", "", css.decode())
    text = text.replace("GDS Transport,arial,sans-serif", SYSTEM_FONTS)
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", text).encode()


@cache
def assets() -> Assets:
    """The assets, read once.

    Raises:
        AssetsError: GOV.UK Frontend is not installed.
    """
    return Assets()


@cache
def strings(language: Language) -> Mapping[str, str]:
    """The words of the pages in one language."""
    words: dict[str, str] = yaml.safe_load(
        (TEMPLATES / f"strings.{language}.yml").read_text(encoding="utf-8")
    )
    return words


@cache
def environment() -> Environment:
    """The templates; everything put into them is escaped."""
    made = Environment(
        loader=ChoiceLoader(
            [
                FileSystemLoader(TEMPLATES),
                PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
            ]
        ),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["asset"] = assets().url
    made.filters["staff_time"] = staff_time
    return made


def staff_time(at: datetime) -> str:
    """“24 Nov 09:05”, as pages for staff write a moment; with the year where it is another."""
    local = at.astimezone(LONDON)
    year = "" if local.year == datetime.now(LONDON).year else f" {local.year}"
    return f"{local.day} {local:%b}{year} {local:%H:%M}"


def render(
    template: str,
    language: Language,
    templates: Environment | None = None,
    *,
    status: int = 200,
    **values: object,
) -> web.Response:
    """A page.

    Args:
        template: its file in templates/pages.
        language: of the page; the template has it as `language` and its words as `t`.
        templates: a department's own, which find ours as well.
        status: of HTTP.
        values: what else the template names.
    """
    html = (
        (templates or environment())
        .get_template(template)
        .render(language=language, t=strings(language), **values)
    )
    return web.Response(text=html, status=status, content_type="text/html", charset="utf-8")


def add_pages(app: web.Application, *, https: bool) -> None:
    """Gives an application the assets, the security headers, and pages for what goes wrong.

    On the root application this covers those mounted in it too.

    Args:
        app: the application.
        https: whether citizens reach us by https only, which browsers are then told to insist on.
    """
    app.router.add_get("/assets/{version}/{name}", assets().serve)
    # Browsers ask for it by themselves on pages that name no picture of their own.
    app.router.add_get("/favicon.ico", _favicon)

    async def secure(_request: web.Request, response: web.StreamResponse) -> None:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")

    app.on_response_prepare.append(secure)
    app.middlewares.append(problems)


async def _favicon(_request: web.Request) -> web.Response:
    raise web.HTTPFound(assets().url("door.svg"))


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns what goes wrong into a page, when it is a browser that asks for one.

    An exception that is nobody's ends here: aiohttp would log its text, and that may be a citizen's.
    """
    html = "text/html" in request.headers.get("Accept", "")
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400 or not html:
            raise
        status = error.status
        headers = {name: error.headers[name] for name in ("Allow", "Retry-After") if name in error.headers}
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        log.error("page.failed", error=type(error).__name__, at=f"{last.name}:{last.lineno}")
        if not html:
            return web.Response(status=500)
        status, headers = 500, {}
    kind = "missing" if status == 404 else "ours" if status >= 500 else "refused"
    response = render("problem.html", page_language(request), status=status, kind=kind)
    response.headers.update(headers)
    return response


def page_language(request: web.Request, fallback: str = "en") -> Language:
    """The language asked for by `?lang=`, or else the fallback."""
    asked = request.query.get("lang") or fallback
    return "cy" if asked == "cy" else "en"
