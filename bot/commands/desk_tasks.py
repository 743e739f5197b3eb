"""The command line of `onedoor officers`, `audit` and `ledger`; read without what the commands import."""

import argparse

ROLES = ("officer", "leader", "administrator", "auditor", "system")


def add_desk(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the verbs with their tasks."""
    tasks = verbs.add_parser("officers", help="who may sign in to the desk").add_subparsers(
        dest="task", required=True, metavar="TASK"
    )
    tasks.add_parser("list", help="name them")
    add = tasks.add_parser("add", help="make one; prints the first password")
    add.add_argument("email")
    add.add_argument("name")
    add.add_argument("--role", choices=ROLES, default="officer")
    add.add_argument("--desks", help="with commas between (default: all)")
    reset = tasks.add_parser("reset", help="a new first password, and the second factor anew")
    reset.add_argument("email")
    off = tasks.add_parser("off", help="may not sign in any more")
    off.add_argument("email")
    for verb, about, kept in (
        ("audit", "what was seen and done at the desk", "LINES"), ("ledger", "the credits ledger", "ROWS"),
    ):  # fmt: skip
        verify = (
            verbs.add_parser(verb, help=about)
            .add_subparsers(dest="task", required=True, metavar="TASK")
            .add_parser("verify", help="say whether it is as it was written")
        )
        verify.add_argument(
            "--expect", metavar=f"{kept}:HASH", help="what an earlier look printed: nothing may be gone"
        )
