"""Any other table with a column of titles, in common languages, or of ids.

A plain ``Date`` is the day of logging; only a column that says "watched" or the like gives the day
of a viewing. A column of average ratings (IMDb Rating, Vote Average) is not the user's rating and
is not read.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from movie_pipeline.exports.exporter import Source, TableFormat, names, source_by_name


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


# English first, then Spanish, Portuguese, French, German, Italian, Dutch, the Nordic languages,
# Polish, Czech, Turkish, Hungarian, Russian, Greek, Japanese, Chinese, Korean, …
_TITLES = _words(
    "Title, Movie Title, Film Title, Film Name, Movie Name, Name of Movie, Name of Film, "
    "Title of Movie, Title of Film, Movie, Film, Movies, Films, Titles, Primary Title, "
    "English Title, Title English, Name, Item, Item Name, Media Title, Video Title, Title Name, "
    "Título, Titulo, Película, Pelicula, Nombre, Nome, Filme, Filmes, Nome do Filme, "
    "Título do Filme, Título de la película, Nombre de la película, Titre, Titre du film, Nom, "
    "Nom du film, Titre français, Titel, Filmtitel, Filmname, Deutscher Titel, Titolo, "
    "Titolo del film, Titolo film, Naam, Tytuł, Tytuł filmu, Název, Název filmu, Názov, Film Adı, "
    "Filmin Adı, Başlık, Adı, Cím, Filmcím, Titlu, Nimi, Elokuva, Navn, Namn, Название, Фильм, "
    "Название фильма, Назва, Τίτλος, タイトル, 映画, 作品, 作品名, 映画タイトル, 邦題, 片名, "
    "电影, 电影名, 电影名称, 標題, 标题, 名称, 中文名, 電影, 제목, 영화, 영화명, 영화제목, "
    "العنوان, शीर्षक"
)

COLUMNS = {
    "title": _TITLES,
    "original_title": _words(
        "Original Title, Original Name, Originaltitel, Titre original, Titre VO, Título original, "
        "Titolo originale, Tytuł oryginalny, Původní název, Оригинальное название, 原題, 原名, "
        "원제, Foreign Title"
    ),
    "year": _words(
        "Year, Release Year, Year Released, Year of Release, Movie Year, Film Year, "
        "Production Year, Year Made, Start Year, Yr, Año, Ano, Anyo, Année, Annee, "
        "Année de sortie, Année de production, Jahr, Erscheinungsjahr, Produktionsjahr, Anno, "
        "Anno di uscita, Ano de lançamento, Año de estreno, Jaar, År, Rok, Rok produkcji, "
        "Rok wydania, Yıl, Yapım Yılı, Év, An, Vuosi, Год, Год выпуска, Рік, Έτος, 年, 年份, "
        "公開年, 製作年, 年代, 연도, 개봉연도, 제작연도, سنة, वर्ष"
    ),
    "released": _words(
        "Release Date, Released, Date Released, Release, First Aired, First Air Date, Premiered, "
        "Premiere, Date de sortie, Fecha de estreno, Data di uscita, Data de lançamento, "
        "Erscheinungsdatum, 公開日, 上映日期, Kinostart"
    ),
    "imdb_id": _words(
        "imdb_id, IMDb, IMDb ID, imdbID, IMDb Const, tconst, Const, IMDb Title ID, IMDb Code, "
        "IMDb Number, IMDb URL, IMDb Link, ids.imdb, imdb_link, movie.ids.imdb"
    ),
    "tmdb_id": _words(
        "tmdb_id, TMDb, TMDb ID, TheMovieDb ID, themoviedb, TMDb URL, TMDb Link, The Movie DB ID, "
        "ids.tmdb, movie.ids.tmdb, tmdb movie id"
    ),
    "letterboxd_uri": _words(
        "Letterboxd URI, Letterboxd URL, Letterboxd Link, Letterboxd, Film URI, Film URL"
    ),
    "link": _words("URL, Link, URI, Film Link, Movie URL, Movie Link, Href, Lien, Enlace"),
    "title_type": _words(
        "Title Type, Type, Media Type, Kind, Format Type, Tipo, Typ, Category Type, Content Type, "
        "TitleType"
    ),
    "directors": _words(
        "Director, Directors, Directed by, Director(s), Dir, Réalisateur, Réalisateurs, "
        "Réalisation, Réalisateur(s), Regie, Regisseur, Regista, Regia, Registi, Dirección, "
        "Directora, Directores, Diretor, Diretores, Direção, Realizador, Reżyser, Reżyseria, "
        "Režie, Režisér, Yönetmen, Rendező, Regissör, Regi, Instruktør, Режиссер, Режиссёр, 監督, "
        "导演, 導演, 감독"
    ),
    "runtime": _words(
        "Runtime (mins), Runtime, Duration, Length, Running Time, Runtime Minutes, Runtime (min), "
        "Duration (min), Duration (mins), Length (min), Minutes, Durée, Duración, Durata, "
        "Duração, Laufzeit, Dauer, Länge, Speelduur, Czas trwania, Süre, Продолжительность, "
        "上映時間, 片长, 상영시간"
    ),
    "rating": _words(
        "Your Rating, My Rating, User Rating, User Vote, Personal Rating, My Score, Your Score, "
        "User Score, Own Rating, You rated, Rated, Rating, Score, Stars, Star Rating, My Stars, "
        "Ratings, My Vote, Your Vote, Grade, My Grade, Ma note, Note, Notes sur 10, Nota, "
        "Mi nota, Minha nota, Puntuación, Calificación, Valoración, Mi calificación, Avaliação, "
        "Bewertung, Meine Bewertung, Wertung, Punkte, Sterne, Voto, Il mio voto, Mio voto, "
        "Valutazione, Punteggio, Beoordeling, Waardering, Cijfer, Betyg, Karakter, Vurdering, "
        "Ocena, Moja ocena, Hodnocení, Moje hodnocení, Puan, Puanım, Értékelés, Arvosana, Оценка, "
        "Моя оценка, Рейтинг, Оцінка, 評価, 評分, 评分, 我的评分, 個人評分, 点数, 평점, 별점, "
        "내 평점"
    ),
    "rating10": _words("Rating10, Rating (1-10), Rating (0-10), Rating /10, Rating out of 10"),
    "more_days": _words(
        "WatchedAtHistory, Watched Dates, Watch Dates, Watch History, Viewing Dates, "
        "Dates Watched, All Watched Dates, Viewing History"
    ),
    "watched_on": _words(
        "Watched Date, WatchedDate, Date Watched, watched_at, Watched On, Watch Date, Date Seen, "
        "Seen On, Date Viewed, Viewed On, View Date, Viewing Date, Last Watched, last_watched_at, "
        "Date of Viewing, Seen Date, Date Last Watched, Finish Date, End Date, Finished At, "
        "Finished On, Completed At, Completed On, Date Completed, Ended On, Last Played, "
        "Last Played Date, Last Viewed At, Last Viewed, Last Seen, Played At, Date Played, "
        "Seen At, Viewed At, Date Finished, Day Watched, Vu le, Date de visionnage, "
        "Date de visionnement, Date vu, Gesehen am, Angesehen am, Sehdatum, Fecha de visionado, "
        "Fecha de visualización, Fecha visto, Visto el, Fecha vista, Visto il, Data visione, "
        "Data di visione, Assistido em, Data assistido, Visto em, Data em que assisti, Gezien op, "
        "Bekeken op, Data obejrzenia, Zhlédnuto, İzlenme Tarihi, İzleme Tarihi, Дата просмотра, "
        "鑑賞日, 視聴日, 観た日, 观看日期, 觀看日期, 관람일, 시청일, 감상일"
    ),
    "watched": _words(
        "Watched, Seen, Watched?, Seen?, is_watched, is_seen, Has Watched, Has Seen, Played, Vu, "
        "Vue, Visto, Vista, Assistido, Gezien, Bekeken, Gesehen, Viewed, Sedd, Sett, Katsottu, "
        "Obejrzane, Obejrzany, Shlédnuto, Viděno, Videné, İzlendi, Izlendi, Megnézve, Láttam, "
        "Văzut, Просмотрено, Просмотрен, Смотрел, Переглянуто, 看过, 已看, 観た, 視聴済み, 시청, "
        "봤음, Watched It, Have Seen, Checked"
    ),
    "seen": _words(
        "Status, Watch Status, Watched Status, Viewing Status, Seen Status, My Status, State, "
        "List Status, Estado, Situação, Statut, Stato, Stan, Stav, Durum, Állapot, Tila, Статус, "
        "Κατάσταση, 状态, 狀態, ステータス, 状態, 상태, الحالة, स्थिति"
    ),
    "listed": _words(
        "is_watchlisted, In Watchlist, On Watchlist, Watchlist, Watchlisted, To Watch, "
        "Want to Watch, Wishlist, In Wishlist, Want to See, To See"
    ),
    "plays": _words(
        "Plays, Play Count, Watch Count, Times Watched, Times Seen, View Count, Number of Views, "
        "Number of Plays, Viewings, Watches, Nombre de visionnages, Anzahl gesehen"
    ),
    "logged_on": _words(
        "Date, Date Added, Last Added, Added, Added On, added_at, created_at, Created, "
        "Date Created, Created Date, listed_at, Logged, Date Logged, Logged On, Timestamp, "
        "Added Date, Fecha, Data, Datum, Date d'ajout, Hinzugefügt, Hinzugefügt am, "
        "Fecha añadido, Data aggiunta, Adicionado em, Dato, Päivämäärä, Tarih, Dátum, Дата, 日付, "
        "日期, 创建时间, 날짜"
    ),
    "rated_on": _words(
        "Date Rated, Rated On, rated_at, Rating Date, Date of Rating, Fecha de voto, "
        "Fecha de votación, Bewertet am, Date de la note, Data voto, 评分时间"
    ),
    "rewatch": _words("Rewatch, Rewatched, Rewatch?, Re-watch, Is Rewatch"),
    "liked": _words(
        "Liked, Like, Is Liked, Favorite, Favourite, Is Favorite, Is Favourite, Favorited, Loved, "
        "Heart, Fav, Favori, Favorito, Favorit"
    ),
    "thumb": _words("Thumbs Value, Thumbs, Thumb"),
    "part": _words(
        "Season, Season Number, season_no, Staffel, Saison, Temporada, Stagione, Seizoen, Сезон"
    ),
    "part_number": _words(
        "Episode, Episode Number, episode_no, Episode Title, Episode Name, Folge, Épisode, "
        "Episodio, Episódio, Aflevering, Эпизод, Серия"
    ),
    "series": _words(
        "Series Name, Series Title, Show Name, Show Title, TV Show Name, TV Show, Show, Series"
    ),
    "media_id": _words("media_id, Identifier, External ID"),
    "id_source": _words("Source, Provider, id_source"),
    "file": _words(
        "File, File Name, Path, File Path, Folder, Folder Name, Directory, Datei, Dateiname, "
        "Fichier, Nom du fichier, Archivo"
    ),
    "tags": _words("Tags, Tag, Labels, My Tags, 标签, タグ, Étiquettes, Etiquetas"),
}


_UNTITLED = {field: found for field, found in COLUMNS.items() if field != "title"}
_RENAMED = {"title": COLUMNS["original_title"], **_UNTITLED}


def source(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    """Recognise a watchlist or likes by the file's name; any other list is of films seen."""
    del preamble
    return source_by_name(path)


_NOT_FILMS = names(
    "Email, Email Address, Mail, Phone, Username, Password, Given Name, Family Name, First Name, "
    "Last Name, Nickname, IP, IP Address, User Agent, Birthday, Date of Birth, Card Number"
)
_EVIDENCE = frozenset(
    {
        *("year", "released", "imdb_id", "tmdb_id", "media_id", "letterboxd_uri"),
        *("rating", "rating10", "watched_on", "more_days"),
    }
)
"""What a table of titles must have to count as a list of films among private files."""


def _format(name: str, specificity: int, confidence: float, **more: Any) -> TableFormat:
    return TableFormat(
        name=name,
        service="generic",
        specificity=specificity,
        signatures=(),
        source=source,
        forbids=_NOT_FILMS,
        loose=True,
        parts_have_ids=True,
        confidence=confidence,
        **more,
    )


FORMATS = (
    _format("table with a title column", 0, 0.8, columns=COLUMNS, needs=frozenset({"title"})),
    _format(
        "table with original titles",
        -1,
        0.7,
        columns=_RENAMED,
        needs=frozenset({"title"}),
    ),
    _format("table with ids", -2, 0.5, columns=_UNTITLED, needs=frozenset({"imdb_id", "tmdb_id"})),
    _format("table with file names", -3, 0.5, columns=_UNTITLED, needs=frozenset({"file"})),
    _format("table with an unknown title column", -4, 0.5, columns=_UNTITLED, needs=_EVIDENCE),
)
