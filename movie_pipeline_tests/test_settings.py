"""Settings: values as people really write them in the environment and in .env."""

import dataclasses
import json
import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import SecretStr

from movie_pipeline.exports import Limits
from movie_pipeline.settings import SettingsError, load

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJhdWQiOiJ4In0.s-3_cret"
V3_KEY = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def env_file(tmp_path):
    return tmp_path / ".env"


def key_of(environ: dict[str, str], env_file: Path = Path("there is none")) -> str | None:
    key = load(environ, env_file).key
    return key.get_secret_value() if key else None


def test_without_any_variable_the_sample_and_the_defaults_are_used(env_file):
    settings = load({}, env_file)
    assert settings.from_sample
    assert settings.base_url == "https://api.themoviedb.org/3"
    assert settings.requests_per_second == 40.0
    assert settings.language == "en-US"
    assert settings.max_error_share == 0.1
    assert not settings.require_tmdb
    assert settings.data == Path("data")
    assert settings.uploads == Path("data/uploads")
    assert settings.warehouse == str(Path("data/warehouse.duckdb"))
    assert settings.cache == Path("data/tmdb.sqlite")
    assert (settings.keep_days, settings.keep_new_days, settings.keep_misses_days) == (120, 30, 7)


# The key ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["TMDB_API_TOKEN", "TMDB_API_KEY"])
@pytest.mark.parametrize("secret", [TOKEN, V3_KEY], ids=["token", "v3 key"])
@pytest.mark.parametrize(
    "written",
    [
        "{}",
        " {} ",
        '"{}"',
        "'{}'",
        "Bearer {}",
        "bearer  {}",
        '"Bearer {}"',
        'Bearer "{}"',
        "{}\r\n",
    ],
)
def test_either_value_works_in_either_variable_however_it_was_copied(name, secret, written):
    assert key_of({name: written.format(secret)}) == secret


@pytest.mark.parametrize("written", ["", "  ", '""', "''", "Bearer", "Bearer ", '"Bearer "'])
def test_an_empty_key_is_unset(written):
    assert key_of({"TMDB_API_TOKEN": written}) is None
    assert key_of({"TMDB_API_TOKEN": written, "TMDB_API_KEY": V3_KEY}) == V3_KEY


def test_an_empty_variable_does_not_hide_the_one_in_the_file(env_file):
    env_file.write_text(f"TMDB_API_TOKEN={TOKEN}\n")
    assert key_of({"TMDB_API_TOKEN": ""}, env_file) == TOKEN


def test_the_token_is_used_if_both_are_set():
    assert key_of({"TMDB_API_KEY": V3_KEY, "TMDB_API_TOKEN": TOKEN}) == TOKEN


def test_either_key_variable_in_the_environment_wins_over_the_file(env_file):
    env_file.write_text(f"TMDB_API_TOKEN={TOKEN}\n")
    assert key_of({"TMDB_API_TOKEN": V3_KEY}, env_file) == V3_KEY
    assert key_of({"TMDB_API_KEY": V3_KEY}, env_file) == V3_KEY


@pytest.mark.parametrize("name", ["TMDB_API_TOKEN", "TMDB_API_KEY"])
@pytest.mark.parametrize("written", ["two words", "dein-schlüssel", "a\nb", "a\x00b", "…"])
def test_an_invalid_key_is_reported_but_not_shown(name, written):
    with pytest.raises(SettingsError, match=name) as failure:
        load({name: written})
    assert written not in str(failure.value)


def test_the_key_is_never_shown(env_file):
    settings = load({"TMDB_API_TOKEN": TOKEN}, env_file)
    shown = [
        repr(settings),
        str(settings),
        json.dumps(dataclasses.asdict(settings), default=str),
        json.dumps(vars(settings), default=repr),
        f"{settings.key}",
    ]
    assert not any(TOKEN in text for text in shown)


def test_the_sample_can_be_chosen_even_if_a_key_is_set():
    assert load({"TMDB_API_TOKEN": TOKEN, "MOVIE_PIPELINE_SAMPLE": "1"}).from_sample


# The file -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        f"TMDB_API_TOKEN={TOKEN}",
        f"TMDB_API_TOKEN={TOKEN}\n",
        f"TMDB_API_TOKEN={TOKEN}\r\nTMDB_LANGUAGE=de-DE\r\n",
        f"\ufeffTMDB_API_TOKEN={TOKEN}\r\n",
        f"# mine\nexport TMDB_API_TOKEN='{TOKEN}'  # from TMDB\n",
        f"TMDB_API_TOKEN = {TOKEN}\n",
        f'TMDB_API_TOKEN="Bearer {TOKEN}"\n',
        f"TMDB_API_TOKEN=\nTMDB_API_KEY={TOKEN}\n",
    ],
    ids=ascii,
)
def test_a_file_is_read_whatever_editor_wrote_it(env_file, content):
    env_file.write_bytes(content.encode())
    assert key_of({}, env_file) == TOKEN


def test_the_environment_wins_over_the_file(env_file):
    env_file.write_text("TMDB_LANGUAGE=de-DE\nTMDB_REQUESTS_PER_SECOND=20\n")
    settings = load({"TMDB_LANGUAGE": "fr-FR"}, env_file)
    assert (settings.language, settings.requests_per_second) == ("fr-FR", 20.0)


def test_a_key_written_to_the_file_takes_effect_at_the_next_load(env_file):
    assert key_of({}, env_file) is None
    env_file.write_text(f"TMDB_API_TOKEN={TOKEN}\n")
    assert key_of({}, env_file) == TOKEN


def test_loading_does_not_change_the_environment(env_file):
    env_file.write_text(f"TMDB_API_TOKEN={TOKEN}\n")
    before = dict(os.environ)
    load(None, env_file)
    assert dict(os.environ) == before


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252"])
def test_a_file_that_is_not_utf_8_is_reported(env_file, encoding):
    env_file.write_bytes(f"# für mich\nTMDB_API_TOKEN={TOKEN}\n".encode(encoding))
    with pytest.raises(SettingsError, match=r"\.env can't be read \(it is not UTF-8 text\)"):
        load({}, env_file)


def test_a_file_that_can_not_be_opened_is_reported(env_file):
    env_file.symlink_to(env_file)
    with pytest.raises(SettingsError, match=r"\.env can't be read"):
        load({}, env_file)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs to be root")
def test_a_file_without_read_permission_is_reported(env_file):
    """In a process of another user, because root may read everything."""
    env_file.write_text(f"TMDB_API_TOKEN={TOKEN}\n")
    env_file.chmod(0)
    script = (
        "import os, sys; from pathlib import Path; from movie_pipeline.settings import load\n"
        "os.setuid(65534)\n"
        "load({}, Path(sys.argv[1]))\n"
    )
    command = [sys.executable, "-c", script, str(env_file)]
    root = Path(__file__).parents[1]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "can't be read (Permission denied)" in done.stderr
    assert TOKEN not in done.stderr


def test_a_virtual_environment_called_env_is_not_read_as_settings(env_file):
    env_file.mkdir()
    assert load({}, env_file).from_sample


# Other values -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TMDB_REQUESTS_PER_SECOND", "fast"),
        ("TMDB_REQUESTS_PER_SECOND", "39,5"),
        ("TMDB_REQUESTS_PER_SECOND", "1,000"),
        ("TMDB_REQUESTS_PER_SECOND", "0"),
        ("TMDB_REQUESTS_PER_SECOND", "-1"),
        ("TMDB_REQUESTS_PER_SECOND", "nan"),
        ("TMDB_REQUESTS_PER_SECOND", "inf"),
        ("MOVIE_PIPELINE_MAX_ERROR_SHARE", "10%"),
        ("MOVIE_PIPELINE_MAX_ERROR_SHARE", "10"),
        ("MOVIE_PIPELINE_LOCK_WAIT", "-1"),
        ("MOVIE_PIPELINE_KEEP_DAYS", "for ever"),
        ("MOVIE_PIPELINE_KEEP_MISSES_DAYS", "-1"),
        ("MOVIE_PIPELINE_REQUIRE_TMDB", "maybe"),
        ("MOVIE_PIPELINE_SAMPLE", "2"),
        ("TMDB_LANGUAGE", "German"),
        ("TMDB_LANGUAGE", "en_US"),
        ("TMDB_BASE_URL", "api.themoviedb.org/3"),
        ("TMDB_BASE_URL", "ftp://api.themoviedb.org/3"),
        ("TMDB_BASE_URL", "http://"),
        ("TMDB_BASE_URL", "http:///3"),
        ("TMDB_BASE_URL", "http://host:port/3"),
        ("TMDB_BASE_URL", "http://[::1/3"),
    ],
)
@pytest.mark.parametrize("filed", [False, True], ids=["environment", "file"])
def test_an_invalid_value_is_reported(env_file, name, value, filed):
    env_file.write_text(f"{name}={value}\n" if filed else "")
    with pytest.raises(SettingsError) as failure:
        load({} if filed else {name: value}, env_file)
    assert f"{name}={value}" in str(failure.value)


@pytest.mark.parametrize("secret", ["http://me:pass@host/3", "http://host/3?api_key=pass"])
def test_an_address_that_contains_a_secret_is_refused_without_showing_it(secret):
    with pytest.raises(SettingsError, match="TMDB_BASE_URL") as failure:
        load({"TMDB_BASE_URL": secret})
    assert "pass" not in str(failure.value)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://127.0.0.1:8080/3/", "http://127.0.0.1:8080/3"),
        ("https://proxy.example/tmdb/3//", "https://proxy.example/tmdb/3"),
        (' "http://localhost/3" ', "http://localhost/3"),
        ("http://[::1]:80/3", "http://[::1]:80/3"),
    ],
)
def test_an_address_is_read_without_blanks_quotes_and_trailing_slashes(written, meant):
    assert load({"TMDB_BASE_URL": written}).base_url == meant


# Cached answers -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["KEEP_DAYS", "KEEP_NEW_DAYS", "KEEP_MISSES_DAYS"])
def test_no_answer_is_cached_for_longer_than_tmdbs_terms_allow(name):
    name = f"MOVIE_PIPELINE_{name}"
    assert 180.0 in vars(load({name: "180"})).values()
    with pytest.raises(SettingsError, match=rf"{name}=181.*from 0 to 180.*TMDB's terms"):
        load({name: "181"})


def test_answers_are_cached_in_the_file_of_the_setting(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load({"MOVIE_PIPELINE_CACHE": "~/kept.db"}).cache == tmp_path / "kept.db"


@pytest.mark.parametrize(
    "address",
    [
        "redis://localhost",
        "redis://localhost:6379/0",
        "redis://:pass@host/1",
        "rediss://user:pa%2Fss%40@host:6380/0?ssl_cert_reqs=none",
        "redis://[::1]:6379",
        "unix:///run/redis.sock",
        "unix://:pass@/run/redis.sock?db=2",
    ],
)
def test_answers_may_be_cached_in_redis_and_its_password_is_never_shown(address):
    settings = load({"MOVIE_PIPELINE_CACHE": f" '{address}' "})
    assert isinstance(settings.cache, SecretStr)
    assert settings.cache.get_secret_value() == address
    shown = (repr(settings), str(vars(settings)), str(dataclasses.asdict(settings)))
    assert not any("pass" in text or "pa%2F" in text for text in shown)


@pytest.mark.parametrize(
    "address",
    [
        "http://:pass@host",
        "redis://",
        "redis:///0",
        "redis://:pass@",
        "redis://:pass@host:port",
        "redis://:pass@host:0",
        "redis://:pass@host/films",
        "redis://:pass/word@host",
        "redis://user:12/pass@host",
        "redis://user:12?pass@host",
        "redis://user:12#pass@host",
        "redis://:p@ss:pass@host",
        "redis://:pass@[::1",
        "unix://",
        "unix://:pass@/",
    ],
)
def test_an_invalid_redis_address_is_refused_without_showing_it(address):
    """Half a password could be misread as a host or port, and would be shown later on."""
    with pytest.raises(SettingsError, match=r"MOVIE_PIPELINE_CACHE.*redis://host") as failure:
        load({"MOVIE_PIPELINE_CACHE": address})
    said = str(failure.value).replace("password", "")
    assert "pass" not in said
    assert failure.value.__cause__ is None


@pytest.mark.parametrize("word", ["1", "true", "YES", "on", '"1"'])
def test_a_switch_is_on(word):
    assert load({"MOVIE_PIPELINE_REQUIRE_TMDB": word}).require_tmdb


@pytest.mark.parametrize("word", ["0", "false", "No", "off", ""])
def test_a_switch_is_off(word):
    assert not load({"MOVIE_PIPELINE_REQUIRE_TMDB": word}).require_tmdb


def test_posters_are_on_unless_they_are_turned_off():
    assert load({}).posters
    assert not load({"MOVIE_PIPELINE_POSTERS": "0"}).posters


def test_moving_the_data_folder_moves_the_cache_and_the_warehouse(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    settings = load({"MOVIE_PIPELINE_DATA": "~/films"})
    assert settings.data == tmp_path / "films"
    assert settings.cache == tmp_path / "films" / "tmdb.sqlite"
    assert settings.warehouse == str(tmp_path / "films" / "warehouse.duckdb")


def test_every_limit_of_the_readers_is_a_setting():
    names = {f"MOVIE_PIPELINE_LIMIT_{one.name.upper()}": "7" for one in fields(Limits)}
    assert Limits(**load(names, Path("no.env")).limits) == Limits(7, 7, 7, 7, 7, 7)
    assert Limits(**load({}, Path("no.env")).limits) == Limits()


@pytest.mark.parametrize(
    "value",
    [
        "postgres:dbname=w host=db user=u password='p w\"x'",
        "\"postgres:dbname=w host=db user=u password='p w'\"",
        "postgresql://u:p%20w@db/w",
        "postgres://u:p%20w@db/w",
    ],
)
def test_the_address_of_a_postgres_warehouse_is_whole_and_hidden(value: str) -> None:
    settings = load({"MOVIE_PIPELINE_WAREHOUSE": value})
    assert isinstance(settings.warehouse, SecretStr)
    assert settings.warehouse.get_secret_value() == value.strip('"')
    assert "p w" not in repr(settings)
    assert "p%20w" not in str(settings)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("ducklake:postgres:dbname=x password=hidden", "could still be read"),
        ("DuckLake:films.ducklake", "could still be read"),
        ("quack:host:1", "can't delete"),
    ],
)
def test_a_database_that_can_not_forget_is_refused_with_the_reason(value: str, reason: str) -> None:
    with pytest.raises(SettingsError, match=reason) as raised:
        load({"MOVIE_PIPELINE_WAREHOUSE": value})
    assert "hidden" not in str(raised.value)
