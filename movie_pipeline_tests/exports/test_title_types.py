"""Title types in the languages of which headings are read."""

from pathlib import Path

import pytest

from movie_pipeline.exports import NOT_A_MOVIE
from movie_pipeline.exports.title_types import title_type
from movie_pipeline_tests.exports.files import read

TYPES = {
    "movie": "Фильм|Мультфильм|映画|电影|영화|Elokuva|Ταινία|Dokumentarfilm|Spielfilm|фільм|فيلم|Film animowany|"
    "Animationsfilm|Concert film|Movies",
    "tvSeries": "Сериал|Мультсериал|Serial|Seriál|Dizi|Sarja|Sorozat|серіал|Σειρά|ドラマ|电视剧|드라마|مسلسل|"
    "TV Show|shows|serial animowany|TV-Serie|tv_show|Dokumentarserie|game show",
    "tvMiniSeries": "Мини-сериал|Miniserie|miniserial",
    "tvSeason": "season|Staffel",
    "tvEpisode": "episode|Эпизод|TV-Folge",
    "tvMovie": "Телефильм|Fernsehfilm",
    "short": "Короткометражка|Kortfilm|短片",
    "videoGame": "game|Игра|Spiel|Spel|ゲーム|游戏|게임|Gra|video_game",
    "book": "book|audiobook|Buch|Libro|Livre|Livro|Книга|Boek|Bok|Bog|Kirja|Książka|Kniha|Kitap|Könyv|Βιβλίο|"
    "小説|책|كتاب|किताब|ebook|light novel",
    "comic": "comic|manga|Comic book|Манга|Комикс|Bande dessinée|漫画|만화|Fumetto|Graphic Novel",
    "music": "album|music|song|Musik|Музыка|音乐|음악|Musique",
    "podcastSeries": "podcast|ポッドキャスト",
}


@pytest.mark.parametrize("expected", TYPES)
def test_words_in_some_twenty_languages_are_translated(expected: str):
    assert [word for word in TYPES[expected].split("|") if title_type(word) != expected] == []


def test_an_unknown_word_does_not_tell_the_type():
    """A wrong word would keep a series from being found; a genre or a medium is no type."""
    words = ["Something else", "Drama", "Horror", "Netflix", "Blu-ray", "watch", "", "x" * 200]
    assert [word for word in words if title_type(word) is not None] == []


def test_books_comics_games_and_music_are_no_films(tmp_path: Path):
    text = "Title,Year,Type\nDune,2021,book\nHalo,2003,comic\nAkira,1988,manga\nDoom,1993,game\n"
    found = read(tmp_path, "films.csv", f"{text}Help!,1965,album\nLost,2004,Сериал\n").films
    assert set(found["title_type"]) <= NOT_A_MOVIE
