"""The whole dashboard at a glance: the markdown of the asset ``dashboard/overview``.

What belongs here: the figures over all films and the text around the charts. What does not: single
charts, which have their own text, and the numbers (`movie_pipeline.analytics`).
"""

from collections.abc import Callable, Mapping
from typing import Any

from movie_pipeline.analytics.films import STATE_WORDS
from movie_pipeline.analytics.numbers import Numbers
from movie_pipeline.charts.chart import FILMS, POINTS
from movie_pipeline.charts.markdown import Markdown, image, md, row, text
from movie_pipeline.charts.runtime import hours

#: The notice that TMDB's terms of use require of every product built on its data.
ATTRIBUTION = (
    "This product uses TMDB and the TMDB APIs but is not endorsed, certified, or otherwise "
    "approved by TMDB."
)

_AGGREGATES = (
    ("count", None, "films"),
    ("sum", "runtime_minutes", "minutes"),
    ("valid", "runtime_minutes", "timed"),
    ("sum", "minutes_viewed", "minutes_viewed"),
    ("sum", "minutes_again", "minutes_again"),
    ("sum", "times", "viewings"),
    ("sum", "again", "rewatches"),
    ("sum", "points", "total"),
    ("valid", "points", "rated"),
    ("min", "released", "first_year"),
    ("max", "released", "last_year"),
)

#: The figures of ``analytics.summary`` for any selection of films, as a Vega dataflow without a
#: picture: the page fills ``films`` and reads the single rows of the other datasets. A film has
#: `earlier` if it was seen before the viewings that are selected, which are then all rewatches.
DATAFLOW: dict[str, Any] = {
    "$schema": "https://vega.github.io/schema/vega/v6.json",
    "data": [
        {"name": FILMS, "values": []},
        {
            "name": "numbers",
            "source": FILMS,
            "transform": [
                {"type": "formula", "expr": POINTS, "as": "points"},
                {"type": "formula", "expr": "length(datum.viewings)", "as": "times"},
                {
                    "type": "formula",
                    "expr": "datum.runtime_minutes * datum.times",
                    "as": "minutes_viewed",
                },
                {
                    "type": "formula",
                    "expr": "max(datum.times - (datum.earlier || datum.seen_before ? 0 : 1), 0)",
                    "as": "again",
                },
                {
                    "type": "formula",
                    "expr": "datum.runtime_minutes * datum.again",
                    "as": "minutes_again",
                },
                {
                    "type": "aggregate",
                    "ops": [op for op, _, _ in _AGGREGATES],
                    "fields": [field for _, field, _ in _AGGREGATES],
                    "as": [name for _, _, name in _AGGREGATES],
                },
                {
                    "type": "formula",
                    "expr": "datum.rated ? datum.total / (1000 * datum.rated) : null",
                    "as": "mean_rating",
                },
                {
                    "type": "formula",
                    "expr": "datum.timed ? datum.minutes / datum.timed : null",
                    "as": "mean_runtime",
                },
            ],
        },
        {
            # In a run of days, a day minus its rank stays the same.
            "name": "days",
            "source": FILMS,
            "transform": [
                {"type": "flatten", "fields": ["viewings"], "as": ["day"]},
                {"type": "filter", "expr": "datum.day"},
                {"type": "aggregate", "groupby": ["day"]},
                {"type": "formula", "expr": "toDate(datum.day) / 86400000", "as": "number"},
                {
                    "type": "window",
                    "sort": {"field": "number"},
                    "ops": ["row_number"],
                    "as": ["place"],
                },
                {"type": "formula", "expr": "datum.number - datum.place", "as": "run"},
                {"type": "aggregate", "groupby": ["run"], "as": ["days"]},
                {
                    "type": "aggregate",
                    "ops": ["max", "sum"],
                    "fields": ["days", "days"],
                    "as": ["longest_run", "viewing_days"],
                },
            ],
        },
        {
            "name": "countries",
            "source": FILMS,
            "transform": [
                {"type": "flatten", "fields": ["origin_countries"], "as": ["code"]},
                {"type": "filter", "expr": "datum.code"},
                {"type": "aggregate", "ops": ["distinct"], "fields": ["code"], "as": ["countries"]},
            ],
        },
        {
            "name": "languages",
            "source": FILMS,
            "transform": [
                {"type": "filter", "expr": "datum.original_language"},
                {
                    "type": "aggregate",
                    "ops": ["distinct"],
                    "fields": ["original_language"],
                    "as": ["languages"],
                },
            ],
        },
    ],
}


def overview(
    numbers: Numbers,
    pictures: Mapping[str, str],
    *,
    notice: str | None = None,
    lead: Markdown | None = None,
) -> Markdown:
    """Return the dashboard as markdown with the most telling charts as images; at most 300 kB.

    Args:
        numbers: The numbers of the films.
        pictures: The SVG of each chart by its title, in order.
        notice: What must be read before anything else, e.g. that only the sample answered.
        lead: Which films these are, if they are not the whole upload.
    """
    parts = [md("> ⚠️ **{}**", notice)] if notice else []
    parts += [*([lead] if lead else []), _figures(numbers), _coverage(numbers)]
    parts += [*_records(numbers)]
    parts += [image(svg, title) for title, svg in pictures.items()]
    return Markdown("\n\n").join([*parts, md("*{}*\n", ATTRIBUTION)])


#: The records of the overview: their ranks in ``analytics.film_facts``, words, and what is told.
_RECORDS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "oldest": ("oldest", lambda film: str(int(film["released"]))),
    "newest": ("newest", lambda film: str(int(film["released"]))),
    "longest": ("longest", lambda film: hours(film["runtime_minutes"])),
    "shortest": ("shortest", lambda film: hours(film["runtime_minutes"])),
    "most_rewatched": ("seen most often", lambda film: f"{int(film['viewings']):,} times"),
    "gem": ("loved, little known", lambda film: f"{int(film['vote_count']):,} votes"),
}


def _records(numbers: Numbers) -> list[Markdown]:
    """The films at the ends of every scale, as a sentence, if there are some."""
    told = []
    for rank, (words, fact) in _RECORDS.items():
        held = numbers.films[numbers.films[rank] == 1].to_dict("records")
        told += [
            md("{} **{}** ({})", words, text(str(one["title"]), 60), fact(one)) for one in held
        ]
    if len(told) < 3:
        return []
    return [md("Of these, the {}.", Markdown("; the ").join(told))]


def timed(numbers: Numbers) -> str:
    """Say how many films the hours rest on, if these are not all: `` in 252 films``."""
    known = int(numbers.summary["timed"])
    return "" if known == numbers.watched else f" in {_number(known, 'film')}"


def _figures(numbers: Numbers) -> Markdown:
    summary = numbers.summary
    cells = [(md("{:,}", numbers.watched), md("{}", numbers.noun))]
    if summary["timed"]:
        words = md("hours{}", timed(numbers))
        if summary["hours_again"] >= 0.5:
            words += md(", and {:,.0f} of rewatches", summary["hours_again"])
        cells.append((md("{:,.0f}", summary["hours"]), words))
        cells.append((md("{}", hours(summary["mean_runtime"])), md("average runtime")))
    if summary["rated"]:
        rated = md("average of {}", _number(summary["rated"], "rating"))
        cells.append((md("★ {:.2f}", summary["mean_rating"]), rated))
    if summary["first_year"] is not None:
        years = md("{}–{}", summary["first_year"], summary["last_year"])
        cells.append((years, md("years of release")))
    values = row(*(md("**{}**", value) for value, _ in cells))
    centred = row(*(md(":-:") for _ in cells))
    return md("{}\n{}\n{}", values, centred, row(*(words for _, words in cells)))


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _coverage(numbers: Numbers) -> Markdown:
    if not numbers.summary["total_movies"]:
        return md("No films.")
    states, summary = numbers.states(), numbers.summary
    others = {name: states.pop(name) for name in ("not_a_movie", "ignored")}
    words = [md("{:,} {}", n, STATE_WORDS[state]) for state, n in states.items() if n]
    sentences = [md("{}: {}.", numbers.phrase(numbers.watched), md(", ").join(words))]
    if any(others.values()):
        left = [md("{:,} {}", n, STATE_WORDS[state]) for state, n in others.items() if n]
        sentences.append(md("Not counted: {}.", md(", ").join(left)))
    if summary["repeated"]:
        sentences.append(
            md("{:,} lines repeat a film and are counted once.", int(summary["repeated"]))
        )
    for name, where in (("on_watchlist", "on the watchlist"), ("only_listed", "only on a list")):
        if number := int(summary[name] or 0):
            sentences.append(md("{:,} more {} {}.", number, "is" if number == 1 else "are", where))
    return md(" ").join(sentences)
