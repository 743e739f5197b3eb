"""A text with placeholders: Jinja2 cut down to what ends soon, and GOV.UK Notify's ((name)) in it."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, meta, nodes, pass_context
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.wording import FILTERS

MOST_SOURCE: Final = 20_000
"""Characters of a text before it is filled."""
MOST_NODES: Final = 300
"""Pieces of a text: words between placeholders, placeholders, conditions."""
MOST_LOOPED: Final = 30
"""Of those, within loops."""
MOST_DEPTH: Final = 40
MOST_TOKENS: Final = 60
"""Words and signs between `{{` and `}}`."""
MOST_NESTED: Final = 10
MOST_ITEMS: Final = 100
"""Of a list."""

YES: Final = frozenset({"yes", "y", "true", "t", "1", "include", "show"})
"""What shows the words of `((name??words))`: https://docs.notifications.service.gov.uk/rest-api.html"""

type Value = str | int | float | bool | list[str | int | float | bool]

_PLACEHOLDER: Final = re.compile(r"\(\(([^()]+)\)\)")
_OUTSIDE: Final = ("data", "variable_end", "block_end")
_BETWEEN: Final = re.compile(r"[\s_-]+")
_ALLOWED: Final = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.For,
    nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or, nodes.Filter,
)  # fmt: skip
_ARGUMENTS: Final[Mapping[str, type | None]] = {
    **dict.fromkeys(FILTERS), "short": int, "join": str, "yes": None, "upper": None, "lower": None,
    "capitalize": None, "trim": None,
}  # fmt: skip
"""The filters a text may name, and of which kind the one argument is that some take."""
_WRONG_VALUE: Final = (TemplateError, ValueError, TypeError, ArithmeticError, LookupError, AssertionError)
_VOWELS: Final = "aeiouwyâêîôûŵŷ"
"""Before these “and” is “ac” in Welsh."""


class TextError(Exception):
    """A text can't be read or filled; a clause that says why, with no value in it."""


def key(name: str) -> str:
    """A placeholder's name without what does not count: capitals, spaces, `_` and `-`."""
    return _BETWEEN.sub("", name).casefold()


class Text:
    """A text that was read and found to be harmless.

    Args:
        names: of its placeholders as they are written, by key, in their order.
    """

    def __init__(self, source: str) -> None:
        """Reads it.

        Raises:
            TextError: it is too long, has a mistake, or names what a template may not do.
        """
        if len(source) > MOST_SOURCE:
            raise TextError(f"is longer than {MOST_SOURCE} characters")
        try:
            tree = _ENVIRONMENT.parse(source)
        except TemplateSyntaxError as error:
            raise TextError(f"has a mistake in line {error.lineno}: {error.message}") from None
        except (RecursionError, ValueError, OverflowError):
            raise TextError("has an expression that is too long") from None
        _Check().visit(tree)
        written: dict[str, str] = {}
        for node in tree.find_all(nodes.Name):
            name = _name(node.name)
            node.name = _variable(key(name))
            written.setdefault(node.name, name)
        outside = meta.find_undeclared_variables(tree)
        self.names = {key(name): name for variable, name in written.items() if variable in outside}
        self._template = Template.from_code(_ENVIRONMENT, _ENVIRONMENT.compile(tree), {})

    def fill(self, values: Mapping[str, Value], *, language: str, bullets: bool, most: int) -> str:
        """The text with its placeholders replaced; a value is never read as a template.

        Args:
            values: for each of `names`, by key.
            language: `en` or `cy`, for dates and lists.
            bullets: write a list as lines, not as “a, b and c”.
            most: characters at which to give up.

        Raises:
            TextError: it becomes longer than that, or a value is not of the kind its place asks for.
        """
        given = {_variable(at): value for at, value in values.items() if at in self.names}
        parts: list[str] = []
        length = 0
        try:
            for part in self._template.generate(**given, language=language, bullets=bullets):
                parts.append(part)
                length += len(part)
                if length > most + MOST_SOURCE:
                    break
        except TextError:
            raise
        except _WRONG_VALUE as error:
            raise TextError(f"has a placeholder whose value does not fit ({type(error).__name__})") from None
        text = "".join(parts).strip()
        if len(text) > most:
            raise TextError(f"can’t be longer than {most} characters")
        return text


@lru_cache(maxsize=512)
def read_text(source: str) -> Text:
    """A text, read once however often it is filled.

    Raises:
        TextError: see `Text`.
    """
    return Text(source)


class _Check:
    """Looks at every node of a text: no attribute, call or arithmetic, and loops that are not in loops."""

    def __init__(self) -> None:
        self._count = self._looped = 0

    def visit(self, node: nodes.Node, depth: int = 0, *, loop: bool = False) -> None:
        """Checks a node and all below it.

        Raises:
            TextError: it is not allowed.
        """
        self._count += 1
        self._looped += loop
        if depth > MOST_DEPTH or self._count > MOST_NODES or self._looped > MOST_LOOPED:
            raise TextError(f"does too much (line {node.lineno})")
        if not isinstance(node, _ALLOWED):
            raise TextError(
                f"may not use “{type(node).__name__}” (line {node.lineno}): placeholders, if, for"
                " over a list and the filters for dates are all there is"
            )
        if isinstance(node, nodes.Filter):
            _check_filter(node)
        if isinstance(node, nodes.TemplateData) and "((" in node.data:
            raise TextError(f"has “((” without a placeholder (line {node.lineno})")
        if isinstance(node, nodes.For):
            if loop or node.recursive or node.test is not None or not isinstance(node.target, nodes.Name):
                raise TextError(f"may only loop over one list at a time (line {node.lineno})")
            if not isinstance(node.iter, nodes.Name):
                raise TextError(f"may only loop over a placeholder’s list (line {node.lineno})")
        for child in node.iter_child_nodes():
            self.visit(child, depth + 1, loop=loop or isinstance(node, nodes.For))
        if isinstance(node, nodes.For):
            node.iter = nodes.Filter(node.iter, "items", [], [], None, None, lineno=node.lineno)


def _check_filter(node: nodes.Filter) -> None:
    if node.name not in _ARGUMENTS:
        raise TextError(f"names a filter that is not there: “{node.name}” (line {node.lineno})")
    kind = _ARGUMENTS[node.name]
    surplus = len(node.args) > (kind is not None) or node.kwargs or node.dyn_args or node.dyn_kwargs
    if surplus or not all(isinstance(each, nodes.Const) and type(each.value) is kind for each in node.args):
        raise TextError(f"gives the filter “{node.name}” what it does not take (line {node.lineno})")


class _Notify(Extension):
    """Turns ((name)) and ((name??words)) in the words between Jinja's own tags into those tags."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The tokens, with those of placeholders in place of their text."""
        inside = deep = 0
        before = "data"
        for token in stream:
            # Before the parser, which goes into what is nested without end.
            inside = 0 if token.type in _OUTSIDE else inside + 1
            if before == "block_begin" and not str(token.value).startswith("el"):
                deep += -1 if str(token.value).startswith("end") else 1
            if inside > MOST_TOKENS or deep > MOST_NESTED:
                raise TemplateSyntaxError("this is too long or too deeply nested", token.lineno)
            before = token.type
            if token.type != "data":
                yield token
                continue
            at = 0
            for found in _PLACEHOLDER.finditer(token.value):
                if found.start() > at:
                    yield Token(token.lineno, "data", token.value[at : found.start()])
                yield from _tokens(token.lineno, *found[1].partition("??"))
                at = found.end()
            if at < len(token.value):
                yield Token(token.lineno, "data", token.value[at:])


def _tokens(line: int, name: str, condition: str, words: str) -> Iterator[Token]:
    if not key(name):
        raise TemplateSyntaxError("a placeholder has no name", line)
    variable = Token(line, "name", _PREFIX + name.strip().encode().hex())
    if not condition:
        yield from (Token(line, "variable_begin", "(("), variable, Token(line, "variable_end", "))"))
        return
    yield from (Token(line, "block_begin", "(("), Token(line, "name", "if"), variable)
    yield from (Token(line, "pipe", "|"), Token(line, "name", "yes"), Token(line, "block_end", "??"))
    yield Token(line, "data", words)
    yield from (
        Token(line, "block_begin", ""),
        Token(line, "name", "endif"),
        Token(line, "block_end", "))"),
    )


_PREFIX: Final = "n_"
_WRITTEN: Final = re.compile(rf"{_PREFIX}((?:[0-9a-f]{{2}})+)")


def _variable(name: str) -> str:
    """A name that the compiled template can have, whatever the placeholder's."""
    return _PREFIX + name.encode().hex()


def _name(variable: str) -> str:
    """The placeholder's name again; what was written in Jinja's tags is a name as it is."""
    found = _WRITTEN.fullmatch(variable)
    return bytes.fromhex(found[1]).decode(errors="replace") if found else variable


def _yes(value: Value) -> bool:
    return str(value).strip().casefold() in YES


def _items(value: Value) -> list[str | int | float | bool]:
    if not isinstance(value, list):
        raise TextError("loops over a placeholder whose value is no list")
    return value


def _join(value: Value, between: str = ", ") -> str:
    return between.join(str(each) for each in _items(value))


@pass_context
def _said(context: Context, value: Any) -> Any:
    if not isinstance(value, list):
        return value
    said = [each for each in (str(each).strip() for each in value) if each]
    if context["bullets"]:
        return "\n\n" + "\n".join(f"* {each}" for each in said)
    if len(said) < 2:
        return "".join(said)
    word = "and" if context["language"] == "en" else ("ac" if said[-1][0].casefold() in _VOWELS else "a")
    return f"{', '.join(said[:-1])} {word} {said[-1]}"


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_said, extensions=[_Notify],
        cache_size=0,
    )  # fmt: skip
    environment.filters = {
        **FILTERS, "yes": _yes, "join": _join, "items": _items, "upper": lambda value: str(value).upper(),
        "lower": lambda value: str(value).lower(), "capitalize": lambda value: str(value).capitalize(),
        "trim": lambda value: str(value).strip(),
    }  # fmt: skip
    environment.tests.clear()
    environment.globals.clear()
    return environment


_ENVIRONMENT: Final = _environment()
