"""Three real exports, if the developers' shared folder is available."""

from pathlib import Path

import pytest

from movie_pipeline.exports import NOT_A_MOVIE, read_export
from movie_pipeline_tests.exports.files import checked

EXPORTS = Path(__file__).parents[3] / "shared" / "data" / "exports"
pytestmark = pytest.mark.skipif(not EXPORTS.is_dir(), reason=f"{EXPORTS} does not exist")


@pytest.mark.parametrize(
    ("name", "form", "lines", "films", "series"),
    [
        ("letterboxd-watched.csv", "letterboxd films", 1621, 1621, 0),
        ("imdb-watchlist.csv", "imdb list (2017)", 1366, 1366, 47),
        ("trakt-ratings-movies.json", "trakt json", 1200, 1199, 0),
    ],
)
def test_every_line_is_read(name: str, form: str, lines: int, films: int, series: int):
    """Trakt's export contains one film twice."""
    export = checked(read_export(EXPORTS / name, name))
    report = export.files[0]
    assert (report.format, report.lines, report.rejected, len(export.films)) == (
        form,
        lines,
        0,
        films,
    )
    assert export.films["title_type"].isin(NOT_A_MOVIE).sum() == series
    assert export.films["logged_on"].notna().all()
    assert export.films["watched_on"].isna().all()
