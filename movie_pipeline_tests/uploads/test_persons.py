"""Persons: to whom an upload belongs, and which of a person's uploads are current."""

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movie_pipeline import uploads
from movie_pipeline.people.library import current_uploads
from movie_pipeline.uploads.persons import SAMPLE, exported_at, is_sample, person_of
from movie_pipeline.warehouse.database import Warehouse
from movie_pipeline.warehouse.tables import RAW_MOVIES, RAW_UPLOADS

ZIP = "letterboxd-ada_l-2026-01-31-18-05-utc.zip"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("upload", "person"),
    [
        ("alice/ratings.csv", "alice"),
        (f"alice/{ZIP}", "alice"),
        ("zöe/2026/more/watched.csv", "zöe"),
        (ZIP, "ada_l"),
        (ZIP.removesuffix(".zip"), "ada_l"),
        (ZIP.replace(".zip", " (1).zip"), "ada_l"),
        (ZIP.replace("ada_l", "Ada_L").upper(), "ada_l"),
        ("watched.csv", "watched.csv"),
        ("letterboxd-sample.csv", "letterboxd-sample.csv"),
        (SAMPLE, SAMPLE),
        (SAMPLE.replace("11-01", "11-02"), "sample"),
        (f"alice/{SAMPLE}", "alice"),
        (
            "my-letterboxd-ada-2026-01-31-18-05-utc.zip",
            "my-letterboxd-ada-2026-01-31-18-05-utc.zip",
        ),
    ],
)
def test_the_person_is_the_first_folder_or_letterboxds_user_or_the_key_itself(upload, person):
    assert person_of(upload) == person


def test_only_the_two_bundled_exports_are_samples():
    """A user of Letterboxd may be called sample, and anybody may keep a copy in their folder."""
    assert is_sample(SAMPLE) and is_sample("letterboxd-sample.csv")
    for other in (SAMPLE.replace("11-01", "11-02"), f"alice/{SAMPLE}", SAMPLE.removesuffix(".zip")):
        assert not is_sample(other), other


def test_the_time_of_an_export_is_read_from_letterboxds_file_name():
    assert (
        exported_at(ZIP) == exported_at(f"bob/x/{ZIP}") == datetime(2026, 1, 31, 18, 5, tzinfo=UTC)
    )
    assert exported_at("ratings.csv") is None
    assert exported_at(ZIP.replace("01-31", "02-31")) is None
    assert exported_at(f"{ZIP}/ratings.csv") is None


@given(st.text(min_size=1))
def test_every_upload_has_a_person_and_no_name_raises(upload):
    assert upload.startswith(person_of(upload)) or person_of(upload).isascii()
    exported_at(upload)


def test_the_time_of_a_folder_is_that_of_its_newest_file(tmp_path: Path):
    for name, time in (("watched.csv", 1_000), ("ratings.csv", 3_000), ("profile.csv", 2_000)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time, time))
    assert uploads.changed_at(tmp_path).timestamp() == 3_000
    assert uploads.changed_at(tmp_path / "watched.csv") == datetime(
        1970, 1, 1, 0, 16, 40, tzinfo=UTC
    )


def store(
    warehouse: Warehouse, upload: str, *, days: int = 0, source: str = "imdb", seen: bool = True
) -> None:
    """Store an upload of one film, exported that many days after `NOON`."""
    at = NOON + timedelta(days=days)
    about = {"person": person_of(upload), "source_format": source}
    warehouse.write(
        upload,
        {
            RAW_MOVIES: pd.DataFrame(
                {
                    "row_number": [1],
                    "title": ["Alien"],
                    "seen": [seen],
                    "rated_on": [date(2026, 1, 1)],
                }
            ),
            RAW_UPLOADS: pd.DataFrame([{**about, "received_at": at, "exported_at": at}]),
        },
    )


def test_the_newest_export_of_a_person_and_format_is_current_in_any_order_of_arrival(
    warehouse: Warehouse,
) -> None:
    store(warehouse, "alice/b.zip", days=2, source="letterboxd")
    store(warehouse, "alice/a.zip", days=1, source="letterboxd")
    store(warehouse, "alice/ratings.csv", days=-9)
    store(warehouse, "bob/ratings.csv", days=3)
    assert current_uploads(warehouse) == {
        "alice": ["alice/b.zip", "alice/ratings.csv"],
        "bob": ["bob/ratings.csv"],
    }
    store(warehouse, "alice/a.zip", days=5, source="letterboxd")  # replaced by a newer one
    assert current_uploads(warehouse)["alice"] == ["alice/a.zip", "alice/ratings.csv"]


def test_when_the_current_export_is_forgotten_the_one_before_it_becomes_current(
    warehouse: Warehouse,
) -> None:
    for days in range(3):
        store(warehouse, f"alice/{days}.csv", days=days)
    warehouse.forget("alice/2.csv")
    assert current_uploads(warehouse) == {"alice": ["alice/1.csv"]}
    warehouse.forget("alice/0.csv")
    assert current_uploads(warehouse) == {"alice": ["alice/1.csv"]}
    warehouse.forget("alice/1.csv")
    assert current_uploads(warehouse) == {}


def test_a_watchlist_does_not_replace_a_history(warehouse: Warehouse) -> None:
    """People drop the ratings and then the watchlist of one service, and want both."""
    store(warehouse, "alice/ratings.csv")
    store(warehouse, "alice/watchlist.csv", days=1, seen=False)
    assert current_uploads(warehouse) == {"alice": ["alice/ratings.csv", "alice/watchlist.csv"]}
    store(warehouse, "alice/watchlist-2.csv", days=2, seen=False)
    assert current_uploads(warehouse) == {"alice": ["alice/ratings.csv", "alice/watchlist-2.csv"]}


def test_a_failed_write_does_not_change_the_current_uploads(warehouse: Warehouse) -> None:
    store(warehouse, "alice/1.csv")
    with pytest.raises(Exception, match="no column bogus"):
        warehouse.write(
            "alice/2.csv",
            {RAW_UPLOADS: pd.DataFrame({"person": ["alice"], "exported_at": [NOON], "bogus": [1]})},
        )
    assert current_uploads(warehouse) == {"alice": ["alice/1.csv"]}
