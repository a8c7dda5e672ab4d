"""An export contains more films than were watched: charts are based on the seen ones."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import dagster as dg

from movie_pipeline.charts import CHARTS, SUBJECTS

HEAD = "Date,Name,Year,Letterboxd URI"
SEEN = {"Alien": 1979, "Fargo": 1996}
WANTED = {"The Shining": 1980, "The Godfather": 1972, "Parasite": 2019}
LISTED = {**WANTED, "The Godfather Part II": 1974}


def lines(films: dict[str, int]) -> str:
    return "".join(
        f"2024-01-0{n},{name},{year},https://boxd.it/{name[-4:].strip()}{year}\n"
        for n, (name, year) in enumerate(films.items(), start=1)
    )


def write(path: Path, *, seen: bool) -> None:
    """Write an export whose watchlist and list contain more films than were watched."""
    places = range(1, len(LISTED) + 1)
    listed = [
        f"{n},{name},{year},https://boxd.it/{name[-4:].strip()}{year},"
        for n, (name, year) in zip(places, LISTED.items(), strict=True)
    ]
    with zipfile.ZipFile(path, "w") as export:
        if seen:
            export.writestr("watched.csv", f"{HEAD}\n{lines(SEEN)}")
            export.writestr(
                "lists/heist.csv",
                "Letterboxd list export v7\nDate,Name,Tags,URL,Description\n"
                "2024-01-01,Heist,,https://boxd.it/x,\n\nPosition,Name,Year,URL,Description\n"
                + "\n".join(listed)
                + "\n",
            )
        export.writestr("watchlist.csv", f"{HEAD}\n{lines(WANTED)}")


def metadata_of(result: dg.ExecuteInProcessResult) -> dict[str, dict[str, object]]:
    """Return the metadata of every asset below `dashboard/`."""
    assert result.success
    return {
        event.asset_key.path[-1]: {k: v.value for k, v in event.materialization.metadata.items()}
        for event in result.get_asset_materialization_events()
        if event.asset_key and event.asset_key.path[0] == "dashboard"
    }


def test_charts_are_based_on_the_seen_films_of_an_export_that_lists_more(
    data: Path, run_job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    write(data / "uploads" / "letterboxd-ada.zip", seen=True)
    metadata = metadata_of(run_job("letterboxd-ada.zip"))
    for name in SUBJECTS.keys() - {"lists"}:
        numbers = metadata[name]
        assert numbers["films"] + numbers["films_left_out"] == len(SEEN), name
    assert (metadata["lists"]["films"], metadata["lists"]["on_watchlist"]) == (len(LISTED), 3)
    overview = str(metadata["overview"])
    assert "3 more are on the watchlist. 1 more is only on a list." in overview.replace("\\", "")
    text = (data / "dashboard" / "letterboxd-ada.zip.html").read_text(encoding="utf-8")
    assert "2 films watched" in text


def test_a_watchlist_alone_is_described_as_films_on_this_list(
    data: Path, run_job: Callable[..., dg.ExecuteInProcessResult]
) -> None:
    write(data / "uploads" / "letterboxd-ada.zip", seen=False)
    metadata = metadata_of(run_job("letterboxd-ada.zip"))
    summaries = [
        str(said)
        for name in SUBJECTS
        for key, said in metadata[name].items()
        if key.endswith("summary")
    ]
    assert len(summaries) == len(CHARTS)
    assert all("on this list" in said or "Every film here" in said for said in summaries)
    text = (data / "dashboard" / "letterboxd-ada.zip.html").read_text(encoding="utf-8")
    assert "3 films on this list" in text
    assert "watched" not in " ".join(summaries) + text.split("<header>")[1].split("</header>")[0]
