"""The desk: pages for officers, each behind a declared rule."""

from channels.desk.application import application

__all__ = ["application"]
