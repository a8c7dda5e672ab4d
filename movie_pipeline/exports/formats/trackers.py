"""Trackers and catalogues whose tables are generic but for their scale or the names of their ids.

Yamtrack, Moviebase, Ryot, Watcharr, MediaElch, Kinorium and Filmweb rate out of ten or a hundred,
which a short list does not show; Tofu's Douban tables have the year in the film's summary.
"""

from movie_pipeline.exports.exporter import TableFormat, names
from movie_pipeline.exports.formats.generic import COLUMNS, source


def _format(service: str, signature: str, scale: float, **columns: tuple[str, ...]) -> TableFormat:
    return TableFormat(
        name=service,
        service=service,
        specificity=20,
        signatures=(names(signature),),
        columns={**COLUMNS, **columns},
        scale=scale,
        source=source,
        loose=True,
    )


FORMATS = (
    _format("yamtrack", "media_id, source, media_type, score", 10),
    _format("moviebase", "media_id, media_type, last_added", 10),
    _format("mediaelch", "movie_imdb_id, movie_tmdb_id, movie_title", 10),
    _format("watcharr", "content.title, content.type, status", 10),
    _format("filmweb", "user_vote, global_rating, original_title", 10),
    _format("kinorium", "Title, Original Title, Type, Countries, My rating", 10),
    _format("douban", "标题, 简介, 豆瓣评分", 5, year=("简介",)),
    _format(
        "ryot",
        "lot, identifier, source",
        100,
        title=("title", "source_id"),
        title_type=("lot",),
        watched_on=("seen_history.ended_on",),
        rating=("reviews.rating",),
        seen=("collections",),
    ),
)
