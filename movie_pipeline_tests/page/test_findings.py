"""The page's headings, which a script writes, are those of the pictures, which Python writes."""

import pandas as pd
import pytest

from movie_pipeline.charts import CHARTS
from movie_pipeline.page.document import ROLES
from movie_pipeline_tests.charts.test_charts_people import company
from movie_pipeline_tests.charts.test_transforms import LISTS
from movie_pipeline_tests.counting import numbers
from movie_pipeline_tests.films import films
from movie_pipeline_tests.page.tabs import Open, after

pytestmark = [pytest.mark.browser, pytest.mark.slow]

_HEADINGS = """charts => charts.filter((chart) => !chart.hidden).map(
    (chart) => [chart.id.replace("chart-", ""), chart.querySelector("h3").textContent])"""
UPLOADS = {
    "few": films(12, seed=3),
    "twenty": films(20, seed=7),
    "five": films(5, seed=2),
    "many": films(400, seed=5),
    "well known": films(40, seed=6).assign(vote_count=3200),
    "unrated": films(60, rated=0.0),
    "company": company(200),
    **{name: LISTS[name] for name in ("listed", "seen before", "studios", "lost")},
}


@pytest.mark.parametrize("name", UPLOADS)
def test_a_heading_of_the_page_is_that_of_the_picture(opened: Open, name: str):
    rows: pd.DataFrame = UPLOADS[name]
    table = numbers(rows)
    tab = opened(rows)
    headings = dict(tab.eval_on_selector_all("[id^=chart-]", _HEADINGS))
    for role in range(1, len(ROLES)):
        if tab.is_visible(f"[data-role='{role}']"):
            after(tab, lambda role=role: tab.click(f"[data-role='{role}']"))
            headings |= dict(tab.eval_on_selector_all("[id^=chart-]", _HEADINGS))
    assert headings
    expected = {chart.name: chart.finding(table) or chart.title for chart in CHARTS}
    assert headings == {name: expected[name] for name in headings}
    left = {
        chart.name
        for chart in CHARTS
        if chart.name not in headings and table.basis(chart.dimension)
    }
    assert all(
        len(chart.rows(table)) < max(chart.least, 1) for chart in CHARTS if chart.name in left
    )
