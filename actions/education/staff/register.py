"""Files about schools at the desk: looked at first, every broken row told, then brought in whole."""

from typing import Any, Final

from aiohttp import web

from actions.education.staff.asking import (
    FILE_BYTES,
    FORM_BYTES,
    file_of,
    mistake_of,
    number_of,
    office,
)
from actions.sdk import ServiceRefused
from bot.officers import Ability
from channels.desk.departments import StaffPages
from channels.desk.rules import form

KINDS: Final = {"register": "England's register (GIAS)", "more": "Our own figures and places"}


class Register:
    """The page of files.

    Args:
        pages: of the desk.
    """

    def __init__(self, pages: StaffPages) -> None:
        self._pages = pages

    def add(self) -> None:
        """Adds it and its forms."""
        self._pages.add("GET", "/schools", self.show, needs=Ability.TEAM, title="Schools")
        self._pages.add("POST", "/schools", self.look, needs=Ability.TEAM, largest=FILE_BYTES + FORM_BYTES)
        self._pages.add("POST", "/schools/files/{number}", self.bring_in, needs=Ability.TEAM)

    async def show(self, request: web.Request) -> web.Response:
        """The form."""
        return self._page(request, done=request.query.get("done") == "yes")

    def _page(
        self,
        request: web.Request,
        mistake: str = "",
        looked: dict[str, Any] | None = None,
        *,
        done: bool = False,
    ) -> web.Response:
        return self._pages.page(
            request, "schools.html", status=400 if mistake else 200, mistake=mistake, looked=looked,
            done=done,
            kinds=KINDS, largest=FILE_BYTES // 2**20,
        )  # fmt: skip

    async def look(self, request: web.Request) -> web.StreamResponse:
        """Tells what bringing a file in would do."""
        fields = await form(request)
        kind, file = str(fields.get("kind", "")), file_of(fields, "file")
        if kind not in KINDS or file is None:
            return self._page(request, "Choose what kind of file it is, and the file.")
        try:
            told = await office(self._pages).look_at_file(kind, *file)
        except ServiceRefused as refusal:
            return self._page(request, mistake_of(refusal))
        return self._page(request, looked={**told, "name": file[0], "kind": kind})

    async def bring_in(self, request: web.Request) -> web.StreamResponse:
        """Brings a file in that was looked at."""
        try:
            await office(self._pages).bring_in(number_of(request, "number"))
        except ServiceRefused as refusal:
            return self._page(request, mistake_of(refusal))
        raise web.HTTPSeeOther(f"{self._pages.base}/schools?done=yes")
