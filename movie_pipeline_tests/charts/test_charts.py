"""Charts: what they count, what their text says, and that they can draw any film list."""

import base64
import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pandas as pd
import psutil
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts import (
    ATTRIBUTION,
    CHARTS,
    Chart,
    compiled,
    drawing,
    image,
    overview,
    to_svg,
)
from movie_pipeline.charts import markdown as md
from movie_pipeline.charts import specifications as compiling
from movie_pipeline.charts.chart import as_json
from movie_pipeline.charts.directors import DIRECTORS
from movie_pipeline.charts.genres import GENRES
from movie_pipeline.charts.lists import OWN_LISTS
from movie_pipeline.charts.picture import _filled
from movie_pipeline.charts.runtime import RUNTIME
from movie_pipeline.charts.specifications import compile_chart
from movie_pipeline.charts.svg import minified
from movie_pipeline_tests.counting import counted_films, numbers, on_page
from movie_pipeline_tests.films import NON_LATIN, films
from movie_pipeline_tests.profiles import examples

each_chart = pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.name)
each_but_coverage = pytest.mark.parametrize(
    "chart", [one for one in CHARTS if one.covers == "films"], ids=lambda chart: chart.name
)


def film(number: int, **columns: object) -> dict[str, object]:
    """Return one matched, seen film; `columns` override the defaults."""
    return {
        "row_number": number,
        "title": f"Film {number}",
        "seen": True,
        "match_status": "matched",
        "tmdb_id": number,
        "release_date": pd.Timestamp("1999-03-31"),
        "runtime_minutes": 100,
        "rating": np.nan,
        "genres": ["Drama"],
        "directors": ["Agnès Varda"],
        "director_ids": [1],
    } | columns


def texts(svg: str) -> list[str]:
    """Return every text of an SVG in drawing order."""
    return [
        " ".join(node.itertext())
        for node in ET.fromstring(svg).iter()
        if node.tag.endswith("}text")
    ]


def downwards(svg: str, pattern: str) -> list[str]:
    """Return the matching texts from the top of the picture to the bottom."""
    found = [
        (float(node.get("y", "0")), node.text)
        for node in ET.fromstring(svg).iter()
        if node.tag.endswith("}text") and re.fullmatch(pattern, node.text or "")
    ]
    return [text for _, text in sorted(found) if text]


def dashboard(rows: Numbers, **more: str) -> str:
    """Return the overview with every chart."""
    return overview(rows, {chart.title: to_svg(chart, rows) for chart in CHARTS}, **more)


def test_a_film_on_two_lines_counts_once_with_the_rating_that_it_has():
    rows = pd.DataFrame([film(1), film(2, tmdb_id=1, rating=4.5), film(3)])
    films = counted_films(rows)
    assert films["tmdb_id"].tolist() == [1, 3]
    assert films["rating"].tolist()[0] == 4.5
    assert numbers(rows).summary["repeated"] == 1


def test_only_seen_films_count_if_any_film_was_seen():
    rows = pd.DataFrame([film(1), film(2, seen=False), film(3, seen=None)])
    assert counted_films(rows)["row_number"].tolist() == [1, 3]
    counted = numbers(rows)
    assert (counted.summary["only_listed"], counted.noun) == (1, "films watched")


def test_a_film_not_seen_is_on_the_watchlist_or_only_on_a_list():
    """One that is seen on another line is neither."""
    rows = pd.DataFrame(
        [
            film(1),
            film(2, seen=False, watchlisted=True),
            film(3, seen=False, in_lists=["Best"]),
            film(4, tmdb_id=1, seen=False, watchlisted=True),
        ]
    )
    summary = numbers(rows).summary
    names = ("total_movies", "watched", "repeated", "on_watchlist", "only_listed")
    assert [summary[name] for name in names] == [4, 1, 1, 1, 1]


def test_a_list_says_how_many_of_its_films_were_seen():
    rows = pd.DataFrame(
        [
            film(1, in_lists=["Best", "Short"]),
            film(2, seen=False, in_lists=["Best"]),
            film(3, seen=False, in_lists=["Best"]),
        ]
    )
    counted = numbers(rows)
    progress = OWN_LISTS.rows(counted)
    assert progress.values.tolist() == [["Best", 1, 3], ["Short", 1, 1]]
    assert "**1 of 3** films of Best" in str(OWN_LISTS.summary(counted))


@pytest.mark.parametrize("number", [1, 3, 6, 12, 30, 300])
@pytest.mark.parametrize("name", ["runtime", "years", "months"])
def test_an_axis_has_no_half_films(name: str, number: int):
    """For two films, Vega would label half steps: 0, 1, 1, 2, 2."""
    (chart,) = [one for one in CHARTS if one.name == name]
    drawn = texts(to_svg(chart, numbers(films(number))))
    steps = [int(one) for one in drawn if one.isdigit() and len(one) < 4]
    assert steps == sorted(set(steps))


def test_the_chart_of_years_is_as_tall_as_its_columns_of_dots():
    (years,) = [one for one in CHARTS if one.name == "years"]
    few, many, more = (
        float(ET.fromstring(to_svg(years, numbers(films(number)))).attrib["height"])
        for number in (5, 400, 2_000)
    )
    assert few < many / 2
    assert many == pytest.approx(more, abs=30)


@pytest.mark.slow
def test_a_mere_watchlist_is_drawn_and_never_called_watched():
    rows = numbers(pd.DataFrame([film(number, seen=False) for number in (1, 2, 3)]))
    said = [dashboard(rows), *(chart.summary(rows) for chart in CHARTS)]
    assert all("films on this list" in words for words in said)
    drawn = " ".join(text for chart in CHARTS for text in texts(to_svg(chart, rows)))
    assert "watched" not in " ".join(said) + drawn


def test_every_line_has_one_state_and_a_match_without_an_id_is_an_error():
    rows = pd.DataFrame(
        [
            film(1),
            film(2, match_status="not_found"),
            film(3, match_status="not_found", match_method="override"),
            film(4, tmdb_id=None),
            film(5, match_status="not_a_movie"),
        ]
    )
    counted = numbers(rows)
    states = {state: number for state, number in counted.states().items() if number}
    one_each = ("matched", "not_found", "error", "not_a_movie", "ignored")
    assert states == dict.fromkeys(one_each, 1)
    assert counted.watched == 3, "neither a series nor an ignored film"


@each_chart
@pytest.mark.parametrize("number", [0, 1, 20, pytest.param(600, marks=pytest.mark.slow)])
def test_every_chart_draws_any_number_of_films_within_its_size_limit(chart: Chart, number: int):
    rows = numbers(films(number))
    svg = to_svg(chart, rows)
    ET.fromstring(svg)
    assert len(image(svg, chart.title)) <= 60_000
    assert len(chart.summary(rows, notice="not in the sample catalogue " * 9)) < md.INLINE
    assert svg == to_svg(chart, rows), "the same films must give the same bytes"


def renderers() -> list[int]:
    """The renderer processes of this process."""
    children = psutil.Process().children()
    return [child.pid for child in children if "renderer.py" in " ".join(child.cmdline())]


@pytest.mark.slow
def test_one_process_draws_everything_and_ends_after_a_large_upload(monkeypatch):
    """The memory that V8 takes for 50,000 films would never be released."""
    rows = numbers(films(20))
    svg = to_svg(GENRES, rows)
    at_work = renderers()
    assert len(at_work) == 1
    assert to_svg(GENRES, rows) == svg
    with pytest.raises(drawing.DrawingError, match=r"could not be drawn: .*JSON"):
        drawing.draw('{"marks": [')
    assert renderers() == at_work
    specifications = {"genres": compile_chart(GENRES)}
    monkeypatch.setattr(drawing, "LARGE_BYTES", 0)
    assert to_svg(GENRES, rows, specifications=specifications) == svg
    assert renderers() == []


@pytest.mark.slow
@pytest.mark.parametrize("letter", ["\0", "\x1b", "\ufffe"])
def test_a_crash_of_the_renderer_is_reported_and_the_next_one_draws(letter):
    """A panic inside V8 aborts its process; these letters are known to cause one."""

    def asked(text: str) -> str:
        words = {"text": {"value": text}, "y": {"value": 12}}
        schema = "https://vega.github.io/schema/vega/v6.json"
        mark = {"type": "text", "encode": {"enter": words}}
        return json.dumps({"$schema": schema, "width": 90, "height": 30, "marks": [mark]})

    with pytest.raises(
        drawing.DrawingError, match=r"the program that draws them crashed \(SIGABRT"
    ):
        drawing.draw(asked(f"He{letter}at"))
    assert "Heat" in drawing.draw(asked("Heat"))


def test_rows_of_an_earlier_version_are_drawn_whatever_their_texts_contain():
    """Texts are cleaned on input; those stored earlier are cleaned when they are read."""
    bad = "He\0at\x1b[31m\ufffe\uffff\ud800\u202e"
    rows = (
        films(30)
        .drop(columns="genre_ids")
        .assign(
            **dict.fromkeys(("title", "tmdb_title", "original_title", "original_language"), bad)
        )
    )
    for name in ("genres", "origin_countries", "in_lists"):
        rows[name] = [[f"{bad}{row % 5}", f"{bad}{row % 3}"] for row in range(len(rows))]
    for name, ids in (("directors", "director_ids"), ("cast", "cast_ids")):
        rows[name] = [
            [f"{bad}{one}" for one in people] if isinstance(people, np.ndarray) else None
            for people in rows[ids]
        ]
    counted = numbers(rows)
    shown = {*counted.films["title"], *counted.breakdowns["label"], *counted.people["name"]}
    assert all(text.isprintable() for text in shown)
    titles = json.loads("{" + ",".join(on_page(rows)) + "}")["values"]["title"]
    assert all(text.isprintable() for text in titles)
    for chart in CHARTS:
        ET.fromstring(to_svg(chart, counted))


@each_chart
def test_the_chart_is_valid_for_the_schema_that_altair_targets(chart: Chart):
    chart.sized("card").to_dict()  # validates
    chart.sized("page").to_dict()


def test_a_picture_is_redrawn_only_if_it_would_change(tmp_path, monkeypatch):
    file = tmp_path / "a.csv" / "genres.svg"
    svg = to_svg(GENRES, numbers(films(20)), file=file)
    assert file.read_text() == svg == to_svg(GENRES, numbers(films(20)))
    with monkeypatch.context() as nothing_draws:
        nothing_draws.setattr(drawing._Renderer, "ask", None)
        assert to_svg(GENRES, numbers(films(20)), file=file) == svg
    other = to_svg(GENRES, numbers(films(21)), file=file)
    assert other != svg
    assert file.read_text() == other
    file.write_bytes(b"\xff half a pict")
    assert to_svg(GENRES, numbers(films(21)), file=file) == other == file.read_text()


@pytest.mark.slow
def test_the_charts_are_compiled_once_per_version(tmp_path, monkeypatch):
    charts = [GENRES, DIRECTORS, RUNTIME]
    specifications = compiled(charts, tmp_path)
    counted = numbers(films(20))
    assert to_svg(GENRES, counted, specifications=specifications) == to_svg(GENRES, counted)
    (file,) = tmp_path.glob("*.gz")
    with monkeypatch.context() as nothing_compiles:
        nothing_compiles.setattr(compiling, "compile_charts", None)
        assert compiled(charts, tmp_path) == specifications
    compiled(charts[:2], tmp_path)
    assert len([*tmp_path.glob("*.gz")]) == 2
    file.write_bytes(b"torn")
    assert compiled(charts, tmp_path) == specifications


@each_chart
def test_a_slimmed_picture_takes_half_the_bytes_and_has_the_same_texts(chart: Chart):
    """Vega repeats every attribute on every mark, with fifteen digits."""
    asked = json.dumps(_filled(chart, numbers(films(300)), compile_chart(chart)["card"]))
    svg = drawing.draw(asked)
    less = minified(svg)
    assert texts(less) == [text for text in texts(svg) if text]
    assert len(less) < len(svg) * 0.6


@each_but_coverage
def test_films_without_any_data_give_a_note_instead_of_an_empty_chart(chart: Chart):
    bare = numbers(
        pd.DataFrame({"row_number": [1, 2], "match_status": ["matched"] * 2, "tmdb_id": [5, 6]})
    )
    assert chart.headline(bare) == {"films": 0, "films_left_out": 2}
    assert chart.lacking in chart.summary(bare)
    assert any(chart.lacking in text for text in texts(to_svg(chart, bare)))


@each_chart
def test_headlines_can_be_plotted_and_add_up(chart: Chart):
    rows = numbers(films(300))
    headline = chart.headline(rows)
    assert headline["films"] + headline["films_left_out"] == rows.watched
    assert all(type(value) in (int, float, str) for value in headline.values())
    assert not pd.isna(pd.Series(headline)).any()


@each_but_coverage
def test_a_chart_says_how_many_films_it_is_based_on(chart: Chart):
    rows = numbers(films(300))
    headline = chart.headline(rows)
    left_out = "; left out:" if headline["films_left_out"] else ""
    says = f"{headline['films']} films watched{left_out}"
    assert any(says in text for text in texts(to_svg(chart, rows)))
    assert says in chart.summary(rows).replace("\\", "")


def test_genres_are_ranked_by_number_of_films_and_then_by_id():
    rows = numbers(
        pd.DataFrame(
            [film(1, genres=["War", "Drama"]), film(2, genres=["Comedy", "Drama", "Drama"])]
        )
    )
    assert GENRES.headline(rows)["top_genre"] == "Drama"
    assert GENRES.headline(rows)["top_genre_share"] == 1.0
    drawn = [text for text in texts(to_svg(GENRES, rows)) if text in ("War", "Drama", "Comedy")]
    assert drawn == ["Drama", "Comedy", "War"], "TMDB's 35 and 10752"


@pytest.mark.parametrize("chart", [GENRES, DIRECTORS], ids=lambda chart: chart.name)
def test_the_drawing_and_the_text_have_the_same_counts(chart: Chart):
    beside = r"★ \d\.\d"
    rows = numbers(films(400))
    svg = to_svg(chart, rows)
    told = re.findall(rf"\| ([^|]+) \| \S+ \| (\d+) · ({beside}) \|", chart.summary(rows))
    assert len(told) == 9
    names, counts, others = zip(*told, strict=True)
    assert tuple(downwards(svg, "|".join(names))) == names
    assert tuple(downwards(svg, r"\d+")[:9]) == counts
    assert tuple(downwards(svg, beside)[:9]) == others


def test_people_with_the_same_name_stay_separate_and_co_directors_count_fully():
    two = {"directors": ["Steve McQueen"], "director_ids": [2]}
    both = {"directors": ["Lana Wachowski", "Lilly Wachowski"], "director_ids": [3, 4]}
    rows = numbers(
        pd.DataFrame(
            [
                film(1, directors=["Steve McQueen"], director_ids=[1]),
                film(2, directors=["Steve McQueen"], director_ids=[1]),
                *(film(number, **two) for number in (3, 4, 5)),
                *(film(number, **both) for number in (6, 7)),
            ]
        )
    )
    headline = DIRECTORS.headline(rows)
    assert headline["directors_of_two_or_more"] == 4
    assert headline["top_director_films"] == 3
    drawn = texts(to_svg(DIRECTORS, rows))
    assert drawn.count("Steve McQueen") == 2
    assert "Lilly Wachowski" in drawn


def test_directors_of_one_film_are_not_ranked():
    rows = numbers(pd.DataFrame([film(1), film(2, directors=["Ozu"], director_ids=[2])]))
    assert "No director has two films here." in texts(to_svg(DIRECTORS, rows))
    assert "top_director" not in DIRECTORS.headline(rows)


def test_a_runtime_of_zero_is_reported_as_unknown():
    rows = numbers(
        pd.DataFrame([film(1), film(2, runtime_minutes=0), film(3, runtime_minutes=140)])
    )
    headline = RUNTIME.headline(rows)
    assert (headline["films"], headline["mean_runtime_minutes"]) == (2, 120.0)
    assert "1 without a known runtime" in RUNTIME.summary(rows)
    assert "average 2 h 00 min" in texts(to_svg(RUNTIME, rows))


def test_hours_count_each_film_once_and_rewatches_separately():
    """A film without a dated viewing was still seen once."""
    thrice = ["2020-01-01", "2021-01-01", "2022-01-01"]
    both = [film(1, runtime_minutes=120, viewings=thrice), film(2, runtime_minutes=60)]
    rows = numbers(pd.DataFrame(both))
    headline = RUNTIME.headline(rows)
    assert headline["total_hours"] == 3.0
    assert headline["hours_of_rewatches"] == 4.0
    assert headline["hours_with_rewatches"] == 7.0
    assert "3 hours in all, each film once, and 4 more of rewatches." in RUNTIME.summary(rows)
    assert "rewatch" not in RUNTIME.summary(numbers(pd.DataFrame(both[1:])))


def test_a_seven_hour_film_does_not_flatten_the_others():
    rows = numbers(pd.DataFrame([film(1), film(2, runtime_minutes=439)]))
    assert "4 h +" in texts(to_svg(RUNTIME, rows))
    assert RUNTIME.headline(rows)["longest_minutes"] == 439


def test_names_of_any_script_are_drawn_and_long_ones_are_cut():
    long = "Florian Maria Georg Christian Graf Henckel von Donnersmarck"
    people = [*NON_LATIN, long]
    rows = numbers(
        pd.DataFrame(
            [
                film(10 * who + copy, directors=[name], director_ids=[who])
                for who, name in enumerate(people, start=1)
                for copy in (1, 2)
            ]
        )
    )
    drawn = texts(to_svg(DIRECTORS, rows))
    assert {"七人の侍", "Сталкер"} <= set(drawn)
    assert long not in drawn
    assert any(text.startswith("Florian Maria") and text.endswith("…") for text in drawn)


def test_a_long_name_of_rare_characters_is_cut_between_characters():
    """Vega cuts at UTF-16 code units; half a surrogate pair makes the whole chart fail."""
    for shortest in (1, 14, 27):
        lengths = range(shortest, shortest + 13)
        people = {"directors": ["𠮷" * n for n in lengths], "director_ids": [*lengths]}
        twice = numbers(pd.DataFrame([film(1, **people), film(2, **people)]))
        labels = [row["label"] for row in json.loads(as_json(DIRECTORS.rows(twice)))]
        assert len(labels) == len(lengths)
        assert set("".join(labels)) <= {"𠮷", "…"}
    rows = numbers(
        pd.DataFrame([film(n, directors=["a" + "𠮷" * 40], director_ids=[9]) for n in (1, 2)])
    )
    assert any(text.startswith("a𠮷𠮷") for text in texts(to_svg(DIRECTORS, rows)))


# Every example draws a picture, so shrinking a failure would take minutes.
@settings(max_examples=examples(15), phases=[Phase.explicit, Phase.generate])
@example("<script>alert(1)</script> {{ x }} [a](javascript:b) | **c** `d`")
@example("000000000000000000M\ud7fc00𑓄0")
@given(st.text(max_size=80))
def test_a_name_is_never_markup(name: str):
    """The picture is XML and the summary is markdown; in both, it must stay plain text."""
    people = {"directors": [name], "director_ids": [9]}
    rows = numbers(pd.DataFrame([film(1, **people), film(2, **people)]))
    ET.fromstring(to_svg(DIRECTORS, rows))
    summary = DIRECTORS.summary(rows)
    assert len(summary) < md.INLINE
    table = [line for line in summary.splitlines() if line.startswith("|")]
    assert len(table) == 3
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", table[2])) == 4


@given(st.text())
def test_markdown_text_is_one_line_without_bare_punctuation(raw: str):
    line = md.text(raw)
    assert len(line.splitlines()) <= 1
    assert not re.search(r"[!-/:-@\[-`{-~]", re.sub(r"\\[!-/:-@\[-`{-~]", "", line))


def test_the_overview_leads_with_the_notice_and_ends_with_the_attribution():
    rows = numbers(films(150))
    told = dashboard(rows, notice="not in the sample catalogue (12 films)")
    assert told.splitlines()[0] == "> ⚠️ **not in the sample catalogue \\(12 films\\)**"
    assert md.text(ATTRIBUTION) in told.splitlines()[-1]
    pictures = re.findall(r"\(data:image/svg\+xml;base64,([^)]+)\)", told)
    assert len(pictures) == len(CHARTS)
    for picture in pictures:
        ET.fromstring(base64.b64decode(picture))
    assert len(told) <= 300_000


def test_the_numbers_leave_out_unknown_values():
    rows = numbers(
        pd.DataFrame([film(1, rating=3.0), film(2, runtime_minutes=0), film(3, rating=5.0)])
    )
    figures = rows.summary
    assert (figures["watched"], figures["mean_runtime"], figures["hours"]) == (3, 100.0, 200 / 60)
    assert (figures["mean_rating"], figures["rated"], figures["timed"]) == (4.0, 2, 2)
    assert (figures["first_year"], figures["last_year"]) == (1999, 1999)
    assert numbers(films(0)).summary["mean_rating"] is None


@pytest.mark.slow
def test_the_page_and_the_picture_draw_the_same_marks_over_named_data():
    """The page fills the films in the browser, the picture inlines the rows."""
    for chart in CHARTS:
        for form, named in (("card", {"rows", "totals"}), ("page", {"films"})):
            specification = chart.sized(form).to_dict()
            sources = set(re.findall(r"'data': \{'name': '(\w+)'\}", str(specification)))
            assert sources
            assert sources <= named


def test_what_needs_no_tmdb_rests_on_all_films_of_the_export():
    """Without a key, the sample knows few of them; the ratings are the user's own."""
    lost = {"match_status": "not_found", "tmdb_id": None, "release_date": None, "year": 2001}
    lost |= {"genres": None, "directors": None, "director_ids": None, "runtime_minutes": None}
    rows = numbers(
        pd.DataFrame(
            [
                film(1, rating=3.0),
                film(2, rating=5.0, viewings=["2020-02-01"], **lost),
                film(3, **lost),
            ]
        )
    )
    counted = rows
    assert counted.watched == 3
    assert counted.summary["mean_rating"] == 4.0
    bases = {chart.name: chart.basis(counted) for chart in CHARTS}
    assert bases["ratings"] == "2 films watched; left out: 1 not rated"
    assert bases["years"] == bases["decades"] == "3 films watched"
    assert bases["months"] == "1 film watched; left out: 2 without a dated viewing"
    assert bases["genres"] == "1 film watched; left out: 2 not identified"


def test_dots_that_look_the_same_are_one_path_of_points():
    def dot(x: int, fill: str) -> str:
        shape = "M5,0A5,5,0,1,1,-5,0A5,5,0,1,1,5,0"
        return f'<path d="{shape}" transform="translate({x},7)" fill="{fill}"/>'

    dots = "".join(dot(x, "red") for x in (10, 20, 30)) + dot(40, "blue")
    drawn = minified(f'<svg xmlns="http://www.w3.org/2000/svg"><g>{dots}</g></svg>')
    red = re.search(r'<path d="(M[^"]+h0)"', drawn)
    assert red and red[1] == "M10 7h0M20 7h0M30 7h0"
    assert 'stroke-width="10" stroke-linecap="round"' in drawn
    assert drawn.count("<path") == 2 and "translate(40,7)" in drawn
