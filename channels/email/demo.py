"""The demo's mailbox: what Onedoor e-mailed and what letters it drew, for whoever opens the page."""

from typing import Final

from aiohttp import web

from bot.outbox import Outgoing
from bot.queue import Pool
from bot.settings import Settings
from channels.email.page import html
from channels.pages import page_language, render

SHOWN: Final = 50

_NEWEST: Final = """
SELECT o.id, o.channel, o.subject, o.status, o.error_code, o.created_at, o.redacted_at, c.address, l.pages
FROM outbound o JOIN conversation c ON c.id = o.conversation_id LEFT JOIN letter l ON l.outbound_id = o.id
WHERE o.channel IN ('email', 'letter') ORDER BY o.id DESC LIMIT $1
"""
_ONE: Final = """
SELECT o.id, o.conversation_id, c.address, o.text, o.subject, o.language, o.details
FROM outbound o JOIN conversation c ON c.id = o.conversation_id
WHERE o.id = $1 AND o.channel = 'email' AND o.redacted_at IS NULL
"""

# An e-mail's styles stand in it: mail programs read no others. Nothing else may load or run.
EMAIL_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"


def add_mailbox(app: web.Application, pool: Pool, settings: Settings) -> None:
    """Adds `/demo/mailbox`, its e-mails and its letters, in the demo only: whoever opens it sees them all.

    Args:
        app: the demo's pages, mounted at `/demo`.
        pool: the process's connections.
        settings: of the installation.
    """

    async def mailbox(request: web.Request) -> web.Response:
        language = page_language(request, settings.default_language)
        rows = await pool.fetch(_NEWEST, SHOWN)
        return render("demo_mailbox.html", language, messages=[dict(row) for row in rows], demo=True)

    async def email(request: web.Request) -> web.Response:
        row = await pool.fetchrow(_ONE, int(request.match_info["id"]))
        if row is None:
            raise web.HTTPNotFound
        shown = Outgoing(
            row["id"], row["conversation_id"], row["address"], row["text"], row["subject"], row["language"],
            row["details"],
        )  # fmt: skip
        headers = {"Content-Security-Policy": EMAIL_POLICY}
        return web.Response(text=html(shown), content_type="text/html", charset="utf-8", headers=headers)

    async def letter(request: web.Request) -> web.Response:
        pdf = await pool.fetchval(
            "SELECT pdf FROM letter WHERE outbound_id = $1", int(request.match_info["id"])
        )
        if pdf is None:
            raise web.HTTPNotFound
        headers = {"Content-Disposition": f'inline; filename="letter-{request.match_info["id"]}.pdf"'}
        return web.Response(body=pdf, content_type="application/pdf", headers=headers)

    app.router.add_get("/mailbox", mailbox)
    app.router.add_get("/mailbox/{id:[0-9]{1,18}}", email)
    app.router.add_get("/mailbox/{id:[0-9]{1,18}}.pdf", letter)
