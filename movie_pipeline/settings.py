"""Settings: values from the environment and ``.env``, read when a run starts.

What belongs here: every environment variable, its default and its validation, and how the UI is
started where this package is installed. What does not: reading the environment anywhere else, or at
import, and values of a single run: its configuration and its tags can be set by anyone who may
start a run.

The process environment takes precedence over ``.env``. Dagster would load ``.env`` too, once, when
it starts; `dagster.yaml` and `instance` turn that off, so that a key written to ``.env`` takes
effect from the next run on, and is not in the environment of any process.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import SecretStr

from movie_pipeline.outside import files

TMDB_URL = "https://api.themoviedb.org/3"
KEY_PAGE = "https://www.themoviedb.org/settings/api"

ESCAPES = "in a password, write %2F for /, %3A for :, %40 for @, %23 for # and %3F for ?"
"""What to say of an address that `is_misread`."""

LONGEST_DAYS = 180.0
"""TMDB's terms forbid keeping an answer longer than six months."""

ENV_FILE = Path(".env")

DEV = (
    "make dev" if Path(__file__).parents[1].joinpath("Makefile").exists() else "movie-pipeline dev"
)
"""How the UI is started: by make in a clone, where the command may not be on the PATH."""

_OURS = ("TMDB_", "MOVIE_PIPELINE_")
_KEY_NAMES = ("TMDB_API_TOKEN", "TMDB_API_KEY")
# Variables by field of `exports.Limits`. An error about a limit names the field: entry_bytes.
_LIMITS = {
    "entry_bytes": "MOVIE_PIPELINE_LIMIT_ENTRY_BYTES",
    "total_bytes": "MOVIE_PIPELINE_LIMIT_TOTAL_BYTES",
    "ratio": "MOVIE_PIPELINE_LIMIT_RATIO",
    "entries": "MOVIE_PIPELINE_LIMIT_ENTRIES",
    "line_chars": "MOVIE_PIPELINE_LIMIT_LINE_CHARS",
    "rejected_lines": "MOVIE_PIPELINE_LIMIT_REJECTED_LINES",
}
# Both were tried with DuckDB 1.5.5.
_REFUSED_WAREHOUSES = {
    "ducklake:": (
        "which is refused: after forgetting an upload, all its rows could still be read in the"
        " lake's files, and a run of one upload made the writes of others fail"
    ),
    "quack:": "which is refused: it can't delete rows, so nothing could be replaced or forgotten",
}
_YES = {"1", "true", "yes", "on"}
_NO = {"0", "false", "no", "off"}


_HOST = re.compile(r"(?P<scheme>https?://)?(\[[0-9a-f:]+\]|[a-z0-9._-]+)(:\d{1,5})?")


class SettingsError(ValueError):
    """An environment variable has an invalid value; the message names both."""


@dataclass(frozen=True)
class Settings:
    """The settings of one run; `docs/settings.md` lists the variables."""

    data: Path
    warehouse: str | SecretStr
    """A file or a DuckDB database string; if it is PostgreSQL, it may contain a password."""
    cache: Path | SecretStr
    """A file, or the address of a Redis, which may contain a password."""
    state: Path | SecretStr
    """Where the status of uploads is; as `cache`."""
    key: SecretStr | None = field(default=None, repr=False)
    base_url: str = TMDB_URL
    requests_per_second: float = 40.0
    language: str = "en-US"
    country: str = "US"
    require_tmdb: bool = False
    sample_only: bool = False
    posters: bool = True
    max_error_share: float = 0.10
    keep_days: float = 120.0
    keep_new_days: float = 30.0
    keep_misses_days: float = 7.0
    lock_wait_seconds: float = 120.0
    limits: Mapping[str, int] = field(default_factory=dict)
    hosts: tuple[str, ...] = ()
    """Names under which the UI may be opened, besides this machine's own: ``films.example:8443``
    (any scheme) or ``https://films.example``."""

    @property
    def uploads(self) -> Path:
        """The watched folder."""
        return self.data / "uploads"

    @property
    def pages(self) -> Path:
        """The folder of the finished pages."""
        return self.data / "dashboard"

    @property
    def overrides(self) -> Path:
        """The user's own decisions, which take precedence over ours."""
        return self.data / "overrides.csv"

    @property
    def club(self) -> Path:
        """The list of people to compare with each other."""
        return self.data / "club.csv"

    @property
    def from_sample(self) -> bool:
        """Whether the bundled sample catalogue answers instead of TMDB."""
        return self.key is None or self.sample_only

    @property
    def shows_posters(self) -> bool:
        """Whether pages have posters; the sample has none."""
        return self.posters and not self.from_sample


def load(
    environ: Mapping[str, str] | None = None,
    env_file: Path = ENV_FILE,
) -> Settings:
    """The current settings.

    Args:
        environ: the environment; by default that of the process.
        env_file: read if it exists; its entries apply where the environment has none.

    Raises:
        SettingsError: a value is invalid, or the file can't be read.
    """
    values = _Values(os.environ if environ is None else environ, _filed(env_file))
    data = Path(values.text("MOVIE_PIPELINE_DATA") or "data").expanduser()
    return Settings(
        data=data,
        warehouse=_warehouse(values.text("MOVIE_PIPELINE_WAREHOUSE"))
        or str(data / "warehouse.duckdb"),
        cache=values.place("MOVIE_PIPELINE_CACHE") or data / "tmdb.sqlite",
        state=values.place("MOVIE_PIPELINE_STATE") or data / "progress.sqlite",
        key=values.key(),
        base_url=_base_url(values.text("TMDB_BASE_URL") or TMDB_URL),
        requests_per_second=values.number("TMDB_REQUESTS_PER_SECOND", 40.0, 0.1, 1000.0),
        language=_language(values.text("TMDB_LANGUAGE") or "en-US"),
        country=_country(values.text("MOVIE_PIPELINE_COUNTRY") or "US"),
        require_tmdb=values.switch("MOVIE_PIPELINE_REQUIRE_TMDB"),
        sample_only=values.switch("MOVIE_PIPELINE_SAMPLE"),
        posters=values.switch("MOVIE_PIPELINE_POSTERS", default=True),
        max_error_share=values.number("MOVIE_PIPELINE_MAX_ERROR_SHARE", 0.10, 0.0, 1.0),
        keep_days=values.kept_days("MOVIE_PIPELINE_KEEP_DAYS", 120.0),
        keep_new_days=values.kept_days("MOVIE_PIPELINE_KEEP_NEW_DAYS", 30.0),
        keep_misses_days=values.kept_days("MOVIE_PIPELINE_KEEP_MISSES_DAYS", 7.0),
        lock_wait_seconds=values.number("MOVIE_PIPELINE_LOCK_WAIT", 120.0, 0.0, 86_400.0),
        limits={
            field: int(values.number(name, 0.0, 1.0, 1e15))
            for field, name in _LIMITS.items()
            if values.text(name)
        },
        hosts=_hosts(values.text("MOVIE_PIPELINE_HOSTS") or ""),
    )


def of_env_file(env_file: Path = ENV_FILE) -> dict[str, str]:
    """Our variables set in ``.env``; none if it does not exist or can't be read."""
    try:
        filed = _filed(env_file)
    except SettingsError:
        return {}
    return {
        name: value for name, value in filed.items() if value is not None and name.startswith(_OURS)
    }


class _Values:
    """Values of variables, each from the first source with a non-empty value."""

    def __init__(self, *sources: Mapping[str, str | None]) -> None:
        self._sources = sources

    def text(self, *names: str) -> str | None:
        """The first of these variables that is set, without surrounding blanks and quotes."""
        return next((value for _, value in self._set(names)), None)

    def number(self, name: str, default: float, least: float, most: float) -> float:
        text = self.text(name)
        if text is None:
            return default
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not least <= number <= most:
            raise SettingsError(
                f"{name}={text}: it must be a number from {least:g} to {most:g},"
                " with a decimal point"
            )
        return number

    def kept_days(self, name: str, default: float) -> float:
        """Days for which an answer may be used, at most as many as TMDB's terms allow."""
        try:
            return self.number(name, default, 0.0, LONGEST_DAYS)
        except SettingsError as error:
            raise SettingsError(
                f"{error} (TMDB's terms allow answers to be cached for {LONGEST_DAYS:g} days)"
            ) from None

    def switch(self, name: str, *, default: bool = False) -> bool:
        text = (self.text(name) or str(int(default))).lower()
        if text not in _YES | _NO:
            raise SettingsError(f"{name}={text}: it must be 1 or 0")
        return text in _YES

    def key(self) -> SecretStr | None:
        """TMDB's key, without a ``Bearer`` that was copied with it."""
        for name, value in self._set(_KEY_NAMES):
            bare = _unquoted(re.sub(r"^bearer(\s+|$)", "", value, flags=re.IGNORECASE))
            if re.search(r"[^\x21-\x7e]", bare):
                raise SettingsError(
                    f"{name} contains a blank or a character that no TMDB key has: copy it again"
                    f" from {KEY_PAGE}"
                )
            if bare:
                return SecretStr(bare)
        return None

    def place(self, name: str) -> Path | SecretStr | None:
        """A file, or the address of a Redis."""
        text = self.text(name)
        if not text or "://" not in text:
            return Path(text).expanduser() if text else None
        # From here on the value must not be shown, because it may contain a password.
        try:
            parts = urlsplit(text)
            server = parts.hostname and parts.port != 0 and re.fullmatch(r"(/\d*)?", parts.path)
            known = {"redis": server, "rediss": server, "unix": parts.path.strip("/")}
            usable = known.get(parts.scheme) and not is_misread(text)
        except ValueError:
            usable = False
        if not usable:
            raise SettingsError(
                f"{name} must be a file, or the address of a Redis such as"
                " redis://host:6379/0, rediss://user:password@host:6379/0 or unix:///path/of/socket;"
                f" {ESCAPES}"
            )
        return SecretStr(text)

    def _set(self, names: tuple[str, ...]) -> list[tuple[str, str]]:
        found = [(name, source.get(name)) for source in self._sources for name in names]
        return [(name, bare) for name, value in found if value and (bare := _unquoted(value))]


def _unquoted(text: str) -> str:
    """The text without quotes around it; one that closes another in it stays (``x='a b'``)."""
    bare = text.strip().lstrip("\"'")
    inner = bare.rstrip("\"'")
    end = bare[len(inner) :][:1]
    closes = end and len(re.findall(rf"(?<!\\){end}", inner)) % 2
    return (inner + end if closes else inner).strip()


def _filed(path: Path) -> Mapping[str, str | None]:
    """The variables in an ``.env`` file; none if there is no file."""
    try:
        if path.is_dir():
            return {}  # most likely a virtual environment
        with files.open_plain(path, links=True) as file:
            text = file.read().decode("utf-8-sig")  # editors on Windows write a byte order mark
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SettingsError(f"{path} can't be read ({reason}): fix or remove it") from None
    return dotenv_values(stream=StringIO(text))


def _base_url(text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"TMDB_BASE_URL={text}: it must be an address such as {TMDB_URL}")
    if parts.username or parts.query or parts.fragment:
        # The value is not shown, because the extra part may be a secret.
        raise SettingsError("TMDB_BASE_URL must have no user, ? or #: the key has its own variable")
    return text.rstrip("/")


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2}(-[A-Z]{2})?", text):
        raise SettingsError(f"TMDB_LANGUAGE={text}: write it as en-US or de")
    return text


def _country(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", text):
        raise SettingsError(f"MOVIE_PIPELINE_COUNTRY={text}: write it as US or DE (ISO 3166-1)")
    return text.upper()


def _hosts(text: str) -> tuple[str, ...]:
    """Hosts as a browser writes them in ``Host`` and ``Origin``: lower case, no default port."""
    hosts = []
    for entry in filter(None, (one.strip().lower().rstrip("/") for one in text.split(","))):
        found = _HOST.fullmatch(entry)
        if found is None:
            raise SettingsError(
                f"MOVIE_PIPELINE_HOSTS={text}: {entry} is not a host; write films.example:8443 or"
                " https://films.example, with commas between several"
            )
        default = {"http://": ":80", "https://": ":443"}.get(found["scheme"] or "")
        hosts.append(entry.removesuffix(default) if default else entry)
    return tuple(hosts)


def is_misread(address: str) -> bool:
    """Whether a program would take a part of the password for the host, the port or the path.

    Its errors would then show that part.
    """
    try:
        parts = urlsplit(address)
        return bool(
            parts.fragment
            or "@" in parts.path + parts.query
            or parts.netloc.count("@") > 1
            or parts.port == 0
        )
    except ValueError:
        return True


def in_postgres(database: str) -> bool:
    """Whether a database string names a PostgreSQL database."""
    return re.match(r"postgres(ql)?:", database, re.IGNORECASE) is not None


def _warehouse(text: str | None) -> str | SecretStr | None:
    for kind, reason in _REFUSED_WAREHOUSES.items():
        if text and text.lower().startswith(kind):
            raise SettingsError(
                f"MOVIE_PIPELINE_WAREHOUSE begins with {kind} {reason}. Use a file, or PostgreSQL:"
                " postgres:dbname=warehouse host=db user=films"
            )
    return SecretStr(text) if text and in_postgres(text) else text
