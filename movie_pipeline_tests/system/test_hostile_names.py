"""Hostile names from every source never become a link, picture or element in the UI.

The sources: names of files, folders and archive entries, the content of an export, TMDB's names,
`overrides.csv`, `club.csv`, and the configuration of `explore`. Everything that Dagster then stores
and its UI shows as markdown is rendered here as the UI does.
"""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from movie_pipeline.definitions import defs
from movie_pipeline.sample import shapes
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline_tests.conftest import TOKEN
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.hostile import TEXTS, strangers

NAMES = [text.replace("/", "&sol;").replace("\0", "")[:120] for text in TEXTS]
PERSON, OTHER = "![x](&sol;graphql)", "www.e.example"
ZIP, LIST, BAD = f"{PERSON}/[x](&sol;y) me@e.example.zip", f"{OTHER}/<img src=x>.csv", "![x](y).csv"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An instance on disk, as users have."""
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as instance:
        yield instance


@pytest.fixture
def tmdb(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeTMDB]:
    """A TMDB with every hostile title twice, and with hostile names of people and genres."""
    monkeypatch.setitem(shapes.MOVIE_GENRES, 18, ("![x](/genre)", "www.e.example"))
    monkeypatch.setitem(shapes.MOVIE_GENRES, 35, ("me@e.example", "<img src=x>"))
    films = [
        {
            "id": 2 * number + copy,
            "title": text,
            "release_date": f"{1990 + copy}-05-05",
            "genres": [18, 35],
            "runtime": 100,
            "vote_count": 5000,
            "vote_average": 1 + number % 9,
            "directors": [{"id": 900 + number % 3, "name": TEXTS[number % 3]}],
            "cast": [
                {"id": 1000 + (number + n) % len(TEXTS), "name": TEXTS[(number + n) % len(TEXTS)]}
                for n in range(5)
            ],
        }
        for number, text in enumerate(TEXTS, start=1)
        for copy in (0, 1)
    ]
    with FakeTMDB(Catalogue(films), token=TOKEN) as server:
        monkeypatch.setenv("TMDB_BASE_URL", server.base_url)
        monkeypatch.setenv("TMDB_API_TOKEN", TOKEN)
        monkeypatch.setenv("TMDB_REQUESTS_PER_SECOND", "1000")
        yield server


def film_list(**more: str) -> str:
    """A CSV of every hostile title, rated and tagged, and of films that TMDB does not have."""
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["Name", "Year", "Rating", "Watched Date", "Tags", *more])
    for number, title in enumerate(TEXTS):
        year = (1990, 1991, "")[number % 3]
        day = f"2024-01-{number % 28 + 1:02d}"
        table.writerow([title, year, 5 - number % 4, day, title, *more.values()])
        table.writerow([f"{title} that nobody made", 2003, "", "", "", *more.values()])
    table.writerow(["", 1999, "", "", ""])
    return text.getvalue()


def write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def archive(*, films: bool) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as entries:
        for text in TEXTS:
            entries.writestr(f"{text}.pdf", "")
            if films:
                entries.writestr(f"lists/{text}.csv", film_list())
    return packed.getvalue()


def rendered(instance: dg.DagsterInstance) -> Iterator[tuple[str, str]]:
    """Everything that the UI renders as markdown: its place and its text."""

    def of(where: str, one: object) -> Iterator[tuple[str, str]]:
        yield where, str(getattr(one, "description", None) or "")
        for name, value in (getattr(one, "metadata", None) or {}).items():
            if isinstance(value, dg.MarkdownMetadataValue):
                yield f"{where}: {name}", value.value
            if isinstance(value, dg.TableSchemaMetadataValue | dg.TableSchema):
                schema = getattr(value, "schema", value)
                yield from ((f"{where}: {c.name}", c.description or "") for c in schema.columns)

    for made in defs.resolve_asset_graph().assets_defs:
        for spec in (*made.specs, *made.check_specs):
            yield from of(str(spec.key), spec)
    for job in defs.resolve_all_job_defs():
        yield from of(job.name, job)
        yield from (entry for node in job.nodes for entry in of(node.name, node.definition))
    for run in instance.get_runs():
        for log in instance.all_logs(run.run_id):
            event = log.dagster_event
            said = event.event_specific_data if event else None
            for name in ("materialization", "asset_observation"):
                yield from of(f"{run.job_name} {name}", getattr(said, name, None))
            yield from of(f"{run.job_name} event", said)


def plain(instance: dg.DagsterInstance) -> Iterator[str]:
    """Everything that the UI and a terminal show verbatim: failures, plain metadata, table cells."""
    for run in instance.get_runs():
        for log in instance.all_logs(run.run_id):
            said = log.dagster_event.event_specific_data if log.dagster_event else None
            if isinstance(failed := getattr(said, "user_failure_data", None), object) and failed:
                yield failed.description or ""
            made = getattr(said, "materialization", said)
            for value in (getattr(made, "metadata", None) or {}).values():
                if isinstance(value, dg.TextMetadataValue):
                    yield value.text or ""
                if isinstance(value, dg.TableMetadataValue):
                    yield from (str(c) for record in value.records for c in record.data.values())


@pytest.mark.slow
def test_no_external_name_becomes_a_link_or_a_picture(data, instance, run_job, tmdb):
    uploads = data / "uploads"
    write(uploads / ZIP, archive(films=True))
    write(uploads / LIST, film_list(Notes="x", Director=TEXTS[1]))
    write(uploads / BAD, archive(films=False))
    write(
        data / "overrides.csv", "title,year,tmdb_id\n![x](http://e.example) that nobody made,2003,7"
    )
    write(data / "club.csv", "person\n" + "\n".join([PERSON, OTHER, *map(json.dumps, NAMES[:9])]))
    for name in NAMES:
        write(uploads / OTHER / f"{name[:80]}.xlsx", "PK")
    assert run_job(ZIP).success
    assert run_job(LIST).success
    assert not run_job(BAD).success
    explore = defs.resolve_job_def("explore")
    for asked in ({"genre": "x genre", "actor": TEXTS[0]}, *({"director": t} for t in TEXTS[:8])):
        explore.execute_in_process(
            instance=instance,
            tags={"dagster/partition": LIST},
            run_config={"ops": {"dashboard__selection": {"config": asked}}},
            raise_on_error=False,
        )
    library = [dg.AssetKey(["library", "uploads"]), dg.AssetKey(["dashboard", "library"])]
    assert (
        defs.resolve_implicit_job_def_def_for_assets(library)
        .execute_in_process(instance=instance, asset_selection=library)
        .success
    )
    write(
        data / "overrides.csv",
        "title,year,tmdb_id\n" + "".join(f"x,,{json.dumps(t)}\n" for t in TEXTS),
    )
    assert not run_job(LIST).success

    found = list(rendered(instance))
    assert {where: strangers(text) for where, text in found if strangers(text)} == {}
    markdown = "\n".join(text for _, text in found)
    for words in ("that nobody made", "lists", "Shared favourites", "What happened", "genre"):
        assert words in markdown, "the names did get in"
    shown = "".join(text.replace("\n", " ") for text in plain(instance))
    assert {c for c in shown if not c.isprintable()} == set()
    assert max(map(len, plain(instance))) <= 4_000


@given(st.text() | st.sampled_from(TEXTS))
@example("www.\u2060e.example")
def test_any_text_is_shown_literally_wherever_it_is(raw: str):
    from movie_pipeline.charts.markdown import block, bullets, code, link, md, row, text

    said = md(
        "**{}** {}\n\n{}\n\n### {}\n\n| | |\n|--|--|\n", raw, text(raw, 20), bullets([raw] * 3), raw
    )
    said += md("{}\n\n", row(raw, code(raw)))
    film = link(raw, "https://www.themoviedb.org/movie/1")
    said += md("*{}*: {}. {}\n\n{}\n\n{}", raw, code(raw), film, block(raw, "csv"), raw)
    assert strangers(said) == []
    assert max(map(len, said.splitlines())) < 4_000
