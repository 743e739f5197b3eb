"""The `onedoor` command: reads the command line and calls what does the work, with errors as sentences."""

import argparse
import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

# Before Rasa is imported: it never phones home, and its import warns of nothing we can mend.
os.environ["RASA_TELEMETRY_ENABLED"] = "false"
os.environ.setdefault("PYTHONWARNINGS", "ignore")

from bot.commands.departments import add_parsers
from bot.commands.desk_tasks import add_desk
from bot.commands.place_tasks import add_places
from bot.settings import SettingsError, read_settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="onedoor", description="One conversation for every public service.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    serve = verbs.add_parser("serve", help="run the service")
    serve.add_argument("--demo", action="store_true", help="with invented departments, data and a demo phone")
    serve.add_argument(
        "--role", default="edge,turns,senders", help="any of edge, turns, senders (default: all)"
    )
    serve.add_argument("--workers", type=int, default=1, metavar="N", help="processes for turns and senders")
    train = verbs.add_parser("train", help="train the model")
    train.add_argument("--if-needed", action="store_true", help="only when its inputs have changed")
    chat = verbs.add_parser("chat", help="talk to the assistant in the terminal")
    chat.add_argument("--json", action="store_true", help="JSON lines in, JSON lines out")
    chat.add_argument("--explain", action="store_true", help="show what was understood and done")
    chat.add_argument("--database", metavar="URL", help="use this database; otherwise a throw-away one")
    understand = verbs.add_parser("understand", help="what a text is taken to ask for")
    understand.add_argument("--json", action="store_true", help="JSON lines in, JSON lines out")
    segments = verbs.add_parser("segments", help="how long a text message is")
    segments.add_argument("--json", action="store_true", help="JSON lines in, JSON lines out")
    evaluate = verbs.add_parser("evaluate", help="how real conversations went")
    evaluate.add_argument(
        "--days", type=int, default=28, metavar="N", help="how many days back (default: 28)"
    )
    evaluate.add_argument("--json", action="store_true", help="as JSON")
    evaluate.add_argument("--export", metavar="FILE", help="write what was not understood, masked")
    evaluate.add_argument(
        "--with-consent-of", type=int, nargs="+", default=[], metavar="CONVERSATION",
        help="only of these conversations, whose citizens agreed",
    )  # fmt: skip
    verbs.add_parser("doctor", help="say what is wrong with this installation and how to mend it")
    add_parsers(verbs)
    add_places(verbs)
    add_desk(verbs)
    senders = verbs.add_parser("senders", help="which sender carries how many messages")
    setting = senders.add_subparsers(dest="task", metavar="TASK").add_parser(
        "set", help="set the points of one"
    )
    setting.add_argument("channel", help="such as sms")
    setting.add_argument("sender", help="such as twilio")
    setting.add_argument("points", type=int, help="of 100; the others share what is left")
    setting.add_argument("--reason", default="set by hand", help="kept in the history")
    packs = verbs.add_parser("packs", help="the departments' packs")
    tasks = packs.add_subparsers(dest="task", required=True, metavar="TASK")
    tasks.add_parser("list", help="name the packs and their journeys")
    new = tasks.add_parser("new", help="begin a pack")
    new.add_argument("name", help="the department's name: lower case, one word")
    check = tasks.add_parser("check", help="read a pack and say what is wrong with it")
    check.add_argument("path", help="the pack's folder")
    return parser


def _serve(arguments: argparse.Namespace) -> int:
    from bot.commands.serve import serve

    return serve(
        read_settings(), demo=arguments.demo, roles=set(arguments.role.split(",")), workers=arguments.workers
    )


def _train(arguments: argparse.Namespace) -> int:
    from bot.commands.train import train

    return train(read_settings(), only_if_needed=arguments.if_needed)


def _chat(arguments: argparse.Namespace) -> int:
    from bot.commands.chat import chat

    return chat(
        read_settings(), json_lines=arguments.json, explain=arguments.explain, database=arguments.database
    )


def _understand(arguments: argparse.Namespace) -> int:
    from bot.commands.understand import understand

    return understand(read_settings(), json_lines=arguments.json)


def _segments(arguments: argparse.Namespace) -> int:
    from bot.commands.segments import segments

    return segments(json_lines=arguments.json)


def _evaluate(arguments: argparse.Namespace) -> int:
    from bot.commands.evaluate import evaluate

    return evaluate(
        read_settings(), days=arguments.days, export=Path(arguments.export) if arguments.export else None,
        consented=arguments.with_consent_of, json_lines=arguments.json,
    )  # fmt: skip


def _doctor(_: argparse.Namespace) -> int:
    from bot.commands.doctor import doctor

    return doctor()


def _packs(arguments: argparse.Namespace) -> int:
    from bot.commands import packs

    match arguments.task:
        case "list":
            return packs.list_packs()
        case "new":
            return packs.new_pack(arguments.name)
        case _:
            return packs.check_pack(arguments.path)


def _of_departments(arguments: argparse.Namespace) -> int:
    command: Callable[..., int] = getattr(import_module(f"bot.commands.{arguments.verb}"), arguments.verb)
    return command(read_settings(), arguments)


_DEPARTMENTS = (
    "templates", "keys", "callbacks", "batches", "letters", "senders", "places", "officers", "audit",
    "ledger",
)  # fmt: skip
"""Verbs that are each a module with a function of its name."""

_VERBS: dict[str, Callable[[argparse.Namespace], int]] = {
    "serve": _serve, "train": _train, "chat": _chat, "understand": _understand, "segments": _segments,
    "evaluate": _evaluate, "doctor": _doctor, "packs": _packs,
    **dict.fromkeys(_DEPARTMENTS, _of_departments),
}  # fmt: skip


def main() -> int:
    """Runs the command line; mistakes of the operator are one sentence each, on standard error."""
    from bot.flows.grammar import GrammarError
    from bot.problems import Problem
    from bot.wording import WordingError

    arguments = _parser().parse_args()
    try:
        return _VERBS[arguments.verb](arguments)
    except (Problem, SettingsError, GrammarError, WordingError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
