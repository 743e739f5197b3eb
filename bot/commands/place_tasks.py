"""The command line of `onedoor places`; read without what the command itself imports."""

import argparse
from pathlib import Path

LEVELS = ("parish", "district", "county", "transport", "health", "housing", "national")


def add_places(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verb with its tasks."""
    tasks = verbs.add_parser("places", help="names of places, and boundaries").add_subparsers(
        dest="task", required=True, metavar="TASK"
    )
    names = tasks.add_parser("load", help="load names: OS Open Names, or the CSV of docs/places.md")
    names.add_argument("files", nargs="+", type=Path, metavar="FILE")
    names.add_argument("--source", help="what to call them; what was loaded so before is replaced")
    areas = tasks.add_parser("areas", help="load boundaries: GeoJSON")
    areas.add_argument("file", type=Path, metavar="FILE")
    areas.add_argument("--level", choices=LEVELS, help="of features that do not say theirs")
    areas.add_argument("--source", help="what to call them (default: the file's name)")
    find = tasks.add_parser("find", help="try what is found for some words")
    find.add_argument("text", nargs="+")
    tasks.add_parser("demo", help="load the demonstration's names and boundaries")
    tasks.add_parser("list", help="count what is loaded")
