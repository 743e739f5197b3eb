"""How lines of a conversation look on the page; the socket sends the same HTML."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date

from bot.transcript import Line, Option
from channels.pages import Language, environment, strings
from channels.webchat.links import linked

LONDON = ZoneInfo("Europe/London")


@dataclass(frozen=True)
class Shown:
    """A line as the page shows it.

    Args:
        line: the line.
        chosen: for a citizen's answer such as "2", the words of the option it stands for.
    """

    line: Line
    chosen: str | None


class View:
    """Shows lines in their order, and remembers what the last question offered."""

    def __init__(self, language: Language) -> None:
        self._language: Language = language
        self.offering: Line | None = None
        """The line whose options may be chosen now; None when the citizen spoke last."""

    def show(self, lines: Iterable[Line]) -> Iterator[Shown]:
        """The next lines."""
        for line in lines:
            chosen = None
            if line.speaker == "citizen":
                options = self.offering.options if self.offering else ()
                chosen = next((option.label for option in options if _picks(line.text, option)), None)
                self.offering = None
            elif line.options:
                self.offering = line
            yield Shown(line, chosen)

    def html(self, shown: Shown, *, latest: bool = False, offering: bool = False) -> str:
        """One line as an item of the page's list.

        Args:
            shown: the line.
            latest: this is where the page is opened after a form.
            offering: its options are on the page's buttons.
        """
        return (
            environment()
            .get_template("line.html")
            .render(
                shown=shown,
                t=strings(self._language),
                linked=linked,
                clock=self.clock,
                message_id=message_id,
                numbered=numbered,
                latest=latest,
                offering=offering,
            )
        )

    def clock(self, moment: datetime) -> str:
        """The time of day; with the day when it is not today."""
        local = moment.astimezone(LONDON)
        time = _time_of_day(local, self._language)
        if local.date() == datetime.now(LONDON).date():
            return time
        locale = "cy" if self._language == "cy" else "en_GB"
        return f"{format_date(local, 'd MMMM', locale=locale)}, {time}"


def message_id(line: Line) -> str:
    """The page's own id of a citizen's message, without the browser's address that stands before it."""
    return (line.message_id or "").rpartition(":")[2]


def numbered(option: Option) -> str:
    """The words of an option with the number that may be written instead: "2. The nearest"."""
    if option.value.isdecimal() and not option.label.startswith(option.value):
        return f"{option.value}. {option.label}"
    return option.label


def _picks(text: str, option: Option) -> bool:
    return text.casefold() == option.value.casefold() != option.label.casefold()


def _time_of_day(moment: datetime, language: Language) -> str:
    if language == "cy":
        return moment.strftime("%H:%M").removeprefix("0")
    return moment.strftime("%I:%M%p").lower().removeprefix("0")
