"""`onedoor packs`: lists what departments offer, begins a new pack, and checks one rule by rule."""

import keyword
import re
from collections import Counter
from pathlib import Path
from typing import Final

from bot.commands.pack_rules import Checked, check, read_examples
from bot.packs import PACKS_FOLDER, load_packs
from bot.problems import Problem
from bot.settings import ROOT, read_settings

TEMPLATE: Final = Path(__file__).parent / "pack_template"
_NAME: Final = re.compile(r"[a-z][a-z0-9]{1,29}")
_TAKEN: Final = frozenset({"core", "sdk", "tests", "test", "service"})


def list_packs() -> int:
    """Prints a table: pack, its journeys, and how many examples teach each, in English and Welsh.

    Raises:
        GrammarError: a mistake in a pack, with file and line.
        WordingError: a response is missing or wrong.
    """
    settings = read_settings()
    packs = load_packs(settings.packs, settings.packs_dir)
    print(f"{'pack':<12}{'journey':<26}{'English':>8}{'Welsh':>8}  conversations")
    for pack in packs.packs.values():
        counts = Counter((e.intent, e.language) for e in read_examples(pack.folder))
        scripts = sum(
            file.read_text().count("test_case:")
            for file in (pack.folder / "tests/conversations").glob("**/*.yml")
        )
        for number, flow in enumerate(pack.flows):
            left, right = (pack.name, scripts or "") if number == 0 else ("", "")
            english, welsh = counts[flow.id, "en"], counts[flow.id, "cy"]
            print(f"{left:<12}{flow.id:<26}{english:>8}{welsh:>8}  {right}".rstrip())
    return 0


def new_pack(name: str, folder: Path = PACKS_FOLDER) -> int:
    """Writes a small working pack in `actions/<name>`.

    Args:
        name: the department's: lower case, one word.
        folder: where packs are.

    Raises:
        Problem: the name won't do, or is taken.
    """
    if not _NAME.fullmatch(name) or keyword.iskeyword(name) or name in _TAKEN:
        raise Problem(
            f"“{name}” can't be a pack's name: it is one word of 2 to 30 lower-case letters and digits, "
            "beginning with a letter, such as “housing”; “core”, “sdk”, “service”, “test” and Python's own "
            "words are taken."
        )
    target = folder / name
    if target.exists():
        raise Problem(f"There is {_shown(target)} already: choose another name, or delete that folder first.")
    for source in sorted(TEMPLATE.rglob("*")):
        if source.is_dir():
            continue
        path = target / source.relative_to(TEMPLATE)
        path = path.with_suffix("") if path.suffix == ".txt" else path
        path.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text().replace("__NAME__", name).replace("__TITLE__", name.capitalize())
        path.write_text(text)
    print(f"Made {_shown(target)}. Next:")
    print(f"  onedoor packs check {_shown(target)}")
    print("  onedoor train")
    print(f"  onedoor chat     and say: contact {name}")
    print("docs/department.md tells what each file is for.")
    return 0


def check_pack(path: str) -> int:
    """Prints for each numbered rule whether it is kept, and what to do where it is not.

    Args:
        path: the pack's folder.

    Returns:
        0 when all rules are kept, those included that only advise; 1 otherwise.

    Raises:
        Problem: there is no such folder.
    """
    folder = Path(path).resolve()
    if not folder.is_dir():
        raise Problem(
            f"There is no folder {path}: `onedoor packs check actions/<name>` wants a pack's folder."
        )
    wrong = 0
    for number, checked in enumerate(check(folder, read_settings()), start=1):
        print(f"{number:>2} {_mark(checked):<6}{checked.rule}")
        for line in checked.fix + checked.advice:
            print("         " + line.replace("\n", "\n         "))
        wrong += bool(checked.fix)
    if wrong:
        print(f"{wrong} rule{'s are' if wrong > 1 else ' is'} not kept yet.")
        return 1
    print(f"{folder.name} keeps every rule.")
    return 0


def _mark(checked: Checked) -> str:
    if checked.fix:
        return "FIX"
    return "later" if checked.advice else "ok"


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)
