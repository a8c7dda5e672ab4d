"""Charts of a film list: a DataFrame in; an Altair chart, numbers and text out. No Dagster here.

What belongs here: the registry (`CHARTS`), a module for each chart, and what they share: which
films count (`films`), colours (`theme`), drawing, and caching the drawings. What does not: the page
(`page`) and reading films (`warehouse`).

Begin with `genres`. To add a chart, write a module like it and add an entry to `CHARTS`; assets,
overview and page use the registry and need no change.
"""

from movie_pipeline.charts.actors import ACTORS
from movie_pipeline.charts.agreement import AGREEMENT
from movie_pipeline.charts.chart import DATASET, VEGA_LITE, Chart, Pick
from movie_pipeline.charts.countries import COUNTRY, LANGUAGE
from movie_pipeline.charts.coverage import COVERAGE
from movie_pipeline.charts.decades import DECADES
from movie_pipeline.charts.directors import DIRECTORS
from movie_pipeline.charts.films import Counted, count
from movie_pipeline.charts.genres import GENRES
from movie_pipeline.charts.markdown import image
from movie_pipeline.charts.overview import ATTRIBUTION, Numbers, numbers, overview
from movie_pipeline.charts.pairs import PAIRS
from movie_pipeline.charts.picture import to_svg
from movie_pipeline.charts.popularity import POPULARITY
from movie_pipeline.charts.ratings import RATINGS
from movie_pipeline.charts.runtime import RUNTIME
from movie_pipeline.charts.specifications import Specifications, compiled
from movie_pipeline.charts.taste import TASTE
from movie_pipeline.charts.viewings import VIEWINGS_BY_MONTH, VIEWINGS_BY_WEEKDAY
from movie_pipeline.charts.years import YEARS

#: Every chart in the order shown: genres and people, ratings, viewing dates, release dates and
#: origin, length, popularity. Between wide charts, the others come in pairs, so that the page's two
#: columns have no gap.
CHARTS: tuple[Chart, ...] = (
    *(GENRES, DIRECTORS, ACTORS, PAIRS),
    *(RATINGS, AGREEMENT, TASTE),
    *(VIEWINGS_BY_MONTH, VIEWINGS_BY_WEEKDAY, DECADES),
    *(YEARS, COUNTRY, LANGUAGE),
    *(RUNTIME, POPULARITY, COVERAGE),
)

__all__ = [
    "ATTRIBUTION",
    "CHARTS",
    "DATASET",
    "VEGA_LITE",
    "Chart",
    "Counted",
    "Numbers",
    "Pick",
    "Specifications",
    "compiled",
    "count",
    "image",
    "numbers",
    "overview",
    "to_svg",
]
