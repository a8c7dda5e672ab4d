"""The home page: every upload at a glance, in one HTML file that makes no requests.

What belongs here: its HTML. What does not: what it is told of each upload (`standing`), and when it
is written (`status.front_page`).

First comes what is at work, with its strip as progress; then what waits for the person, with what
to do; then persons and their uploads, the last finished one first. While something is at work, the
page renews itself. All text from outside is escaped, and the content security policy allows the
style sheet and the one script by their hashes.

It stays usable and small with a thousand uploads: only some of them have a strip, and the others
follow as a list, which can be filtered.
"""

import html
import shlex
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import quote

from movie_pipeline.analytics.films import STATE_WORDS
from movie_pipeline.analytics.words import counted, in_words
from movie_pipeline.outside import foreign
from movie_pipeline.page import publication
from movie_pipeline.page.standing import Notice, Standing
from movie_pipeline.page.templates import fill, hash_of, style_of, template
from movie_pipeline.uploads import pages, persons

#: Seconds after which the page renews itself while something is at work.
RENEWS_SECONDS = 3
#: How many uploads at work, waiting ones, and finished ones have a row of their own.
MOST_AT_WORK, MOST_WAITING, MOST_FINISHED = 12, 20, 60
#: The number of uploads from which the page can be filtered.
FILTERED_FROM = 12
#: How many years and lines of a list a row names.
_MOST_YEARS, _MOST_NAMED = 6, 5
_WIDE = 1000
#: Words for the variants of a card, in the order of `publication.VARIANTS`.
_VARIANTS = ("wide", "wide, dark", "tall", "tall, dark")


def build(
    uploads: Sequence[Standing],
    *,
    folder: str,
    overrides: str,
    now: datetime,
    notices: Sequence[Notice] = (),
) -> str:
    """Return the home page; the same input gives the same text.

    Args:
        uploads: Every upload, also those at work and those that failed.
        folder: The watched folder, as it is told to people.
        overrides: The file of the person's own decisions, likewise.
        now: The time of writing, in the zone of the person.
        notices: What waits for the person besides uploads.
    """
    at_work = sorted((one for one in uploads if one.at_work), key=lambda one: one.place_at_work)
    waiting = [one for one in uploads if one.waits]
    undecided = [one for one in uploads if one.to_decide]
    finished = sorted(
        (one for one in uploads if one.has_page and not one.at_work),
        key=lambda one: one.place_finished(now),
    )
    rows = [_works(one, now) for one in at_work[:MOST_AT_WORK]]
    rows += _more(len(at_work) - MOST_AT_WORK, "at work or waiting for their turn")
    rows += [_waits(one, folder) for one in waiting[:MOST_WAITING]]
    rows += _more(len(waiting) - MOST_WAITING, "waiting for you")
    rows += [_note(notice) for notice in notices]
    rows += [_decide(undecided, overrides)] if undecided else []
    rows += [_finished(one, now) for one in finished[:MOST_FINISHED]]
    if others := finished[MOST_FINISHED:]:
        rows.append(f'<ul class="others">{"".join(map(_line, others))}</ul>')
    script = template("home.js") if len(uploads) >= FILTERED_FROM else ""
    style = style_of("home.css")
    allowed = hash_of(script) if script else "'none'"
    parts = {
        "policy": f"default-src 'none'; script-src {allowed}; style-src {hash_of(style)};"
        " img-src data:; base-uri 'none'; form-action 'none'",
        "refresh": f'<meta http-equiv="refresh" content="{RENEWS_SECONDS}">\n' if at_work else "",
        "style": style,
        "now": now.isoformat(timespec="seconds"),
        "written": f"{_day(now)}, {now:%H:%M}",
        "sentence": _sentence(uploads, len(at_work), len(waiting) + len(notices)),
        "filter": '<label class="filter" hidden>Filter <input type="search" autocomplete="off">'
        "</label>\n"
        if script
        else "",
        "rows": "\n".join(rows),
        "folder": _escaped(folder),
        "renews": " This page renews itself while something is at work." if at_work else "",
        "script": f'<script type="module">{script}</script>\n' if script else "",
    }
    return fill(template("home.html"), parts)


def _sentence(uploads: Sequence[Standing], at_work: int, waiting: int) -> str:
    """What there is, what is at work, and what waits."""
    own = [one for one in uploads if one.has_page and not persons.is_sample(one.upload)]
    said = []
    if len(own) == 1 and own[0].outline and own[0].outline.phrase:
        outline = own[0].outline
        hours = f", <b>{outline.hours:,.0f} hours</b>" if outline.hours >= 1 else ""
        if hours and outline.hours_rest_on:
            hours += f" in {outline.hours_rest_on:,} of them"
        said.append(f"<b>{_escaped(outline.phrase)}</b>{hours}, from one export.")
    elif own:
        people = {persons.known_person(one.upload) for one in own}
        several = len(people) > 1 and None not in people
        whose = f" of <b>{len(people):,} people</b>" if several else ""
        exports = "export" if len(own) == 1 else "exports"
        said.append(f"<b>{len(own):,} {exports}</b>{whose}.")
    elif not uploads:
        said.append("Nothing here yet. <b>Drop your film list</b> and it appears.")
    elif not at_work and not waiting:
        said.append("<b>The sample</b>, and nothing of your own yet.")
    both = []
    if at_work:
        both.append(
            f"<b>{counted(at_work, 'upload')}</b> {'is' if at_work == 1 else 'are'} at work"
        )
    if waiting:
        noun = "" if at_work else (" thing" if waiting == 1 else " things")
        waits = "waits" if waiting == 1 else "wait"
        both.append(f"<b>{in_words(waiting)}{noun}</b> {waits} for you")
    if both:
        told = ", ".join(both)
        said.append(f"{told[:3]}{told[3].upper()}{told[4:]}.")
    return " ".join(said)


def _works(one: Standing, now: datetime) -> str:
    """An upload at work: its strip, lit as far as its films were looked up, and the pace."""
    done = max(one.total - one.pending, 0) if one.stage == "enriching" else 0
    numbers: list[tuple[str, str]] = []
    if one.stage == "enriching" and one.total:
        numbers.append((f"{done:,}", f"of {one.total:,} films"))
        seconds = (now - one.started_at).total_seconds() if one.started_at else 0.0
        if one.pending and seconds >= 1 and done / seconds >= 1:
            numbers.append((f"{done / seconds:,.0f}", "a second"))
        if one.pending and one.eta_seconds is not None:
            numbers.append(_left(one.eta_seconds))
        if one.not_found:
            words = f"{STATE_WORDS['not_found']}{' so far' if one.pending else ''}"
            numbers.append((f"{one.not_found:,}", words))
    elif one.total:
        numbers.append((f"{one.total:,}", "films"))
    words = {
        "queued": "Waiting for its turn",
        "processing": "Reading the file",
        "enriching": "At work" if one.pending else "Drawing the page",
    }[one.stage]
    share = done / one.total if one.total else 0.0
    links = [_link(one.page, "What is there already")] if one.has_page else []
    started = one.started_at.astimezone(now.tzinfo) if one.started_at else None
    since = f", since {started:%H:%M}" if started and one.stage != "queued" else ""
    told = f"{done:,} of {one.total:,} films" if one.total else words
    return _row(
        one,
        state=("queued" if one.stage == "queued" else "works", words),
        source=[f"{one.file}{since}"],
        body=_strip(one, told, lit=share)
        + f'<progress class="hidden" max="{one.total or 1}" value="{done}"></progress>'
        + _numbers(numbers)
        + _links(links),
    )


def _waits(one: Standing, folder: str) -> str:
    """An upload that can't go on: what happened, and what to do."""
    command = f" <code>{_escaped(one.command)}</code>" if one.command else ""
    text = f"{_escaped(one.message)}<small>{_escaped(one.advice)}{command}</small>"
    where = "/".join([folder.rstrip("/"), *one.upload.split("/")[:-1]])
    return _row(
        one,
        state=("waits", "Cancelled" if one.stage == "cancelled" else "Waits for you"),
        source=[one.file, f"in {where}/"],
        body=f'<p class="todo">{text}</p>',
    )


def _note(notice: Notice) -> str:
    then = f"<small>{_escaped(notice.then)}</small>" if notice.then else ""
    return (
        '<article class="row"><div><p class="state waits">Waits for you</p>'
        f"<h2>{_escaped(notice.title)}</h2></div>"
        f'<div><p class="todo">{_escaped(notice.text)}{then}</p></div></article>'
    )


def _decide(uploads: Sequence[Standing], overrides: str) -> str:
    """The films that need a decision, by upload, with the command that lists them."""
    todo = []
    for one in uploads[:_MOST_NAMED]:
        command = ""
        if one.not_found or one.ambiguous:
            review = f"movie-pipeline review {shlex.quote(one.upload)} >> {shlex.quote(overrides)}"
            command = f"<small><code>{_escaped(review)}</code></small>"
        said = ", ".join(one.undecided())
        todo.append(f'<p class="todo"><b>{_escaped(one.title)}</b>: {said}{command}</p>')
    if (more := len(uploads) - _MOST_NAMED) > 0:
        todo.append(f'<p class="todo">{more:,} more, each with its number below.</p>')
    return (
        '<article class="row"><div><p class="state waits">When you like</p>'
        "<h2>Films to decide</h2>"
        '<p class="source">Until then they count only where TMDB isn’t needed.</p></div>'
        f"<div>{''.join(todo)}</div></article>"
    )


def _finished(one: Standing, now: datetime) -> str:
    """An upload with its page: strip, numbers, links."""
    outline = one.outline
    source = ["bundled with the project"] if persons.is_sample(one.upload) else [one.file]
    if outline and outline.phrase:
        listed = f", {outline.on_watchlist:,} on the watchlist" if outline.on_watchlist else ""
        source += [outline.heading.day] if outline.heading.day else []
        source.append(f"{outline.phrase}{listed}")
    ended = one.finished_at.astimezone(now.tzinfo) if one.finished_at else None
    message = (
        f'<p class="said">{_escaped(one.message)}</p>' if one.message and not one.waits else ""
    )
    return _row(
        one,
        state=("ready", f"Ready since {ended:%H:%M}") if ended and one.is_new(now) else None,
        source=source,
        body=_strip(one, outline.phrase if outline else one.title)
        + _numbers(_counts(one))
        + message
        + _links([*_links_of(one, now)]),
        linked=True,
    )


def _counts(one: Standing) -> Iterator[tuple[str, str]]:
    """The numbers of a finished upload."""
    outline = one.outline
    if outline and outline.phrase:
        yield f"{outline.films:,}", "film" if outline.films == 1 else "films"
        if outline.hours >= 1:
            rest = outline.hours_rest_on
            yield f"{outline.hours:,.0f}", f"hours in {rest:,} of them" if rest else "hours"
        if outline.mean_rating is not None:
            yield f"★ {outline.mean_rating:.2f}", "mean"
        if outline.countries:
            yield f"{outline.countries:,}", "country" if outline.countries == 1 else "countries"
    elif one.total:
        yield f"{one.total:,}", "films"
    states = {"not_found": one.not_found, "ambiguous": one.ambiguous, "error": one.errors}
    yield from ((f"{number:,}", STATE_WORDS[state]) for state, number in states.items() if number)


def _links_of(one: Standing, now: datetime) -> Iterator[str]:
    page, beside = one.page, pages.name_of(one.upload)
    yield _link(page, "Open")
    years = sorted(one.outline.years, reverse=True) if one.outline else []
    for year in years[:_MOST_YEARS]:
        words = f"{year} so far" if year >= now.year else f"{year}"
        yield _link(page, words, f"year={year}")
    if one.outline and one.outline.phrase:
        yield _cards(beside, years)
    yield _link(f"{beside}/{publication.FILMS}", publication.FILMS)


def _cards(beside: str, years: Sequence[int]) -> str:
    """The links to the cards, behind a word."""
    entries = []
    for year in (None, *years):
        names = publication.card_names(year)
        links = (
            _link(f"{beside}/{name}", words) for name, words in zip(names, _VARIANTS, strict=True)
        )
        entries.append(f"<li><span>{year or 'All time'}</span><span>{' '.join(links)}</span></li>")
    return f'<details class="cards"><summary>Cards</summary><ul>{"".join(entries)}</ul></details>'


def _line(one: Standing) -> str:
    """A finished upload without a strip."""
    outline = one.outline
    said = [outline.phrase if outline else f"{one.total:,} films"]
    if outline and outline.mean_rating is not None:
        said.append(f"★ {outline.mean_rating:.2f}")
    said += one.undecided()
    link = _link(one.page, one.title)
    file = "" if one.title == one.file else f"<span>{_escaped(one.file)}</span>"
    return (
        f"<li{_find(one)}>{link}{file}<span>{_escaped(', '.join(filter(None, said)))}</span></li>"
    )


def _row(
    one: Standing,
    *,
    state: tuple[str, str] | None,
    source: Iterable[str],
    body: str,
    linked: bool = False,
) -> str:
    title = _link(one.page, one.title) if linked else _escaped(one.title)
    lines = "".join(
        f'<span dir="auto">{_escaped(line)}</span>' for line in source if line != one.title
    )
    shown = f'<p class="state {state[0]}">{state[1]}</p>' if state else ""
    return (
        f'<article class="row"{_find(one)}><div>{shown}<h2 dir="auto">{title}</h2>'
        f'<p class="source">{lines}</p></div><div>{body}</div></article>'
    )


def _more(number: int, words: str) -> list[str]:
    if number <= 0:
        return []
    where = "<code>movie-pipeline status</code> lists them"
    return [f'<p class="row source">{number:,} more {words}: {where}.</p>']


def _strip(one: Standing, told: str, lit: float = 1.0) -> str:
    """The strip, a path for each step; frames beyond the lit part are dark.

    While it is at work, also frames without a rating light up.
    """
    frames = one.outline.strip if one.outline else ()
    total = sum(minutes for minutes, _ in frames)
    if not total:
        frames, total = [(1.0, 0)] * 60, 60.0
    x, paths = 0.0, dict[str, list[str]]()
    for minutes, step in frames:
        left, x = round(x), x + _WIDE * minutes / total
        width = round(x) - left
        found = "found" if one.at_work and not step else f"r{step}"
        name = found if x <= lit * _WIDE + 0.001 else "unlit"
        if width:
            paths.setdefault(name, []).append(f"M{left} 0h{width - (width > 4)}v72H{left}z")
    drawn = "".join(f'<path class="{name}" d="{"".join(d)}"/>' for name, d in paths.items())
    return (
        f'<svg class="strip" viewBox="0 0 {_WIDE} 72" preserveAspectRatio="none" role="img"'
        f' aria-label="{_escaped(told)}">{drawn}</svg>'
    )


def _numbers(numbers: Iterable[tuple[str, str]]) -> str:
    told = " ".join(f"<span><b>{number}</b> {words}</span>" for number, words in numbers)
    return f'<p class="numbers">{told}</p>' if told else ""


def _links(links: Sequence[str]) -> str:
    return f'<div class="links">{" ".join(links)}</div>' if links else ""


def _link(path: str, words: str, fragment: str = "") -> str:
    """A link to a file in this page's folder; ``./`` keeps a colon from ending a scheme."""
    address = html.escape(f"./{quote(path)}{f'#{fragment}' if fragment else ''}")
    return f'<a href="{address}">{_escaped(words)}</a>'


def _find(one: Standing) -> str:
    return f' data-find="{_escaped(f"{one.title} {one.upload}".lower())}"'


def _left(seconds: float) -> tuple[str, str]:
    if seconds >= 90:
        return f"{seconds / 60:,.0f}", "minutes left"
    return f"{seconds:,.0f}", "second left" if round(seconds) == 1 else "seconds left"


def _day(day: datetime) -> str:
    return f"{day.day} {day:%B %Y}"


def _escaped(text: str) -> str:
    """Text from outside as text of the page, on one line."""
    return html.escape(foreign.line(text, 600))
