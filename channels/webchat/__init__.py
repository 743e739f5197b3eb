"""The web chat: a page that works without JavaScript, and a socket for those who have it."""

from channels.webchat.application import application

__all__ = ["application"]
