"""The whole dashboard at a glance: the markdown of the asset ``dashboard/overview``.

What belongs here: the numbers over all films and the text around the charts. What does not: single
charts, which have their own numbers and text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from movie_pipeline.charts.chart import DATASET
from movie_pipeline.charts.films import STATE_WORDS, Counted, count
from movie_pipeline.charts.markdown import Markdown, image, md, row
from movie_pipeline.charts.runtime import hours, minutes_again

#: The notice that TMDB's terms of use require of every product built on its data.
ATTRIBUTION = (
    "This product uses TMDB and the TMDB APIs but is not endorsed, certified, or otherwise "
    "approved by TMDB."
)

#: The same figures as `numbers` for any selection of films, as a Vega dataflow without a picture:
#: the page fills ``films`` and reads the single row of ``numbers``.
DATAFLOW: dict[str, Any] = {
    "$schema": "https://vega.github.io/schema/vega/v6.json",
    "data": [
        {"name": DATASET, "values": []},
        {
            "name": "numbers",
            "source": DATASET,
            "transform": [
                {
                    "type": "formula",
                    "expr": "datum.runtime_minutes * max(length(datum.viewings) - 1, 0)",
                    "as": "minutes_again",
                },
                {
                    "type": "aggregate",
                    "ops": ["count", "sum", "sum", "mean", "mean", "valid", "min", "max"],
                    "fields": [
                        None,
                        "runtime_minutes",
                        "minutes_again",
                        "runtime_minutes",
                        "rating",
                        "rating",
                        "released",
                        "released",
                    ],
                    "as": [
                        "films",
                        "minutes",
                        "minutes_again",
                        "mean_runtime_minutes",
                        "mean_rating",
                        "rated",
                        "first_year",
                        "last_year",
                    ],
                },
            ],
        },
    ],
}


@dataclass(frozen=True)
class Numbers:
    """The figures at the top of the dashboard; None if no film has the value.

    Attributes:
        films: The number of distinct matched films that are counted.
        hours: Sum of the known runtimes, in hours.
        hours_again: Hours of all dated viewings except each film's first.
        mean_runtime_minutes: Over the films with a known runtime.
        mean_rating: Your own ratings, 0.5 to 5, over the rated films.
        rated: The number of films with a rating.
        first_year: The earliest year of release.
        last_year: The latest year of release.
    """

    films: int
    hours: float
    hours_again: float
    mean_runtime_minutes: float | None
    mean_rating: float | None
    rated: int
    first_year: int | None
    last_year: int | None


def numbers(counted: Counted) -> Numbers:
    """Return the figures over all counted films."""
    films = counted.films
    minutes, ratings = films["runtime_minutes"].dropna(), films["rating"].dropna()
    years = films["released"].dropna()
    return Numbers(
        films=len(films),
        hours=float(minutes.sum()) / 60,
        hours_again=minutes_again(films) / 60,
        mean_runtime_minutes=float(minutes.mean()) if len(minutes) else None,
        mean_rating=float(ratings.mean()) if len(ratings) else None,
        rated=len(ratings),
        first_year=int(years.min()) if len(years) else None,
        last_year=int(years.max()) if len(years) else None,
    )


def overview(
    films: pd.DataFrame | Counted,
    pictures: Mapping[str, str],
    *,
    notice: str | None = None,
    lead: Markdown | None = None,
) -> Markdown:
    """Return the dashboard as markdown with every chart as an image; at most 300 kB.

    Args:
        films: The rows of one upload, as `movie_pipeline.charts.films.count` takes them.
        pictures: The SVG of each chart by its title, in order.
        notice: What must be read before anything else, e.g. that only the sample answered.
        lead: Which films these are, if they are not the whole upload.
    """
    counted = count(films)
    parts = [md("> ⚠️ **{}**", notice)] if notice else []
    parts += [*([lead] if lead else []), _figures(numbers(counted)), _coverage(counted)]
    parts += [image(svg, title) for title, svg in pictures.items()]
    return Markdown("\n\n").join([*parts, md("*{}*\n", ATTRIBUTION)])


def _figures(figures: Numbers) -> Markdown:
    words = md("hours")
    if figures.hours_again >= 0.5:
        words += md(", and {:,.0f} of rewatches", figures.hours_again)
    cells = [(md("{:,}", figures.films), md("films")), (md("{:,.0f}", figures.hours), words)]
    if figures.mean_runtime_minutes is not None:
        cells.append((md("{}", hours(figures.mean_runtime_minutes)), md("on average")))
    if figures.mean_rating is not None:
        rated = md("mean of {:,} ratings", figures.rated)
        cells.append((md("★ {:.2f}", figures.mean_rating), rated))
    if figures.first_year is not None:
        years = md("{}–{}", figures.first_year, figures.last_year)
        cells.append((years, md("years of release")))
    values = row(*(md("**{}**", value) for value, _ in cells))
    centred = row(*(md(":-:") for _ in cells))
    return md("{}\n{}\n{}", values, centred, row(*(words for _, words in cells)))


def _coverage(counted: Counted) -> Markdown:
    states = [md("{:,} {}", n, STATE_WORDS[state]) for state, n in counted.states().items() if n]
    sentences = [md("No films.")]
    if states:
        sentences = [md("{}: {}.", counted.phrase(counted.total), md(", ").join(states))]
    if counted.repeated:
        sentences.append(md("{:,} lines repeat a film and are counted once.", counted.repeated))
    if counted.unseen:
        sentences.append(md("{:,} more are only on a watchlist or a list.", counted.unseen))
    return md(" ").join(sentences)
