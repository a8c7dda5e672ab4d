"""Settings: what the environment and ``.env`` say, read when a run starts.

What belongs here: every environment variable, its default and its check. What does not: reading
the environment anywhere else, or at import.

The process environment wins over ``.env``. Dagster would load ``.env`` too, once, when it starts;
`dagster.yaml` turns that off, so that a key written to ``.env`` counts from the next run on.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dotenv import dotenv_values
from pydantic import SecretStr

TMDB_URL = "https://api.themoviedb.org/3"

_Read = Callable[[str], str | None]


class SettingsError(ValueError):
    """An environment variable has a value that can't be used; the message names both."""


@dataclass(frozen=True)
class Settings:
    """The settings of one run; README lists the variables."""

    data: Path
    warehouse: str
    cache: str
    key: SecretStr | None = field(default=None, repr=False)
    base_url: str = TMDB_URL
    requests_per_second: float = 40.0
    language: str = "en-US"
    require_tmdb: bool = False
    sample_only: bool = False
    max_error_share: float = 0.10
    lock_wait_seconds: float = 120.0

    @property
    def uploads(self) -> Path:
        """The watched folder."""
        return self.data / "uploads"

    @property
    def pages(self) -> Path:
        """The folder of the finished pages."""
        return self.data / "dashboard"

    @property
    def from_sample(self) -> bool:
        """Whether the bundled sample catalogue answers, and not TMDB."""
        return self.key is None or self.sample_only


def load(environ: Mapping[str, str] | None = None, env_file: Path = Path(".env")) -> Settings:
    """The settings as they stand now.

    Args:
        environ: the process environment unless given.
        env_file: read if it exists; an entry counts where the environment has none.

    Raises:
        SettingsError: a value can't be used.
    """
    given = os.environ if environ is None else environ
    filed = dotenv_values(env_file) if env_file.is_file() else {}

    def read(name: str) -> str | None:
        for source in (given, filed):
            value = (source.get(name) or "").strip()
            if value:
                return value
        return None

    data = Path(read("MOVIE_PIPELINE_DATA") or "data")
    base_url = (read("TMDB_BASE_URL") or TMDB_URL).rstrip("/")
    if not base_url.startswith(("http://", "https://")):
        raise SettingsError(f"TMDB_BASE_URL={base_url}: it must start with http:// or https://")
    language = read("TMDB_LANGUAGE") or "en-US"
    if not re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", language):
        raise SettingsError(f"TMDB_LANGUAGE={language}: write it as en-US or de")
    return Settings(
        data=data,
        warehouse=read("MOVIE_PIPELINE_WAREHOUSE") or str(data / "warehouse.duckdb"),
        cache=read("MOVIE_PIPELINE_CACHE") or str(data / "tmdb.sqlite"),
        key=_key(read("TMDB_API_TOKEN")) or _key(read("TMDB_API_KEY")),
        base_url=base_url,
        requests_per_second=_number(read, "TMDB_REQUESTS_PER_SECOND", 40.0, least=0.1, most=1000.0),
        language=language,
        require_tmdb=_switch(read, "MOVIE_PIPELINE_REQUIRE_TMDB"),
        sample_only=_switch(read, "MOVIE_PIPELINE_SAMPLE"),
        max_error_share=_number(read, "MOVIE_PIPELINE_MAX_ERROR_SHARE", 0.10, least=0.0, most=1.0),
        lock_wait_seconds=_number(
            read, "MOVIE_PIPELINE_LOCK_WAIT", 120.0, least=0.0, most=86_400.0
        ),
    )


def _key(value: str | None) -> SecretStr | None:
    """The key without the quotes, blanks and ``Bearer`` that people copy along with it."""
    if value is None:
        return None
    bare = value.strip().strip("\"'").strip()
    bare = re.sub(r"^bearer\s+", "", bare, flags=re.IGNORECASE).strip().strip("\"'").strip()
    if re.search(r"[^\x21-\x7e]", bare):
        raise SettingsError(
            "TMDB_API_TOKEN holds a blank or a character that no TMDB key has: copy it again from"
            " https://www.themoviedb.org/settings/api"
        )
    return SecretStr(bare) if bare else None


def _switch(read: _Read, name: str) -> bool:
    return (read(name) or "").lower() in {"1", "true", "yes", "on"}


def _number(read: _Read, name: str, default: float, *, least: float, most: float) -> float:
    text = read(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= most:
        raise SettingsError(f"{name}={text}: it must be a number from {least:g} to {most:g}")
    return number
