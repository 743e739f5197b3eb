"""The rules of a pack's conversations: there is one of each journey, and they go as they are written."""

import asyncio
from typing import Any

from bot.commands.pack_rules.subject import Checked
from bot.packs import Pack
from bot.problems import Problem
from bot.settings import Settings


def _cases(pack: Pack) -> list[Any]:
    from bot.conversations.script import read_cases

    files = sorted((pack.folder / "tests" / "conversations").glob("**/*.yml"))
    return [case for file in files for case in read_cases(file)]


def conversations(pack: Pack) -> Checked:
    """Somebody wrote down how each journey goes."""
    from bot.conversations.script import ScriptError

    checked = Checked(
        "tests/conversations/ has a conversation for each journey, and some in Welsh and by text."
    )
    try:
        cases = _cases(pack)
    except ScriptError as error:
        checked.fix.append(str(error))
        return checked
    if not cases:
        checked.fix.append(
            f"Write {pack.folder}/tests/conversations/<what>.yml: docs/department.md shows one."
        )
        return checked
    seen = {
        str(step.value)
        for case in cases
        for step in case.steps
        if step.verb in {"flow_started", "flow_completed"}
    }
    checked.advice += [
        f"None starts or completes {flow.id}."
        for flow in pack.flows if flow.id not in seen and not flow.fleeting
    ]  # fmt: skip
    if all(case.language == "en" for case in cases):
        checked.advice.append("None is in Welsh: write “language: cy”.")
    if all(case.channel != "sms" for case in cases):
        checked.advice.append("None is by text: write “channel: sms”.")
    return checked


def played(pack: Pack, settings: Settings) -> Checked:
    """What was written down is what happens."""
    from bot.engine.runtime import packs as loaded
    from bot.engine.training import find_model

    checked = Checked("The conversations go as they are written.")
    here = loaded().packs.get(pack.name)
    if here is None or here.folder != pack.folder:
        checked.advice.append("Not played: the pack is not loaded. Move its folder into actions/.")
    elif not find_model(settings).current:
        checked.advice.append(
            "Not played: the model has not learnt this pack. Run `onedoor train`, then check again."
        )
    else:
        failed, expected = asyncio.run(_play(pack, settings))
        checked.fix += failed
        checked.advice += expected
    return checked


async def _play(pack: Pack, settings: Settings) -> tuple[list[str], list[str]]:
    from bot.conversations.play import ExpectationError, play
    from bot.conversations.stage import Stage
    from bot.database import start_embedded
    from bot.logs import configure_logs

    configure_logs("error")
    given = settings.database_url
    server = given.get_secret_value() if given else start_embedded(settings.data_dir)
    failed, expected = [], []
    try:
        async with Stage.open(settings, server) as stage:
            for case in _cases(pack):
                try:
                    await play(case, stage)
                except ExpectationError as error:
                    if case.xfail:
                        expected.append(
                            f"{case.path.name}:{case.line}: {case.name}: fails as expected: {case.xfail}"
                        )
                    else:
                        failed.append(str(error))
    except (Problem, OSError) as error:
        failed.append(f"The conversations can't be played: {error}")
    return failed, expected
