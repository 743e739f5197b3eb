"""Forms of the desk: small ones are for all routes, a file is for those that take one."""

import pytest
from aiohttp import FormData, web
from aiohttp.test_utils import TestClient, TestServer

from channels.desk.rules import form

SMALL, LARGE = 1_000, 100_000


async def told(request: web.Request) -> web.Response:
    largest = LARGE if request.path == "/file" else None
    fields = await form(request, largest)
    assert await form(request) is fields
    file = fields["file"]
    assert isinstance(file, web.FileField)
    with file.file:
        return web.Response(text=f"{fields['csrf']} {len(file.file.read())}")


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [("/file", 90_000, 200), ("/file", 101_000, 413), ("/other", 500, 200), ("/other", 5_000, 413)],
)
async def test_a_route_takes_so_much(path: str, size: int, status: int) -> None:
    app = web.Application(client_max_size=SMALL)
    app.add_routes([web.post("/{any}", told)])
    data = FormData({"csrf": "token"})
    data.add_field("file", b"x" * size, filename="a.csv", content_type="text/csv")
    async with TestClient(TestServer(app)) as client, client.post(path, data=data) as answer:
        assert answer.status == status
        if status == 200:
            assert await answer.text() == f"token {size}"


async def test_what_is_no_form_is_a_bad_request() -> None:
    app = web.Application(client_max_size=SMALL)
    app.add_routes([web.post("/{any}", told)])
    headers = {"Content-Type": "multipart/form-data"}
    async with (
        TestClient(TestServer(app)) as client,
        client.post("/file", data=b"x", headers=headers) as answer,
    ):
        assert answer.status == 400
