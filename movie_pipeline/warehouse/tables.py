"""Every table of the warehouse, described once.

The DDL (`database`), the columns shown in the Dagster UI (`defs.assets.specs`) and the tests are
derived from these descriptions. A table has the name of its asset: asset ``raw/movies`` is table
``raw.movies``. What belongs here: names, DuckDB types, one sentence per column. What does not: SQL
that fills a table, and anything of Dagster.

To add a column, describe it here and raise `SHAPE`; the first write adds it to older warehouses.
Never rename, narrow or remove a column.
"""

from collections.abc import Iterator
from dataclasses import dataclass

SHAPE = 5
"""The version of the warehouse's schema, stored in it; raise it to add a table or column."""


def newer(shape: int) -> str:
    """What to say of a warehouse with a shape above ours."""
    return (
        f"was written by a newer movie_pipeline (shape {shape}; this version knows {SHAPE})."
        " Update movie_pipeline, or point MOVIE_PIPELINE_WAREHOUSE at another database."
    )


@dataclass(frozen=True)
class Column:
    """A column: its name, its DuckDB type, a sentence, and whether it may be NULL."""

    name: str
    type: str
    description: str
    required: bool = False

    @property
    def nested(self) -> bool:
        """Whether a value is a list or a struct (and is passed to DuckDB as JSON)."""
        return self.type.endswith("[]") or self.structured

    @property
    def structured(self) -> bool:
        """Whether it contains structs, which PostgreSQL stores as JSON."""
        return self.type.startswith("STRUCT")

    @property
    def value(self) -> str:
        """The SQL that reads it as its type, however it is stored."""
        name = f'"{self.name}"'
        # In between as JSON: DuckDB would parse PostgreSQL's JSON as its own notation of a struct,
        # in which \n is an n.
        return f"CAST(CAST({name} AS JSON) AS {self.type})" if self.structured else name


@dataclass(frozen=True)
class Table:
    """A table: ``schema.name``, a sentence, and its columns in order."""

    schema: str
    name: str
    description: str
    columns: tuple[Column, ...]

    @property
    def sql_name(self) -> str:
        """The quoted name to use in SQL."""
        return f'"{self.schema}"."{self.name}"'

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)


UPLOAD = Column("upload", "VARCHAR", "The upload (partition) this row belongs to.", required=True)
VERSION = Column(
    "version", "VARCHAR", "Hash of the uploaded file's content that this row was made from."
)

RAW_MOVIES = Table(
    "raw",
    "movies",
    "One row per distinct film of an upload, merged over the export's files and repeated lines.",
    (
        UPLOAD,
        Column(
            "row_number",
            "INTEGER",
            "1, 2, 3 and so on, in the order of first appearance.",
            required=True,
        ),
        Column("source_format", "VARCHAR", "The export format it was read from."),
        Column("title", "VARCHAR", "The title in the export."),
        Column("year", "INTEGER", "The release year in the export."),
        Column("original_title", "VARCHAR", "The original title, if the export has it."),
        Column("imdb_id", "VARCHAR", "The IMDb id (tt…), if the export has it."),
        Column("export_tmdb_id", "INTEGER", "The TMDB id, if the export has it."),
        Column(
            "letterboxd_uri", "VARCHAR", "The film's Letterboxd address, never a diary entry's."
        ),
        Column(
            "title_type", "VARCHAR", "movie, tvSeries, tvEpisode, videoGame and others, if known."
        ),
        Column("directors", "VARCHAR[]", "Directors in the export, used as evidence."),
        Column("runtime_minutes", "INTEGER", "Runtime in the export, used as evidence."),
        Column("rating", "DOUBLE", "Your rating, 0.5 to 5."),
        Column("rated_on", "DATE", "The day of that rating, if the export has it."),
        Column("liked", "BOOLEAN", "Whether you marked it as liked."),
        Column("seen", "BOOLEAN", "False only for a film that is just on a watchlist or a list."),
        Column("logged_on", "DATE", "The day it was entered, which is not the day it was watched."),
        Column("watched_on", "DATE", "The latest real watch date, else NULL."),
        Column(
            "watch_count",
            "INTEGER",
            "The number of dated viewings, or of plays if the export counts more; else NULL.",
        ),
        Column("tags", "VARCHAR[]", "Your tags."),
        Column("in_lists", "VARCHAR[]", "Names of your lists that contain it."),
        Column("watchlisted", "BOOLEAN", "Whether you noted it as a film to watch."),
        VERSION,
    ),
)

RAW_VIEWINGS = Table(
    "raw",
    "viewings",
    "One row per real dated viewing; the same entry in diary and reviews is one viewing.",
    (
        UPLOAD,
        Column("row_number", "INTEGER", "Its film: raw.movies.row_number.", required=True),
        Column("watched_on", "DATE", "The day it was watched.", required=True),
        Column("rating", "DOUBLE", "The rating given that day, 0.5 to 5."),
        Column("rewatch", "BOOLEAN", "Whether you marked it as a rewatch."),
        Column("tags", "VARCHAR[]", "Tags of this viewing."),
        VERSION,
    ),
)

RAW_REJECTED_ROWS = Table(
    "raw",
    "rejected_rows",
    "Lines of an upload that could not be read as a film, each with its reason.",
    (
        UPLOAD,
        Column("file", "VARCHAR", "The file within the upload.", required=True),
        Column("line", "INTEGER", "The line's number in that file, from 1.", required=True),
        Column("reason", "VARCHAR", "Why it could not be read.", required=True),
        Column("text", "VARCHAR", "At most 200 characters of the line."),
        VERSION,
    ),
)

RAW_UPLOADS = Table(
    "raw",
    "uploads",
    "One row per upload: its person, when it arrived, and whether a newer one has replaced it.",
    (
        UPLOAD,
        Column(
            "person",
            "VARCHAR",
            "The person it belongs to: the first folder below uploads, else the Letterboxd user in"
            " the file's name, else the upload.",
            required=True,
        ),
        Column("source_format", "VARCHAR", "The export format of most of its films."),
        Column("received_at", "TIMESTAMP", "When the file was last changed (UTC)."),
        Column(
            "exported_at",
            "TIMESTAMP",
            "When it was exported (UTC): the time in a file name given by Letterboxd, else"
            " received_at.",
        ),
        Column(
            "current",
            "BOOLEAN",
            "Whether it is the newest of its person and format. A list without seen films replaces"
            " only other such lists.",
        ),
        Column(
            "shape",
            "INTEGER",
            "The version of the tables that its rows were made for; NULL until all are stored.",
        ),
        Column(
            "sample_chosen",
            "BOOLEAN",
            "Whether the bundled sample was asked for, and not just used because no key was set.",
        ),
        VERSION,
    ),
)


def _credits(role: str, plural: str, jobs: str) -> tuple[Column, Column]:
    """The columns with the people of a role, and with their ids."""
    return (
        Column(plural, "VARCHAR[]", f"People whom TMDB credits as {jobs}, in its order."),
        Column(f"{role}_ids", "INTEGER[]", f"TMDB person ids of the {plural}, in the same order."),
    )


ENRICHED_MOVIES = Table(
    "enriched",
    "movies",
    "One row for each row of raw.movies, with the matching film on TMDB.",
    (
        UPLOAD,
        Column("row_number", "INTEGER", "The row of raw.movies.", required=True),
        Column("title", "VARCHAR", "The title in the export."),
        Column("year", "INTEGER", "The release year in the export."),
        Column("seen", "BOOLEAN", "False only for a film that is just on a watchlist or a list."),
        Column("rating", "DOUBLE", "Your rating, 0.5 to 5."),
        Column(
            "match_status",
            "VARCHAR",
            "matched, ambiguous, not_found, not_a_movie or error.",
            required=True,
        ),
        Column(
            "match_method",
            "VARCHAR",
            "How it was decided: tmdb_id, imdb_id, title_year and others.",
        ),
        Column("match_score", "DOUBLE", "The certainty of the decision, 0 to 1."),
        Column(
            "match_candidates",
            "STRUCT(tmdb_id INTEGER, title VARCHAR, year INTEGER, score DOUBLE)[]",
            "The best three candidates with their scores, best first.",
        ),
        Column("tmdb_id", "INTEGER", "The film's TMDB id; NULL unless matched."),
        Column("tmdb_title", "VARCHAR", "TMDB's title in TMDB_LANGUAGE."),
        Column("original_title", "VARCHAR", "TMDB's original title."),
        Column("original_language", "VARCHAR", "ISO 639-1 code of the original language."),
        Column("origin_countries", "VARCHAR[]", "ISO 3166-1 codes of the countries of origin."),
        Column("release_date", "DATE", "TMDB's primary release date."),
        Column("runtime_minutes", "INTEGER", "TMDB's runtime; NULL if TMDB says 0."),
        Column("genres", "VARCHAR[]", "Genre names in TMDB_LANGUAGE, in TMDB's order."),
        Column("genre_ids", "INTEGER[]", "TMDB ids of the genres, in the same order."),
        Column("directors", "VARCHAR[]", "Directors, in TMDB's order."),
        Column("director_ids", "INTEGER[]", "TMDB person ids of the directors, in the same order."),
        Column("cast", "VARCHAR[]", "The first 20 of the cast, in billing order."),
        Column("cast_ids", "INTEGER[]", "TMDB person ids of the cast, in the same order."),
        Column(
            "director_genders",
            "INTEGER[]",
            "TMDB's gender of each director: 0 not set, 1 female, 2 male, 3 non-binary.",
        ),
        Column("cast_genders", "INTEGER[]", "TMDB's gender of each of the cast, likewise."),
        *_credits("writer", "writers", "Screenplay, Writer, Story, Novel or another of writing"),
        *_credits("composer", "composers", "Original Music Composer"),
        *_credits("cinematographer", "cinematographers", "Director of Photography"),
        *_credits("editor", "editors", "Editor"),
        Column("production_companies", "VARCHAR[]", "Production companies, in TMDB's order."),
        Column("production_company_ids", "INTEGER[]", "Their TMDB ids, in the same order."),
        Column("collection", "VARCHAR", "The series of films (TMDB: collection) it belongs to."),
        Column("collection_id", "INTEGER", "TMDB's id of the collection."),
        Column("spoken_languages", "VARCHAR[]", "ISO 639-1 codes of the languages spoken in it."),
        Column("certification", "VARCHAR", "Its age rating in MOVIE_PIPELINE_COUNTRY."),
        Column("budget", "BIGINT", "Budget in US dollars; NULL if TMDB says 0."),
        Column("revenue", "BIGINT", "Box office in US dollars; NULL if TMDB says 0."),
        Column("tagline", "VARCHAR", "TMDB's tagline in TMDB_LANGUAGE."),
        Column("poster_path", "VARCHAR", "Path of the poster on TMDB's image server."),
        Column("imdb_id", "VARCHAR", "The IMDb id that TMDB has."),
        Column("popularity", "DOUBLE", "TMDB's popularity, a number without unit."),
        Column("vote_average", "DOUBLE", "Mean of TMDB users' votes, 0 to 10."),
        Column("vote_count", "INTEGER", "Number of TMDB users' votes."),
        Column(
            "tmdb_enriched", "BOOLEAN", "Whether TMDB's details are in this row.", required=True
        ),
        Column("enriched_at", "TIMESTAMP", "When TMDB gave the details (UTC)."),
        Column(
            "answered_by", "VARCHAR", "tmdb, or sample (the bundled catalogue; no key was set)."
        ),
        Column("error", "VARCHAR", "Why there was no answer, or what is wrong with an override."),
        VERSION,
    ),
)

ANALYTICS_GENRES = Table(
    "analytics",
    "genres",
    "Seen films of an upload by genre, each film once per genre it has.",
    (
        UPLOAD,
        Column("genre_id", "INTEGER", "TMDB's id of the genre.", required=True),
        Column("genre", "VARCHAR", "The genre's name."),
        Column("films", "INTEGER", "Number of seen films of this genre."),
        Column("share", "DOUBLE", "films divided by all seen, matched films (0 to 1)."),
        Column("runtime_hours", "DOUBLE", "Their total runtime in hours."),
        Column("mean_rating", "DOUBLE", "Mean of your ratings of them, 0.5 to 5."),
        Column("rated", "INTEGER", "Number of them that you rated."),
    ),
)


def _people(name: str, who: str) -> Table:
    return Table(
        "analytics",
        name,
        f"Seen films of an upload by {who}; people are identified by their id.",
        (
            UPLOAD,
            Column("person_id", "INTEGER", "TMDB's id of the person.", required=True),
            Column("name", "VARCHAR", "The person's name."),
            Column("films", "INTEGER", f"Number of seen films with this {who}."),
            Column("mean_rating", "DOUBLE", "Mean of your ratings of them, 0.5 to 5."),
            Column("rated", "INTEGER", "Number of them that you rated."),
            Column(
                "score",
                "DOUBLE",
                "Your mean rating shrunk toward your overall mean, so that one 5 does not beat"
                " ten 4.5s; NULL if you rated none.",
            ),
        ),
    )


ANALYTICS_DIRECTORS = _people("directors", "director")
ANALYTICS_ACTORS = _people("actors", "actor")

ANALYTICS_DECADES = Table(
    "analytics",
    "decades",
    "Seen films of an upload by decade of release: TMDB's release date, else the export's year.",
    (
        UPLOAD,
        Column("decade", "INTEGER", "First year of the decade, e.g. 1990.", required=True),
        Column("films", "INTEGER", "Number of seen films released in it."),
        Column("mean_rating", "DOUBLE", "Mean of your ratings of them, 0.5 to 5."),
    ),
)

ANALYTICS_SUMMARY = Table(
    "analytics",
    "summary",
    "One row per upload: row counts by status, and totals over seen films, each counted once.",
    (
        UPLOAD,
        Column("total_movies", "INTEGER", "Rows of enriched.movies."),
        Column("matched", "INTEGER", "Rows that were matched."),
        Column("ambiguous", "INTEGER", "Rows with several films that fit equally well."),
        Column("not_found", "INTEGER", "Rows that TMDB has no film for, or that you ignore."),
        Column("not_a_movie", "INTEGER", "Rows that are a series, an episode or a game."),
        Column("error", "INTEGER", "Rows for which there was no answer."),
        Column("ignored", "INTEGER", "Rows that your overrides ignore (part of not_found)."),
        Column("seen", "BOOLEAN", "Whether any film was seen; if not, all films count as listed."),
        Column(
            "on_watchlist", "INTEGER", "Distinct films on your watchlist that you haven't seen."
        ),
        Column("only_listed", "INTEGER", "Distinct films not seen that are only on your lists."),
        Column("watched", "INTEGER", "Distinct films seen, whether TMDB knows them or not."),
        Column("films", "INTEGER", "Distinct films seen and matched."),
        Column("repeated", "INTEGER", "Rows that repeat a film, which is counted once."),
        Column("liked", "INTEGER", "Distinct films seen that you marked as liked."),
        Column("timed", "INTEGER", "Distinct films seen whose runtime is known."),
        Column("hours", "DOUBLE", "Their total runtime in hours."),
        Column("hours_again", "DOUBLE", "Hours of these rewatches."),
        Column("mean_runtime", "DOUBLE", "Their mean runtime in minutes."),
        Column("median_runtime", "DOUBLE", "Their median runtime in minutes."),
        Column("shortest", "INTEGER", "The shortest runtime in minutes."),
        Column("longest", "INTEGER", "The longest runtime in minutes."),
        Column("rated", "INTEGER", "Distinct films seen that you rated."),
        Column("mean_rating", "DOUBLE", "Mean of your ratings, 0.5 to 5."),
        Column("median_rating", "DOUBLE", "Median of your ratings."),
        Column("rated_high", "INTEGER", "Films that you rated 4 or more."),
        Column("first_year", "INTEGER", "The earliest year of release."),
        Column("last_year", "INTEGER", "The latest year of release."),
        Column("median_year", "DOUBLE", "The median year of release."),
        Column("viewings", "INTEGER", "Dated viewings of films."),
        Column("rewatched", "INTEGER", "Films with several dated viewings."),
        Column(
            "rewatches",
            "INTEGER",
            "Dated viewings that come after a film's first or that you marked as a rewatch.",
        ),
        Column("first_viewing", "DATE", "The first dated viewing."),
        Column("last_viewing", "DATE", "The last dated viewing."),
        Column("viewings_in_the_last_year", "INTEGER", "In the 365 days up to the last one."),
        Column("viewing_days", "INTEGER", "Days with a dated viewing."),
        Column("longest_run", "INTEGER", "The most days in a row with a viewing each."),
        Column("run_began", "DATE", "The first day of the last such run."),
        Column("run_ended", "DATE", "The last day of that run."),
        Column("compared", "INTEGER", "Films with your rating and ten or more votes on TMDB."),
        Column("rated_higher", "INTEGER", "Those that you rated higher than TMDB's mean."),
        Column("mean_difference", "DOUBLE", "Your rating (of ten) minus TMDB's mean, on average."),
        Column("correlation", "DOUBLE", "Pearson's correlation of your rating and TMDB's mean."),
        Column("median_votes", "DOUBLE", "Median number of votes on TMDB."),
        Column("obscure", "INTEGER", "Films with fewer than 100 votes."),
        Column("popular", "INTEGER", "Films with 10,000 votes or more."),
        Column("median_popularity", "DOUBLE", "Median of TMDB's popularity."),
        Column("directors", "INTEGER", "Distinct directors."),
        Column("countries", "INTEGER", "Distinct countries of origin."),
        Column("languages", "INTEGER", "Distinct original languages."),
        Column("answered_by", "VARCHAR", "tmdb or sample."),
    ),
)

_MEASURES = (
    Column("films", "INTEGER", "Distinct seen films."),
    Column("viewings", "INTEGER", "Their dated viewings."),
    Column("hours", "DOUBLE", "Their runtime in hours; of viewings, once for each."),
    Column("rated", "INTEGER", "How many of them you rated."),
    Column("mean_rating", "DOUBLE", "Mean of your ratings of them, 0.5 to 5."),
    Column("score", "DOUBLE", "That mean shrunk toward your overall mean, which orders rankings."),
    Column("place", "INTEGER", "Rank: most films (of viewings, most viewings) first; from 1."),
)

ANALYTICS_BREAKDOWNS = Table(
    "analytics",
    "breakdowns",
    "Seen films of an upload, or their viewings, by any one thing: a row per dimension and key.",
    (
        UPLOAD,
        Column(
            "dimension",
            "VARCHAR",
            "genre, decade, year, country, language, spoken, studio, franchise, certification,"
            " liked, tag, list, rating, public, rated_by_public, year_rating, runtime, votes,"
            " agreement, difference, delay, first_seen, director_gender,"
            " director_gender_by_decade, lead_gender, state; listed, which also"
            " counts films not seen; of viewings: day, week, month, month_again, quarter, weekday,"
            " season, seen_in, seen_again_in; and basis, where key is another dimension and films"
            " is the number of films that have an entry in it.",
            required=True,
        ),
        Column("key", "VARCHAR", "What the rows of a dimension are told apart by.", required=True),
        Column("label", "VARCHAR", "The key for people."),
        *_MEASURES,
    ),
)

ANALYTICS_PEOPLE = Table(
    "analytics",
    "people",
    "People with two or more seen films of an upload, by role.",
    (
        UPLOAD,
        Column(
            "role",
            "VARCHAR",
            "director, actor, writer, composer, cinematographer or editor.",
            required=True,
        ),
        Column("person_id", "INTEGER", "TMDB's id of the person.", required=True),
        Column("name", "VARCHAR", "The person's name."),
        *_MEASURES,
        Column("best", "INTEGER", "Rank by score of those with three or more rated films."),
        Column("ratings", "DOUBLE[]", "Your ratings of these films, the highest first."),
    ),
)

ANALYTICS_PAIRS = Table(
    "analytics",
    "pairs",
    "Directors and actors (of the first ten billed) who share two or more seen films.",
    (
        UPLOAD,
        Column("director_id", "INTEGER", "TMDB's id of the director.", required=True),
        Column("actor_id", "INTEGER", "TMDB's id of the actor.", required=True),
        Column("director", "VARCHAR", "The director's name."),
        Column("actor", "VARCHAR", "The actor's name."),
        *_MEASURES,
    ),
)

ANALYTICS_FILM_FACTS = Table(
    "analytics",
    "film_facts",
    "One row per distinct seen film of an upload, with what is counted of it.",
    (
        UPLOAD,
        Column("film", "INTEGER", "Its TMDB id; a number below 0 if TMDB lacks it.", required=True),
        Column("row_number", "INTEGER", "Its row of raw.movies; the newest, if it has several."),
        Column("tmdb_id", "INTEGER", "Its TMDB id."),
        Column("title", "VARCHAR", "The title in the export."),
        Column("released", "INTEGER", "The year of TMDB's release date, else the export's year."),
        Column("rating", "DOUBLE", "Your rating, 0.5 to 5."),
        Column("runtime_minutes", "INTEGER", "TMDB's runtime."),
        Column("vote_average", "DOUBLE", "Mean of TMDB users' votes, 0 to 10."),
        Column("vote_count", "INTEGER", "Number of TMDB users' votes."),
        Column("liked", "BOOLEAN", "Whether you marked it as liked."),
        Column("viewings", "INTEGER", "Dated viewings."),
        Column("first_viewing", "DATE", "The first dated viewing."),
        Column("last_viewing", "DATE", "The last dated viewing."),
        Column("delay", "INTEGER", "Days from its release to your first dated viewing."),
        Column(
            "difference",
            "DOUBLE",
            "Your rating (of ten) minus TMDB's mean, shrunk; NULL without ten votes.",
        ),
        Column("above", "INTEGER", "Rank by difference, the furthest above first."),
        Column("below", "INTEGER", "Rank by difference, the furthest below first."),
        Column("nth", "INTEGER", "Rank by first dated viewing: your first film is 1."),
        Column("longest", "INTEGER", "Rank by runtime, the longest first."),
        Column("shortest", "INTEGER", "Rank by runtime, the shortest first."),
        Column("oldest", "INTEGER", "Rank by year of release, the oldest first."),
        Column("newest", "INTEGER", "Rank by year of release, the newest first."),
        Column("most_rewatched", "INTEGER", "Rank by dated viewings of films with several."),
        Column("gem", "INTEGER", "Rank of films rated 4 or more that have under 1,000 votes."),
    ),
)

RAW = (RAW_MOVIES, RAW_VIEWINGS, RAW_REJECTED_ROWS, RAW_UPLOADS)
ENRICHED = (ENRICHED_MOVIES,)
ANALYTICS = (
    ANALYTICS_GENRES,
    ANALYTICS_DIRECTORS,
    ANALYTICS_ACTORS,
    ANALYTICS_DECADES,
    ANALYTICS_SUMMARY,
    ANALYTICS_BREAKDOWNS,
    ANALYTICS_PEOPLE,
    ANALYTICS_PAIRS,
    ANALYTICS_FILM_FACTS,
)
TABLES: tuple[Table, ...] = (*RAW, *ENRICHED, *ANALYTICS)


def table(schema: str, name: str) -> Table:
    """The table ``schema.name``.

    Raises:
        KeyError: if no such table is described.
    """
    for candidate in TABLES:
        if (candidate.schema, candidate.name) == (schema, name):
            return candidate
    raise KeyError(f"{schema}.{name}")
