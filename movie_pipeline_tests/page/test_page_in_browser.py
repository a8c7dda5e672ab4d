"""The page in a real browser, opened from disk: its contents, its filters, and no requests.

Playwright drives an installed Chromium; it does not download one.
"""

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from playwright import sync_api

from movie_pipeline.analytics import next as what_next
from movie_pipeline.charts import CHARTS
from movie_pipeline_tests.counting import UPLOAD, numbers, prepared
from movie_pipeline_tests.films import films
from movie_pipeline_tests.page.tabs import Open, after

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@contextmanager
def panel(tab: sync_api.Page) -> Iterator[None]:
    """Open the panel of filters for a while."""
    tab.click("#panel summary")
    yield
    tab.keyboard.press("Escape")
    assert not tab.is_visible("#genre")


def choose(tab: sync_api.Page, filter_: str, value: str) -> None:
    """Choose a value of a filter."""
    with panel(tab):
        tab.select_option(filter_, value)


def shown(tab: sync_api.Page) -> dict[str, str]:
    """Return the numbers at the top, by their label."""
    pairs = tab.eval_on_selector_all(
        "#numbers div",
        "all => all.map(e => [e.querySelector('dt').textContent, "
        "e.querySelector('dd').textContent])",
    )
    return dict(pairs)


def genres_drawn(tab: sync_api.Page) -> dict[str, int]:
    """Return what the marks of the genre chart say to screen readers."""
    labels = tab.eval_on_selector_all(
        "#chart-genres .mark-rect path", "all => all.map(e => e.getAttribute('aria-label'))"
    )
    found = [re.search(r"Genre: ([^;]+)", label) for label in labels]
    counts = [re.search(r"(?:films|Films): (\d+)", label) for label in labels]
    return {g[1]: int(n[1]) for g, n in zip(found, counts, strict=True) if g and n}


def watched(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that are films, with lists in place of nulls."""
    films_ = rows[rows["match_status"] != "not_a_movie"].copy()
    for name in ("genres", "viewings", "director_ids"):
        films_[name] = [
            [*one] if isinstance(one, list | np.ndarray) else [] for one in films_[name]
        ]
    return films_


def of_genre(rows: pd.DataFrame, genre: str) -> pd.DataFrame:
    chosen = watched(rows)
    return chosen[[genre in genres for genres in chosen["genres"]]]


def test_charts_numbers_and_table_agree_with_the_data(opened: Open):
    rows = films(150)
    tab = opened(rows)
    counted = numbers(rows)
    figures = counted.summary
    again = f"and {figures['hours_again']:,.0f} of rewatches"
    assert shown(tab) == {
        "films": f"{counted.watched}",
        f"hours in {figures['timed']} films, {again}": f"{figures['hours']:,.0f}",
        f"your mean of {figures['rated']} ratings": f"★ {figures['mean_rating']:.2f}",
        f"rewatches among {figures['viewings']:.0f} viewings": f"{figures['rewatches']:.0f}",
        f"countries, {figures['languages']} language": f"{figures['countries']}",
        "days in a row with a film": f"{figures['longest_run']}",
    }
    sentence = tab.inner_text("#sentence")
    assert sentence.startswith(f"{counted.watched} films: {figures['hours']:,.0f} hours")
    assert counted.role("director")["name"].iloc[0] in sentence
    assert tab.locator("#strip rect").count() == counted.watched
    expected = watched(rows)["genres"].explode().value_counts().to_dict()
    assert genres_drawn(tab) == expected
    assert tab.locator("#chart-runtime .mark-rule line").count() >= 1
    for chart in CHARTS:
        basis = tab.inner_text(f"#chart-{chart.name} .basis")
        number = 150 if chart.covers == "lines" else counted.basis(chart.dimension)
        assert basis.startswith(f"{number} {'titles' if chart.covers == 'lines' else 'films'}")


def test_a_year_shows_the_viewings_of_that_year_alone(opened: Open):
    """A film seen in 2023 and 2024 has one viewing in 2024, which is a rewatch.

    So is the only viewing of a film that the diary marks as seen before.
    """
    rows = films(60).assign(viewings=None, match_status="matched", runtime_minutes=120)
    rows["tmdb_id"] = rows["row_number"]
    days = {1: ["2023-01-05", "2024-02-06"], 2: ["2024-03-07", "2024-03-08"], 3: ["2023-05-09"]}
    days[4] = ["2024-04-10"]
    rows["viewings"] = [days.get(number) for number in rows["row_number"]]
    rows["rewatch"] = rows["row_number"] == 4
    tab = opened(rows, "#year=2024")
    assert tab.inner_text("#count") == "3 of 60 films"
    # The second film, a rewatch of it and of the first, and the fourth.
    assert shown(tab)["hours, 6 of them rewatches"] == "8"
    assert tab.inner_text("#sentence").startswith("3 films in 2024: 8 hours")
    found = [re.search(r"Month: (\S+); Viewings: (\d+)", label) for label in marks(tab, "months")]
    months = {"2024-02": "1", "2024-03": "2", "2024-04": "1"}
    assert {one[1]: one[2] for one in found if one} == months
    after(tab, lambda: tab.evaluate("location.hash = 'year=2024-03'"))
    assert tab.inner_text("#sentence").startswith("1 film in March 2024: 4 hours")
    after(tab, lambda: choose(tab, "#year", ""))
    assert shown(tab)["hours, and 6 of rewatches"] == "120"


@pytest.mark.parametrize(
    "address",
    [
        *("rating=x", "rating=5-", "rating=-", "runtime=x", "runtime=-90", "year=abc", "year=20"),
        *("year=2024-99", "decade=x", "decade=-50", "seen=maybe", "liked=x", "film=x", "sort=x"),
        *("show=constructor", "sel=g:Drama", "%", "%E0%A4%A"),
    ],
)
def test_an_address_that_means_nothing_selects_nothing(opened: Open, address: str):
    tab = opened(films(20), f"#{address}")
    assert tab.inner_text("#count").startswith("All ")
    assert tab.locator("#chips button").count() == 0


def test_an_address_may_name_what_this_list_does_not_have(opened: Open):
    """Such as a year, a rating or a genre, in a link to an earlier version of the page."""
    tab = opened(films(20), "#year=1897")
    for address in ("genre=Nothing", "rating=0.25-0.75&genre=Nothing", "runtime=900-"):
        after(tab, lambda address=address: tab.evaluate(f"location.hash = '{address}'"))
        assert tab.inner_text("#count").startswith("0 of "), address
        assert tab.locator("#chips button").count() == address.count("="), address


def test_a_filter_changes_charts_numbers_table_and_address_together(opened: Open):
    rows = films(150)
    tab = opened(rows)
    chosen = of_genre(rows, "Drama")
    after(tab, lambda: choose(tab, "#genre", "Drama"))
    assert tab.inner_text("#count") == f"{len(chosen)} of {len(watched(rows))} films"
    assert genres_drawn(tab) == chosen["genres"].explode().value_counts().to_dict()
    assert shown(tab)["films"] == str(len(chosen))
    assert tab.locator("#rows tr").count() == len(chosen)
    assert tab.url.endswith("#genre=Drama")
    after(tab, lambda: tab.click("#clear"))
    assert tab.url.endswith(".html#")
    assert shown(tab)["films"] == str(len(watched(rows)))


def test_an_address_restores_the_selection(opened: Open):
    rows = films(150)
    tab = opened(rows, "#genre=Drama&decade=2010&sort=-rating")
    chosen = of_genre(rows, "Drama")
    chosen = chosen[chosen["year"].between(2010, 2019)]
    assert tab.inner_text("#count").startswith(f"{len(chosen)} of ")
    assert tab.input_value("#genre") == "Drama"
    stars = tab.eval_on_selector_all("#rows td.you", "all => all.map(e => e.textContent)")
    assert stars == sorted(stars, key=lambda text: -float(text[2:] or 0))
    assert tab.get_attribute("[data-sort=rating]", "aria-sort") == "descending"


def test_typing_part_of_a_name_selects_a_director(opened: Open):
    rows = films(150)
    tab = opened(rows)
    chosen = [people for people in watched(rows)["director_ids"] if 100 in people]

    def type_name() -> None:
        with panel(tab):
            tab.fill("#director", "agnes")
            tab.press("#director", "Enter")

    after(tab, type_name)
    assert tab.inner_text("#count").startswith(f"{len(chosen)} of ")
    tab.focus("#q")
    assert tab.input_value("#director") == "Agnès Varda"


def library() -> pd.DataFrame:
    """50 films: 30 seen, of which ten are liked; 12 on the watchlist, eight only on a list."""
    rows = films(50).assign(match_status="matched", title=[f"Film {n}" for n in range(50)])
    rows.loc[28, "match_status"] = "not_found"
    rows["tmdb_id"] = [None if n == 28 else n + 1 for n in range(50)]
    rows["seen"] = [n < 30 for n in range(50)]
    rows["liked"] = [n < 10 for n in range(50)]
    rows["watchlisted"] = [30 <= n < 42 for n in range(50)]
    rows["tags"] = [["cinema"] if n % 3 == 0 else [] for n in range(50)]
    rows["in_lists"] = [["Best"] if n % 2 else [] for n in range(50)]
    rows["runtime_minutes"] = [80 if n == 35 else 130 for n in range(50)]
    rows["viewings"] = [
        days if seen else None for days, seen in zip(rows["viewings"], rows["seen"], strict=True)
    ]
    return rows


def test_the_page_switches_between_watched_watchlist_and_everything(opened: Open):
    tab = opened(library())
    assert tab.inner_text("#count") == "All 30 films"
    after(tab, lambda: tab.click("[data-view=watchlist]"))
    assert tab.url.endswith("#show=watchlist")
    assert tab.inner_text("#count") == "All 12 films on the watchlist"
    assert tab.inner_text("#sentence").startswith("12 films on the watchlist")
    assert tab.locator("#rows tr").count() == 12
    after(tab, lambda: tab.click("[data-view=everything]"))
    assert tab.inner_text("#count") == "All 50 films"
    small = tab.locator("#rows small").all_text_contents()
    assert (small.count("on the watchlist"), small.count("on a list")) == (12, 8)
    after(tab, lambda: tab.click("[data-view=watched]"))
    assert shown(tab)["films"] == "30"


@pytest.mark.parametrize("view", ["constructor", "__proto__", "watchlist", "none"])
def test_an_address_with_a_view_that_is_not_there_shows_the_films_watched(opened: Open, view: str):
    """Anyone may write an address; this list has no watchlist."""
    tab = opened(films(20), f"#show={view}")
    assert tab.inner_text("#count") == "All 18 films"
    assert tab.inner_text("#sentence").startswith("18 films: ")


def test_a_chart_without_a_film_is_not_shown_and_a_line_says_why(opened: Open):
    tab = opened(library().assign(viewings=None, rating=None))
    assert not tab.is_visible("#chart-months")
    assert not tab.is_visible("h2:has-text('Your time')")
    dark = tab.locator("#dark li").all_text_contents()
    why = "every film here is without a dated viewing."
    titles = "Your mean over time, Calendar, Adding up, Viewings by month and Weekdays and seasons"
    assert f"{titles}: {why}" in dark
    boxes = [tab.locator(f"#chart-{name}").bounding_box() for name in ("countries", "languages")]
    assert boxes[0] and boxes[1] and boxes[0]["y"] == boxes[1]["y"]


def test_likes_and_tags_are_filters_and_a_list_says_what_is_left(opened: Open):
    tab = opened(library())
    after(tab, lambda: choose(tab, "#liked", "yes"))
    assert tab.inner_text("#count") == "10 of 30 films"
    assert tab.locator("#rows td.heart").all_text_contents() == ["♥"] * 10
    assert tab.locator("#strip rect.dim").count() == 20
    title = tab.locator("#strip rect title").first.text_content() or ""
    after(tab, tab.locator("#strip rect").first.click)
    assert title.startswith(tab.inner_text("#rows th a, #rows th span"))
    assert tab.locator("#rows tr").count() <= 1
    after(tab, lambda: tab.click("#chips button >> nth=0"))
    after(tab, lambda: choose(tab, "#tag", "cinema"))
    assert tab.inner_text("#count") == "4 of 30 films"
    after(tab, lambda: tab.click("#chips button:has-text('Liked')"))
    assert tab.inner_text("#count") == "10 of 30 films"
    after(tab, lambda: tab.click("#clear"))
    after(tab, lambda: choose(tab, "#list", "Best"))
    assert tab.locator("#list option:checked").text_content() == "Best (15 of 25 seen)"
    assert tab.inner_text("#chart-lists h3") == "15 of the 25 films on Best seen"
    after(tab, lambda: tab.click("#left"))
    assert tab.inner_text("#count") == "10 of 50 films"


def test_the_film_for_tonight_is_from_the_watchlist_and_as_short_as_asked(opened: Open):
    tab = opened(library())
    tab.click("#tonight")
    waiting = {f"Film {n}" for n in range(30, 42)}
    assert tab.locator("#tonight-film a").text_content() in waiting
    tab.click('[data-minutes="90"]')
    tab.click("#tonight")
    assert tab.locator("#tonight-film a").text_content() == "Film 35"
    assert not opened(films(20)).is_visible("#tonight")


def test_what_to_see_next_keeps_its_order_while_a_selection_leaves_films_out(opened: Open):
    rows = library()
    rows["genres"] = [["Drama"] if n % 2 else ["Comedy"] for n in range(50)]
    rows["collection"] = ["Night Collection" if n in (3, 4, 33) else None for n in range(50)]
    rows["collection_id"] = [7 if n in (3, 4, 33) else None for n in range(50)]
    with prepared(rows) as connection:
        ranked = [one.title for one in what_next.read(connection, UPLOAD)]
    tab = opened(rows)
    titles = tab.locator("#next-films h4 a")
    assert titles.all_text_contents() == ranked[:6]
    tab.click("#next-more")
    assert titles.all_text_contents() == ranked
    assert tab.locator("#next-films .tile").count() == 12
    after(tab, lambda: choose(tab, "#genre", "Drama"))
    dramas = [title for title in ranked if int(title.split()[1]) % 2]
    assert titles.all_text_contents() == dramas
    tab.select_option("#next-series", label="Night (1)")
    assert titles.all_text_contents() == ["Film 33"]
    assert tab.locator("#series-rows .dots").get_attribute("aria-label") == "2 of 3 seen"
    assert "Film 33" in tab.inner_text("#series-rows .left")
    assert tab.inner_text("#series-finding") == "One film is missing from Night"
    tab.click('[data-minutes="90"]')
    assert tab.inner_text("#next-finding") == "No film fits"
    after(tab, lambda: tab.click("#clear"))
    tab.select_option("#next-series", "")
    assert titles.all_text_contents() == ["Film 35"]


def test_clicking_a_bar_selects_it(opened: Open):
    tab = opened(films(150))
    after(tab, tab.locator("#chart-genres .mark-rect path").first.click)
    assert re.search(r"#genre=\w+", tab.url)


def test_searching_ignores_accents_and_reads_names_and_original_titles(opened: Open):
    rows = films(40)
    rows.loc[3, ["title", "original_title", "match_status"]] = ["Amélie", "Le Destin", "matched"]
    rows.loc[3, "tmdb_id"] = 194
    tab = opened(rows)
    for words in ("amelie", "DESTIN le"):
        after(tab, lambda words=words: tab.fill("#q", words))
        assert tab.inner_text("#rows").startswith("Amélie")
        assert tab.inner_text("#count") == f"1 of {len(watched(rows))} films"


def test_a_selection_without_films_says_so_and_can_be_cleared(opened: Open):
    tab = opened(films(20))
    after(tab, lambda: tab.fill("#q", "zzzz"))
    assert tab.inner_text("#empty-what") == "No films match."
    assert not tab.is_visible("#charts")
    after(tab, lambda: tab.click("#empty-clear"))
    assert tab.is_visible("#charts")


def test_an_upload_without_films_opens(opened: Open):
    tab = opened(films(0))
    assert tab.inner_text("#empty-what") == "There are no films in this upload."
    assert not tab.is_visible("#filters")


def test_lines_that_tmdb_does_not_identify_are_listed(opened: Open):
    rows = films(60)
    tab = opened(rows)
    unmatched = rows[rows["match_status"] != "matched"]
    tab.click("#unmatched summary")
    tab.wait_for_selector("#unmatched li")
    assert tab.locator("#unmatched li").count() == len(unmatched)


def test_titles_are_text_and_link_to_tmdb(opened: Open):
    """The fixture fails on a dialog, a console message or a request."""
    rows = films(8)
    title = "</script><img src=x onerror=alert(1)><script>alert(2)</script> {{ x }} **b**"
    rows["title"] = title
    rows["directors"] = [[title]] * len(rows)
    rows["genres"] = [[title]] * len(rows)
    rows["genre_ids"] = [[18]] * len(rows)
    tab = opened(rows)
    assert tab.locator("#rows th a").first.text_content() == title
    assert tab.locator("#chart-genres .mark-text text").count() > 0
    tab.hover("#chart-genres .mark-rect path")
    tab.wait_for_selector("#vg-tooltip-element.visible")
    assert tab.locator("img").count() == 0
    assert re.fullmatch(
        r"https://www\.themoviedb\.org/movie/\d+",
        tab.locator("#rows th a").first.get_attribute("href") or "",
    )


def test_scrolling_adds_rows(opened: Open):
    tab = opened(films(3000))
    first = tab.locator("#rows tr").count()
    assert first < 500
    tab.locator("#more").scroll_into_view_if_needed()
    tab.wait_for_selector(f"#rows tr:nth-child({first + 1})", state="attached")


def test_a_phone_needs_no_sideways_scrolling(opened: Open):
    tab = opened(films(60), viewport={"width": 360, "height": 740})
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360


def test_every_control_has_a_name_and_the_table_its_headings(opened: Open):
    tab = opened(films(20))
    for control in tab.locator("#filters input:not([type=hidden]), #filters select").all():
        assert tab.locator(f"label:has(#{control.get_attribute('id')})").count() == 1
    assert tab.locator("#strip svg").first.get_attribute("aria-label") == "A strip of 18 films"
    assert tab.locator("thead th[scope=col]").count() == 8
    assert tab.locator("#rows tr:first-child th[scope=row]").count() == 1
    assert tab.get_attribute("#count", "aria-live") == "polite"


def marks(tab: sync_api.Page, chart: str) -> list[str]:
    """Return what a chart's marks say to screen readers."""
    labels: list[str] = tab.eval_on_selector_all(
        f"#chart-{chart} .mark-rect path", "all => all.map(e => e.getAttribute('aria-label'))"
    )
    return labels


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Pacific/Auckland"])
def test_months_and_weekdays_are_the_same_in_every_time_zone(opened: Open, zone: str):
    """A day read as midnight UTC would be the previous day in Los Angeles."""
    rows = films(40)
    there, here = opened(rows, timezone_id=zone), opened(rows, timezone_id="UTC")
    days = pd.Series([day for days in watched(rows)["viewings"] for day in days])
    expected = days.str[:7].value_counts().to_dict()
    found = [re.search(r"Month: (\S+); Viewings: (\d+)", label) for label in marks(there, "months")]
    assert {one[1]: int(one[2]) for one in found if one} == expected
    for chart in ("months", "weekdays"):
        assert marks(there, chart) == marks(here, chart) != []
        ticks = [
            tab.locator(f"#chart-{chart} .role-axis-label text").all_text_contents()
            for tab in (there, here)
        ]
        assert ticks[0] == ticks[1] != []


def test_marks_can_be_reached_and_pressed_with_the_keyboard(opened: Open):
    tab = opened(films(80))
    for chart, filter_ in (("genres", "genre"), ("directors", "director"), ("decades", "decade")):
        reached = tab.locator(f"#chart-{chart} [tabindex='0']")
        assert reached.count() == 1, chart
        reached.focus()
        first = tab.evaluate("document.activeElement.getAttribute('aria-label')")
        tab.keyboard.press("ArrowDown")
        second = tab.evaluate("document.activeElement.getAttribute('aria-label')")
        assert first
        assert second not in (None, first), chart
        after(tab, lambda: tab.keyboard.press("Enter"))
        assert f"{filter_}=" in tab.url
        tab.wait_for_function(f"document.activeElement.closest('#chart-{chart}')")
        after(tab, lambda: tab.evaluate("location.hash = ''"))


def test_clicking_a_month_selects_it_and_a_year_of_release_its_decade(opened: Open):
    rows = films(150)
    tab = opened(rows, timezone_id="America/Los_Angeles")
    first = min(day for days in watched(rows)["viewings"] for day in days)
    labels = marks(tab, "months")
    bar = next(n for n, label in enumerate(labels) if f"Month: {first[:7]}" in label)
    after(tab, tab.locator("#chart-months .mark-rect path").nth(bar).click)
    assert tab.url.endswith(f"#year={first[:7]}")
    assert tab.input_value("#year") == first[:7]
    assert tab.text_content("#chips button") == f"{dt.date.fromisoformat(first):%B %Y} ×"
    after(tab, lambda: tab.click("#clear"))
    after(tab, tab.locator("#chart-years .mark-symbol path").first.click)
    assert re.search(r"#decade=\d{3}0$", tab.url)


@pytest.mark.parametrize(
    ("chart", "filter_", "words"),
    [("ratings", "rating", r"★ (½|\d½?) ×"), ("runtime", "runtime", r"\d h \d\d to \d h \d\d ×")],
)
def test_clicking_a_bar_of_a_scale_selects_its_films(
    opened: Open, chart: str, filter_: str, words: str
):
    tab = opened(films(150))
    bars = f"#chart-{chart} .mark-rect path:not([aria-label*='The public'])"
    bar = tab.locator(bars).nth(4)
    label = bar.get_attribute("aria-label") or ""
    after(tab, bar.click)
    assert tab.input_value(f"#{filter_}")
    assert re.fullmatch(words, tab.text_content("#chips button") or "")
    number = re.search(r"(?:films|Films): (\d+)", label)
    assert (tab.text_content("#count") or "").startswith(f"{number and number[1]} of")


def test_the_page_of_a_watchlist_says_on_this_list_and_never_watched(opened: Open):
    rows = films(30)
    rows["seen"] = False
    said = opened(rows).inner_text("body")
    assert f"{len(watched(rows))} films on this list" in said
    assert "watched" not in said.lower().replace("watched in", "")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_no_serious_issue(opened: Open, scheme: str, width: int):
    from axe_playwright_python.sync_playwright import Axe

    viewport = {"width": width, "height": 900}
    tab = opened(library(), color_scheme=scheme, viewport=viewport)
    tab.click("#unmatched summary")
    tab.click("#tonight")
    tab.click("#panel summary")
    for address in ("#genre=Drama", "#q=zzzz"):
        after(tab, lambda address=address: tab.evaluate("a => { location.hash = a }", address))
        found = Axe().run(tab).response["violations"]
        bad = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in bad] == []


def test_each_number_fits_its_column_at_every_width(opened: Open):
    tab = opened(films(60))
    for width in range(320, 1300, 60):
        tab.set_viewport_size({"width": width, "height": 900})
        wide = "all => all.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent)"
        assert tab.locator("#numbers dd").evaluate_all(wide) == [], width


def test_the_charts_leave_no_gap_in_the_two_columns(opened: Open):
    tab = opened(films(60), viewport={"width": 1280, "height": 900})
    boxes = [chart.bounding_box() for chart in tab.locator("#charts .chart").all()]
    right = max(box["x"] + box["width"] for box in boxes if box)
    for top in {round(box["y"]) for box in boxes if box}:
        row = [box for box in boxes if box and round(box["y"]) == top]
        assert max(box["x"] + box["width"] for box in row) == pytest.approx(right, abs=1)


def test_clearing_a_selection_restores_the_charts_also_after_a_resize(opened: Open):
    """The charts of all films are cached while a selection is shown, not drawn again."""

    def charts(tab: sync_api.Page) -> list[str]:
        shown = tab.locator(".plot").evaluate_all("all => all.map((e) => e.innerHTML)")
        return [re.sub(r"clip\d+", "clip", one) for one in shown]

    def widths(tab: sync_api.Page) -> list[float]:
        shown = tab.locator(".plot svg")
        return shown.evaluate_all("all => all.map((e) => e.width.baseVal.value)")

    wide, narrow = {"width": 1280, "height": 900}, {"width": 500, "height": 900}
    tab = opened(films(60), viewport=wide)
    before = charts(tab)
    tab.evaluate("window.kept = document.querySelector('#chart-genres svg')")
    after(tab, lambda: choose(tab, "#genre", "Drama"))
    assert charts(tab) != before
    after(tab, lambda: tab.click("#clear"))
    assert charts(tab) == before
    assert tab.evaluate("window.kept === document.querySelector('#chart-genres svg')")
    for address, viewport in (("genre=Drama", narrow), ("q=zzzz", wide), ("q=zzzz", narrow)):
        after(tab, lambda address=address: tab.evaluate("a => { location.hash = a }", address))
        tab.set_viewport_size(viewport)
        tab.evaluate("window.dispatchEvent(new Event('resize'))")
        after(tab, lambda: tab.evaluate("location.hash = ''"))
        assert widths(tab) == widths(opened(films(60), viewport=viewport))


def test_printed_charts_fit_the_paper_and_every_film_is_listed(opened: Open):
    """Afterwards, the charts on the screen are unchanged."""
    rows = films(90)
    tab = opened(rows, viewport={"width": 1280, "height": 900})

    def widths() -> dict[str, float]:
        return {
            chart.name: tab.locator(f"#chart-{chart.name} .plot svg").evaluate(
                "e => e.width.baseVal.value"
            )
            for chart in CHARTS
            if tab.is_visible(f"#chart-{chart.name}")
        }

    def say(what: str) -> None:
        tab.evaluate("what => window.dispatchEvent(new Event(what))", what)

    before = widths()
    say("beforeprint")
    say("beforeprint")
    assert set(widths().values()) == {425}
    assert tab.locator("#rows tr").count() == len(watched(rows))
    assert tab.locator("#unmatched li").first.is_visible()
    say("afterprint")
    assert not tab.locator("#unmatched li").first.is_visible()
    tab.wait_for_function(
        "width => document.querySelector('#chart-genres .plot svg').width.baseVal.value === width",
        arg=before["genres"],
    )
    assert widths() == before


def test_250_films_take_eight_sheets_of_paper_and_no_chart_is_cut(opened: Open):
    rows = films(250)
    tab = opened(rows, viewport={"width": 1280, "height": 900})
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    tab.wait_for_function(
        "() => [...document.querySelectorAll('.plot svg')].every(e => e.width.baseVal.value === 425)"
    )
    sheets = re.findall(rb"/Type\s*/Page[^s]", tab.pdf(format="A4", prefer_css_page_size=True))
    assert len(sheets) <= 8
    tab.emulate_media(media="print")
    tab.set_viewport_size({"width": 703, "height": 1032})  # A4 within its margins, at 96 dpi
    cut = """() => [...document.querySelectorAll('.chart, #rows tr, header')]
        .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.id || e.textContent)"""
    assert tab.evaluate(cut) == []


def test_every_printout_of_many_films_has_the_first_ones(opened: Open):
    tab = opened(films(1200))
    for _ in range(2):
        tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert tab.locator("#rows tr").count() == 1000
        tab.emulate_media(media="print")
        number = len(watched(films(1200)))
        assert tab.inner_text("#more") == f"The first 1,000 of {number:,} films."
        tab.emulate_media(media="screen")
        tab.evaluate("window.dispatchEvent(new Event('afterprint'))")


def test_an_address_with_an_unknown_person_shows_the_requested_id(opened: Open):
    tab = opened(films(60), "#director=100")
    assert tab.input_value("#director") == "Agnès Varda"
    after(tab, lambda: tab.evaluate("location.hash = 'director=999999'"))
    assert tab.input_value("#director") == "999999"
    assert tab.is_visible("#empty")
