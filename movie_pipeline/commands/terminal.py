"""The terminal: our words on it, and nothing in them that it would act upon.

What belongs here: the console of all our commands. What does not: what a command says (`cli`,
`dev`), plain text itself (`outside.foreign`).
"""

from collections.abc import Iterator

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from movie_pipeline.outside import foreign


class Terminal(Console):
    """A console that prints every text as it is: a title in it brings no colour and no link.

    Rich's own markup (``[link=…]``) and emoji codes are off, and whatever is rendered loses the
    control and direction characters that came with a name or a message.
    """

    def __init__(self, **options: object) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)  # type: ignore[arg-type]

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Render, as every console does; nested parts, tables and live displays come by here."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(foreign.safe_to_show(segment.text), segment.style)


def say(text: str, *, err: bool = False) -> None:
    """Print a plain text (to standard error, if asked), as `Terminal` would, without folding it."""
    click.echo(foreign.safe_to_show(text), err=err)
