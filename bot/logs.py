"""Logs: one JSON line an event, with no citizen's words, names or numbers, whoever writes it."""

import json
import logging
import sys
import warnings
from datetime import UTC, datetime
from typing import Final

import structlog

_QUIET: Final = (
    "rasa",
    "pgqueuer",
    "alembic",
    "twilio",
    "aiohttp.access",
    "asyncio",
    "apscheduler",
    "matplotlib",
)


class _Line(logging.Formatter):
    """A library's record as where it came from and what kind of error, never its text.

    Libraries put what they handle into their messages; the place in the code tells an operator as much.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "event": "library", "logger": record.name, "level": record.levelname.lower(),
            "at": f"{record.module}:{record.lineno}",
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        }  # fmt: skip
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            frame = record.exc_info[2]
            while frame is not None and frame.tb_next is not None:
                frame = frame.tb_next
            if frame is not None:
                line["raised"] = f"{frame.tb_frame.f_code.co_qualname}:{frame.tb_lineno}"
        return json.dumps(line)


def configure_logs(level: str) -> None:
    """Sets up all logging of the process: ours through structlog, libraries' reduced to where and what.

    Args:
        level: `debug`, `info`, `warning` or `error`; libraries are heard from `warning` on.
    """
    warnings.filterwarnings("ignore", module=r"(rasa|rasa_sdk|packaging|platformdirs|dask|sanic)(\.|$)")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Line())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    for name in _QUIET:
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [], True
        logger.setLevel(logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            _drop_rasa,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


_RASA_EVENTS: Final = (
    "processor.",
    "rule_policy.",
    "policy.",
    "action.",
    "agent.",
    "domain.",
    "tracker",
    "slot",
)


def _drop_rasa(_: object, __: str, event: "structlog.types.EventDict") -> "structlog.types.EventDict":
    """Rasa logs what the citizen wrote through structlog as well: none of its events passes."""
    if str(event.get("event", "")).startswith(_RASA_EVENTS):
        raise structlog.DropEvent
    return event
