"""The command line of what departments send; read without what the commands themselves import."""

import argparse
from pathlib import Path
from uuid import UUID

type Verbs = argparse._SubParsersAction[argparse.ArgumentParser]


def add_parsers(verbs: Verbs) -> None:
    """Adds the verbs with their tasks."""
    _templates(verbs)
    _keys(verbs)
    _callbacks(verbs)
    _batches(verbs)
    _letters(verbs)


def _templates(verbs: Verbs) -> None:
    tasks = verbs.add_parser("templates", help="templates of departments' notices").add_subparsers(
        dest="task", required=True, metavar="TASK"
    )
    keep = tasks.add_parser("save", help="keep templates; a changed one becomes a new version")
    keep.add_argument("files", nargs="+", type=Path, metavar="FILE", help="YAML: see docs/department.md")
    shown = tasks.add_parser("list", help="name the templates and their ids")
    shown.add_argument("department", nargs="?")
    show = tasks.add_parser("show", help="print a template in both languages")
    show.add_argument("id", type=UUID)
    show.add_argument("--version", type=int, metavar="N", help="another than the newest")
    preview = tasks.add_parser("preview", help="fill a template, and tell what its text would cost")
    preview.add_argument("id", type=UUID)
    preview.add_argument("values", nargs="*", metavar="NAME=VALUE")
    ended = tasks.add_parser("archive", help="take a template out of use; its versions stay")
    ended.add_argument("id", type=UUID)


def _keys(verbs: Verbs) -> None:
    tasks = verbs.add_parser("keys", help="departments' keys for the Notify API").add_subparsers(
        dest="task", required=True, metavar="TASK"
    )
    new = tasks.add_parser("new", help="make a key, and show it this once")
    new.add_argument("department")
    new.add_argument("name", help="what the department calls it")
    new.add_argument(
        "--kind", default="normal", metavar="KIND",
        help="team: writes to the department's own people only; test: sends nothing (default: normal)",
    )  # fmt: skip
    shown = tasks.add_parser("list", help="name the keys")
    shown.add_argument("department", nargs="?")
    revoke = tasks.add_parser("revoke", help="end a key")
    revoke.add_argument("department")
    revoke.add_argument("name")
    limits = tasks.add_parser("limits", help="how many messages a department may send")
    limits.add_argument("department")
    limits.add_argument("--per-minute", type=int, metavar="N")
    limits.add_argument("--per-day", type=int, metavar="N")
    member = tasks.add_parser("member", help="let a department's team keys write to somebody")
    member.add_argument("department")
    member.add_argument("address", help="a phone number or an e-mail address")
    member.add_argument("--remove", action="store_true", help="no longer")


def _callbacks(verbs: Verbs) -> None:
    tasks = verbs.add_parser("callbacks", help="where departments are told of their messages").add_subparsers(
        dest="task", required=True, metavar="TASK"
    )
    new = tasks.add_parser("set", help="set an address, and show its new token this once")
    new.add_argument("department")
    new.add_argument("kind", choices=("delivery", "received"))
    new.add_argument("url", help="https://…")
    remove = tasks.add_parser("remove", help="tell no longer")
    remove.add_argument("department")
    remove.add_argument("kind", choices=("delivery", "received"))
    tasks.add_parser("list", help="name the addresses")


def _letters(verbs: Verbs) -> None:
    tasks = verbs.add_parser("letters", help="what waits to be printed").add_subparsers(
        dest="task", required=True, metavar="TASK"
    )
    tasks.add_parser("list", help="name the letters that wait")
    save = tasks.add_parser("save", help="write them as PDF files, one each")
    save.add_argument("folder", type=Path)
    printed = tasks.add_parser("printed", help="say that letters are in the post")
    printed.add_argument("id", type=int, nargs="+", help="its number, as `list` and the file's name say")


def _batches(verbs: Verbs) -> None:
    tasks = verbs.add_parser("batches", help="one template to many recipients").add_subparsers(
        dest="task", required=True, metavar="TASK"
    )
    send = tasks.add_parser("send", help="check a CSV file row by row, tell its cost, and send")
    send.add_argument("template", type=UUID, help="its id: `onedoor templates list`")
    send.add_argument("file", type=Path, help="CSV: see docs/department.md")
    send.add_argument("--name", help="what to call it (default: the file's name)")
    send.add_argument("--check", action="store_true", help="send nothing")
    send.add_argument("--yes", action="store_true", help="send without being asked")
    tasks.add_parser("list", help="name the newest batches and how far they are")
    for task, told in (
        ("watch", "show how far it is until it is over"), ("pause", "make no more messages of it for now"),
        ("resume", "go on after a pause"), ("cancel", "end it; what no sender has yet is taken back"),
    ):  # fmt: skip
        tasks.add_parser(task, help=told).add_argument("id", type=UUID)
