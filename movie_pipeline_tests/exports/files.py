"""Writing exports for tests: invented lines about real films."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from movie_pipeline.exports import Export, Limits, read_export


def read(folder: Path, name: str, content: str | bytes, limits: Limits = Limits()) -> Export:  # noqa: B008
    """Write a file into a folder, read it under that name, and check the result."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return checked(read_export(path, name, limits))


def checked(export: Export) -> Export:
    """Check what holds for every export: fates add up, row numbers have no gaps, films exist."""
    for report in export.files:
        assert report.lines == report.rejected + report.viewings + report.films + report.merged
        assert report.rejected == (export.rejected["file"] == report.name).sum()
    films = export.films
    assert list(films["row_number"]) == list(range(1, len(films) + 1))
    assert set(export.viewings["row_number"]) <= set(films["row_number"])
    assert len(export.viewings) >= sum(report.viewings for report in export.files)
    assert all(len(text) <= 200 for text in export.rejected["text"])
    return export


def packed(files: Mapping[str, str | bytes]) -> bytes:
    """Pack files into a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def film(export: Export, title: str) -> dict[str, object]:
    """Return the only film with a title as a dict, with None for all unknown values."""
    rows = export.films[export.films["title"] == title]
    assert len(rows) == 1, f"{len(rows)} films are called {title!r}"
    row = rows.astype(object).where(rows.notna(), None).iloc[0].to_dict()
    return {str(name): value for name, value in row.items()}


LETTERBOXD = {
    "profile.csv": "Date Joined,Username,Given Name,Family Name,Email Address,Location,Website,Bio\n"
    "2019-01-01,SECRET,SECRET,SECRET,SECRET@example.org,,,SECRET\n",
    "watched.csv": "Date,Name,Year,Letterboxd URI\n"
    "2022-01-20,Heat,1995,https://boxd.it/2b1c\n"
    "2022-01-20,Alien,1979,https://boxd.it/2awY\n"
    "2022-01-21,Crash,1996,https://boxd.it/1xyz\n"
    "2022-01-21,Crash,2004,https://boxd.it/1xyw\n",
    "ratings.csv": "Date,Name,Year,Letterboxd URI,Rating\n"
    "2022-02-01,Heat,1995,https://boxd.it/2b1c,4.5\n",
    "diary.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
    '2022-03-02,Heat,1995,https://boxd.it/entry1,3,,"cinema, 35mm",2022-03-01\n'
    "2022-04-02,Alien,1979,https://boxd.it/entry2,4,,,2022-04-01\n"
    "2022-05-02,Alien,1979,https://boxd.it/entry3,5,Yes,,2022-05-01\n"
    "2022-05-02,Alien,1979,https://boxd.it/entry4,5,Yes,,2022-05-01\n",
    "reviews.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Review,Tags,Watched Date\n"
    '2022-05-02,Alien,1979,https://boxd.it/entry3,5,Yes,"SECRET,\n\nand ""more"" SECRET",,2022-05-01\n'
    '2022-06-01,Paris,,https://boxd.it/entry5,2.5,,"SECRET",,\n',
    "watchlist.csv": "Date,Name,Year,Letterboxd URI\n2021-01-01,Stalker,1979,https://boxd.it/28ow\n"
    "2021-01-01,Heat,1995,https://boxd.it/2b1c\n",
    "comments.csv": "Date,Content,Comment\n2022-01-01,Heat,SECRET\n",
    "likes/films.csv": "Date,Name,Year,Letterboxd URI\n2022-01-25,Alien,1979,https://boxd.it/2awY\n",
    "likes/reviews.csv": "Date,Letterboxd URI\n2022-01-25,https://boxd.it/SECRET\n",
    "lists/best.csv": "Letterboxd list export v7\nDate,Name,Tags,URL,Description\n"
    '2022-07-01,The Best,"a, b",https://boxd.it/list,"SECRET\n\nSECRET, too"\n\n'
    "Position,Name,Year,URL,Description\n"
    '1,Alien,1979,https://boxd.it/2awY,"SECRET\nline"\n2,Mirror,1975,https://boxd.it/29qU,\n',
    "deleted/diary.csv": "Date,Name,Year,Letterboxd URI,Rating,Rewatch,Tags,Watched Date\n"
    "2020-03-02,Deleted,1995,https://boxd.it/gone,3,,,2020-03-01\n",
    "orphaned/reviews.csv": "Date,Name\n2020-01-01,Orphaned\n",
}
