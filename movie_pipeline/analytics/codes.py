"""Names of countries and languages, for the codes that TMDB uses.

What belongs here: the names in ``codes.json``, which says where they come from. They are those of
ISO 3166-1 and ISO 639-1 in Unicode's CLDR, and of the codes that TMDB uses in addition: former
countries, no language (``xx``), Cantonese (``cn``). A package with all this takes many megabytes.
"""

import json
import re
from importlib import resources

_CODES = json.loads(resources.files(__package__).joinpath("codes.json").read_text("utf-8"))

#: Country names by the codes in `enriched.movies.origin_countries`.
COUNTRIES: dict[str, str] = _CODES["countries"]
#: Language names by the codes in `enriched.movies.original_language`.
LANGUAGES: dict[str, str] = _CODES["languages"]

_ARTICLE = re.compile(
    "United|Netherlands|Philippines|Czech Republic|Soviet Union|Bahamas|Dominican|Maldives"
)


def in_a_sentence(country: str) -> str:
    """A country's name with the article that it has within a sentence."""
    return f"the {country}" if _ARTICLE.match(country) else country
