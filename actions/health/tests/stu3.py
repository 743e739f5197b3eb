"""Holds what is said to and by an e-RS to FHIR STU3, with the published models of `fhir.resources`."""

import importlib
import importlib.util
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from actions.health import fhir
from actions.health.client import Ers
from actions.health.connection import Connection
from actions.health.staff.operator import Operator
from actions.sdk.service import Json, ServiceRefused

HERE: Final = (
    importlib.util.find_spec("fhir") is not None and importlib.util.find_spec("fhir.resources") is not None
)
"""Whether the models are installed: they are of the development's dependencies only."""


def check(value: Json) -> None:
    """Nothing, for a resource that is as STU3 has it, in all its parts; and no list without members.

    Raises:
        ValueError: it is not; the text says what is wrong with which part.
    """
    found = fhir.node(value)
    _no_empty(value, fhir.text(found["resourceType"]))
    if HERE:
        models: Any = importlib.import_module("fhir.resources.STU3")
        kind: Any = models.get_fhir_model_class(found["resourceType"])
        kind.model_validate(found)


def _no_empty(value: Json, where: str) -> None:
    """FHIR's JSON has no list, object or text that is empty, and no null."""
    if value is None or (not value and not isinstance(value, bool | int | float)):
        raise ValueError(f"{where} is empty")
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for name, each in members:
        _no_empty(each, f"{where}.{name}")


class _Checked(Connection):
    """Checks what was sent and understood, and everything that was answered."""

    async def exchange[T](
        self,
        method: str,
        path: str,
        read: Callable[[bytes], T],
        *,
        params: Mapping[str, str] | None = None,
        data: tuple[str, bytes] | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> T:
        wrong: list[str] = []

        def checked(raw: bytes) -> T:
            for each in ([] if data is None else [data[1]]) + [raw]:
                try:
                    check(json.loads(each))
                except ValueError as error:
                    wrong.append(f"{method} {path}: {error}\n{each.decode()}")
            return read(raw)

        try:
            return await super().exchange(
                method, path, checked, params=params, data=data, key=key, headers=headers
            )
        finally:
            assert not wrong, "\n".join(wrong)

    def refusal(self, status: int, raw: bytes) -> ServiceRefused:
        check(json.loads(raw))
        return super().refusal(status, raw)


class CheckedErs(_Checked, Ers):
    """The client, all of whose calls are checked."""


class CheckedOperator(_Checked, Operator):
    """The operator's, in the same way."""
