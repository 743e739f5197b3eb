"""The addresses of schools; mounted with the others by `routes`."""

from typing import Final

from aiohttp import web

school_routes: Final[list[web.RouteDef]] = []
