"""Archives without a known layout: what is private in them is neither read nor shown."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movie_pipeline.exports import Export, UnreadableExport
from movie_pipeline_tests.exports.files import film, packed, read
from movie_pipeline_tests.profiles import examples

PRIVATE: dict[str, str | bytes] = {
    "account/user.csv": "id,mail,lang,nickname,created_at\n7,a@example.org,en,SECRET,2016-01-01\n",
    "devices.csv": "user_id,name,model,os\n7,SECRET phone,X1,ios\n",
    "profiles.csv": "Profile Name,Maturity Level,Has Pin\nSECRET,18,no\n",
    "people.csv": "Name,Created\nSECRET,2020-01-01\n",
    "lists.csv": "key,name,description,created_at\nk,Nights with SECRET,,2020-01-01\n",
    "lists.json": json.dumps([{"name": "SECRET", "created_at": "2020-01-01"}]),
    "search.csv": "Query Typed,Displayed Name,Timestamp\nSECRET,SECRET,2020-01-01\n",
    "users.json": json.dumps([{"user": {"name": "SECRET"}, "rating": 5}]),
    "bookmarks.csv": "Title,URL\nSECRET,https://example.org/\n",
    "downloads.csv": "File,Size\nSECRET.pdf,12\nSECRET.mkv,13\n",
    "notes.txt": "SECRET\nSECRET too\n",
}


def _shown(export: Export) -> str:
    return "".join(
        [
            export.films.to_csv(),
            export.viewings.to_csv(),
            export.rejected.to_csv(),
            repr([asdict(report) for report in export.files]),
            repr(export.unopened),
        ]
    )


@pytest.mark.parametrize(
    "films",
    [
        "Title,Year\nHeat,1995\n",
        "Title,IMDb ID\nHeat,tt0113277\n",
        "Title,My Rating\nHeat,8\n",
        "Title,Date Watched\nHeat,2024-01-01\n",
        "Title\nHeat (1995)\n",
        "File,Size\nHeat (1995).mkv,12\n",
    ],
)
def test_only_tables_with_more_than_titles_are_film_lists(tmp_path: Path, films: str):
    export = read(tmp_path, "gdpr.zip", packed({**PRIVATE, "data/films.csv": films}))
    assert film(export, "Heat")["source_format"] == "generic"
    assert len(export.films) == 1
    assert set(export.unopened) == set(PRIVATE)
    assert "SECRET" not in _shown(export)


def test_an_archive_without_any_film_list_is_refused_without_a_word_from_it(tmp_path: Path):
    with pytest.raises(UnreadableExport, match="none of its files is a film list") as refusal:
        read(tmp_path, "gdpr.zip", packed(PRIVATE))
    assert "SECRET" not in str(refusal.value)


def test_a_file_of_nul_bytes_in_an_archive_is_named_as_such(tmp_path: Path):
    export = read(
        tmp_path, "a.zip", packed({"w.csv": bytes(4000), "films.csv": "Title,Year\nHeat,1995\n"})
    )
    assert list(export.rejected["file"]) == ["w.csv"]
    assert "nothing but NUL bytes" in export.rejected["reason"][0]
    with pytest.raises(UnreadableExport, match="nothing but NUL bytes"):
        read(tmp_path, "b.zip", packed({"w.csv": bytes(4000)}))


_HEADINGS = [
    "name",
    "title",
    "created_at",
    "model",
    "os",
    "id",
    "user_id",
    "type",
    "description",
    "lang",
    "status",
]


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    header=st.lists(st.sampled_from(_HEADINGS), min_size=1, max_size=6, unique=True),
    rows=st.integers(1, 5),
    separator=st.sampled_from([",", ";", "\t"]),
    as_json=st.booleans(),
)
def test_no_table_without_evidence_of_films_is_read(
    tmp_path: Path, header: list[str], rows: int, separator: str, as_json: bool
):
    lines = [[f"SECRET {name} {n}" for name in header] for n in range(rows)]
    text = (
        json.dumps([dict(zip(header, line, strict=True)) for line in lines])
        if as_json
        else "\n".join(separator.join(line) for line in [header, *lines])
    )
    name = "private.json" if as_json else "private.csv"
    films = "Title,Year\nHeat,1995\n"
    export = read(tmp_path, "gdpr.zip", packed({name: text, "films.csv": films}))
    assert export.unopened == [name]
    assert "SECRET" not in _shown(export)
