"""The desk's numbers as a file: formulas are text, nonsense dates are the last four weeks."""

import pytest

from bot.desk.measures import Sum
from channels.desk.figures import as_csv, bars
from tests.channels.desk.conftest import Desk


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\tx"])
def test_no_cell_is_a_formula(name: str) -> None:
    row = Sum(name, 1, 1, 0, 1, None, 1.25, 1, 0, 0, 0, 0)
    cell = as_csv("reason", [row]).decode("utf-8-sig").splitlines()[1].split(",")[0].strip('"')
    assert cell.startswith("'")


def test_the_chart_has_a_bar_for_each_week_within_its_box() -> None:
    chart = bars([("2026-11-02", 10, 4), ("2026-11-09", 20, 0)])
    assert [bar["height"] for bar in chart["bars"]] == [90, 180]
    assert [bar["inner"] for bar in chart["bars"]] == [36, 0]
    assert all(bar["x"] >= 0 and bar["x"] + bar["width"] <= 600 for bar in chart["bars"])
    assert bars([])["bars"] == []


async def test_a_leader_downloads_their_own_desks_numbers(desk: Desk) -> None:
    await desk.case("front")
    await desk.case("health", address="+447700900777")
    browser = await desk.signed_in("leader", "front")
    for query in ("", "?since=never&until=2026-99-99&split=x", "?desk=health", "?since=1900-01-01"):
        status, text = await browser.get(f"/measures.csv{query}")
        assert status == 200
        assert "front" in text
        assert "health" not in text
    status, page = await browser.get("/measures?split=language")
    assert status == 200
    assert "<svg" in page
