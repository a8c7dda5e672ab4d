"""Title types: film, series, episode, game and so on.

What belongs here: mapping the words that services use for them, in many languages, to one
vocabulary. It is IMDb's (``titleType`` in its datasets), because most exports use it. An unknown
word stays as it is and counts as a film: a wrong "not a movie" would hide a film, a wrong "movie"
costs one search. What does not: telling films from series by other evidence (``matching``).
"""

import unicodedata

NOT_A_MOVIE = frozenset(
    {"tvSeries", "tvMiniSeries", "tvEpisode", "videoGame", "podcastSeries", "podcastEpisode"}
)
"""Title types that TMDB does not count as films (it does count TV movies and shorts)."""

# The first rule applies whose groups of fragments each have one that occurs in the word. Languages:
# English, German, French, Spanish, Italian, Portuguese, Hindi (those of IMDb's site).
_EPISODE = ("episod", "folge", "एपिसोड")
_SERIES = ("serie", "season", "show", "staffel", "सीरीज", "सीरीज़")
_TV = ("tv", "tele", "fernseh", "टीवी")
_FILM = ("movie", "film", "pelicula", "फिल्म", "फ़िल्म")
_SHORT = ("short", "kurz", "court", "corto", "cortometra", "curta", "लघु")
_RULES: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = (
    ("podcastEpisode", (("podcast", "पॉडकास्ट"), _EPISODE)),
    ("podcastSeries", (("podcast", "पॉडकास्ट"),)),
    ("videoGame", (("game", "spiel", "juego", "jeu", "gioco", "jogo", "गेम"),)),
    ("tvMiniSeries", (("mini", "मिनी"), (*_SERIES, "minisse", "tv"))),
    ("tvEpisode", (_EPISODE,)),
    ("tvShort", (_TV, _SHORT)),
    ("short", (_SHORT,)),
    ("tvSpecial", (("special", "speciale", "especial", "spezial"),)),
    ("tvSeries", (_SERIES,)),
    ("musicVideo", (("music", "musik", "musical", "संगीत"), ("video", "clip", "वीडियो"))),
    ("musicVideo", (("musikclip", "videoclip", "clip musical"),)),
    ("tvMovie", (_TV, _FILM)),
    ("video", (("video", "वीडियो"),)),
    ("movie", (*((_FILM),),)),
    ("movie", (("feature", "documentary", "dokument", "documentaire", "documental"),)),
    ("tvSeries", (_TV,)),
)


def title_type(text: str) -> str | None:
    """Translate a title type into IMDb's vocabulary: ``"Serie TV"`` becomes ``"tvSeries"``.

    Args:
        text: The export's word, from any service, in any of IMDb's languages.

    Returns:
        One of movie, short, tvMovie, tvShort, tvSpecial, video, musicVideo, or of `NOT_A_MOVIE`;
        the text itself (at most 40 characters) if it is unknown; None if it is blank.
    """
    if len(text) > 100:
        return text.strip()[:40]
    word = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(letter) or letter > "\u036f"
    )
    word = " ".join(word.replace("-", " ").replace("_", " ").split())
    if not word:
        return None
    squeezed = word.replace(" ", "")
    for name, groups in _RULES:
        if all(any(_has(word, squeezed, part) for part in group) for group in groups):
            return name
    return text.strip()[:40]


def _has(word: str, squeezed: str, part: str) -> bool:
    return part in word or part in squeezed
