"""Which film is meant, and which queries find it: the rules, one by one."""

from dataclasses import replace
from typing import Any

import pytest

from movie_pipeline.matching import Decision, Wanted, find
from movie_pipeline.sample.catalogue import Catalogue
from movie_pipeline_tests.matching.asking import Asking
from movie_pipeline_tests.matching.records import GOLDEN, film, series

EPISODES = {"runtime": 700, "directors": ["One", "Two", "Three"]}


def decide(wanted: Wanted, *records: dict[str, Any]) -> Decision:
    """Decide against a catalogue of these records."""
    return find(wanted, Asking(Catalogue(records)))


def asked(wanted: Wanted, *records: dict[str, Any]) -> list[str]:
    """Return the paths of the queries that were made to decide."""
    asking = Asking(Catalogue(records))
    find(wanted, asking)
    return [path for path, _ in asking.asked]


# Votes ------------------------------------------------------------------------------------------


def test_votes_decide_at_nine_to_one_between_films_with_the_same_title_and_year() -> None:
    rival = film(2, "Swan Song", "2021-08-06", votes=99)
    wanted = Wanted("Swan Song", 2021)
    assert decide(wanted, film(1, "Swan Song", "2021-12-17", 1000), rival).tmdb_id == 1
    assert decide(wanted, film(1, "Swan Song", "2021-12-17", 800), rival).status == "ambiguous"


@pytest.mark.parametrize("votes", [0, 1])
@pytest.mark.parametrize("title", ["Vortex", "Only Clouds", "Only Clouds Move the Stars"])
def test_a_film_without_votes_is_found(title: str, votes: int) -> None:
    """Votes only break ties: letterboxd-stats drops real films by their popularity."""
    decision = decide(Wanted(title, 1998), film(1, title, "1998-01-01", votes))
    assert (decision.status, decision.tmdb_id) == ("matched", 1)


def test_votes_never_admit_a_film_that_title_or_year_rule_out() -> None:
    records = [
        film(1, "The Beast Within", "1982-01-01", 10**6),
        film(2, "The Beast", "1985-01-01", 10**6),
    ]
    assert decide(Wanted("The Beast", 1982), *records).status == "not_found"


def test_the_only_hit_is_not_matched_if_its_title_or_year_differs() -> None:
    """Watcharr accepts a single hit without a check."""
    only = film(1, "Rookies Go to War", "1974-01-01", 5000)
    assert decide(Wanted("Rookies", 1974), only).status == "not_found"
    assert decide(Wanted("Rookies Go to War", 1990), only).status == "not_found"


# Years ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("year", "status"),
    [(2005, "not_found"), (2006, "matched"), (2007, "matched"), (2008, "matched"),
     (2009, "not_found")],
)  # fmt: skip
def test_a_year_may_be_one_off(year: int, status: str) -> None:
    assert decide(Wanted("The Long Walk", year), film(1, "The Long Walk", "2007-03-07")).status == (
        status
    )


@pytest.mark.parametrize(
    ("service", "year", "status"),
    [
        ("letterboxd", 2006, "matched"), ("letterboxd", 2008, "ambiguous"),
        ("imdb", 2006, "matched"), ("imdb", 2008, "ambiguous"),
        ("movielens", 2006, "matched"), ("movielens", 2008, "matched"),
        ("trakt", 2006, "ambiguous"), ("generic", 2006, "matched"),
    ],
)  # fmt: skip
def test_how_far_a_year_may_be_off_is_the_services_habit(
    service: str, year: int, status: str
) -> None:
    record = film(1, "The Long Walk", "2007-03-07", 100)
    assert decide(Wanted("The Long Walk", year, service=service), record).status == status


def test_movielens_has_films_that_hardly_anybody_knows() -> None:
    record = film(1, "Wildcat", "2007-03-07", 10)
    assert decide(Wanted("Wildcat", 2006, service="imdb"), record).status == "ambiguous"
    assert decide(Wanted("Wildcat", 2006, service="movielens"), record).tmdb_id == 1


def test_a_year_far_off_is_a_mistake_of_movielens_if_there_is_no_other_film() -> None:
    known = film(1, "The Girl on the Night Train", "2016-10-05", 6000)
    wanted = Wanted("The Girl on the Night Train", 2014, service="movielens")
    assert decide(wanted, known).tmdb_id == 1
    assert decide(replace(wanted, service="imdb"), known).status == "not_found"
    assert decide(wanted, known, film(2, known["title"], "2014-07-03", 13)).tmdb_id == 2


@pytest.mark.parametrize("service", ["letterboxd", "trakt"])
def test_without_a_year_where_the_service_has_them_the_known_film_is_not_meant(
    service: str,
) -> None:
    """It has no date on TMDB, or had none yet when it was logged."""
    known = film(1, "Gladiator", "2000-05-04", 30_000)
    wanted = Wanted("Gladiator", None, service=service)
    assert decide(wanted, known).status == "ambiguous"
    assert decide(Wanted("Gladiator", None), known).tmdb_id == 1
    assert decide(wanted, known, film(2, "Gladiator", "", 0)).tmdb_id == 2
    assert decide(wanted, known, film(2, "Gladiator", "", 0), film(3, "Gladiator", "")).tmdb_id == 3
    later = Wanted("Gladiator", None, service=service, logged_in=2023)
    assert decide(later, known, film(4, "Gladiator", "2024-11-05", 50)).tmdb_id == 4
    assert decide(later, known, film(4, "Gladiator", "2022-11-05", 50)).status == "ambiguous"


def test_two_unknown_films_of_one_year_are_told_apart_by_how_well_they_are_described() -> None:
    described = film(1, "Wildcat", "2024-05-01", 2, imdb_id="tt0000001")
    described["cast"] = [{"id": 5, "name": "Somebody"}]
    stub = film(2, "Wildcat", "2024-06-01", 2)
    assert decide(Wanted("Wildcat", 2024), described, stub).tmdb_id == 1
    assert decide(Wanted("Wildcat", 2024), stub, stub | {"id": 3}).status == "ambiguous"
    assert decide(Wanted("Wildcat", 2024), stub).tmdb_id == 2


def test_a_release_in_the_year_of_an_unknown_namesake_decides_for_the_known_film() -> None:
    premiere = [{"iso_3166_1": "FR", "date": "2013-05-20", "type": 1}]
    known = film(1, "Whiplash", "2014-10-10", 100, release_dates=premiere)
    wanted = Wanted("Whiplash", 2013, service="trakt")
    assert decide(wanted, known, film(2, "Whiplash", "2013-01-18", 3)).tmdb_id == 1
    known = film(1, "Whiplash", "2014-10-10", 100)
    assert decide(wanted, known, film(2, "Whiplash", "2013-01-18", 3)).tmdb_id == 2


def test_the_exact_year_beats_the_same_title_one_year_off() -> None:
    right, other = film(1, "The Killer", "2023-10-25", 400), film(2, "The Killer", "2022-07-13")
    assert decide(Wanted("The Killer", 2023), right, other).tmdb_id == 1


def test_a_known_film_in_its_festival_year_beats_an_unknown_one_with_the_same_title() -> None:
    """The line's year is that of the premiere; a short film happens to have the same year."""
    right, short = film(1, "Whiplash", "2014-10-10", 9000), film(2, "Whiplash", "2013-01-18", 3)
    assert decide(Wanted("Whiplash", 2013), right, short).tmdb_id == 1


def test_one_word_and_a_year_off_are_not_enough_for_a_little_known_film() -> None:
    """A third of one-word titles belong to several films; titles of three words hardly ever do."""
    assert decide(Wanted("Wildcat", 2024), film(1, "Wildcat", "2025-05-01", 30)).status == (
        "ambiguous"
    )
    assert decide(
        Wanted("Every Wildcat Dreams", 2024), film(1, "Every Wildcat Dreams", "2025-05-01", 30)
    ).tmdb_id == 1  # fmt: skip


def test_a_release_in_that_year_decides_if_the_first_one_was_years_before() -> None:
    late = [
        {"iso_3166_1": "US", "date": "1972-07-12", "type": 3},
        {"iso_3166_1": "FR", "date": "1967-10-25", "type": 3},
    ]
    with_it = film(1, "Le Samouraï", "1967-10-25", release_dates=late)
    decision = decide(Wanted("Le Samouraï", 1972), with_it)
    assert (decision.tmdb_id, decision.method) == (1, "release_year")
    without = film(1, "Le Samouraï", "1967-10-25", release_dates=late[1:])
    assert decide(Wanted("Le Samouraï", 1972), without).status == "not_found"


def test_a_release_on_disc_in_that_year_does_not_count() -> None:
    disc = [{"iso_3166_1": "US", "date": "1972-07-12", "type": 5}]
    record = film(1, "Le Samouraï", "1967-10-25", release_dates=disc)
    assert decide(Wanted("Le Samouraï", 1972), record).status == "not_found"


def test_without_a_year_only_the_by_far_best_known_film_with_the_title_is_matched() -> None:
    remake = film(2, "Gladiator", "1992-03-06", 330)
    wanted = Wanted("Gladiator", None)
    assert decide(wanted, film(1, "Gladiator", "2000-05-04", 19000), remake).tmdb_id == 1
    assert decide(wanted, film(1, "Gladiator", "2000-05-04", 3000), remake).status == "ambiguous"
    assert decide(wanted, film(1, "Gladiator", "2000-05-04", 100)).status == "ambiguous"


def test_a_film_without_a_date_is_matched_only_if_it_is_well_known() -> None:
    assert decide(Wanted("Sisu", 2022), film(1, "Sisu", "", 2900)).method == "title_only"
    assert decide(Wanted("Sisu", 2022), film(1, "Sisu", "", 3)).status == "ambiguous"


# Titles -----------------------------------------------------------------------------------------


def test_beast_is_not_the_beast_unless_the_directors_say_so() -> None:
    beast = film(1, "The Beast", "2022-01-01", 700, directors=["Bertrand Bonello"])
    assert decide(Wanted("Beast", 2022), beast).status == "ambiguous"
    assert decide(Wanted("Beast", 2022, directors=("Bertrand Bonello",)), beast).tmdb_id == 1
    assert decide(Wanted("Beast", 2022, directors=("Baltasar Kormákur",)), beast).tmdb_id is None


def test_a_title_without_its_subtitle_needs_the_exact_year() -> None:
    sequel = film(1, "The Hunger Games: Catching Fire", "2013-11-15", 18000)
    assert decide(Wanted("The Hunger Games", 2012), sequel).status == "not_found"
    assert decide(Wanted("The Hunger Games", 2013), sequel).method == "similar_title"


def test_a_known_film_is_found_without_its_subtitle_but_not_without_its_number() -> None:
    """A numbered part has others, which TMDB may lack."""
    for title, status in (
        ("Anacondas: The Hunt for the Blood Orchid", "matched"),
        ("Anacondas: Vol. II", "ambiguous"),
        ("Anacondas: The Hunt 2", "ambiguous"),
    ):
        decision = decide(Wanted("Anacondas", 2004), film(1, title, "2004-08-25", 1100))
        assert (title, decision.status) == (title, status)
    unknown = film(1, "Anacondas: The Hunt for the Blood Orchid", "2004-08-25", 5)
    assert decide(Wanted("Anacondas", 2004), unknown).status == "ambiguous"


@pytest.mark.parametrize(
    ("wanted", "title"),
    [("Ladybird", "Lady Bird"), ("Spiderman 2", "Spider-Man 2"), ("Jurassic park", "Jurassicpark")],
)
def test_joined_words_find_a_title_that_has_them_apart(wanted: str, title: str) -> None:
    """Only if nothing is found otherwise, and not for a service with TMDB's own titles."""
    record = film(1, title, "2004-06-25", 100)
    assert decide(Wanted(wanted, 2004), record).tmdb_id == 1
    assert decide(Wanted(wanted, 2004, service="trakt"), record).status == "not_found"
    assert (
        decide(Wanted(wanted, 2004), film(1, f"{title} Returns", "2004-06-25", 100)).tmdb_id is None
    )


def test_an_article_tells_less_before_several_words() -> None:
    """One that TMDB's title lacks is left out, unless the service has TMDB's titles."""
    for wanted, title in (
        ("Golden Coach", "The Golden Coach"),
        ("The Golden Coach", "Golden Coach"),
    ):
        coach = film(1, title, "1952-12-05", 20)
        assert decide(Wanted(wanted, 1952), coach).tmdb_id == 1
        assert decide(Wanted(wanted, 1952, service="imdb"), coach).tmdb_id == 1
    assert decide(Wanted("Beast", 1952), film(1, "The Beast", "1952-12-05", 20)).tmdb_id is None


def test_a_match_with_an_unknown_film_is_checked_against_other_spellings() -> None:
    known = film(1, "Ready or Not: Here I Come", "2026-03-19", 1500)
    unknown = film(2, "Ready or Not 2: Here I Come", "2026-06-15", 3)
    assert decide(Wanted("Ready or Not 2: Here I Come", 2026), known, unknown).tmdb_id == 1
    assert decide(Wanted("Ready or Not 2: Here I Come", 2026), unknown).tmdb_id == 2


def test_a_numeral_spelt_differently_is_the_same_title() -> None:
    record = film(1, "Paradise for Three", "1938-01-01", 1)
    assert decide(Wanted("Paradise for 3", 1938), record).tmdb_id == 1


@pytest.mark.parametrize(
    ("wanted", "title"),
    [("Sunset Blvd.", "Sunset Boulevard"), ("21 and Over", "21 & Over"), ("RED II", "RED 2")],
)
def test_other_spellings_are_also_found_on_full_pages(wanted: str, title: str) -> None:
    """The words that remain of the title are in many other titles."""
    crowd = [film(n, f"{word} {n}", "2001-01-01", 5000)
             for n in range(100, 130) for word in title.split()[:1]]  # fmt: skip
    assert decide(Wanted(wanted, 2013), film(1, title, "2013-01-01", 50), *crowd).tmdb_id == 1


def test_both_titles_of_a_film_count_as_much_as_a_director() -> None:
    record = film(1, "Milk Teeth", "2022-11-21", 16, original_title="Milchzähne")
    assert decide(Wanted("Milk Teeth", 2023), record).status == "ambiguous"
    assert decide(Wanted("Milk Teeth (Milchzähne)", 2023), record).tmdb_id == 1
    assert decide(Wanted("Milk Teeth", 2023, original_title="Milchzähne"), record).tmdb_id == 1
    assert decide(Wanted("Milk Teeth (Milk Teeth)", 2023), record).status == "ambiguous"


def test_without_subtitle_and_year_the_film_is_still_a_candidate() -> None:
    known = film(1, "Captain America: Civil War", "2016-04-27", 23000)
    decision = decide(Wanted("Civil War", None), known)
    assert (decision.status, decision.candidates[0].tmdb_id) == ("ambiguous", 1)
    assert decide(Wanted("Civil War", 2016), known).tmdb_id == 1


def test_the_original_title_of_a_line_finds_a_film_that_its_title_does_not() -> None:
    record = film(1, "Spirited Away", "2001-07-20", original_title="千と千尋の神隠し")
    wanted = Wanted("Chihiros Reise", 2001, original_title="千と千尋の神隠し")
    assert decide(wanted, record).tmdb_id == 1


def test_an_alternative_title_counts_less_than_a_title() -> None:
    other = film(1, "The Great Escape", "2011-01-01", 900, other_titles=["The Night"])
    own = film(2, "The Night", "2011-01-01", 100)
    assert decide(Wanted("The Night", 2011), other, own).tmdb_id == 2
    decision = decide(Wanted("The Night", 2011), other)
    assert (decision.tmdb_id, decision.method) == (1, "alternative_title")


@pytest.mark.parametrize(
    ("title", "year", "number"),
    [("Der Pate", 1972, 1), ("Der Pate", None, 1), ("教父", None, 1), ("Il padrino", None, None)],
)
def test_a_translation_is_enough_with_or_without_a_year(
    title: str, year: int | None, number: int | None
) -> None:
    translations = [
        {"iso_639_1": "xx", "iso_3166_1": "XX", "title": t} for t in ("Der Pate", "教父")
    ]
    record = film(1, "The Godfather", "1972-03-14", 20_000, translations=translations)
    assert decide(Wanted(title, year), record).tmdb_id == number


def test_a_translation_without_a_year_needs_a_well_known_film() -> None:
    translations = [{"iso_639_1": "de", "iso_3166_1": "DE", "title": "Der Pate"}]
    unknown = film(1, "The Godfather", "1972-03-14", 100, translations=translations)
    assert decide(Wanted("Der Pate", None), unknown).status == "ambiguous"
    both = [film(n, f"Godfather {n}", "1972-03-14", 20_000, translations=translations)
            for n in (1, 2)]  # fmt: skip
    assert decide(Wanted("Der Pate", None), *both).status == "ambiguous"


@pytest.mark.parametrize("title", ["Furious 6", "Fast and Furious"])
def test_words_of_a_title_are_the_film_only_if_they_are_a_title_of_it(title: str) -> None:
    record = film(1, "Fast & Furious 6", "2013-05-21", 11_000)
    assert decide(Wanted(title, 2013), record).status == "not_found"
    record = film(1, "Fast & Furious 6", "2013-05-21", 11_000, other_titles=[title])
    assert decide(Wanted(title, 2013), record).tmdb_id == 1


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("Kill Bill 2", "Kill Bill: Vol. 2"),
        ("John Wick 3", "John Wick: Chapter 3 - Parabellum"),
        ("Old Boy", "Oldboy"),
        ("MouseHunt", "Mouse Hunt"),
        ("The Guyver", "Guyver"),
        ("The 4th Kind", "The Fourth Kind"),
        ("X2: X-Men United", "X2"),
        ("The Holdovers - Lezioni di vita", "The Holdovers"),
        ("Ong Bak: Muay Thai Warrior", "Ong-Bak: The Thai Warrior"),
        ("Heat / Gorączka", "Gorączka"),
    ],
)
def test_a_title_that_is_written_differently_is_searched_for_differently(
    wanted: str, title: str
) -> None:
    record = film(1, title, "2013-01-01", 9_000)
    assert decide(Wanted(wanted, 2013), record).tmdb_id == 1


@pytest.mark.parametrize(
    ("wanted", "title"),
    [
        ("Gladiator II", "Gladiator"),
        ("X-Men: The Mutant Watch", "X-Men"),
        ("Face/Off", "Face"),
        ("Fahrenheit 9/11", "Fahrenheit"),
        ("Kill Bill 2", "Kill Bill: Vol. 1"),
    ],
)
def test_a_film_that_tmdb_lacks_is_not_its_namesake_of_the_year(wanted: str, title: str) -> None:
    record = film(1, title, "2013-01-01", 30_000)
    assert decide(Wanted(wanted, 2013), record).status == "not_found"


# The export's own columns -----------------------------------------------------------------------


def test_directors_tell_films_with_the_same_title_apart() -> None:
    one = film(1, "The Night", "2021-01-29", 100, directors=["Kourosh Ahari"])
    two = film(2, "The Night", "2021-09-10", 90, directors=["Tsai Ming-liang"])
    decision = decide(Wanted("The Night", 2021, directors=("TSAI Ming-Liang",)), one, two)
    assert decision.tmdb_id == 2


def test_the_runtime_tells_a_short_film_from_a_feature() -> None:
    short = film(1, "Skin", "2018-09-07", 300, runtime=20)
    feature = film(2, "Skin", "2018-09-11", 400, runtime=118)
    assert decide(Wanted("Skin", 2018, runtime_minutes=21), short, feature).tmdb_id == 1
    assert decide(Wanted("Skin", 2018, runtime_minutes=117), short, feature).tmdb_id == 2
    assert decide(Wanted("Skin", 2018), short, feature).status == "ambiguous"


def test_the_same_runtime_is_worth_three_times_the_votes() -> None:
    one = film(1, "Skin", "2018-09-07", 400, runtime=100)
    other = film(2, "Skin", "2018-09-11", 100, runtime=118)
    assert decide(Wanted("Skin", 2018, runtime_minutes=102), one, other).tmdb_id == 1
    assert decide(Wanted("Skin", 2018, runtime_minutes=109), one, other).status == "ambiguous"


# Ids --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "method"),
    [
        (Wanted("The Matrix", 1999, tmdb_id=603), "tmdb_id"),
        (Wanted("The Matrix", 1999, imdb_id="tt0133093"), "imdb_id"),
        (Wanted(None, None, imdb_id="tt0133093"), "imdb_id"),
        (Wanted("Matriks", 2000, imdb_id="tt0133093"), "imdb_id"),
        (Wanted("The Matrix", 2021, tmdb_id=603), "tmdb_id"),
    ],
)
def test_an_id_costs_one_request_and_must_agree_with_title_year_or_other_id(
    wanted: Wanted, method: str
) -> None:
    asking = Asking(Catalogue(GOLDEN))
    decision = find(wanted, asking)
    assert (decision.tmdb_id, decision.method, decision.score) == (603, method, 1.0)
    assert len(asking.asked) == 1


@pytest.mark.parametrize("ids", [{"tmdb_id": 603}, {"imdb_id": "tt0133093"}])
def test_title_and_year_overrule_the_id_of_another_film(ids: dict[str, Any]) -> None:
    """Columns slip in spreadsheets; two facts that agree outweigh one."""
    decision = decide(Wanted("Ghostbusters", 1984, **ids), *GOLDEN)
    assert (decision.tmdb_id, decision.method) == (620, "title_year")
    decision = decide(Wanted("No Such Film", 1984, **ids), *GOLDEN)
    assert (decision.status, decision.method) == ("ambiguous", "id_conflict")
    assert [c.tmdb_id for c in decision.candidates] == [603]


def test_two_ids_that_agree_with_each_other_but_not_with_the_line_are_ambiguous() -> None:
    ids: dict[str, Any] = {"tmdb_id": 603, "imdb_id": "tt0133093"}
    for title, year in [("Ghostbusters", 1984), ("No Such Film", 2021), ("No Such Film", None)]:
        decision = decide(Wanted(title, year, **ids), *GOLDEN)
        assert (decision.status, decision.method) == ("ambiguous", "id_conflict")
        assert [c.tmdb_id for c in decision.candidates] == [603]
    assert decide(Wanted("Matriks", 2000, **ids), *GOLDEN).tmdb_id == 603


def test_the_number_of_a_series_is_not_taken_for_a_film() -> None:
    """Films and series on TMDB have the same numbers, and an export may hold a series'."""
    records = [
        film(1396, "Mirror", "2008-03-07"),
        series(1396, "Breaking Bad", "2008-01-20"),
    ]
    wanted = Wanted("Breaking Bad", 2008, tmdb_id=1396)
    decision = decide(wanted, *records)
    assert (decision.status, decision.method) == ("ambiguous", "id_conflict")
    assert decide(wanted, records[0]).tmdb_id == 1396  # a title that TMDB does not have
    assert decide(Wanted("Breaking Bad", None, tmdb_id=1396), *records).tmdb_id is None
    assert decide(Wanted("The Mirror", None, tmdb_id=1396), *records).tmdb_id == 1396


@pytest.mark.parametrize("kind", ["tvMiniSeries", "tvEpisode"])
def test_the_id_of_a_miniseries_or_episode_may_be_that_of_a_film(kind: str) -> None:
    wanted = Wanted("The Matrix", 1999, imdb_id="tt0133093", title_type=kind)
    assert decide(wanted, *GOLDEN).tmdb_id == 603
    assert asked(wanted, *GOLDEN) == ["/movie/tt0133093"]
    assert decide(replace(wanted, imdb_id="tt0185906"), *GOLDEN).status == "not_a_movie"
    assert decide(replace(wanted, title="Other", year=1950), *GOLDEN).status == "not_a_movie"


def test_with_an_id_that_tmdb_does_not_know_title_and_year_decide() -> None:
    """TMDB deletes duplicates, and lacks some IMDb ids; a 404 is not an error."""
    assert decide(Wanted("Flow", 2024, tmdb_id=5), *GOLDEN).tmdb_id == 823219
    assert decide(Wanted("Flow", 2024, imdb_id="tt0000005"), *GOLDEN).tmdb_id == 823219


def test_an_id_that_tmdb_does_not_know_makes_a_film_of_another_year_doubtful() -> None:
    later = film(1, "Wildcat", "2025-05-01", 1000)
    assert decide(Wanted("Wildcat", 2024), later).tmdb_id == 1
    assert decide(Wanted("Wildcat", 2024, tmdb_id=5), later).status == "ambiguous"


def test_with_another_imdb_id_only_a_well_known_film_is_matched() -> None:
    """One in a thousand lines has another id than TMDB; two films rarely share title and year."""
    few = film(1, "Wildcat", "2024-05-01", 50, imdb_id="tt0000001")
    decision = decide(Wanted("Wildcat", 2024, imdb_id="tt0000005"), few)
    assert (decision.status, decision.candidates[0].tmdb_id) == ("ambiguous", 1)
    assert decide(Wanted("Ghostbusters", 1984, imdb_id="tt0000005"), *GOLDEN).tmdb_id == 620


def test_the_imdb_id_of_a_series_is_not_a_movie() -> None:
    decision = decide(Wanted("Band of Brothers", 2001, imdb_id="tt0185906"), *GOLDEN)
    assert (decision.status, decision.method) == ("not_a_movie", "imdb_id")


# Series -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["tvSeries", "tvMiniSeries", "tvEpisode", "videoGame"])
def test_a_title_type_other_than_a_films_needs_no_request(kind: str) -> None:
    wanted = Wanted("The Matrix", 1999, tmdb_id=603, title_type=kind)
    assert decide(wanted, *GOLDEN).status == "not_a_movie"
    assert asked(wanted, *GOLDEN) == []


@pytest.mark.parametrize("kind", ["movie", "tvMovie", "short", "video", "tvSpecial"])
def test_other_types_are_films_and_not_searched_for_among_series(kind: str) -> None:
    assert decide(Wanted("The Matrix", 1999, title_type=kind), *GOLDEN).tmdb_id == 603
    wanted = Wanted("Normal People", 2020, title_type=kind)
    assert decide(wanted, *GOLDEN).status == "not_found"
    assert "/search/tv" not in asked(wanted, *GOLDEN)


def test_a_known_film_is_matched_although_a_series_has_its_name() -> None:
    records = [film(1, "Fargo", "1996-04-05", 8000), series(2, "Fargo", "1996-04-05", 9000)]
    assert decide(Wanted("Fargo", 1996), *records).tmdb_id == 1
    assert "/search/tv" not in asked(Wanted("Fargo", 1996), *records)


def test_an_unknown_film_is_not_matched_if_a_known_series_has_its_name() -> None:
    records = [film(1, "Chernobyl", "2019-01-05", 2), series(2, "Chernobyl", "2019-05-06", 6000)]
    decision = decide(Wanted("Chernobyl", 2019), *records)
    assert (decision.status, decision.method) == ("not_a_movie", "series")
    assert [c.tmdb_id for c in decision.candidates] == [1]
    records[1] = series(2, "Chernobyl", "2014-05-06", 6000)
    assert decide(Wanted("Chernobyl", 2019), *records).tmdb_id == 1
    records[1] = series(2, "Chernobyl", "2019-05-06", 5)
    assert decide(Wanted("Chernobyl", 2019), *records).tmdb_id == 1


def test_a_series_is_searched_for_only_if_the_film_is_unknown_and_its_title_short() -> None:
    for title, looked in [("Chernobyl", True), ("The Last Night of Chernobyl", False)]:
        paths = asked(Wanted(title, 2019), film(1, title, "2019-01-05", 5))
        assert ("/search/tv" in paths) == looked


def test_a_film_of_many_hours_by_several_directors_is_a_series() -> None:
    """TMDB lists some miniseries as films."""
    record = film(1, "The Pacific", "2010-03-15", 300, **EPISODES)
    assert decide(Wanted("The Pacific", 2010), record).status == "not_a_movie"
    assert decide(Wanted("The Pacific", 2010, title_type="movie"), record).tmdb_id == 1
    assert decide(Wanted("The Pacific", 2010, tmdb_id=1), record).tmdb_id == 1
    long = film(1, "Shoah", "1985-11-01", 300, runtime=566, directors=["Claude Lanzmann"])
    assert decide(Wanted("Shoah", 1985), long).tmdb_id == 1


# Requests ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted("Ghostbusters", 1984),
        Wanted("Matrix, The", 1999),
        Wanted("Perfect Blue", 1997),
        Wanted("부산행", 2016),
        Wanted("Der Pate", 1972),
        Wanted("Seven (a.k.a. Se7en)", 1995),
    ],
)
def test_the_usual_line_costs_one_search_and_one_details(wanted: Wanted) -> None:
    search, details = asked(wanted, *GOLDEN)
    assert search == "/search/movie"
    assert details.startswith("/movie/")


def test_after_a_full_page_the_search_is_repeated_with_the_year() -> None:
    """The most popular films come first; a little-known one is not on the first page of "Her"."""
    crowd = [film(n, f"Her {n}", "2001-01-01", 5000) for n in range(100, 130)]
    her = film(1, "Her", "2005-01-01", 50)
    assert decide(Wanted("Her", 2005), her, *crowd).tmdb_id == 1
    assert len(asked(Wanted("Her", 2005), her, *crowd)) == 3
    later = film(1, "Her", "2006-01-01", 5000, popularity=0)
    assert decide(Wanted("Her", 2005), later, *crowd).tmdb_id == 1
    earlier = film(2, "Her", "2004-01-01", 5000, popularity=900)
    wanted = Wanted("Her", 2005, service="imdb")
    assert decide(wanted, later | {"vote_count": 50_000}, earlier, *crowd).tmdb_id == 1


def test_after_a_full_page_whose_best_hit_hardly_anybody_knows_there_may_be_a_better_one() -> None:
    crowd = [film(n, f"Her {n}", "2001-01-01", 5000) for n in range(100, 130)]
    unknown = film(1, "Her", "2005-01-01", 3, popularity=900)
    known = film(2, "Her", "2005-06-01", 900, popularity=0)
    assert decide(Wanted("Her", 2005), unknown, known, *crowd).tmdb_id == 2


def test_a_film_that_vanishes_between_search_and_details_is_not_found() -> None:
    class Forgetful(Asking):
        def movie(self, *_: Any) -> None:
            return None

    assert find(Wanted("Flow", 2024), Forgetful(Catalogue(GOLDEN))).status == "not_found"


def test_exceptions_of_the_queries_are_not_caught() -> None:
    class Down(Asking):
        def search(self, *_: Any, **__: Any) -> list[dict[str, Any]]:
            raise TimeoutError

    with pytest.raises(TimeoutError):
        find(Wanted("Flow", 2024), Down(Catalogue(GOLDEN)))


def test_a_line_without_a_title_makes_no_request() -> None:
    for title in (None, "", "  "):
        assert decide(Wanted(title, 1999)).status == "not_found"
        assert asked(Wanted(title, 1999)) == []


def test_a_film_with_the_title_from_another_year_is_a_candidate_but_not_matched() -> None:
    samurai = film(346, "Seven Samurai", "1954-04-26", 4000)
    decision = decide(Wanted("Seven Samurai", 1956), samurai)
    assert decision.status == "not_found"
    assert [candidate.tmdb_id for candidate in decision.candidates] == [346]
