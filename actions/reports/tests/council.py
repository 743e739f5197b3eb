"""A double of a council's Open311 endpoint: it checks what it is sent, and fails as it is told."""

import asyncio
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from aiohttp import web
from aiohttp.test_utils import TestServer

KEY, JURISDICTION = "council-key", "leeds.example"

SERVICES = """<?xml version="1.0" encoding="utf-8"?>
<services xmlns="http://open311.example/ns">
  <service><group>Roads</group><service_name><![CDATA[Pot & holes]]></service_name>
    <service_code>POT</service_code><metadata>true</metadata><type>batch</type>
    <keywords>hole, road</keywords></service>
  <service><service_code>LAMP</service_code><service_name>Lamps</service_name><description/></service>
  <service><service_name>without a code</service_name></service>
</services>"""
DEFINITION = """<service_definition><service_code>POT</service_code><attributes>
  <attribute><order>2</order><code>when</code><datatype>datetime</datatype><variable>true</variable>
    <required>false</required><description>Since when?</description></attribute>
  <attribute><order>1</order><code>size</code><datatype>singlevaluelist</datatype><required>true</required>
    <description>How big?</description>
    <values><value><key>S</key><name>Small</name></value><value><key>L</key></value></values></attribute>
  <attribute><order>3</order><code>note</code><variable>false</variable>
    <description>Read this.</description></attribute>
</attributes></service_definition>"""


@dataclass
class Council:
    """What the double was sent, and how it answers.

    Args:
        lost: reports that it takes without an answer reaching us.
        answer: another body for every answer.
        status: of every answer.
    """

    lost: int = 0
    answer: bytes | None = None
    status: int = 200
    forms: list[dict[str, list[str]]] = field(default_factory=list)
    queries: list[dict[str, str]] = field(default_factory=list)
    supports_places: bool = False
    server: TestServer | None = None

    async def __aenter__(self) -> "Council":
        app = web.Application()
        app.add_routes([
            web.get("/georeport/services.xml", self._services),
            web.get("/georeport/services/{code}.xml", self._definition),
            web.get("/georeport/requests.xml", self._requests),
            web.get("/georeport/tokens/{token}.xml", self._token),
            web.post("/georeport/requests.xml", self._report),
        ])  # fmt: skip
        self.server = TestServer(app)
        await self.server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.server is not None
        await self.server.close()

    @property
    def url(self) -> str:
        assert self.server is not None
        return str(self.server.make_url("/georeport")).rstrip("/")

    def _xml(self, request: web.Request, body: str) -> web.Response:
        self.queries.append(dict(request.query))
        assert request.query["jurisdiction_id"] == JURISDICTION
        assert "api_key" not in request.query, "a council's key is for POST"
        raw = body.encode() if self.answer is None else self.answer
        return web.Response(body=raw, status=self.status, content_type="text/xml")

    async def _services(self, request: web.Request) -> web.Response:
        return self._xml(request, SERVICES)

    async def _definition(self, request: web.Request) -> web.Response:
        return self._xml(request, DEFINITION)

    async def _token(self, request: web.Request) -> web.Response:
        return self._xml(
            request, "<service_requests><request><token>T1</token>"
            "<service_request_id>638344</service_request_id></request></service_requests>",
        )  # fmt: skip

    async def _requests(self, request: web.Request) -> web.Response:
        found = "".join(
            f"<request><lat>{form['lat'][0]}</lat><long>{form['long'][0]}</long>"
            f"<service_request_id>{at}</service_request_id><status>open</status>"
            f"<service_code>{form['service_code'][0]}</service_code>"
            f"<description>{escape(form['description'][0])}</description></request>"
            for at, form in enumerate(self.forms, start=1)
        )
        return self._xml(request, f"<service_requests>{found}</service_requests>")

    async def _report(self, request: web.Request) -> web.Response:
        assert request.content_type == "application/x-www-form-urlencoded"
        fields = await request.post()
        form = {name: [str(value) for value in fields.getall(name)] for name in set(fields)}
        if form.pop("api_key", None) != [KEY]:
            body = "<errors><error><code>403</code><description>Wrong key</description></error></errors>"
            return web.Response(text=body, status=403, content_type="text/xml")
        assert form.pop("jurisdiction_id") == [JURISDICTION]
        self.forms.append(form)
        if self.lost:
            self.lost -= 1
            assert request.transport is not None
            request.transport.close()
            await asyncio.sleep(0)
        body = "<service_requests><request><token>T1</token></request></service_requests>"
        return web.Response(text=body, content_type="text/xml")
