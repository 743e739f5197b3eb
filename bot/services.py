"""The departments' service APIs: one HTTP session for the process, and a client for each class a pack has."""

import hmac
import secrets
from collections.abc import Mapping
from typing import Final

import aiohttp

from actions.sdk import Service
from bot.engine.runtime import packs
from bot.packs import Pack, Packs, expand

_OWN_KEY: Final = secrets.token_bytes(32)
"""What the keys are derived from that a pack's client shows to its own service in this process."""


def own_key(pack: Pack) -> str:
    """The key between a pack's client and its own service where this installation serves it.

    Where no setting says another it is the pack's alone: who learns one opens no other department.
    """
    derived = hmac.digest(_OWN_KEY, pack.name.encode(), "sha256").hex()
    return expand(f"${{{_variable(pack, 'KEY')}}}", {}) or derived


def _variable(pack: Pack, what: str) -> str:
    return f"ONEDOOR_{pack.name.upper()}_{what}"


def stand_in_addresses(base: str, *, demo: bool = True) -> dict[str, str]:
    """For each pack whose service is served here, the variables of its address and key, and their values.

    Args:
        base: where this process listens.
        demo: whether the stand-ins are served as well, beside what is always our own.
    """
    return {
        name: value
        for pack in packs().packs.values()
        if pack.stand_in and (demo or pack.always)
        for name, value in (
            (_variable(pack, "URL"), f"{base}{pack.stand_in}"),
            (_variable(pack, "KEY"), own_key(pack)),
        )
    }


def _address(pack: Pack, written: str, defaults: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Where a pack's service is, and the settings of its client."""
    url, known = expand(written, defaults), dict(defaults)
    if url != defaults.get(_variable(pack, "URL")):
        known.pop(_variable(pack, "KEY"), None)  # our own key is for our own service: never sent elsewhere
    return url, {name: expand(value, known) for name, value in pack.service_settings.items()}


class Services:
    """Makes and keeps the clients that handlers ask for."""

    def __init__(self, packs: Packs, session: aiohttp.ClientSession, defaults: dict[str, str]) -> None:
        """Prepares them.

        Args:
            packs: whose `service.url` tells where each department's API is.
            session: shared by all clients.
            defaults: addresses for `${NAME}` in a pack's URL where the environment has none: the stand-ins.
        """
        self._services = {
            pack.name: _address(pack, pack.service_url, defaults)
            for pack in packs.packs.values()
            if pack.service_url
        }
        self._packages = {pack.package: pack.name for pack in packs.packs.values()}
        self._session = session
        self._clients: dict[type[Service], Service] = {}

    def client(self, kind: type[Service]) -> Service:
        """The client of a class, made at its first use with its pack's address.

        Raises:
            LookupError: the class belongs to no pack with a service, or its address is not set.
        """
        if kind not in self._clients:
            module = kind.__module__
            name = kind.served_by or next(
                (name for package, name in self._packages.items() if module.startswith(f"{package}.")), ""
            )
            url, settings = self._services.get(name, ("", {}))
            if not url:
                raise LookupError(
                    f"{kind.__name__} has no address: set “service: {{url: …}}” in its pack.yml."
                )
            self._clients[kind] = kind(url, self._session, settings=settings)
        return self._clients[kind]
