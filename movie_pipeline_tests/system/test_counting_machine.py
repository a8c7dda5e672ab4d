"""The counting rules through any sequence of runs: a state machine over the job itself.

With real files, DuckDB, SQLite, HTTP and Dagster. The steps that count are run (raw and enriched),
not those that draw. The rules are what may happen between and during runs; `Counting.ended` checks
what must hold after each run. Days pass by ageing the cached answers, which has the same effect and
needs no clock in the product.
"""

import os
import shutil
import signal
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial, wraps
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from movie_pipeline import settings as environment
from movie_pipeline import status
from movie_pipeline.defs import resources
from movie_pipeline.defs.assets.specs import key_of
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline.status.store import STATES, Progress
from movie_pipeline.tmdb import TMDB
from movie_pipeline.warehouse.tables import ENRICHED_MOVIES, RAW, RAW_MOVIES
from movie_pipeline_tests.fake_tmdb import FakeTMDB
from movie_pipeline_tests.profiles import examples
from movie_pipeline_tests.system_model import DEAD

UPLOADS = st.sampled_from(["mine.csv", "ada/hers.csv"])
COUNTED = [key_of(one) for one in (*RAW, ENRICHED_MOVIES)]
TOKEN = "good"

PLAIN, BY_IMDB, BY_TMDB, TWIN, OTHER_TWIN, SERIES, NEW = range(11, 18)


def record(number: int, title: str, released: str, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "imdb_id": f"tt00000{number}",
        "title": title,
        "original_title": title,
        "release_date": released,
        "vote_count": 500,
        "directors": [{"id": 900 + number, "name": f"Director {number}"}],
        **more,
    }


RECORDS = [
    record(PLAIN, "Quiet Orchard", "1979-05-25"),
    record(BY_IMDB, "Paper Lantern", "1999-03-31"),
    record(BY_TMDB, "Harbour of Fever", "1988-10-02"),
    record(TWIN, "Twin Mirrors", "1990-04-01"),
    record(OTHER_TWIN, "Twin Mirrors", "1990-09-01"),
    record(SERIES, "Brothers in Winter", "2001-09-09", media_type="tv"),
    record(NEW, "Morning Train", "2026-06-01"),
]
# Each line, and the id of the film that decides its state.
LINES = {
    "Quiet Orchard,1979,,": PLAIN,
    "Paper Lantern,1999,tt0000012,": BY_IMDB,
    "Harbour of Fever,1988,,13": BY_TMDB,
    "Harbour of Fever,1989,,": BY_TMDB,  # another row of the same film
    "Twin Mirrors,1990,,": TWIN,
    "Brothers in Winter,2001,,": SERIES,
    "Morning Train,2026,,": NEW,
    "Nothing of That Name,1955,,": None,
}
FILES = st.lists(st.sampled_from(sorted(LINES)), max_size=6)
OVERRIDDEN = st.dictionaries(
    st.sampled_from(["Nothing of That Name,1955", "Twin Mirrors,1990", "Quiet Orchard,1979"]),
    st.sampled_from(["ignore", str(OTHER_TWIN), "https://www.themoviedb.org/movie/12-a-slug"]),
)


THEN = st.none() | st.tuples(UPLOADS, st.sampled_from(["missing", "missing", "stale", "all"]))


def happening(**drawn: st.SearchStrategy[Any]) -> Callable[..., Any]:
    """A rule after which an upload may be run, so that most steps contain a run."""

    def decorated(method: Callable[..., None]) -> Any:
        @rule(then=THEN, **drawn)
        @wraps(method)
        def happens(self: "Counting", then: tuple[str, str] | None = None, **given: Any) -> None:
            method(self, **given)
            if then is not None:
                self.run(*then)

        return happens

    return decorated


def undated(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows without the timestamps of their answers."""
    return [{name: value for name, value in row.items() if name != "enriched_at"} for row in rows]


class Counting(RuleBasedStateMachine):
    """One data folder, one TMDB, and whatever may happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.server = FakeTMDB(Catalogue(RECORDS), token=TOKEN, hang_seconds=0.0).__enter__()
        self.instance = dg.DagsterInstance.ephemeral().__enter__()
        self.patched = pytest.MonkeyPatch()
        self.patched.setattr(resources, "TMDB", partial(TMDB, attempts=1))
        for name, value in {
            "MOVIE_PIPELINE_DATA": str(self.folder),
            "TMDB_BASE_URL": self.server.base_url,
            "TMDB_API_TOKEN": TOKEN,
            "TMDB_REQUESTS_PER_SECOND": "1000",
        }.items():
            self.patched.setenv(name, value)
        self.files: dict[str, list[str]] = {}
        self.overrides: dict[str, str] = {}
        self.senseless = False  # whether the overrides are invalid
        self.at_rest: set[str] = set()  # uploads whose last run left nothing to request
        self.aged = False  # whether every cached miss has expired
        self.missing: set[int] = set()  # films that TMDB doesn't have at the moment

    def teardown(self) -> None:
        """Whatever happened, a fresh query of a healthy TMDB gives the true state of every film."""
        self.repair()
        for upload in self.files:
            self.run(upload, "all")
        self.patched.undo()
        self.instance.__exit__(None, None, None)
        self.server.__exit__(None, None, None)
        shutil.rmtree(self.folder)
        assert not self.server.crashes

    # What happens ---------------------------------------------------------------------------

    @initialize(mine=FILES, hers=FILES)
    def begin(self, mine: list[str], hers: list[str]) -> None:
        for upload, lines in zip(("mine.csv", "ada/hers.csv"), (mine, hers), strict=True):
            self.write(upload, lines)

    @happening(upload=UPLOADS, lines=FILES)
    def drop(self, upload: str, lines: list[str]) -> None:
        """A new file or another version; it may contain a line twice."""
        self.write(upload, lines)

    def write(self, upload: str, lines: list[str]) -> None:
        path = self.folder / "uploads" / upload
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(["Title,Year,imdb_id,tmdb_id", *lines, ""]))
        self.files[upload] = lines
        self.at_rest.discard(upload)

    @happening(days=st.sampled_from([1, 8, 40, 130, 200]))
    def wait(self, days: int) -> None:
        self.at_rest.clear()
        self.aged = self.aged or days > 7
        file = self.folder / "tmdb.sqlite"
        if file.exists():
            with closing(sqlite3.connect(file)) as kept, kept:
                kept.execute("UPDATE answers SET fetched_at = fetched_at - ?", (days * 86_400,))

    @happening(film=st.sampled_from([PLAIN, BY_IMDB, BY_TMDB, SERIES, NEW]))
    def add_to_tmdb_or_remove(self, film: int) -> None:
        self.at_rest.clear()
        self.missing ^= {film}
        self.server.catalogue = Catalogue([one for one in RECORDS if one["id"] not in self.missing])

    @happening(
        fate=st.sampled_from(
            [{"token": "revoked"}, {"down": True}, {"fault_share": 0.3}, {"fault_share": 1.0}]
        )
    )
    def harm(self, fate: dict[str, Any]) -> None:
        self.at_rest.clear()
        for name, value in fate.items():
            setattr(self.server, name, value)

    @happening(film=st.sampled_from([PLAIN, BY_TMDB, TWIN]))
    def spoil(self, film: int) -> None:
        """TMDB fails for one film."""
        self.at_rest.clear()
        self.server.fault(f"/movie/{film}", status=422, times=None)

    @happening()
    def repair(self) -> None:
        self.server.token, self.server.down, self.server.fault_share = TOKEN, False, 0.0
        self.server.clear()
        if self.senseless:
            self.override(overrides=self.overrides, senseless=False)
        self.at_rest.clear()

    @happening(overrides=OVERRIDDEN, senseless=st.booleans())
    def override(self, overrides: dict[str, str], senseless: bool) -> None:
        self.at_rest.clear()
        self.overrides, self.senseless = overrides, senseless
        lines = [f"{film},{target}" for film, target in overrides.items()]
        lines += ["Quiet Orchard,1979,eleven"] * senseless
        environment.load().overrides.write_text("\n".join(["title,year,tmdb_id", *lines, ""]))

    @happening(language=st.sampled_from(["en-US", "de-DE"]))
    def change_language(self, language: str) -> None:
        """This makes rows stale, not wrong; so uploads at rest stay at rest."""
        self.patched.setenv("TMDB_LANGUAGE", language)

    @happening()
    def nothing(self) -> None:
        pass

    @happening(upload=UPLOADS, after=st.integers(1, 6))
    def cancel_midway(self, upload: str, after: int) -> None:
        """Ctrl-C, which is also what Dagster's Terminate sends, while a request is in flight."""
        before = len(self.server.requests)

        def interrupt(_: object) -> bool:
            if len(self.server.requests) - before >= after:
                os.kill(os.getpid(), signal.SIGINT)
                return True
            return False

        cut = self.server.fault(interrupt, cut=True)
        self.run(upload, "all")
        if cut in self.server.faults:
            self.server.faults.remove(cut)

    # Running --------------------------------------------------------------------------------

    def run(self, upload: str, refresh: str) -> None:
        healthy = not self.server.faults and not self.server.fault_share
        healthy = healthy and not self.server.down and self.server.token == TOKEN
        healthy = healthy and not self.senseless
        before, asked = self.stored(upload), len(self.server.requests)
        success = self.executed(upload, refresh)
        aged, self.aged = self.aged, False
        self.ended(upload)
        after = self.stored(upload)
        assert success or not healthy
        if self.senseless:
            assert not success
        if not success:
            assert after == before, "a failed run leaves the whole of the previous version"
            self.at_rest.discard(upload)
            return
        assert self.versions(RAW_MOVIES, upload) == self.versions(ENRICHED_MOVIES, upload)
        assert len(after) == len(set(self.files[upload]))
        if upload in self.at_rest and refresh == "missing":
            assert len(self.server.requests) == asked, "nothing has changed, so no requests"
            # A run of the other upload may have refreshed answers for the same films.
            assert undated(after) == undated(before)
        if healthy:
            assert "error" not in {row["match_status"] for row in after}
            self.at_rest.add(upload)
            states = {row["title"]: row["match_status"] for row in after}
            truth = self.truth(upload)
            assert refresh != "all" or states == truth
            if aged:
                there = {title for title, state in truth.items() if state == "matched"}
                assert all(states[title] == "matched" for title in there), "misses expire"
        else:
            self.at_rest.discard(upload)

    def executed(self, upload: str, refresh: str) -> bool:
        """Run the steps that count; returns whether that was a success."""
        from movie_pipeline.definitions import defs

        try:
            result = defs.resolve_job_def("enrich_upload").execute_in_process(
                instance=self.instance,
                tags={"dagster/partition": upload, "movie_pipeline/refresh": refresh},
                asset_selection=COUNTED,
                raise_on_error=False,
            )
            run = self.instance.get_run_by_id(result.run_id)
            cancelled = run is None or run.status not in {
                dg.DagsterRunStatus.SUCCESS,
                dg.DagsterRunStatus.FAILURE,
            }
        except (KeyboardInterrupt, dg.DagsterExecutionInterruptedError):
            cancelled = True
        if cancelled:  # which takes the run's process with it
            Progress.of(environment.load()).note(upload, worker=DEAD)
        return not cancelled and result.success

    def ended(self, upload: str) -> None:
        """Check what must hold whenever a run of the upload has ended."""
        rows = self.stored(upload)
        (shown,) = [one for one in status.read(environment.load()) if one.upload == upload]
        counts = {state: getattr(shown, f"{state}_count") for state in STATES}
        assert shown.status in {"completed", "failed", "queued"}
        assert shown.pending_count == 0
        assert shown.total_movies == sum(counts.values()) == len(rows)
        assert counts == {state: sum(r["match_status"] == state for r in rows) for state in STATES}
        assert shown.enriched_count == sum(row["tmdb_enriched"] for row in rows)
        assert shown.enriched_count == counts["matched"] <= shown.total_movies
        for row in rows:
            matched = row["match_status"] == "matched"
            assert row["tmdb_enriched"] == matched == (row["tmdb_id"] is not None)
            assert matched == (row["enriched_at"] is not None)
            assert not (matched and row["error"])
            assert row["match_status"] != "error" or row["error"]

    def truth(self, upload: str) -> dict[str, str]:
        """The true state of each film in the file, by title."""
        states = {}
        for line in self.files[upload]:
            title, year, *_ = line.split(",")
            film = LINES[line]
            state = {TWIN: "ambiguous", SERIES: "not_a_movie"}.get(film or 0, "matched")
            if target := self.overrides.get(f"{title},{year}"):
                film = {"ignore": None, str(OTHER_TWIN): OTHER_TWIN}.get(target, BY_IMDB)
                state = "matched"
            # Lines with the same title are the same film.
            states[title] = "not_found" if film is None or film in self.missing else state
        return states

    def stored(self, upload: str) -> list[dict[str, Any]]:
        """The upload's rows of enriched.movies."""
        found = self.query(
            f"SELECT * FROM {ENRICHED_MOVIES.sql_name} WHERE upload = ? ORDER BY row_number", upload
        )
        return found if isinstance(found, list) else []

    def versions(self, table: Any, upload: str) -> list[dict[str, Any]]:
        """The numbers and versions of the upload's rows."""
        return self.query(
            f"SELECT row_number, version FROM {table.sql_name} WHERE upload = ? ORDER BY ALL",
            upload,
        )

    def query(self, sql: str, *values: str) -> list[dict[str, Any]]:
        file = self.folder / "warehouse.duckdb"
        if not file.exists():
            return []
        with duckdb.connect(str(file), read_only=True) as connection:
            found = connection.execute(sql, values)
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


TestCounting = pytest.mark.slow(Counting.TestCase)
TestCounting.settings = settings(
    max_examples=examples(4),
    stateful_step_count=10,
    phases=[Phase.explicit, Phase.generate],  # shrinking runs the job for minutes
    suppress_health_check=[HealthCheck.too_slow],
)
