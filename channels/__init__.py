"""Every way in and out, each a small aiohttp application."""
