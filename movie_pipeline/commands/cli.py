"""The command line: ``movie-pipeline``.

What belongs here: commands, their arguments and their texts. What does not: the work they start.
"""

import json
import os
import shlex
import sys
import time
import webbrowser
from pathlib import Path

import click
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from movie_pipeline import settings as environment
from movie_pipeline import status as statuses
from movie_pipeline import uploads
from movie_pipeline.commands import status_table
from movie_pipeline.commands.terminal import Terminal, say
from movie_pipeline.instance import home
from movie_pipeline.outside import files, foreign
from movie_pipeline.outside.os_errors import explained
from movie_pipeline.settings import Settings, SettingsError
from movie_pipeline.status.entries import ProgressError
from movie_pipeline.status.store import STATES, Entry
from movie_pipeline.uploads import adding

_WATCH_EVERY_SECONDS = 1.0


def _key(_context: click.Context, _parameter: click.Parameter, name: str | None) -> str | None:
    """The upload's key, which shells may pass decomposed and people as the file's own name."""
    return uploads.key_typed(name, environment.load().uploads) if name else name


class _PlainErrors(click.Group):
    """Shows errors that explain themselves as one sentence, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; only their owner can read the files that it and Dagster create."""
        try:
            with files.private:
                return super().invoke(ctx)
        except BrokenPipeError:  # `… | head` has read enough: click exits silently
            raise
        except click.UsageError:  # shows the command's usage, and quotes no foreign text
            raise
        except click.ClickException as error:
            raise click.ClickException(foreign.safe_to_show(error.message)) from error
        except OSError as error:
            raise click.ClickException(foreign.safe_to_show(explained(error))) from error
        except (SettingsError, ProgressError, adding.AddingError) as error:
            raise click.ClickException(foreign.safe_to_show(str(error))) from error


_EXAMPLES = """\b
Examples:
  movie-pipeline demo                the page of a sample, without a key or a network
  movie-pipeline dev --port 3001     the UI at http://127.0.0.1:3001, watching data/uploads
"""


@click.group(cls=_PlainErrors, epilog=_EXAMPLES)
@click.version_option(package_name="movie-pipeline")
def main() -> None:
    """Turn film lists dropped into a folder into dashboards, with details from TMDB."""
    if files.others_read(environment.ENV_FILE):
        say(
            f"Other users of this machine can read {environment.ENV_FILE}, which is meant for your"
            f" TMDB key. To keep it private: chmod 600 {environment.ENV_FILE}",
            err=True,
        )


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON array.")
@click.option("--watch", is_flag=True, help="Keep updating until Ctrl-C.")
def status(*, as_json: bool, watch: bool) -> None:
    """Show the status of every upload."""
    settings = environment.load()
    if as_json:
        array = [row.as_json() for row in statuses.read(settings)]
        say(_escaped(json.dumps(array, ensure_ascii=False, indent=2)))
        return
    console = Terminal()
    if not watch:
        console.print(status_table.shown(settings, statuses.read(settings)), crop=False)
        return
    try:
        with Live(console=console, auto_refresh=False) as live:
            while True:
                live.update(status_table.shown(settings, statuses.read(settings)), refresh=True)
                time.sleep(_WATCH_EVERY_SECONDS)
    except KeyboardInterrupt:
        return


@main.command()
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
def add(files: tuple[Path, ...]) -> None:
    """Copy each FILE, or folder of an unpacked export, into uploads.

    One that can't be added is reported, and the others are added all the same.
    """
    from movie_pipeline.exports.limits import Limits  # noqa: PLC0415  # its package imports pandas

    settings, refused = environment.load(), False
    for added in adding.add_all(files, settings.uploads, Limits(**settings.limits).entries):
        if isinstance(added, adding.AddingError):
            refused = True
            say(f"Error: {added}", err=True)
            continue
        for one in added.left_out:
            say(f"{one}, and was left out.", err=True)
        say(f"{added.key} is in {settings.uploads}{'' if added.new else ' already'}")
    if refused:
        sys.exit(1)


@main.command()
@click.argument("upload", callback=_key)
@click.option(
    "--refresh",
    type=click.Choice(["missing", "stale", "all"]),
    default="missing",
    show_default=True,
    help="What to ask TMDB again: only what was not found a week ago, also what is stale, or all.",
)
def enrich(upload: str, refresh: str) -> None:
    """Run the job for UPLOAD now, as `dagster job execute` does.

    UPLOAD is its path below data/uploads, as `status` shows it.
    """
    from movie_pipeline.commands.run_job import execute  # noqa: PLC0415  # only this command needs it

    settings = environment.load()
    try:
        there = uploads.is_upload(uploads.path_of(upload, settings.uploads))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if not there:
        raise click.ClickException(
            f"{upload} is not in {settings.uploads}: copy it there with movie-pipeline add FILE"
        )
    home.choose(settings)
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
        if total := sum(counts.get(state, 0) for state in STATES):
            console.print(
                f"{upload}: {counts.get('matched', 0)} of {total} titles identified,"
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
    """Remove every trace of UPLOAD. This can't be undone.

    Deletes its file, rows, page, lines in overrides.csv and runs. Refused while a run is processing
    it. TMDB's cached answers stay: they name no user.
    """
    from movie_pipeline.forgetting.forget import ForgettingError, forget_here  # noqa: PLC0415
    from movie_pipeline.forgetting.scrubbing import KEPT  # noqa: PLC0415
    from movie_pipeline.overrides.file import OverridesError  # noqa: PLC0415
    from movie_pipeline.warehouse.errors import WarehouseError  # noqa: PLC0415

    settings = environment.load()
    try:
        home.choose(settings)
        gone = forget_here(upload, settings)
    except (ForgettingError, OverridesError, WarehouseError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    parts = (
        (gone.file, "its file"),
        (gone.rows, f"{gone.rows:,} rows"),
        (gone.pages, "its page"),
        (gone.overrides, "its lines in overrides.csv"),
        (gone.runs, "1 run" if gone.runs == 1 else f"{gone.runs} runs"),
    )
    said = ", ".join(words for there, words in parts if there) or "its status"
    say(f"{upload} is forgotten: {said}.")
    if gone.bytes_kept:
        say(KEPT)


@main.command()
def scrub() -> None:
    """Erase what is left of forgotten uploads in PostgreSQL's files.

    Rewrites Dagster's tables and the warehouse's, if they are in PostgreSQL (VACUUM FULL). Each
    table is locked meanwhile, so choose an hour without runs, for instance in cron:

    \b
        30 4 * * 0  cd /srv/films && .venv/bin/movie-pipeline scrub

    SQLite's and DuckDB's files need none of this: `forget` rewrites them at once.
    """  # noqa: D301  # \b tells click not to rewrap the next paragraph
    from movie_pipeline.forgetting.forget import scrub_here  # noqa: PLC0415
    from movie_pipeline.forgetting.scrubbing import ScrubbingError  # noqa: PLC0415
    from movie_pipeline.warehouse.errors import WarehouseError  # noqa: PLC0415

    settings = environment.load()
    try:
        home.choose(settings)
        for sentence in scrub_here(settings):
            say(sentence)
    except (ScrubbingError, WarehouseError, ValueError) as error:
        raise click.ClickException(str(error)) from error


@main.command(name="review")
@click.argument("upload", callback=_key)
def print_review(upload: str) -> None:
    """Print the films of UPLOAD that need your decision.

    These are the films that are ambiguous or were not found, and the least certain matches. Each is
    printed as a line for overrides.csv, with the most likely film, or "ignore", and all candidates
    in its note. Each such line begins with "#", and takes effect only once you remove that:

    \b
        movie-pipeline review watched.csv >> data/overrides.csv

    Then open data/overrides.csv in an editor. If you know the film, write its TMDB id (or the
    address of its page) in the tmdb_id column and remove the "#"; delete the other lines. Within a
    minute after you save the file, `make dev` processes the upload again. If it is not running, use
    `movie-pipeline enrich`.
    """  # noqa: D301  # \b tells click not to rewrap the next paragraph
    from movie_pipeline.overrides.file import Overrides, OverridesError  # noqa: PLC0415
    from movie_pipeline.overrides.review import LEAST_SURE, review  # noqa: PLC0415
    from movie_pipeline.status.revisions import unused  # noqa: PLC0415
    from movie_pipeline.warehouse.database import Warehouse  # noqa: PLC0415
    from movie_pipeline.warehouse.errors import WarehouseError  # noqa: PLC0415
    from movie_pipeline.warehouse.lines import read_lines  # noqa: PLC0415

    settings = environment.load()
    warehouse = Warehouse.of(settings)
    try:
        films = read_lines(warehouse, upload, least_sure=LEAST_SURE)
        lines = unused(warehouse, Overrides.load(settings.overrides))
        hint = statuses.unused_lines(settings, lines)
    except OverridesError as error:
        hint = str(error)
    except WarehouseError as error:
        raise click.ClickException(str(error)) from error
    if films.empty:
        raise click.ClickException(
            f"{upload} has no films yet: movie-pipeline status lists all uploads, and"
            f" movie-pipeline enrich {shlex.quote(upload)} processes this one."
        )
    for line in review(films).csv():
        say(line)
    if hint:
        say(hint, err=True)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
def backup(folder: Path) -> None:
    """Copy the data folder to FOLDER, also while runs go on.

    To restore it, end `make dev` and put FOLDER in the place of the data folder.
    """
    from movie_pipeline.commands.backup import back_up  # noqa: PLC0415  # imports DuckDB
    from movie_pipeline.warehouse.errors import WarehouseError  # noqa: PLC0415

    if folder.exists():
        raise click.ClickException(f"{folder} exists already: name a new folder")
    settings = environment.load()
    try:
        back_up(settings, folder)
    except WarehouseError as error:
        raise click.ClickException(str(error)) from error
    say(f"{folder} is a copy of {settings.data}")
    if not isinstance(settings.state, Path):
        say("The status of uploads is not in it: back up the Redis of MOVIE_PIPELINE_STATE too.")
    if not isinstance(settings.warehouse, str):
        say("The warehouse is not in it: copy PostgreSQL's database with pg_dump at the same time.")


@main.command(name="open")
@click.argument("upload", required=False, callback=_key)
def open_page(upload: str | None) -> None:
    """Open the page of UPLOAD, or the home page of all uploads, in the browser."""
    settings = environment.load()
    page = _home_page(settings) if upload is None else _page_of(upload, settings)
    say(str(page.resolve()))
    webbrowser.open(page.resolve().as_uri())


def _home_page(settings: Settings) -> Path:
    from movie_pipeline.status import front_page  # noqa: PLC0415  # imports the charts' libraries

    try:
        return front_page.renew(settings)
    except OSError as error:  # the last one will do, on a disk that is full or read-only
        if not front_page.path_of(settings).exists():
            raise
        say(f"This is the last page: {explained(error)}", err=True)
        return front_page.path_of(settings)


def _page_of(upload: str, settings: Settings) -> Path:
    for row in statuses.read(settings):
        if row.upload == upload and row.page and Path(row.page).exists():
            return Path(row.page)
    raise click.ClickException(
        f"{upload} has no page yet: movie-pipeline status shows the state of each upload."
    )


@main.command()
def demo() -> None:
    """Run the sample export, without a key or a network.

    Always uses the sample catalogue that comes with movie_pipeline, also if a key is set:

    \b
        movie-pipeline demo
    """  # noqa: D301  # \b tells click not to rewrap the next paragraph
    from movie_pipeline.commands.demo import demo as run  # noqa: PLC0415  # imports DuckDB

    settings = environment.load()
    home.choose(settings)
    sys.exit(run(settings, Terminal()))


_HOST = click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on. Dagster has no login: others can reach the UI on any but this.",
)
_PORT = click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)


@main.command()
@_HOST
@_PORT
def dev(host: str, port: int) -> None:
    """Watch data/uploads and serve Dagster's UI, until Ctrl-C.

    Each film list that you drop into the folder becomes a page, as do those already there:

    \b
        movie-pipeline dev --port 3001
    """  # noqa: D301  # \b tells click not to rewrap the next paragraph
    from movie_pipeline.commands.dev import dev as serve  # noqa: PLC0415

    settings = environment.load()
    home.choose(settings)
    sys.exit(serve(settings, port, Terminal(), host))


@main.command()
@_HOST
@_PORT
@click.option(
    "--workspace",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The workspace.yaml that names the code server; by default this folder's.",
)
def web(host: str, port: int, workspace: Path | None) -> None:
    """Serve Dagster's UI alone, behind the guard.

    For several machines, where the daemon and the workers are services of their own
    (docs/many-machines.md); everywhere else, movie-pipeline dev does it all:

    \b
        movie-pipeline web --workspace /etc/movie-pipeline/workspace.yaml
    """  # noqa: D301  # \b tells click not to rewrap the next paragraph
    from movie_pipeline.commands import guarded  # noqa: PLC0415  # imports the guard

    settings = environment.load()
    home.choose(settings)
    if warning := guarded.open_to_others(host):
        say(warning, err=True)
    where = ("-w", str(workspace or home.workspace()), "-h", host, "-p", str(port))
    command = guarded.web_command(settings.hosts, *where)
    os.execv(command[0], command)  # noqa: S606  # a supervisor then signals the web server itself


def _escaped(text: str) -> str:
    """Equivalent JSON in which every character that a terminal might act on is escaped."""
    return "".join(c if c.isprintable() or c == "\n" else json.dumps(c)[1:-1] for c in text)
