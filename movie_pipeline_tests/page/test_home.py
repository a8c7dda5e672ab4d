"""The home page: what it says of each upload, and that nothing from outside acts in it."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from movie_pipeline import settings as environment
from movie_pipeline.page import home, outline, publication
from movie_pipeline.page.heading import Heading
from movie_pipeline.page.outline import Outline
from movie_pipeline.page.standing import Notice, Standing
from movie_pipeline.uploads import pages
from movie_pipeline.uploads.persons import SAMPLE
from movie_pipeline_tests.counting import numbers
from movie_pipeline_tests.films import films

NOW = datetime(2026, 11, 1, 9, 14, tzinfo=UTC)
STRIP = [(100.0, 8), (100.0, 0), (200.0, 10)]
HEADING = Heading("Ada", "Letterboxd", "1 November 2026")
COUNTED = Outline(HEADING, 0, STRIP, "168 films watched", 168, 333.2, 3.781, 23, 40, [2025, 2026])
DONE = Standing(
    "ada/watched.csv",
    "completed",
    total=208,
    finished_at=NOW - timedelta(days=2),
    has_page=True,
    outline=COUNTED,
)
WORKS = Standing(
    "bob/ratings.csv",
    "enriching",
    total=400,
    pending=100,
    not_found=9,
    eta_seconds=10,
    started_at=NOW - timedelta(seconds=30),
    outline=Outline(Heading("bob", "IMDb", None), 0, STRIP),
)
FAILED = Standing(
    "carl/list.csv", "failed", message="It has no titles.", advice="Run:", command="run it"
)


def build(*uploads: Standing, notices: tuple[Notice, ...] = ()) -> str:
    return home.build(
        uploads, folder="data/uploads/", overrides="data/overrides.csv", now=NOW, notices=notices
    )


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self._skipped = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [str(value) for name, value in attrs if name == "href"]
        self._skipped = tag in {"style", "script"}

    def handle_endtag(self, tag: str) -> None:
        self._skipped = self._skipped and tag not in {"style", "script"}

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.said.append(data)


def read(page: str) -> _Text:
    parser = _Text()
    parser.feed(page)
    return parser


def text(page: str) -> str:
    return " ".join("".join(read(page).said).split())


def headings(page: str) -> list[str]:
    return re.findall(r"<h2[^>]*>(?:<a [^>]*>)?([^<]*)", page)


def test_work_comes_first_then_what_waits_then_what_is_done():
    page = build(DONE, FAILED, WORKS, notices=(Notice("A key", "There is none."),))
    assert headings(page) == ["bob · IMDb", "carl", "A key", "Ada · Letterboxd"]
    assert text(page).count("One upload is at work, two wait for you.") == 1


def test_a_page_renews_itself_only_while_something_is_at_work():
    renewed = f'<meta http-equiv="refresh" content="{home.RENEWS_SECONDS}">'
    assert renewed in build(DONE, WORKS)
    assert renewed in build(replace(WORKS, stage="queued"))
    assert 'http-equiv="refresh"' not in build(DONE, FAILED)


def lit(page: str) -> int:
    """How much of the first strip is lit, of 1,000."""
    (strip, *_) = re.findall(r'<svg class="strip".*?</svg>', page)
    frames = re.findall(r'<path class="(?:r\d+|found)" d="([^"]*)"', strip)
    return max((int(x) for d in frames for x in re.findall(r"M(\d+)", d)), default=-1)


def test_frames_of_the_strip_light_up_as_films_are_found():
    starts = [lit(build(replace(WORKS, pending=n))) for n in (400, 300, 200, 1, 0)]
    assert starts == [-1, 0, 250, 250, 500]
    assert lit(build(DONE)) == 500
    # Grey on grey would show no progress.
    assert 'class="found"' in build(WORKS)
    assert 'class="found"' not in build(DONE)


def test_hours_say_on_how_many_films_they_rest():
    some = replace(DONE, outline=replace(COUNTED, timed=21))
    assert "168 films 333 hours in 21 of them ★ 3.78" in text(build(some))
    assert "168 films watched, 333 hours in 21 of them, from one export." in text(build(some))
    every = replace(DONE, outline=replace(COUNTED, timed=168))
    assert "333 hours ★ 3.78" in text(build(every))


def test_people_are_counted_only_where_every_upload_names_its_own():
    zoe, nobody = (replace(DONE, upload=name) for name in ("zoe/a.csv", "watched.csv"))
    assert "2 exports of 2 people." in text(build(DONE, zoe))
    assert "3 exports." in text(build(DONE, zoe, nobody))


def test_an_upload_at_work_says_how_far_it_is():
    told = text(build(WORKS))
    for words in ("300 of 400 films", "10 a second", "10 seconds left", "9 not found so far"):
        assert words in told
    assert "75" not in re.sub(r"[^%]*%", "", told)
    assert "Reading the file" in text(build(replace(WORKS, stage="processing")))
    drawing = text(build(replace(WORKS, pending=0)))
    assert "Drawing the page" in drawing
    assert "9 not found" in drawing
    assert "so far" not in drawing
    assert "2 minutes left" in text(build(replace(WORKS, eta_seconds=125)))


def test_what_waits_says_what_is_wrong_and_what_to_do():
    told = text(build(FAILED))
    for words in ("It has no titles.", "Run: run it", "in data/uploads/carl/"):
        assert words in told
    undecided = replace(DONE, not_found=6, ambiguous=1, outline=replace(COUNTED, rejected=2))
    told = text(build(undecided))
    assert "6 not found, 1 with several candidates, 2 lines not read" in told
    assert "movie-pipeline review ada/watched.csv >> data/overrides.csv" in told
    assert "Films to decide" not in text(build(DONE))


def test_a_finished_upload_has_its_numbers_and_links():
    page = build(DONE)
    assert "168 films 333 hours ★ 3.78 mean 23 countries" in text(page)
    assert "168 films watched, 40 on the watchlist" in text(page)
    links = read(page).links
    for link in (
        "./ada/watched.csv.html",
        "./ada/watched.csv.html#year=2025",
        "./ada/watched.csv/films.csv",
        *(f"./ada/watched.csv/{name}" for name in publication.card_names(2026)),
    ):
        assert link in links
    assert "2026 so far" in text(page)
    assert "2025 so far" not in text(page)


def test_an_upload_of_an_earlier_version_has_a_row_without_numbers():
    page = build(replace(DONE, outline=None))
    assert "208 films" in text(page)
    assert "./ada/watched.csv.html" in read(page).links


def test_the_upload_just_finished_comes_first_and_the_sample_last():
    new = replace(DONE, upload="zoe/a.csv", finished_at=NOW - timedelta(minutes=3), outline=None)
    sample = Standing(SAMPLE, "completed", has_page=True, outline=None)
    page = build(sample, DONE, new)
    assert headings(page) == ["zoe", "Ada · Letterboxd", SAMPLE]
    assert "Ready since 09:11" in text(page)
    future = replace(new, finished_at=NOW + timedelta(days=1))  # before the clock was set back
    assert headings(build(DONE, future)) == ["Ada · Letterboxd", "zoe"]


def test_a_folder_without_uploads_says_what_to_do():
    assert "Drop your film list" in text(build())


HOSTILE = "<script>alert(1)</script>\"'&{{ style }}\u202e"


def test_text_from_outside_does_nothing():
    outlined = replace(COUNTED, heading=Heading(HOSTILE, HOSTILE, HOSTILE), phrase=HOSTILE)
    uploads = (
        replace(DONE, upload=f"a/{HOSTILE}", outline=outlined, message=HOSTILE, not_found=1),
        replace(WORKS, upload=f"b/{HOSTILE}", outline=outlined),
        replace(FAILED, upload=HOSTILE, message=HOSTILE, advice=HOSTILE, command=HOSTILE),
    )
    page = build(*uploads, notices=(Notice(HOSTILE, HOSTILE, HOSTILE),))
    assert "<script>alert" not in page
    assert "\u202e" not in page
    assert "alert(1)" in text(page)
    assert {tag for tag in read(page).tags if tag == "script"} == set()
    assert all(link.startswith(("./", "data:")) for link in read(page).links)


def test_links_lead_to_files_whose_names_are_written_in_any_way():
    page = build(replace(DONE, upload="zöe/a: 100 #1?.csv"))
    assert "./z%C3%B6e/a%3A%20100%20%231%3F.csv.html" in read(page).links


def test_the_page_of_an_upload_never_takes_the_place_of_the_home_page(tmp_path):
    """An unpacked export is an upload under its folder's name."""
    settings = environment.load()
    for upload in ("index", "Index", "index.html"):
        assert pages.page_of(settings, upload).name.casefold() != "index.html"
        assert publication.folder(settings, upload).name.casefold() != "index.html"
    assert pages.page_of(settings, "alice/index").name == "index.html"


@pytest.mark.parametrize("number", [0, 1, 300])
def test_an_outline_notes_ratings_first_and_numbers_later(number: int):
    settings, rows = environment.load(), films(number)
    ratings = [float("nan")] * 1_000
    outline.begin(settings, "a.csv", HEADING, ratings, rejected=3)
    noted = outline.read(settings, "a.csv")
    assert noted is not None
    assert (noted.rejected, noted.phrase) == (3, "")
    assert 0 < len(noted.strip) <= outline.FRAMES
    counted = numbers(rows)
    outline.finish(settings, "a.csv", HEADING, counted, [])
    noted = outline.read(settings, "a.csv")
    assert noted is not None
    assert (noted.films, noted.rejected) == (counted.watched, 3)
    assert noted.hours == counted.summary["hours"]
    assert len(noted.strip) <= outline.FRAMES
    outline.begin(settings, "a.csv", HEADING, ratings, rejected=0)
    again = outline.read(settings, "a.csv")
    assert again == replace(noted, rejected=0), "the numbers stay until there are new ones"


_WHOSE = b'{"heading": {"person": null, "service": "x", "day": null}, '


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[]", b'{"strip": 1}', b"\xff", _WHOSE + b'"strip": [[NaN, 1]]}'),
        *(_WHOSE + b'"hours": 1e400}', _WHOSE + b'"strip": [[100, 99]]}'),
        *(_WHOSE + b'"strip": [[-5, 2]]}', _WHOSE + b'"years": [99999]}'),
    ],
)
def test_an_outline_that_cannot_be_read_is_none(content: bytes):
    settings = environment.load()
    path = outline.path_of(settings, "a.csv")
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    assert outline.read(settings, "a.csv") is None


def test_a_thousand_uploads_make_a_page_of_modest_size_that_can_be_filtered():
    strip = [(100.0, n % 11) for n in range(outline.FRAMES)]
    many = [
        replace(DONE, upload=f"{n:04}/a.csv", outline=replace(COUNTED, strip=strip))
        for n in range(1_000)
    ]
    page = build(*many)
    assert len(page) < 800_000
    assert page.count('class="row"') == home.MOST_FINISHED
    assert page.count("data-find=") == 1_000
    assert '<input type="search"' in page
    assert '<input type="search"' not in build(DONE)


def test_many_failures_are_summed_up():
    page = build(*(replace(FAILED, upload=f"{n}.csv") for n in range(home.MOST_WAITING + 5)))
    assert "5 more waiting for you: movie-pipeline status lists them." in text(page)
