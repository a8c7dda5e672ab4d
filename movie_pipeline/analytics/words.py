"""Numbers in words, as the sentences of cards, years, suggestions and the home page have them.

What belongs here: what they share. What does not: the sentences.
"""

_NAMES = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)


def in_words(number: int) -> str:
    """A number up to twelve in words, a larger one in figures."""
    return _NAMES[number] if number < len(_NAMES) else f"{number:,}"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun: ``one day``, ``two days``, ``1,200 days``."""
    return f"{in_words(number)} {noun if number == 1 else plural or f'{noun}s'}"
