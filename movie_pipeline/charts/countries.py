"""Where films come from: countries of origin and original languages.

What belongs here: these two charts, their numbers and their text. A film from two countries counts
for both. What does not: the names for the codes (`iso_names`).
"""

from collections.abc import Callable, Mapping, Sequence

import altair as alt
import pandas as pd

from movie_pipeline.charts.bars import bars
from movie_pipeline.charts.chart import DATASET, Chart, Drawing, Headline
from movie_pipeline.charts.iso_names import COUNTRIES, LANGUAGES
from movie_pipeline.charts.markdown import Markdown, md, text
from movie_pipeline.charts.story import Bar

#: The maximum number of rows drawn.
AT_MOST = 12


def _specification(codes: str, noun: str, names: Mapping[str, str]) -> Callable[[], Drawing]:
    def specification() -> Drawing:
        rows = (
            alt.Chart(alt.NamedData(DATASET))
            .transform_joinaggregate(all="count()")
            .transform_calculate(codes=codes)
            .transform_flatten(["codes"], as_=["code"])
            .transform_aggregate(films="count()", all="max(all)", groupby=["code"])
            .transform_window(
                place="row_number()",
                sort=[alt.SortField("films", order="descending"), alt.SortField("code")],
            )
            .transform_filter(f"datum.place <= {AT_MOST}")
            .transform_calculate(
                name=f"{dict(names)}[datum.code] || datum.code",
                percent="format(datum.films / datum.all, '.0%')",
            )
            .encode(
                y=alt.Y("name:N", title=None).sort(field="place", op="min"),
                tooltip=[
                    alt.Tooltip("name:N", title=noun),
                    alt.Tooltip("films:Q", title="Films"),
                    alt.Tooltip("percent:N", title="Share of the films"),
                ],
            )
        )
        return bars(rows, note="percent")

    return specification


def _ranking(codes: pd.Series, names: Mapping[str, str]) -> list[tuple[str, int]]:
    """Return names and numbers of films, most films first, ties by code."""
    counts = codes.explode().value_counts()
    ranked = sorted(counts.items(), key=lambda one: (-one[1], str(one[0])))
    return [(names.get(str(code), str(code)), int(films)) for code, films in ranked]


def _country_numbers(films: pd.DataFrame) -> Headline:
    ranking = _ranking(films["origin_countries"], COUNTRIES)
    return {
        "countries": len(ranking),
        "top_country": ranking[0][0],
        "top_country_share": round(ranking[0][1] / len(films), 4),
    }


def _language_numbers(films: pd.DataFrame) -> Headline:
    ranking = _ranking(films["original_language"], LANGUAGES)
    english = int((films["original_language"] == "en").sum())
    return {
        "languages": len(ranking),
        "top_language": ranking[0][0],
        "top_language_share": round(ranking[0][1] / len(films), 4),
        "share_not_in_english": round(1 - english / len(films), 4),
    }


def _bars(ranking: Sequence[tuple[str, int]], films: int) -> list[Bar]:
    return [Bar(name, n, md("{:,} · {:.0%}", n, n / films)) for name, n in ranking[:9]]


def _country_story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    ranking = _ranking(films["origin_countries"], COUNTRIES)
    countries = "1 country" if len(ranking) == 1 else f"{len(ranking):,} countries"
    share, first = ranking[0][1] / len(films), text(ranking[0][0], 40)
    sentence = md("Films from **{}**, {:.0%} of them from {}.", countries, share, first)
    return sentence, _bars(ranking, len(films))


def _language_story(films: pd.DataFrame) -> tuple[Markdown, Sequence[Bar]]:
    ranking = _ranking(films["original_language"], LANGUAGES)
    languages = "1 language" if len(ranking) == 1 else f"{len(ranking):,} languages"
    abroad = 1 - (films["original_language"] == "en").mean()
    sentence = md("Films made in **{}**, {:.0%} of them not in English.", languages, abroad)
    return sentence, _bars(ranking, len(films))


COUNTRY = Chart(
    name="countries",
    title="Countries",
    question="Which countries are the films of this list from?",
    columns=("origin_countries",),
    needs="origin_countries",
    lacking="without a country",
    specification=_specification("datum.origin_countries", "Country", COUNTRIES),
    numbers=_country_numbers,
    story=_country_story,
)
LANGUAGE = Chart(
    name="languages",
    title="Original languages",
    question="Which languages were the films of this list made in?",
    columns=("original_language",),
    needs="original_language",
    lacking="without a language",
    specification=_specification("[datum.original_language]", "Language", LANGUAGES),
    numbers=_language_numbers,
    story=_language_story,
)
