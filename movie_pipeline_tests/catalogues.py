"""Catalogues for tests that are larger or harder than the bundled sample.

What belongs here: reading a catalogue from Parquet, and adding adversaries, films that a matcher
may confuse with the right one. What does not: the server that answers from them (`fake_tmdb.py`).
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.sample.shapes import Record


def load_catalogue_parquet(path: Path) -> Catalogue:
    """Read a catalogue from a Parquet file; see `records_from_parquet`."""
    return Catalogue(records_from_parquet(path))


def records_from_parquet(path: Path) -> list[dict[str, Any]]:
    """Read catalogue records from a Parquet file.

    Its columns: tmdb_id, imdb_id, title, original_title, original_language, release_date
    (YYYY-MM-DD), runtime (minutes), genres STRUCT(id, name)[], popularity, vote_average,
    vote_count, directors STRUCT(id, name)[], cast STRUCT(id, name, order, character)[] in order.
    A person without an id gets one derived from the name, because all of TMDB's people have one.
    """
    query = """
        CREATE MACRO person_id(p) AS coalesce(p.id, 1_000_000_000 + hash(p.name) % 1_000_000_000);
        SELECT tmdb_id AS id, imdb_id, title, original_title, original_language,
               coalesce(release_date, '') AS release_date, runtime::INTEGER AS runtime,
               list_transform(genres, lambda g: g.id) AS genres,
               popularity, vote_average, vote_count,
               [{'id': person_id(p), 'name': p.name} FOR p IN directors IF p.name IS NOT NULL]
                   AS directors,
               [{'id': person_id(p), 'name': p.name, 'character': p.character}
                   FOR p IN "cast" IF p.name IS NOT NULL] AS "cast"
        FROM read_parquet(?)
    """
    with duckdb.connect() as connection:
        rows = connection.execute(query, [str(path)])
        names = [column[0] for column in rows.description or ()]
        records: list[dict[str, Any]] = []
        while chunk := rows.fetchmany(5000):
            records += (
                {name: value for name, value in zip(names, row, strict=True) if value is not None}
                for row in chunk
            )
    return records


def add_adversaries(
    records: Iterable[Record], truth: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Make a catalogue harder: add adversaries for each tenth row of `truth`.

    Args:
        records: catalogue records, which are not changed.
        truth: rows with `title`, `year` and `tmdb_id`.

    Returns:
        The records; if a row's film is among them, it also has the German title "Filmtitel <id>"
        and the alternative title "Titre <id>", by which search finds it. Then, for each such row, a
        film of the same title and year with 0 to 3 votes, one a year off with fewer than 30, and a
        series of the same title and year. Their ids are larger than all others.
    """
    by_id = {record["id"]: dict(record) for record in records}
    next_id = max(by_id, default=0) + 1_000_000
    adversaries: list[dict[str, Any]] = []
    for place, row in enumerate(list(truth)[::10]):
        year = int(row["year"])
        if film := by_id.get(int(row["tmdb_id"])):
            film["translations"] = [
                *(film.get("translations") or ()),
                {"iso_639_1": "de", "iso_3166_1": "DE", "title": f"Filmtitel {film['id']}"},
            ]
            film["alternative_titles"] = [
                *(film.get("alternative_titles") or ()),
                {"iso_3166_1": "FR", "title": f"Titre {film['id']}"},
            ]
        for kind, its_year, votes in (
            ("movie", year, place % 4),
            ("movie", year + (1 if place % 2 else -1), place * 7 % 30),
            ("tv", year, 500),
        ):
            next_id += 1
            adversaries.append(
                {
                    "id": next_id,
                    "title": row["title"],
                    "original_title": row["title"],
                    "original_language": "en",
                    "release_date": f"{its_year}-06-15",
                    "runtime": 90,
                    "genres": [18],
                    "popularity": 0.5,
                    "vote_average": 5.0,
                    "vote_count": votes,
                    "directors": [{"id": next_id, "name": f"Namesake's Director {next_id}"}],
                    "media_type": kind,
                }
            )
    return [*by_id.values(), *adversaries]
