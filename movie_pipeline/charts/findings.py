"""The findings: what a picture's heading says of the rows that it draws.

What belongs here: a sentence for each chart. A template whose guard fails gives None, and the
chart's title stays. Ties are said. Nothing is counted here. On the page, `page/findings.js` says
the same of any selection; a test compares them.
"""

import datetime as dt
import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from movie_pipeline.analytics.codes import in_a_sentence
from movie_pipeline.analytics.thresholds import A_YEAR, LONGEST, RUNTIME_STEP

Row = Mapping[str, Any]
Finding = Callable[[Sequence[Row], int, Mapping[str, Any]], str | None]

#: A mean is worth a finding if it rests on so many ratings.
ENOUGH = 5
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def rounded(number: float, places: int) -> Decimal:
    """Round a number as Vega does: halves up, where Python rounds to even."""
    return Decimal(number).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _films(number: int) -> str:
    return f"{number:,} {'film' if number == 1 else 'films'}"


def _list(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _percent(share: float) -> str:
    return f"{int(share * 100 + 0.5)}%"


def _stars(rating: float) -> str:
    """3.5 as 3½, which is how people write ratings."""
    return re.sub(r"\.5$", "½", re.sub(r"^0?\.5$", "½", f"{rating:g}"))


def _date(key: str) -> str:
    """``2025-10-31``, or only its month, for people."""
    year, month, *day = key.split("-")
    return " ".join([*(str(int(one)) for one in day), f"{dt.date(2000, int(month), 1):%B}", year])


def _sum(rows: Sequence[Row], field: str) -> int:
    return int(sum(row[field] for row in rows))


def _leaders(rows: Sequence[Row], field: str) -> list[Row]:
    """The rows, those with the most first."""
    return sorted(rows, key=lambda row: (-row[field], row.get("place") or 0))


def _tied(rows: Sequence[Row], field: str) -> list[Row]:
    """The rows that share the highest value."""
    ordered = _leaders(rows, field)
    return [row for row in ordered if row[field] == ordered[0][field]]


def _leading(words: str, noun: str) -> Finding:
    def finding(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
        tied = _tied(rows, "films")
        if not tied or tied[0]["films"] < 2:
            return None
        if len(tied) > 3:
            return f"Several {noun}s have {_films(int(tied[0]['films']))}, none has more"
        first, names = int(tied[0]["films"]), _list([row["label"] for row in tied])
        each = " each" if len(tied) > 1 else ""
        if words != "%":
            return f"{words.replace('%', names)}: {first:,}{each}"
        if each or len(rows) == 1:
            return f"{names}: {_films(first)}{each}"
        return f"{names} leads with {_films(first)}"

    return finding


def _best_rated(rows: Sequence[Row]) -> Row | None:
    rated = [row for row in rows if row["rated"] >= ENOUGH]
    tied = _tied(rated, "mean_rating")
    return tied[0] if len(rated) >= 3 and len(tied) == 1 else None


def _best(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    if not rows:
        return None
    first = min(rows, key=lambda row: row["place"])
    low = first["ratings"][-1]
    if low >= 4:
        return f"{first['label']} never gets less than {_stars(low)}"
    return f"{first['label']} is rated best: ★ {rounded(first['mean_rating'], 2)}"


def _women(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    women, others, unknown = (
        _sum([row for row in rows if row["who"] == who], "films")
        for who in ("women", "others", "unknown")
    )
    if women + others < 5:
        return None
    rest = f"; {unknown:,} not known" if unknown else ""
    return f"{women:,} of {_films(women + others)} directed by women{rest}"


def _pairs(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    tied = _tied(rows, "films")
    if not tied:
        return None
    films = _films(int(tied[0]["films"]))
    if len(tied) > 1:
        return f"{len(tied):,} pairs lead with {films} each"
    director, actor = tied[0]["label"].split("\t")
    if director == actor:
        return f"{director} plays in {films} of their own"
    return f"{director} and {actor} met in {films}"


def _genres(rows: Sequence[Row], films: int, _: Mapping[str, Any]) -> str | None:
    ordered = _leaders(rows, "films")
    if len(ordered) < 2 or ordered[0]["films"] == ordered[1]["films"]:
        return None
    first, second, *others = ordered
    share = "More than half are" if first["films"] > films / 2 else "Most often"
    lead = f"{share} {first['label']}"
    if best := _best_rated(rows):
        return f"{lead}; {best['label']} gets your best ratings"
    level = len(others) > 1 and others[0]["films"] == others[1]["films"]
    if not others or (second["films"] > others[0]["films"] and level):
        return f"{lead}, then {second['label']}"
    return lead if level else f"{lead}, then {second['label']} and {others[0]['label']}"


def _decades(rows: Sequence[Row], films: int, _: Mapping[str, Any]) -> str | None:
    decades = [row for row in rows if ":" not in str(row["key"])]
    tied = _tied(decades, "films")
    if len(decades) < 2 or len(tied) > 3 or tied[0]["films"] < 2:
        return None
    best, first = _best_rated(decades), int(tied[0]["films"])
    if len(tied) == 1 and best:
        if best["key"] == tied[0]["key"]:
            return f"You watch the {best['key']}s most, and rate them best"
        return f"You watch the {tied[0]['key']}s most and rate the {best['key']}s best"
    names = _list([f"{row['key']}s" for row in tied])
    if len(tied) == 1:
        return f"The {names} lead: {first:,} of {_films(films)}"
    return f"The {names} lead with {_films(first)} each"


def _years(rows: Sequence[Row], films: int, _: Mapping[str, Any]) -> str | None:
    counts: Counter[int] = Counter()
    for row in rows:
        counts[int(row["key"].split(":")[0])] += int(row["films"])
    if len(counts) < 2:
        return None
    if films < 10:
        return f"From {min(counts)} to {max(counts)}"
    since = 0
    for year in sorted(counts, reverse=True):
        since += counts[year]
        if since * 2 >= films:
            return f"Half of these films were made since {year}"
    return None


def _ratings(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    yours = [row for row in rows if row["side"] == "you"]
    tied, total = _tied(yours, "films"), _sum(yours, "films")
    if total < 5:
        return None
    first = int(tied[0]["films"])
    if len(tied) > 3:
        more = f"more than {first:,} times" if first > 1 else "twice"
        return f"No rating is given {more}"
    if len(tied) > 1:
        named = _list([f"★ {_stars(key)}" for key in sorted(row["key"] for row in tied)])
        return f"{named} most often: {first:,} each of {total:,} ratings"
    often = tied[0]["key"]
    noun = "stars" if often > 1 else "star"
    return f"{_stars(often)} {noun} most often: {tied[0]['films']:,} of {total:,} ratings"


def _agreement(_: Sequence[Row], __: int, totals: Mapping[str, Any]) -> str | None:
    if totals["compared"] < 10:
        return None
    share = totals["rated_higher"] / totals["compared"]
    if share > 0.55:
        return f"Kinder than the public: {_percent(share)} rated higher"
    if share < 0.45:
        return f"Harder than the public: {_percent(share)} rated higher"
    return f"About as kind as the public: {_percent(share)} rated higher"


def _taste(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    above = next((row for row in rows if row["above"] == 1 and row["difference"] >= 1), None)
    below = next((row for row in rows if row["below"] == 1 and row["difference"] <= -1), None)
    if above and below:
        return f"Fonder of {above['title']} than the public, harder on {below['title']}"
    if above:
        return f"Fonder of {above['title']} than the public"
    return f"Harder on {below['title']} than the public" if below else None


def _quarters(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    means = [row["mean_rating"] for row in rows if row["rated"] > 0]
    if len(means) < 2:
        return None
    low, high = rounded(min(means), 2), rounded(max(means), 2)
    return f"Between ★ {low} and ★ {high} in every quarter"


def _runtime(rows: Sequence[Row], films: int, totals: Mapping[str, Any]) -> str | None:
    tied = _tied(rows, "films")
    if films < 5:
        return None
    if len(tied) != 1:
        minutes = int(totals["mean_runtime"] + 0.5)
        length = f"{minutes // 60} h {minutes % 60:02}" if minutes >= 60 else f"{minutes} min"
        return f"{length} on average"
    low = int(tied[0]["key"])
    if low >= LONGEST:
        return f"{low} minutes and longer is the most common length"
    return f"{low} to {low + RUNTIME_STEP - 1} minutes is the most common length"


def _delay(rows: Sequence[Row], films: int, _: Mapping[str, Any]) -> str | None:
    soon = _sum([row for row in rows if row["key"] < A_YEAR], "films")
    if films < 5:
        return None
    if not soon:
        return "None seen within a year of release"
    return f"{soon:,} of {_films(films)} seen within a year of release"


def _calendar(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    days = sorted(row["key"] for row in rows)
    run, longest, ended = 0, 0, ""
    for before, day in itertools.pairwise(["", *days]):
        follows = bool(before) and (
            dt.date.fromisoformat(day) - dt.date.fromisoformat(before) == dt.timedelta(days=1)
        )
        run = run + 1 if follows else 1
        if run >= longest:
            longest, ended = run, day
    if longest >= 3:
        return f"{longest:,} days in a row, until {_date(ended)}"
    return f"A film on {len(days):,} days" if len(days) > 1 else None


def _total(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    days, total = sorted(rows, key=lambda row: row["key"]), _sum(rows, "films")
    each = next(step for least, step in MILESTONES if total >= least)
    last, seen = total // each * each, 0
    if not last:
        since = f"{_films(total)} since {_date(days[0]['key'][:7])}"
        return since if len(days) > 1 else None
    for day in days:
        seen += int(day["films"])
        if seen >= last:
            return f"Film number {last:,} came in {_date(day['key'][:7])}"
    return None


def _months(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    tied = _tied(rows, "viewings")
    if len(rows) < 2:
        return None
    most = int(tied[0]["viewings"])
    if most == 1 or len(tied) > 3:
        return f"Never more than {most:,} {'viewing' if most == 1 else 'viewings'} in a month"
    if len(tied) > 1:
        named = _list([_date(key) for key in sorted(row["key"] for row in tied)])
        return f"{named} were the busiest months, with {most:,} viewings each"
    return f"{_date(tied[0]['key'])} was the busiest month, with {most:,} viewings"


def _weekdays(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    counts = Counter[str]()
    for row in rows:
        counts[_WEEKDAYS[int(row["key"][0]) - 1]] += int(row["viewings"])
    total, most = counts.total(), max(counts.values(), default=0)
    tied = [name for name in _WEEKDAYS if counts[name] == most]
    if len(tied) != 1 or total < 10:
        return None
    return f"Most often on a {tied[0]}: {most:,} of {total:,} viewings"


def _map(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    ordered = _leaders(rows, "films")
    if len(ordered) < 4 or ordered[2]["films"] == ordered[3]["films"]:
        return None
    lands = _list([in_a_sentence(row["label"]) for row in ordered[:3]])
    return f"{lands[0].upper()}{lands[1:]} above all"


def _countries(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    ordered = _leaders(rows, "films")
    tied = _tied(rows, "films")
    if len(ordered) < 2 or len(tied) > 3:
        return None
    if len(tied) > 1:
        named = _list([in_a_sentence(row["label"]) for row in tied])
        return f"{named[0].upper()}{named[1:]} lead with {_films(int(tied[0]['films']))} each"
    return f"{_percent(ordered[0]['share'])} are from {in_a_sentence(ordered[0]['label'])}"


def _languages(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    first, *others = _leaders(rows, "films")
    leading, tied = _tied(rows, "films"), _tied(others, "films")
    if not others:
        return f"All in {first['label']}"
    if 1 < len(leading) <= 3:
        named = _list([row["label"] for row in leading])
        return f"{named} most often, with {_films(int(first['films']))} each"
    if len(leading) > 3 or len(tied) > 3:
        return None
    return f"{first['label']} most often, then {_list([row['label'] for row in tied])}"


def _lists(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    first = min(rows, key=lambda row: (-row["total"], row["key"]))
    seen, total = int(first["films"]), int(first["total"])
    if total == 1:
        return f"The one film on {first['key']} {'seen' if seen else 'not seen yet'}"
    which = f"All {_films(total)}" if seen == total else f"{seen:,} of the {_films(total)}"
    return f"{which} on {first['key']} seen"


def _popularity(rows: Sequence[Row], films: int, _: Mapping[str, Any]) -> str | None:
    few = _sum([row for row in rows if row["key"] < 5], "films")
    if few:
        return f"{few:,} of {_films(films)} have fewer than 100 votes"
    if films == 1:
        return None
    tens, half = divmod(min(int(row["key"]) for row in rows) - 1, 2)
    return f"None of {_films(films)} has fewer than {(3 if half else 1) * 10**tens:,} votes"


def _coverage(rows: Sequence[Row], _: int, __: Mapping[str, Any]) -> str | None:
    matched = _sum([row for row in rows if row["key"] == "matched"], "films")
    total = _sum(rows, "films")
    if matched == total:
        return "Every title identified"
    return f"{matched:,} of {total:,} titles identified"


#: Milestones are every so many films, from how many films on, the largest first.
MILESTONES = ((5_000, 1_000), (1_500, 250), (500, 100), (0, 50))

#: What `page/findings.js` needs to know to say the same.
RULES: Mapping[str, Any] = {
    "a_year": A_YEAR,
    "enough": ENOUGH,
    "longest": LONGEST,
    "milestones": MILESTONES,
    "runtime_step": RUNTIME_STEP,
}

#: The finding of each chart, by its name, from its rows, its basis and its totals.
FINDINGS: dict[str, Finding] = {
    "directors": _leading("%", "director"),
    "actors": _leading("%", "actor"),
    "writers": _leading("Most films written by %", "writer"),
    "composers": _leading("Most scores by %", "composer"),
    "cinematographers": _leading("Most films shot by %", "cinematographer"),
    "editors": _leading("Most films edited by %", "editor"),
    "studios": _leading("Most films from %", "studio"),
    "best": _best,
    "women": _women,
    "pairs": _pairs,
    "genres": _genres,
    "decades": _decades,
    "years": _years,
    "ratings": _ratings,
    "agreement": _agreement,
    "taste": _taste,
    "quarters": _quarters,
    "runtime": _runtime,
    "delay": _delay,
    "calendar": _calendar,
    "total": _total,
    "months": _months,
    "weekdays": _weekdays,
    "map": _map,
    "countries": _countries,
    "languages": _languages,
    "lists": _lists,
    "popularity": _popularity,
    "coverage": _coverage,
}
