"""Where films come from: countries of origin and original languages.

What belongs here: these two charts and their text. A film from two countries counts for both. What
does not: the names for the codes (`analytics.codes`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from movie_pipeline.analytics.codes import COUNTRIES, LANGUAGES
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts.bars import bars
from movie_pipeline.charts.chart import Chart, Drawing, Headline, Story, ranked, rows_of
from movie_pipeline.charts.later import alt
from movie_pipeline.charts.markdown import md, text
from movie_pipeline.charts.story import Bar

#: The maximum number of rows drawn.
AT_MOST = 12


def labelled(names: Mapping[str, str]) -> str:
    """A Vega expression for the name of a code, the key of a row."""
    return f"{dict(names)}[datum.key] || datum.key"


def _transform(codes: str, names: Mapping[str, str]) -> Callable[[alt.Chart], alt.Chart]:
    def transform(films: alt.Chart) -> alt.Chart:
        each = (
            films.transform_joinaggregate(all="count()")
            .transform_calculate(codes=codes)
            .transform_flatten(["codes"], as_=["key"])
        )
        counted = each.transform_aggregate(films="count()", all="max(all)", groupby=["key"])
        rows = ranked(counted).transform_filter(f"datum.place <= {AT_MOST}")
        return rows.transform_calculate(share="datum.films / datum.all", label=labelled(names))

    return transform


def _marks(noun: str) -> Callable[[alt.Chart, alt.Chart], Drawing]:
    def marks(rows: alt.Chart, totals: alt.Chart) -> Drawing:
        del totals
        places = rows.transform_calculate(percent="format(datum.share, '.0%')").encode(
            y=alt.Y("label:N", title=None).sort(field="place", op="min"),
            tooltip=[
                alt.Tooltip("label:N", title=noun),
                alt.Tooltip("films:Q", title="Films"),
                alt.Tooltip("percent:N", title="Share of the films"),
            ],
        )
        return bars(places, note="percent")

    return marks


_countries, _languages = rows_of("country"), rows_of("language")


def _country_numbers(numbers: Numbers) -> Headline:
    rows = _countries(numbers)
    return {
        "countries": len(rows),
        "top_country": str(rows["label"].iloc[0]),
        "top_country_share": round(float(rows["share"].iloc[0]), 4),
    }


def _language_numbers(numbers: Numbers) -> Headline:
    rows = _languages(numbers)
    return {
        "languages": len(rows),
        "top_language": str(rows["label"].iloc[0]),
        "top_language_share": round(float(rows["share"].iloc[0]), 4),
        "share_not_in_english": round(_abroad(rows), 4),
    }


def _abroad(rows: pd.DataFrame) -> float:
    return 1 - float(rows.loc[rows["key"] == "en", "share"].sum())


def _bars(rows: pd.DataFrame) -> Sequence[Bar]:
    first = rows.head(9)
    return [
        Bar(name, films, md("{:,} · {:.0%}", films, share))
        for name, films, share in zip(first["label"], first["films"], first["share"], strict=True)
    ]


def _country_story(numbers: Numbers) -> Story:
    rows = _countries(numbers)
    countries = "1 country" if len(rows) == 1 else f"{len(rows):,} countries"
    first = text(rows["label"].iloc[0], 40)
    share = float(rows["share"].iloc[0])
    sentence = md("Films from **{}**, {:.0%} of them from {}.", countries, share, first)
    return sentence, _bars(rows)


def _language_story(numbers: Numbers) -> Story:
    rows = _languages(numbers)
    languages = "1 language" if len(rows) == 1 else f"{len(rows):,} languages"
    sentence = md("Films made in **{}**, {:.0%} of them not in English.", languages, _abroad(rows))
    return sentence, _bars(rows)


COUNTRY = Chart(
    name="countries",
    title="Countries",
    question="Which countries are the films of this list from?",
    dimension="country",
    lacking="without a country",
    rows=rows_of("country", most=AT_MOST),
    marks=_marks("Country"),
    numbers=_country_numbers,
    story=_country_story,
    columns=("origin_countries",),
    needs=("origin_countries",),
    transform=_transform("datum.origin_countries", COUNTRIES),
)
LANGUAGE = Chart(
    name="languages",
    title="Original languages",
    question="Which languages were the films of this list made in?",
    dimension="language",
    lacking="without a language",
    rows=rows_of("language", most=AT_MOST),
    marks=_marks("Language"),
    numbers=_language_numbers,
    story=_language_story,
    columns=("original_language",),
    needs=("original_language",),
    transform=_transform("[datum.original_language]", LANGUAGES),
)
