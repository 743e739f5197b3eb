"""Calls between the flows of a pack: the steps of the called flow stand where it is called."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from bot.flows.flow import Branch, Flow, Step, SubFlow
from bot.flows.grammar import GrammarError


def inline(flows: Sequence[Flow], path: Path) -> tuple[Flow, ...]:
    """The flows with the steps of others in place of their calls.

    Args:
        flows: of one pack.
        path: of its flows.yml, for what is wrong.

    Raises:
        GrammarError: a flow that is called is not there, or calls itself by way of others.
    """
    known = {flow.id: flow for flow in flows}
    return tuple(replace(flow, steps=_steps(flow.steps, known, (flow.id,), "", path)) for flow in flows)


def _steps(
    steps: Sequence[Step], flows: Mapping[str, Flow], within: tuple[str, ...], prefix: str, path: Path
) -> tuple[Step, ...]:
    made: list[Step] = []
    for step in steps:
        if isinstance(step, SubFlow):
            if step.flow in within:
                raise GrammarError(f"{path}: {' calls '.join((*within, step.flow))}: that never ends.")
            if step.flow not in flows:
                close = get_close_matches(step.flow, list(flows), n=1)
                hint = f" Did you mean {close[0]}?" if close else ""
                raise GrammarError(f"{path}: there is no flow of this pack “{step.flow}”.{hint}")
            called = flows[step.flow].steps
            made += _steps(called, flows, (*within, step.flow), f"{prefix}{step.id}/", path)
        elif isinstance(step, Branch):
            cases = tuple(
                (condition, _steps(inner, flows, within, prefix, path)) for condition, inner in step.cases
            )
            made.append(replace(step, id=prefix + step.id, cases=cases))
        else:
            # Its own name: the same steps may be called twice, and are done twice then.
            made.append(replace(step, id=prefix + step.id))
    return tuple(made)
