"""Decades of release: when the films are from, and which decades are rated best.

What belongs here: this one chart, its numbers and its text.
"""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from movie_pipeline.charts.bars import bars
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline, Pick
from movie_pipeline.charts.markdown import Markdown, md
from movie_pipeline.charts.ranking import stars
from movie_pipeline.charts.story import Bar


def _specification() -> Drawing:
    rows = (
        alt.Chart(alt.NamedData(DATASET))
        .transform_calculate(decade="floor(datum.released / 10) * 10")
        .transform_aggregate(films="count()", rating="mean(rating)", groupby=["decade"])
        .transform_calculate(
            name="datum.decade + 's'",
            stars="isValid(datum.rating) ? '★ ' + format(datum.rating, '.1f') : ''",
        )
        .encode(
            y=alt.Y("name:N", title=None).sort(field="decade", op="min", order="descending"),
            tooltip=[
                alt.Tooltip("name:N", title="Decade"),
                alt.Tooltip("films:Q", title="Films"),
                alt.Tooltip("stars:N", title="Your mean rating"),
            ],
        )
    )
    return bars(rows, note="stars", clickable=True)


def _by_decade(films: pd.DataFrame) -> pd.DataFrame:
    """Return `films` and `rating` (mean) by decade, latest first."""
    decade = (films["released"] // 10 * 10).astype("int64")
    ratings = films["rating"].groupby(decade)
    grouped = pd.DataFrame({"films": ratings.size(), "rating": ratings.mean()})
    return grouped.sort_index(ascending=False)


def _numbers(films: pd.DataFrame) -> Headline:
    decades = _by_decade(films)["films"]
    return {
        "decades": len(decades),
        "top_decade": int(str(decades.idxmax())),
        "top_decade_share": round(float(decades.max() / len(films)), 4),
        "median_year": int(films["released"].median()),
    }


def _story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    decades = _by_decade(films)
    bars_ = [
        Bar(f"{decade}s", number, md("{:,}{}", number, _stars(rating)))
        for decade, number, rating in zip(
            decades.index.tolist(),
            decades["films"].tolist(),
            decades["rating"].tolist(),
            strict=True,
        )
    ]
    top = decades["films"].idxmax()
    share = decades["films"].max() / len(films)
    sentence = md(
        "The **{}s** lead with {:.0%} of the films; half are older than {:.0f}.",
        top,
        share,
        films["released"].median(),
    )
    return sentence, bars_


def _stars(rating: float) -> Markdown:
    return md(" · {}", stars(rating)) if pd.notna(rating) else Markdown()


DECADES = Chart(
    name="decades",
    title="Decades",
    question="Which decades are the films of this list from, and which decades are rated best?",
    columns=("released", "rating"),
    needs="released",
    lacking="without a year",
    specification=_specification,
    numbers=_numbers,
    story=_story,
    pick=Pick(filter="decade", field="decade"),
)
