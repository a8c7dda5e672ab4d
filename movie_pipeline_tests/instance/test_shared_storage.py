"""Dagster's store in PostgreSQL that can't be had: a sentence says so, without the password."""

import traceback
from pathlib import Path

import dagster as dg
import pytest

pytest.importorskip("dagster_postgres")
from movie_pipeline.instance.storage import InstanceError

STORAGE = """
storage:
  custom:
    module: movie_pipeline.instance.shared_storage
    class: SharedStorage
    config: {postgres_url: {env: DAGSTER_POSTGRES_URL}}
telemetry: {enabled: false}
"""


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("postgresql://mp:a/b%secret@localhost:1/dagster", "write %2F for /"),
        ("postgresql://mp:a@secret@localhost:1/dagster", "%40 for @"),
        ("postgresql://mp:a?secret@localhost:1/dagster", "%3F for ?"),
        ("postgresql://mp:a#secret@localhost:1/dagster", "%23 for #"),
        ("postgresql://mp:secretlocalhost:1/dagster", "can't be read"),
        ("postgresql://mp:secret@localhost:1/dagster", "Connection refused.*: start that"),
        ("postgre://mp:secret@localhost:1/dagster", "Can't load plugin.*correct DAGSTER"),
    ],
)
def test_a_store_that_can_not_be_had_is_explained_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, address, said
) -> None:
    (tmp_path / "dagster.yaml").write_text(STORAGE)
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", address)
    monkeypatch.setattr("dagster_postgres.utils.time.sleep", lambda _: None)
    with pytest.raises(InstanceError, match=said) as raised:
        dg.DagsterInstance.get()
    assert "DAGSTER_POSTGRES_URL" in str(raised.value)
    shown = "".join(traceback.format_exception(raised.value)) + caplog.text
    assert "secret" not in shown.replace(__file__, "")
