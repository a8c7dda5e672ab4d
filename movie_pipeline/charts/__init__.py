"""Charts of a film list: `Numbers` in; pictures and text out. No Dagster here.

What belongs here: the registry (`SUBJECTS`), a module for each chart, and what they share: colours
(`theme`), drawing, and caching the drawings. What does not: the numbers
(`movie_pipeline.analytics`) and the page (`page`).

Begin with `genres`. To add a chart, write a module like it and add it to a subject; assets,
overview and page use the registry and need no change.
"""

from itertools import chain

from movie_pipeline.charts.actors import ACTORS
from movie_pipeline.charts.agreement import AGREEMENT
from movie_pipeline.charts.best import BEST
from movie_pipeline.charts.chart import Chart, Pick, vega_lite
from movie_pipeline.charts.countries import COUNTRY, LANGUAGE
from movie_pipeline.charts.coverage import COVERAGE
from movie_pipeline.charts.crew import CINEMATOGRAPHERS, COMPOSERS, EDITORS, WRITERS
from movie_pipeline.charts.days import ADDING_UP, CALENDAR
from movie_pipeline.charts.decades import DECADES
from movie_pipeline.charts.delay import DELAY
from movie_pipeline.charts.directors import DIRECTORS
from movie_pipeline.charts.genres import GENRES
from movie_pipeline.charts.lists import OWN_LISTS
from movie_pipeline.charts.markdown import image
from movie_pipeline.charts.overview import ATTRIBUTION, overview
from movie_pipeline.charts.pairs import PAIRS
from movie_pipeline.charts.picture import to_svg
from movie_pipeline.charts.popularity import POPULARITY
from movie_pipeline.charts.quarters import QUARTERS
from movie_pipeline.charts.ratings import RATINGS
from movie_pipeline.charts.runtime import RUNTIME
from movie_pipeline.charts.specifications import Specifications, compiled
from movie_pipeline.charts.studios import STUDIOS
from movie_pipeline.charts.taste import TASTE
from movie_pipeline.charts.viewings import VIEWINGS_BY_MONTH, VIEWINGS_BY_WEEKDAY
from movie_pipeline.charts.women import WOMEN
from movie_pipeline.charts.world import WORLD
from movie_pipeline.charts.years import YEARS

#: The charts of each subject, which is an asset below ``dashboard/``.
SUBJECTS: dict[str, tuple[Chart, ...]] = {
    "genres": (GENRES,),
    "directors": (DIRECTORS, BEST),
    "people": (*(ACTORS, PAIRS, WRITERS, COMPOSERS, CINEMATOGRAPHERS, EDITORS, STUDIOS, WOMEN),),
    "ratings": (RATINGS, AGREEMENT, TASTE, QUARTERS),
    "viewings": (VIEWINGS_BY_MONTH, VIEWINGS_BY_WEEKDAY, CALENDAR, ADDING_UP),
    "years": (DECADES, YEARS, DELAY),
    "world": (WORLD, COUNTRY, LANGUAGE),
    "runtime": (RUNTIME,),
    "lists": (OWN_LISTS,),
    "coverage": (POPULARITY, COVERAGE),
}
#: Every chart, by subject.
CHARTS: tuple[Chart, ...] = tuple(chain.from_iterable(SUBJECTS.values()))

#: The charts that show a whole library at a glance, in the order of the page's story.
GLANCE = (
    *(YEARS, RUNTIME, RATINGS, TASTE, GENRES, DECADES, DIRECTORS, ACTORS, BEST, COUNTRY),
    *(CALENDAR, VIEWINGS_BY_MONTH, OWN_LISTS),
)

__all__ = [
    "ATTRIBUTION",
    "CHARTS",
    "GLANCE",
    "SUBJECTS",
    "Chart",
    "Pick",
    "Specifications",
    "compiled",
    "image",
    "overview",
    "to_svg",
    "vega_lite",
]
