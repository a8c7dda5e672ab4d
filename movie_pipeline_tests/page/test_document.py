"""The page as a file: self-contained, small, deterministic, and safe with any text."""

import base64
import datetime as dt
import gzip
import hashlib
import html
import json
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movie_pipeline import page
from movie_pipeline.charts import ATTRIBUTION, CHARTS, compiled
from movie_pipeline.charts.build_cache import cached
from movie_pipeline.outside.untrusted import normalized
from movie_pipeline.page import columns as packing
from movie_pipeline.page.columns import DERIVED
from movie_pipeline_tests.counting import counted_films, numbers, on_page
from movie_pipeline_tests.films import films
from movie_pipeline_tests.profiles import examples

NOW = dt.datetime(2026, 11, 22, 18, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory, bundle: Path) -> Path:
    return shutil.copytree(bundle, tmp_path_factory.mktemp("page") / "bundle")


def build(
    rows: pd.DataFrame, cache: Path, heading: str = "Ada · IMDb", notice: str | None = None
) -> str:
    return page.build(
        on_page(rows),
        numbers(rows),
        heading=heading,
        generated_at=NOW,
        notice=notice,
        specifications=compiled(CHARTS, cache),
        bundle_cache=cache,
    )


def block(text: str, name: str) -> str:
    """Return the content of the script element with this id."""
    found = re.search(rf'<script type="[^"]+" id="{name}">([^<]*)</script>', text)
    assert found, name
    return found[1]


def data_of(text: str) -> dict[str, object]:
    return json.loads(gzip.decompress(base64.b64decode(block(text, "data"))))


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(text: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = _Elements()
    parser.feed(text)
    return parser.found


def test_the_same_films_give_the_same_page(cache: Path):
    assert build(films(30), cache) == build(films(30), cache)


@pytest.mark.parametrize(("number", "most"), [(20, 0.6), (2000, 2.0)])
def test_a_page_stays_small(cache: Path, number: int, most: float):
    assert len(build(films(number), cache).encode()) < most * 1e6


def test_the_page_loads_nothing_from_anywhere(cache: Path):
    for tag, attributes in elements(build(films(20), cache)):
        assert tag not in ("iframe", "object", "embed", "base", "img")
        for name in ("src", "srcset", "action", "data"):
            assert name not in attributes, tag
        if tag == "link":
            assert attributes["href"] == "data:,"


def test_the_policy_allows_only_our_scripts_and_styles_and_no_connection(cache: Path):
    text = build(films(20), cache)
    policy = next(a["content"] for t, a in elements(text) if t == "meta" and "http-equiv" in a)
    assert policy and policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    script = re.search(r'<script type="module">(.*?)</script>', text, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert script and style
    library = gzip.decompress(base64.b64decode(block(text, "library")))
    for source in (script[1].encode(), style[1].encode(), library):
        assert base64.b64encode(hashlib.sha256(source).digest()).decode() in policy


@pytest.mark.slow
@settings(max_examples=examples(12), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(title=st.text(), upload=st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_any_title_and_any_upload_name_stay_text(cache: Path, title: str, upload: str):
    plain = [tag for tag, _ in elements(build(films(3), cache))]
    rows = films(3)
    rows["title"] = title
    text = build(rows, cache, heading=upload, notice=upload or None)
    extra = 1 if upload else 0
    assert len(elements(text)) == len(plain) + extra
    assert html.escape(upload) in text
    [title_in_page] = {*data_of(text)["values"]["title"]}
    assert title_in_page == normalized(counted_films(rows)["title"].iloc[0])


def test_markup_and_template_placeholders_in_names_do_nothing(cache: Path):
    hostile = "</script><script>alert(1)</script>{{ script }}"
    rows = films(3)
    rows["title"] = hostile
    text = build(rows, cache, heading=hostile, notice=hostile)
    assert text.count("alert(1)") == 3  # title, heading and notice, all escaped
    assert "<script>alert" not in text
    assert text.count("{{ script }}") == 3


def test_the_notice_comes_before_everything_else(cache: Path):
    text = build(films(20), cache, notice="not in the sample catalogue (12 films)")
    body = text[text.index("<body>") :]
    assert body.index("not in the sample catalogue (12 films)") < body.index("<h1")
    assert 'class="notice" role="note"' not in build(films(20), cache)


def test_the_page_carries_the_attribution_and_the_states(cache: Path):
    text = build(films(150), cache)
    assert ATTRIBUTION in text
    states = numbers(films(150)).states()
    for state, number in states.items():
        assert not number or f'<li class="{state}"><b>{number}</b>' in text


def test_a_watchlist_is_never_called_watched(cache: Path):
    rows = films(20)
    rows["seen"] = False
    body = build(rows, cache).split("<body>")[1]
    assert f"{numbers(rows).watched} films on this list" in body
    text = re.sub(r"<[^>]+>", " ", body.split("<script")[0].split("</header>")[0])
    assert "watched" not in text.casefold()


def packed(rows: pd.DataFrame) -> dict[str, Any]:
    return json.loads("{" + ",".join(on_page(rows)) + "}")


def test_the_columns_have_every_film_and_every_line_that_is_not_counted():
    rows = films(150).sort_values("row_number")
    columns = packed(rows)
    counted = rows[rows["match_status"] != "not_a_movie"]
    assert (columns["films"], columns["length"]) == (len(counted), len(rows))
    found = (counted["match_status"] == "matched").sum()
    assert columns["values"]["state"][:found] == ["matched"] * found
    assert "matched" not in columns["values"]["state"][found:]
    assert columns["values"]["state"][len(counted) :] == ["not_a_movie"] * (150 - len(counted))
    people, by_id = columns["people"], rows.set_index("tmdb_id")
    for film, directors, cast in zip(
        columns["values"]["tmdb_id"][:found], columns["directors"], columns["cast"], strict=False
    ):
        assert [people["names"][p] for p in directors] == [*by_id.loc[film, "directors"]]
        assert [people["ids"][p] for p in cast] == [*by_id.loc[film, "cast_ids"]]


def test_the_columns_of_many_lines_are_those_of_few(monkeypatch: pytest.MonkeyPatch):
    rows = films(150)
    few = on_page(rows)
    monkeypatch.setattr(packing, "_FEW", 149)
    assert on_page(rows) == few


def test_every_column_that_a_chart_reads_is_in_the_page():
    columns = packed(films(20))
    read = {column for chart in CHARTS for column in (*chart.columns, *chart.needs)}
    made = {*DERIVED, "director_ids", "directors", "cast_ids"}
    assert read <= {*columns["values"], *columns["lists"], *made}


@pytest.mark.slow
def test_the_library_is_bundled_once_and_a_truncated_file_is_replaced(tmp_path: Path):
    first = page.bundle(tmp_path)
    [file] = tmp_path.glob("*.gz")
    written = file.stat().st_mtime_ns
    assert page.bundle(tmp_path) == first
    assert file.stat().st_mtime_ns == written
    file.write_bytes(first[:1000])
    assert page.bundle(tmp_path) == first == file.read_bytes()


@pytest.mark.slow
def test_an_unwritable_folder_for_the_library_only_costs_time(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    assert gzip.decompress(page.bundle(tmp_path / "file")).find(b"vegaEmbed") > 0


def test_processes_that_start_together_make_the_text_only_once(tmp_path: Path) -> None:
    """Otherwise four runs of a fresh installation would each need the time and the memory."""
    made: list[int] = []

    def make() -> str:
        made.append(1)
        time.sleep(0.1)
        return "made"

    with ThreadPoolExecutor(4) as threads:
        found = [*threads.map(lambda _: cached(tmp_path / "one.gz", make), range(4))]
    assert {gzip.decompress(one) for one in found} == {b"made"}
    assert len(made) == 1


def test_an_unwritable_cache_folder_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert gzip.decompress(cached(tmp_path / "file" / "one.gz", lambda: "made")) == b"made"
