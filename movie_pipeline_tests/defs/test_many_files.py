"""Ten thousand files in the folder: a tick reads none of them. See also `soak.many_files`."""

import sys

import dagster as dg
import pytest

from movie_pipeline import settings as environment
from movie_pipeline.defs.sensors import uploads_sensor
from movie_pipeline.status.arrivals import Memory
from movie_pipeline_tests.soak.many_files import remember

FILES = 10_000
_opened: list[str] = []


def _note(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        _opened.append(arguments[0])


@pytest.mark.slow
def test_a_tick_with_nothing_new_reads_no_file_of_10_000_and_writes_nothing(data, instance):
    for number in range(FILES):
        folder = data / "uploads" / f"{number % 100:02}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.csv").write_text("Title\nAlien\n")
    remember(environment.load())
    path = Memory.path(environment.load())
    first = uploads_sensor(dg.build_sensor_context(instance=instance, cursor=None))
    remembered = path.stat().st_mtime_ns

    sys.addaudithook(_note)  # a hook cannot be removed; this one only records
    (data / "control").touch()
    (data / "control").read_bytes()
    second = uploads_sensor(dg.build_sensor_context(instance=instance, cursor=first.cursor))
    opened, below = list(_opened), str(data / "uploads")
    assert any(one.endswith("control") for one in opened)
    assert [one for one in opened if one.startswith(below)] == []
    assert not second.run_requests
    assert f"{FILES} uploads, nothing new" in str(second.skip_reason)
    assert second.cursor == first.cursor
    assert len(second.cursor) <= 64
    assert path.stat().st_mtime_ns == remembered
