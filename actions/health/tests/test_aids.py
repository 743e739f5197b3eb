"""Decision aids: what IPDAS asks of each is checked, and what the aids say is what citizens get."""

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions.health.aids import FOLDER, MATTERS, OUTCOMES, AidError, aids, check, read_aid, weigh
from actions.health.checks import check as checked_by_packs

KNEE: dict[str, Any] = yaml.safe_load((FOLDER / "knee.yml").read_text(encoding="utf-8"))


def test_there_are_nine_and_all_are_as_they_should_be() -> None:
    assert len(aids()) >= 9
    assert check(FOLDER.parent) == []
    assert checked_by_packs is check


def change(path: str, value: object) -> dict[str, Any]:
    """The aid for knees with one thing changed; a value of None takes it away."""
    found = copy.deepcopy(KNEE)
    *parents, last = path.split(".")
    node: Any = found
    for each in parents:
        node = node[int(each) if each.isdecimal() else each]
    if value is None:
        del node[last]
    else:
        node[last] = value
    return found


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("options.1.better", None, "exercise: “better” is a whole number of 100"),
        ("options.1.better", 140, "exercise: “better” is a whole number of 100"),
        ("options.1.better", 0.4, "exercise: “better” is a whole number of 100"),
        ("options.1.better", "40 in 90", "exercise: “better” is a whole number of 100"),
        ("options.2.against", None, "injection: “against” is wanted in both languages"),
        ("options.2.against", {"en": "It wears off."}, "injection: “against” is wanted in both languages"),
        ("options.2.best", True, "injection: “best” is told of no other option"),
        ("options.0.nothing", False, "only one, is doing nothing"),
        ("options.3.id", "exercise", "an “id” of its own"),
        ("options.3.what", {"en": "word " * 90, "cy": "gair"}, "equal detail"),
        ("options", [], "no decision with fewer"),
        ("sources", [], "“sources” is a list"),
        ("sources", [{"title": "A leaflet"}], "“sources” is a list"),
        ("review", KNEE["written"], "looked at again after it was written"),
        ("uncertainty", None, "“uncertainty” is wanted"),
        ("funding", "nobody", "“funding” is wanted"),
        ("outcomes.sales", {"en": "a", "cy": "b"}, "and nothing else"),
        ("clinics", [], "“clinics” names"),
        ("next", {"en": "Ask your GP."}, "“next” is wanted in both languages"),
        ("safety", "Ring 999.", "“safety” is wanted in both languages"),
        ("options.0.better", "unknown", "known of doing nothing"),
        ("options.1.better", "not sure", "exercise: “better” is a whole number of 100"),
    ],
)
def test_what_ipdas_refuses(tmp_path: Path, path: str, value: object, says: str) -> None:
    (tmp_path / "aids").mkdir()
    (tmp_path / "aids" / "knee.yml").write_text(yaml.safe_dump(change(path, value)), encoding="utf-8")
    assert any(says in each for each in check(tmp_path))
    with pytest.raises(AidError):
        read_aid(tmp_path / "aids" / "knee.yml")


def test_what_nobody_has_counted_is_known_to_be_unknown(tmp_path: Path) -> None:
    (tmp_path / "knee.yml").write_text(yaml.safe_dump(change("options.1.again", "unknown")), encoding="utf-8")
    exercise = read_aid(tmp_path / "knee.yml").option("exercise")
    assert exercise is not None
    assert exercise.figures["again"] is None


@pytest.mark.parametrize("aid", aids())
@pytest.mark.parametrize("matter", MATTERS)
def test_all_options_are_weighed_alike_and_in_the_same_order(aid: str, matter: str) -> None:
    found = weigh(aids()[aid], [matter])[0]
    assert [each["title"] for each in found["values"]] == [
        dict(o.texts["title"]) for o in aids()[aid].options
    ]
    kinds = {type(each["value"]) for each in found["values"] if each["value"] is not None}
    assert kinds <= {int if matter in OUTCOMES else dict}
    assert kinds or matter not in {OUTCOMES[0], "recovery"}
