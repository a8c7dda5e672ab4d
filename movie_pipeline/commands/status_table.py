"""The table of uploads in the terminal, as ``movie-pipeline status`` prints it.

What belongs here: how an upload's status looks there. What does not: the status itself and its
words (`status.summary`).
"""

from dataclasses import dataclass
from textwrap import wrap

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from movie_pipeline import status as statuses
from movie_pipeline.settings import Settings

_BAR_COLUMNS = 30
_COLUMNS = " {:<10}  {:>6}  {:>10}  {}"
_INDENT = len(_COLUMNS.format("", "", "", ""))
_STYLES = {
    "completed": "green",
    "cancelled": "yellow",
    "failed": "red",
    "enriching": "cyan",
    "processing": "cyan",
}


def shown(settings: Settings, rows: list[statuses.Status]) -> RenderableType:
    """All uploads, below any problem in the overrides, which would make every upload fail."""
    problem, hint = statuses.overrides_problem(settings), statuses.overrides_hint(settings)
    nothing = Text(f"No uploads yet. Drop a film list into {settings.uploads}.")
    table = _Uploads(rows) if rows else nothing
    if problem:
        return Group(_Words(problem, "red"), "", table)
    return Group(table, "", _Words(hint, "dim")) if hint else table


@dataclass
class _Words:
    """A text that is wrapped between words only: people copy paths and commands from it.

    Attributes:
        text: what is said.
        style: how all of it looks.
        indent: the columns to the left of each line.
    """

    text: str
    style: str = ""
    indent: int = 0

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The lines; a word longer than a line is not broken (only a live display cuts it off)."""
        width = max(options.max_width - self.indent, 20)
        for line in wrap(self.text, width, break_long_words=False, break_on_hyphens=False):
            yield _line(Text(" " * self.indent + line, self.style))


@dataclass
class _Uploads:
    """The uploads: numbers first, because the remarks on an upload may be long."""

    rows: list[statuses.Status]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Each upload's line, and its remarks below it; names and paths are never broken."""
        yield _line(Text(_COLUMNS.format("status", "titles", "identified", "upload"), "bold"))
        for row in self.rows:
            titles, found = (row.total_movies, row.enriched_count) if row.total_movies else ("", "")
            line = Text(_COLUMNS.format(row.status, titles, found, ""))
            line.stylize(_STYLES.get(row.status, ""), 0, len(row.status) + 1)
            yield _line(line.append(row.upload, "bold"))
            yield from (Padding(bar, (0, 0, 0, _INDENT)) for bar in _bar(row))
            if row.message:
                yield _Words(row.message, indent=_INDENT)
            if counted := _counted(row):
                yield _Words(counted, "dim", _INDENT)
            if row.page:
                yield _line(Text(" " * _INDENT + row.page, "dim"))


def _line(text: Text) -> Text:
    text.no_wrap, text.overflow = True, "ignore"
    return text


def _bar(row: statuses.Status) -> list[RenderableType]:
    """The enrichment's progress bar; it is drawn here because a step has no terminal."""
    if row.status != "enriching" or not row.total_movies:
        return []
    decided = row.total_movies - row.pending_count
    bar = ProgressBar(total=row.total_movies, completed=decided, width=_BAR_COLUMNS)
    line = Table.grid(padding=(0, 1))
    line.add_row(bar, f"{decided}/{row.total_movies} ({decided / row.total_movies:.0%})")
    return [line]


def _counted(row: statuses.Status) -> str:
    """What became of the films that are not identified."""
    others = (
        (row.pending_count, "pending"),
        (row.not_found_count - row.ignored_count, "not found"),
        (row.ignored_count, "ignored by overrides.csv"),
        (row.ambiguous_count, "ambiguous"),
        (row.not_a_movie_count, "series"),
        (row.error_count, "without an answer"),
    )
    counted = ", ".join(f"{number} {words}" for number, words in others if number)
    if row.status == "enriching" and row.eta_seconds is not None:
        counted += f", {row.eta_seconds:.0f} s left"
    return counted
