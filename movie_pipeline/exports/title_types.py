"""Title types: film, series, episode, game and so on.

What belongs here: mapping the words that services and people use for them, in the languages of
which headings are read, to one vocabulary. It is IMDb's (``titleType`` in its datasets), with
book, comic and music beside it. An unknown word does not tell the type. What does not: telling
films from series by other evidence (``matching``).
"""

import re
import unicodedata

NOT_A_MOVIE = frozenset(
    {
        *("tvSeries", "tvMiniSeries", "tvSeason", "tvEpisode", "videoGame"),
        *("podcastSeries", "podcastEpisode", "book", "comic", "music"),
    }
)
"""Title types that TMDB does not count as films (it does count TV movies and shorts)."""


def _any(fragments: str) -> str:
    """A pattern for any of some fragments of words, which blanks divide; ``_`` is a blank."""
    return "|".join(fragments.split()).replace("_", " ")


_EPISODE = r"""
    episod epizod folge\b epizód \baflevering avsnitt \bafsnit jakso odcinek \bdil\b \bbolum
    эпизод \bсерия\b серія επεισοδιο エピソード 話\b 剧集单集 单集 集\b 에피소드 حلقة एपिसोड
"""
_SEASON = r"""
    season staffel saison temporada stagione seizoen sasong kausi сезон
"""
_SERIES = r"""
    serie serial \bshows?\b tv_?show telenovela novela sitcom сериал серіал σειρα sarja
    sorozat \bdizi\b dizisi drama_series k-?drama ドラマ シリーズ テレビ番組 テレビアニメ
    连续剧 連續劇 电视剧 電視劇 剧集 劇集 电视节目 电视 드라마 시리즈 مسلسل सीरीज धारावाहिक
    seriaal
"""
_TV = r"""
    \btv \btele televi fernseh टीवी теле テレビ tv$
"""
_FILM = r"""
    movie \bfilms?\b film$ filme?s?\b ^film pelicula \bcine\b elokuva ταινια фильм фiльм
    филм фільм кино\b 映画 电影 電影 影片 영화 فيلم फिल्म फ़िल्म
"""
_SHORT = r"""
    short kurz \bcourt \bcorto \bcurta kort_?film lyhytelokuva korte_?film kratkometraz
    krotkometraz \bkratky kisafilm rovidfilm kisa_film короткометр 短片 단편 短編 लघु
"""
_RULES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "podcastEpisode",
        (
            r"podcast पॉडकास्ट подкаст",
            _EPISODE,
        ),
    ),
    ("podcastSeries", (r"podcast पॉडकास्ट подкаст ポッドキャスト 播客 팟캐스트",)),
    (
        "videoGame",
        (
            r"""
        game(?!_?show) spiel(?!film) juego \bjeux?\b gioco videogiochi jogo गेम \bspel
        \bspil \bspill videopeli \bgra\b \bhra\b \boyun jatek \bjoc\b \bигра \bгра\b
        видеоигра παιχνιδι ゲーム 游戏 遊戲 게임 لعبة
        """,
        ),
    ),
    (
        "comic",
        (
            r"""
        comic \bmanga manhwa manhua webtoon graphic_?novel historieta quadrinhos
        bande_dessinee fumett \bstrip\b stripboek serietidning tegneserie komiks
        cizgi_?roman kepregeny комикс комікс манга κομικ 漫画 漫畫 コミック マンガ 만화 웹툰
        كوميك कॉमिक
        """,
        ),
    ),
    (
        "book",
        (
            r"""
        \be?-?books?\b audiobook \bnovel\b light_?novel \bbuch\b bucher horbuch \blibros?\b
        \blivros?\b \blivres?\b \blibr[oi]\b \bboek \bbok\b \bbog\b \bkirja ksiazka
        \bknih[ay]\b \bkitap \bkonyv \bcarte\b \bкниг \bроман\b βιβλιο 書籍 小説 小说 图书
        圖書 ^书$ ^本$ ^책$ 도서 كتاب किताब पुस्तक
        """,
        ),
    ),
    (
        "musicVideo",
        (
            r"music musik musica संगीत музык",
            r"video clip वीडियो видео клип",
        ),
    ),
    ("musicVideo", (r"musikclip videoclip clip_musical \bmv$",)),
    (
        "movie",
        (
            r"concert music musik музык концерт",
            _FILM + r" docum dokum",
        ),
    ),
    (
        "music",
        (
            r"""
        \balbum \bsongs?\b \btracks?\b \bmusic\b \bmusik\b \bmusica\b \bmusique muziek
        \bmusiikki muzyka \bhudba \bmuzik \bzene\b музык альбом μουσικη 音楽 音乐 音樂 专辑
        專輯 음악 앨범 موسيق संगीत vinyl soundtrack \bconcert
        """,
        ),
    ),
    (
        "tvMiniSeries",
        (
            r"mini मिनी мини 迷你 ミニ 미니 limited",
            _SERIES + r" minisse \btv сериал",
        ),
    ),
    ("tvEpisode", (_EPISODE,)),
    ("tvSeason", (rf"^(?:tv_)?(?:{_any(_SEASON)})",)),
    (
        "tvShort",
        (
            _TV,
            _SHORT,
        ),
    ),
    ("short", (_SHORT,)),
    ("tvSpecial", (r"special especial spezial спешл спецвыпуск スペシャル 特别 特別篇",)),
    ("tvSeries", (_SEASON + _SERIES,)),
    (
        "tvMovie",
        (
            _TV,
            _FILM,
        ),
    ),
    ("movie", (_FILM,)),
    ("video", (r"video वीडियो видео ビデオ 비디오",)),
    (
        "movie",
        (
            r"""
        feature documentar dokument documentaire documental мультик документалка animated
        长片 动画电影 纪录片 ドキュメンタリー
        """,
        ),
    ),
    ("tvSeries", (_TV + r" anime_series ^anime_tv",)),
)
_COMPILED = tuple((name, tuple(re.compile(_any(part)) for part in parts)) for name, parts in _RULES)


def title_type(text: str) -> str | None:
    """Translate a title type into IMDb's vocabulary: ``"Serie TV"`` becomes ``"tvSeries"``.

    Args:
        text: The export's word, from any service, in any of the languages.

    Returns:
        One of movie, short, tvMovie, tvShort, tvSpecial, video, musicVideo, or of `NOT_A_MOVIE`;
        None if it is blank or unknown.
    """
    if len(text) > 100:
        return None
    word = _CAMEL.sub(" ", text) if text.isascii() else text
    word = "".join(
        letter
        for letter in unicodedata.normalize("NFKD", word.casefold())
        if not unicodedata.combining(letter) or letter > "\u036f"
    )
    word = " ".join(unicodedata.normalize("NFC", word).replace("-", " ").replace("_", " ").split())
    if not word:
        return None
    for name, parts in _COMPILED:
        if all(part.search(word) for part in parts):
            return name
    return None


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
