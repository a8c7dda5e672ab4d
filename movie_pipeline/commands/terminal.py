"""The terminal: prints our text without anything in it that a terminal would act on.

What belongs here: the console of all our commands. What does not: what a command says (`cli`,
`dev`), and cleaning the text itself (`outside.foreign`).
"""

from collections.abc import Iterator

import click
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from movie_pipeline.outside import foreign


class Terminal(Console):
    """A console that prints every text literally: a film title can't add a colour or a link.

    Rich's own markup (``[link=…]``) and emoji codes are off, and control and direction characters
    that came with a name or a message are removed from everything it renders.
    """

    def __init__(self, **options: object) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)  # type: ignore[arg-type]

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterator[Segment]:
        """Render as any console does; nested parts, tables and live displays all pass here."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(foreign.safe_to_show(segment.text), segment.style)


def say(text: str, *, err: bool = False) -> None:
    """Print plain text (optionally to standard error) as `Terminal` would, but without wrapping."""
    click.echo(foreign.safe_to_show(text), err=err)
