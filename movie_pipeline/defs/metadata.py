"""Metadata: the one door from our words to Dagster's UI.

What belongs here: handing over markdown (metadata, descriptions) and the words of a failure, which
the UI shows as plain text. What does not: making markdown (`charts.markdown`), cleaning plain text
(`outside.foreign`), which is all that other metadata needs.
"""

import dagster as dg

from movie_pipeline.charts.markdown import Markdown
from movie_pipeline.outside import foreign

MESSAGE = 4_000
"""Characters of the longest message; the overrides' names up to twenty lines of theirs."""


def shown(said: Markdown) -> dg.MarkdownMetadataValue:
    """Metadata that the UI renders as markdown.

    Raises:
        TypeError: it is plain text, in which foreign text may be markup.
    """
    return dg.MetadataValue.md(described(said))


def described(said: Markdown) -> str:
    """A description, which the UI always renders as markdown; a literal needs none of this.

    Raises:
        TypeError: it is plain text, in which foreign text may be markup.
    """
    if not isinstance(said, Markdown):
        raise TypeError("make it with charts.markdown, which escapes foreign text")
    return str(said)  # Dagster stores no subclass of str


def failure(message: str, *, may_pass: bool = False) -> dg.Failure:
    """The failure of a step, as one plain line.

    Args:
        message: what happened, and what to do.
        may_pass: whether the step is tried again.
    """
    return dg.Failure(foreign.line(message, MESSAGE), allow_retries=may_pass)
