"""The cookie: signed with one key for all processes, and on https for https only."""

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from bot.keys import installation_secret
from bot.queue import Pool
from bot.settings import Settings
from channels.webchat.browser import Browsers

KEY = b"k" * 32


async def test_every_process_signs_with_the_same_key(pool: Pool) -> None:
    settings = Settings.model_validate({})
    made = await installation_secret(pool, settings)
    assert len(made) >= 32
    assert await installation_secret(pool, settings) == made
    assert await installation_secret(pool, Settings.model_validate({"secret_key": "s" * 32})) == b"s" * 32


def test_a_browser_is_known_again_by_its_cookie_and_by_no_other_key() -> None:
    browsers = Browsers(KEY, "https://onedoor.example")
    browser = browsers.meet(make_mocked_request("GET", "/"))
    assert browser.new
    response = web.Response()
    browsers.remember(response, browser)
    cookie = response.cookies["__Host-onedoor"]
    assert cookie["secure"] is True
    assert cookie["httponly"] is True
    assert (cookie["samesite"], cookie["path"]) == ("Lax", "/")

    request = make_mocked_request("GET", "/", headers={"Cookie": f"__Host-onedoor={cookie.value}"})
    again = browsers.known(request)
    assert again is not None
    assert again.address == browser.address
    assert browsers.is_token(again, browsers.token(browser))
    assert Browsers(b"x" * 32, "https://onedoor.example").known(request) is None
    forged = f"__Host-onedoor={cookie.value.swapcase()}"
    assert browsers.known(make_mocked_request("GET", "/", headers={"Cookie": forged})) is None
