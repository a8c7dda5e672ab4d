"""The command line: ``movie-pipeline``.

What belongs here: commands, their arguments and their words. What they do is done elsewhere.
"""

import json
import shlex
import sys
import time
import unicodedata
import webbrowser
from pathlib import Path

import click
from rich.console import Group, RenderableType
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from movie_pipeline import settings as environment
from movie_pipeline import status as statuses
from movie_pipeline import uploads
from movie_pipeline.commands.terminal import Terminal, say
from movie_pipeline.outside import files, foreign
from movie_pipeline.outside.os_errors import explained
from movie_pipeline.settings import Settings, SettingsError
from movie_pipeline.status.store import STATES, Entry, ProgressError
from movie_pipeline.uploads import adding

_WATCH_EVERY_SECONDS = 1.0
_BAR_COLUMNS = 30


def _key(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """A name as a key writes it: file systems and shells may hand it over decomposed."""
    return unicodedata.normalize("NFC", name) if name else name


class _Speaking(click.Group):
    """Shows errors that speak for themselves as a sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; what it makes is for its owner only, and so is what Dagster makes."""
        try:
            with files.private:
                return super().invoke(ctx)
        except BrokenPipeError:  # `… | head` has read enough: click ends in silence
            raise
        except click.UsageError:  # shows how the command is called, and quotes nobody else
            raise
        except click.ClickException as error:
            raise click.ClickException(foreign.safe_to_show(error.message)) from error
        except OSError as error:
            raise click.ClickException(foreign.safe_to_show(explained(error))) from error
        except (SettingsError, ProgressError, adding.AddingError) as error:
            raise click.ClickException(foreign.safe_to_show(str(error))) from error


@click.group(cls=_Speaking)
@click.version_option(package_name="movie-pipeline")
def main() -> None:
    """Film lists dropped into a folder, enriched by TMDB, drawn as a dashboard."""
    if files.others_read(environment.ENV_FILE):
        say(
            f"Other users of this machine can read {environment.ENV_FILE}, the place of your TMDB"
            f" key. To keep it to yourself: chmod 600 {environment.ENV_FILE}",
            err=True,
        )


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.option("--watch", is_flag=True, help="Keep showing it until Ctrl-C.")
def status(*, as_json: bool, watch: bool) -> None:
    """Show where every upload stands."""
    settings = environment.load()
    if as_json:
        array = [row.as_json() for row in statuses.read(settings)]
        say(_escaped(json.dumps(array, ensure_ascii=False, indent=2)))
        return
    console = Terminal()
    if not watch:
        console.print(_shown(settings, statuses.read(settings)))
        return
    try:
        with Live(console=console, auto_refresh=False) as live:
            while True:
                live.update(_shown(settings, statuses.read(settings)), refresh=True)
                time.sleep(_WATCH_EVERY_SECONDS)
    except KeyboardInterrupt:
        return


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
def add(file: Path) -> None:
    """Drop FILE (or the folder of an unpacked export) into the watched folder."""
    from movie_pipeline.exports.limits import Limits  # noqa: PLC0415  # its package imports pandas

    settings = environment.load()
    added = adding.add(file, settings.uploads, Limits(**settings.limits).entries)
    for one in added.left_out:
        say(f"{one}, and was left out.", err=True)
    say(f"{added.key} is in {settings.uploads}{'' if added.new else ' already'}")


@main.command()
@click.argument("upload", callback=_key)
@click.option(
    "--refresh",
    type=click.Choice(["missing", "stale", "all"]),
    default="missing",
    show_default=True,
    help="What to ask TMDB again although its answer is kept.",
)
def enrich(upload: str, refresh: str) -> None:
    """Run the job for UPLOAD now, as `dagster job execute` does."""
    from movie_pipeline.commands.run_job import execute  # noqa: PLC0415  # only this command needs it

    settings = environment.load()
    try:
        there = uploads.is_upload(uploads.path_of(upload, settings.uploads))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if not there:
        raise click.ClickException(
            f"{upload} is not in {settings.uploads}: movie-pipeline add FILE drops a file there"
        )
    console = Terminal()
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as bar:
        task = bar.add_task(upload, total=None)

        def watch(entry: Entry | None) -> None:
            if entry is not None and entry.counts:
                decided = sum(entry.counts.get(state, 0) for state in STATES)
                total = decided + entry.counts.get("pending", 0)
                bar.update(task, completed=decided, total=total or None)

        result = execute(upload, settings, refresh=refresh, watch=watch)
    if result.entry is not None and result.code == 0:
        counts = result.entry.counts
        total = sum(counts.get(state, 0) for state in STATES)
        console.print(
            f"{upload}: {counts.get('matched', 0)} of {total} films matched,"
            f" {result.entry.asked.get('requests', 0)} requests → {result.entry.stored.page}",
            soft_wrap=True,
            highlight=False,
        )
    if result.message:
        console.print(result.message, soft_wrap=True, highlight=False)
    sys.exit(result.code)


@main.command()
@click.argument("upload", callback=_key)
def forget(upload: str) -> None:
    """Remove every trace of UPLOAD: file, rows, page, override lines, runs. There is no way back.

    Refused while a run is at work on it. Answers of TMDB's are kept: they name no person.
    """
    from movie_pipeline.forgetting.forget import ForgettingError, forget_here  # noqa: PLC0415
    from movie_pipeline.overrides.file import OverridesError  # noqa: PLC0415
    from movie_pipeline.warehouse.database import WarehouseError  # noqa: PLC0415

    try:
        gone = forget_here(upload, environment.load())
    except (ForgettingError, OverridesError, WarehouseError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    parts = (
        (gone.file, "its file"),
        (gone.rows, f"{gone.rows:,} rows"),
        (gone.pages, "its page"),
        (gone.overrides, "its lines in overrides.csv"),
        (gone.runs, "1 run" if gone.runs == 1 else f"{gone.runs} runs"),
    )
    said = ", ".join(words for there, words in parts if there) or "what was noted of it"
    say(f"{upload} is forgotten: {said}.")


@main.command(name="review")
@click.argument("upload", callback=_key)
def print_review(upload: str) -> None:
    """Print the films of UPLOAD that need a person, as lines for the overrides.

    These are films that are ambiguous or were not found, and those that were matched the least
    surely. Each line holds the likeliest film, or "ignore", and in its note the other ones. All
    begin with "#", so that none counts before you say so:

    \b
        movie-pipeline review watched.csv >> data/overrides.csv

    Then open data/overrides.csv in an editor. Where you know the film, put its TMDB number (or the
    address of its page) where it belongs and take the "#" away; delete the other lines. Once the
    file is saved, `make dev` decides the upload anew within a minute; without it, run
    `movie-pipeline enrich`.
    """  # noqa: D301  # click's sign for a paragraph to leave as it is
    from movie_pipeline.overrides.review import LEAST_SURE, review  # noqa: PLC0415
    from movie_pipeline.warehouse.database import Warehouse, WarehouseError  # noqa: PLC0415
    from movie_pipeline.warehouse.upload_films import read_films  # noqa: PLC0415

    try:
        films = read_films(Warehouse.of(environment.load()), upload, least_sure=LEAST_SURE)
    except WarehouseError as error:
        raise click.ClickException(str(error)) from error
    if films.empty:
        raise click.ClickException(
            f"There are no films of {upload} yet: movie-pipeline status shows every upload, and"
            f" movie-pipeline enrich {shlex.quote(upload)} runs it."
        )
    for line in review(films).csv():
        say(line)


@main.command(name="open")
@click.argument("upload", required=False, callback=_key)
def open_page(upload: str | None) -> None:
    """Open the page of UPLOAD, or the newest one, in the browser."""
    pages = [
        row for row in statuses.read(environment.load()) if row.page and Path(row.page).exists()
    ]
    if upload is not None:
        pages = [row for row in pages if row.upload == upload]
    if not pages:
        what = f"{upload} has no page yet" if upload else "There is no page yet"
        raise click.ClickException(f"{what}: movie-pipeline status shows where each upload stands.")
    now = time.time()

    def finished(row: statuses.Status) -> float:
        """When; one of the future was made before the clock was set back, so before the others."""
        at = row.finished_at.timestamp() if row.finished_at else 0.0
        return at if at <= now else 0.0

    newest = max(pages, key=finished)
    page = Path(str(newest.page)).resolve()
    say(str(page))
    webbrowser.open(page.as_uri())


@main.command(hidden=True)
def demo() -> None:
    """Run the sample export against the sample catalogue (`make demo`)."""
    from movie_pipeline.commands.demo import demo as run  # noqa: PLC0415  # imports DuckDB

    sys.exit(run(environment.load(), Terminal()))


@main.command(hidden=True)
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
def dev(port: int) -> None:
    """Serve Dagster's UI and daemon (`make dev`)."""
    from movie_pipeline.commands.dev import dev as serve  # noqa: PLC0415

    sys.exit(serve(environment.load(), port, Terminal()))


def _escaped(text: str) -> str:
    """JSON that says the same, with every character that a terminal might act upon as an escape."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)


def _shown(settings: Settings, rows: list[statuses.Status]) -> RenderableType:
    """The table; above it what is wrong with the overrides, which every upload would fail over."""
    problem = statuses.overrides_problem(settings)
    nothing = Text(f"No uploads yet. Drop a film list into {settings.uploads}.")
    table = _table(rows) if rows else nothing
    return Group(Text(problem, "red"), "", table) if problem else table


def _table(rows: list[statuses.Status]) -> Table:
    """One upload a row: numbers first, since what is to be said of an upload may be long."""
    table = Table(box=None, header_style="bold", padding=(0, 1))
    for name, justify in (("status", "left"), ("films", "right"), ("found", "right")):
        table.add_column(name, justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column("upload", overflow="fold")
    for row in rows:
        table.add_row(
            _STYLED.get(row.status, Text(row.status)),
            str(row.total_movies) if row.total_movies else "",
            str(row.enriched_count) if row.total_movies else "",
            Group(Text(row.upload, "bold"), *_bar(row), *_remarks(row)),
        )
    return table


_STYLED = {
    "completed": Text("completed", "green"),
    "failed": Text("failed", "red"),
    "enriching": Text("enriching", "cyan"),
    "processing": Text("processing", "cyan"),
}


def _bar(row: statuses.Status) -> list[RenderableType]:
    """How far the enrichment is: a step has no terminal, so its progress bar is here."""
    if row.status != "enriching" or not row.total_movies:
        return []
    decided = row.total_movies - row.pending_count
    bar = ProgressBar(total=row.total_movies, completed=decided, width=_BAR_COLUMNS)
    line = Table.grid(padding=(0, 1))
    line.add_row(bar, f"{decided}/{row.total_movies} ({decided / row.total_movies:.0%})")
    return [line]


def _remarks(row: statuses.Status) -> list[Text]:
    """What there is to say: the message first, then what was not found, then the page."""
    others = (
        (row.pending_count, "to come"),
        (row.not_found_count - row.ignored_count, "not found"),
        (row.ignored_count, "ignored, as overrides.csv says"),
        (row.ambiguous_count, "ambiguous"),
        (row.not_a_movie_count, "not a film"),
        (row.error_count, "without an answer"),
    )
    counted = ", ".join(f"{number} {words}" for number, words in others if number)
    if row.status == "enriching" and row.eta_seconds is not None:
        counted += f", {row.eta_seconds:.0f} s left"
    said = (row.message, counted, row.page)
    return [Text(one, "dim" if number else "") for number, one in enumerate(said) if one]
