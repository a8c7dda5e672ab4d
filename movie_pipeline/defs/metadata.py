"""Metadata: the one place where our texts enter Dagster's UI.

What belongs here: passing on markdown (metadata, descriptions) and failure messages, which the UI
shows as plain text. What does not: making markdown (`charts.markdown`) and cleaning plain text
(`outside.foreign`), which is all that other metadata needs.
"""

import dagster as dg

from movie_pipeline.charts.markdown import Markdown
from movie_pipeline.outside import foreign

MESSAGE = 4_000
"""Maximum length of a message in characters; one about the overrides lists up to 20 lines."""


def shown(said: Markdown) -> dg.MarkdownMetadataValue:
    """Metadata that the UI renders as markdown.

    Raises:
        TypeError: it is plain text, in which outside text could act as markup.
    """
    return dg.MetadataValue.md(described(said))


def described(said: Markdown) -> str:
    """A description, which the UI always renders as markdown; literals need not go through this.

    Raises:
        TypeError: it is plain text, in which outside text could act as markup.
    """
    if not isinstance(said, Markdown):
        raise TypeError("make it with charts.markdown, which escapes outside text")
    return str(said)  # Dagster stores no subclass of str


def failure(message: str, *, retry: bool = False) -> dg.Failure:
    """A step failure with a message of one plain line.

    Args:
        message: what happened, and what to do.
        retry: whether Dagster retries the step.
    """
    return dg.Failure(foreign.line(message, MESSAGE), allow_retries=retry)
