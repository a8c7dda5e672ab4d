"""Any other table with a column of titles, in common languages, or of ids.

A plain ``Date`` is the day of logging; only a column that says "watched" or the like gives the day
of a viewing. A column of average ratings (IMDb Rating, Vote Average) is not the user's rating and
is not read.
"""

from collections.abc import Sequence
from pathlib import PurePosixPath

from movie_pipeline.exports.exporter import Source, TableFormat, names, source_by_name


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(","))


# English first, then Spanish, Portuguese, French, German, Italian, Dutch, the Nordic languages,
# Polish, Czech, Turkish, Hungarian, Russian, Greek, Japanese, Chinese, Korean, …
_TITLES = _words(
    "Title, Movie Title, Film Title, Film Name, Movie Name, Name of Movie, Name of Film, "
    "Title of Movie, Title of Film, Movie, Film, Movies, Films, Titles, Primary Title, "
    "English Title, Title English, Name, Item, Item Name, Media Title, Video Title, Título, "
    "Titulo, "
    "Película, Pelicula, Nombre, Nome, Filme, Filmes, Nome do Filme, Título do Filme, "
    "Título de la película, Nombre de la película, Titre, Titre du film, Nom, Nom du film, "
    "Titre français, Titel, Filmtitel, Filmname, Deutscher Titel, Titolo, Titolo del film, "
    "Titolo film, Naam, Tytuł, Tytuł filmu, Název, Název filmu, Názov, Film Adı, Filmin Adı, "
    "Başlık, "
    "Adı, Cím, Filmcím, Titlu, Nimi, Elokuva, Navn, Namn, Название, Фильм, Название фильма, Назва, "
    "Τίτλος, タイトル, 映画, 作品, 作品名, 映画タイトル, 邦題, 片名, 电影, 电影名, 电影名称, 標題, "
    "标题, 名称, 中文名, 電影, 제목, 영화, 영화명, 영화제목, العنوان, शीर्षक"
)

_COLUMNS = {
    "title": _TITLES,
    "original_title": _words(
        "Original Title, Original Name, Originaltitel, Titre original, Titre VO, Título original, "
        "Titolo originale, Tytuł oryginalny, Původní název, Оригинальное название, 原題, 原名, "
        "원제, "
        "Foreign Title"
    ),
    "year": _words(
        "Year, Release Year, Year Released, Year of Release, Movie Year, Film Year, "
        "Production Year, "
        "Year Made, Start Year, Yr, Año, Ano, Anyo, Année, Annee, Année de sortie, "
        "Année de production, Jahr, Erscheinungsjahr, Produktionsjahr, Anno, Anno di uscita, "
        "Ano de lançamento, Año de estreno, Jaar, År, Rok, Rok produkcji, Rok wydania, Yıl, "
        "Yapım Yılı, Év, An, Vuosi, Год, Год выпуска, Рік, Έτος, 年, 年份, 公開年, 製作年, 年代, "
        "연도, 개봉연도, 제작연도, سنة, वर्ष"
    ),
    "released": _words(
        "Release Date, Released, Date Released, Release, First Aired, Premiere, Date de sortie, "
        "Fecha de estreno, Data di uscita, Data de lançamento, Erscheinungsdatum, 公開日, "
        "上映日期, "
        "Kinostart"
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
        "Réalisation, "
        "Réalisateur(s), Regie, Regisseur, Regista, Regia, Registi, Dirección, Directora, "
        "Directores, Diretor, Diretores, Direção, Realizador, Reżyser, Reżyseria, Režie, Režisér, "
        "Yönetmen, Rendező, Regissör, Regi, Instruktør, Режиссер, Режиссёр, 監督, 导演, 導演, 감독"
    ),
    "runtime": _words(
        "Runtime (mins), Runtime, Duration, Length, Running Time, Runtime Minutes, Runtime (min), "
        "Duration (min), Duration (mins), Length (min), Minutes, Durée, Duración, Durata, Duração, "
        "Laufzeit, Dauer, Länge, Speelduur, Czas trwania, Süre, Продолжительность, 上映時間, 片长, "
        "상영시간"
    ),
    "rating": _words(
        "Your Rating, My Rating, User Rating, Personal Rating, My Score, Your Score, User Score, "
        "Own Rating, You rated, Rated, Rating, Score, Stars, Star Rating, My Stars, Ratings, "
        "My Vote, Your Vote, Grade, My Grade, Ma note, Note, Notes sur 10, Nota, Mi nota, "
        "Minha nota, Puntuación, Calificación, Valoración, Mi calificación, Avaliação, Bewertung, "
        "Meine Bewertung, Wertung, Punkte, Sterne, Voto, Il mio voto, Mio voto, Valutazione, "
        "Punteggio, Beoordeling, Waardering, Cijfer, Betyg, Karakter, Vurdering, Ocena, "
        "Moja ocena, "
        "Hodnocení, Moje hodnocení, Puan, Puanım, Értékelés, Arvosana, Оценка, Моя оценка, "
        "Рейтинг, "
        "Оцінка, 評価, 評分, 评分, 我的评分, 個人評分, 点数, 평점, 별점, 내 평점"
    ),
    "rating10": _words("Rating10, Rating (1-10), Rating (0-10), Rating /10, Rating out of 10"),
    "watched_on": _words(
        "Watched Date, WatchedDate, Date Watched, watched_at, Watched On, Watch Date, Date Seen, "
        "Seen On, Date Viewed, Viewed On, View Date, Viewing Date, Last Watched, last_watched_at, "
        "Date of Viewing, Seen Date, Date Last Watched, Finish Date, "
        "Date Finished, Day Watched, Vu le, Date de visionnage, "
        "Date de visionnement, Date vu, Gesehen am, Angesehen am, Sehdatum, Fecha de visionado, "
        "Fecha de visualización, Fecha visto, Visto el, Fecha vista, Visto il, Data visione, "
        "Data di visione, Assistido em, Data assistido, Visto em, Data em que assisti, Gezien op, "
        "Bekeken op, Data obejrzenia, Zhlédnuto, İzlenme Tarihi, İzleme Tarihi, Дата просмотра, "
        "鑑賞日, 視聴日, 観た日, 观看日期, 觀看日期, 관람일, 시청일, 감상일"
    ),
    "seen_or_day": _words(
        "Watched, Seen, Watched?, Seen?, Vu, Visto, Assistido, Gezien, Gesehen, Viewed, Sedd, "
        "Obejrzane, Просмотрено, Watched It, Have Seen, Checked"
    ),
    "seen": _words("Status, Watch Status, My Status, State, List Status, Estado, Statut"),
    "logged_on": _words(
        "Date, Date Added, Added, Added On, added_at, created_at, Created, Date Created, "
        "Created Date, listed_at, Logged, Date Logged, Logged On, Timestamp, Added Date, Fecha, "
        "Data, Datum, Date d'ajout, Hinzugefügt, Hinzugefügt am, Fecha añadido, Data aggiunta, "
        "Adicionado em, Dato, Päivämäärä, Tarih, Dátum, Дата, 日付, 日期, 创建时间, 날짜"
    ),
    "rated_on": _words(
        "Date Rated, Rated On, rated_at, Rating Date, Date of Rating, Fecha de voto, "
        "Fecha de votación, Bewertet am, Date de la note, Data voto, 评分时间"
    ),
    "rewatch": _words("Rewatch, Rewatched, Rewatch?, Re-watch, Is Rewatch"),
    "liked": _words("Liked, Like, Favorite, Favourite, Is Favorite, Loved, Heart, Fav"),
    "tags": _words("Tags, Tag, Labels, My Tags, 标签, タグ, Étiquettes, Etiquetas"),
}


def _source(path: PurePosixPath, preamble: Sequence[Sequence[str]]) -> Source:
    del preamble
    return source_by_name(path)


FORMATS = (
    TableFormat(
        name="table with a title column",
        service="generic",
        specificity=0,
        signatures=tuple(frozenset({title}) for title in _TITLES),
        columns=_COLUMNS,
        source=_source,
        forbids=names(
            "Email, Email Address, Mail, Phone, Username, Password, Given Name, Family Name"
        ),
        confidence=0.8,
    ),
    TableFormat(
        name="table with ids",
        service="generic",
        specificity=-1,
        signatures=(names("imdb_id"), names("tconst"), names("Const"), names("tmdb_id")),
        columns={field: found for field, found in _COLUMNS.items() if field != "title"},
        source=_source,
        confidence=0.5,
    ),
)
