"""Onedoor's own Open311 service for problems with any public service."""

from actions.reports.service.routes import application

__all__ = ["application"]
