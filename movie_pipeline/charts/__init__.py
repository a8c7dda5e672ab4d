"""Charts of a film list: DataFrame in, Altair chart, numbers and words out. Pure, no Dagster.

What belongs here: the registry (`CHARTS`), a module for each chart, and what they share: which
films count (`films`), colours (`theme`), drawing and keeping what was drawn. What does not: the
page (`page`), reading films (`warehouse`).

Begin with `genres`. A new chart is a module beside it and one more entry of `CHARTS`; assets,
overview and page go through the registry and need no change.
"""

from movie_pipeline.charts.actors import ACTORS
from movie_pipeline.charts.agreement import AGREEMENT
from movie_pipeline.charts.chart import DATASET, VEGA_LITE, Chart, Pick
from movie_pipeline.charts.coverage import COVERAGE
from movie_pipeline.charts.decades import DECADES
from movie_pipeline.charts.directors import DIRECTORS
from movie_pipeline.charts.films import Counted, count
from movie_pipeline.charts.genres import GENRES
from movie_pipeline.charts.markdown import image
from movie_pipeline.charts.overview import ATTRIBUTION, Numbers, numbers, overview
from movie_pipeline.charts.pairs import PAIRS
from movie_pipeline.charts.picture import to_svg
from movie_pipeline.charts.places import COUNTRY, LANGUAGE
from movie_pipeline.charts.popularity import POPULARITY
from movie_pipeline.charts.ratings import RATINGS
from movie_pipeline.charts.runtime import RUNTIME
from movie_pipeline.charts.specifications import Specifications, compiled
from movie_pipeline.charts.taste import TASTE
from movie_pipeline.charts.viewings import VIEWINGS_BY_MONTH, VIEWINGS_BY_WEEKDAY
from movie_pipeline.charts.years import YEARS

#: Every chart, in the order in which they are shown: what and whose, how judged, when seen, when
#: and where made, how long, how known. Between wide ones, the others come two by two, so that the
#: page's two columns have no hole.
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
