"""The departments' service APIs: one HTTP session for the process, and a client for each class a pack has."""

import secrets
from typing import Final

import aiohttp

from actions.sdk import Service
from bot.engine.runtime import packs
from bot.packs import Pack, Packs, expand

OWN_KEY: Final = secrets.token_urlsafe(32)
"""What a pack's client shows to that pack's own service in this process, where no setting says another."""


def own_key(pack: Pack) -> str:
    """The key between a pack's client and its own service where this installation serves it."""
    return expand(f"${{ONEDOOR_{pack.name.upper()}_KEY}}", {}) or OWN_KEY


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
            (f"ONEDOOR_{pack.name.upper()}_URL", f"{base}{pack.stand_in}"),
            (f"ONEDOOR_{pack.name.upper()}_KEY", own_key(pack)),
        )
    }


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
            pack.name: (
                expand(pack.service_url, defaults),
                {name: expand(value, defaults) for name, value in pack.service_settings.items()},
            )
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
