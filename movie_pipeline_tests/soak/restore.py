"""Restore: each night's backup, made while uploads go on, leads to the same end as if none were."""

import shutil
import subprocess
from functools import partial
from pathlib import Path

from movie_pipeline_tests.soak.proof import Proof
from movie_pipeline_tests.soak.system import BIN, System, film_list, running

UPLOADS_A_NIGHT = 4
FILMS = 20
_PATIENCE = 300.0


def prove(nights: int = 3) -> Proof:
    """Back up in the middle of each night's runs, then restore one backup after the other."""
    proof = Proof(f"{nights} backups while uploads go on, each restored")
    with running(latency=0.05) as system:
        system.start()
        expected: dict[str, int] = {}
        nightly = []
        for night in range(nights):
            system.drop("every night.csv", film_list(FILMS + night))
            expected["every night.csv"] = FILMS + night
            for number in range(UPLOADS_A_NIGHT):
                name = f"{night}-{number}.csv"
                system.drop(name, film_list(FILMS, first=100 * (night + 1) + FILMS * number))
                expected[name] = FILMS
            system.wait_until(lambda: system.counted()["enriching"], _PATIENCE, "runs execute")
            nightly.append((_backed_up(system, night), dict(expected)))
            system.wait_until(lambda: _done(system, expected), _PATIENCE, "the night's uploads")
        for night, (backup, films) in enumerate(nightly):
            system.stop()
            shutil.rmtree(system.data)
            shutil.copytree(backup, system.data)
            asked = len(system.tmdb.requests)
            system.start()
            done = partial(_done, system, films)
            took = system.wait_until(done, _PATIENCE, "the backup's uploads")
            proof.figures[f"night {night}: completed after (s)"] = round(took, 1)
            proof.figures[f"night {night}: requests"] = len(system.tmdb.requests) - asked
            proof.problems += system.incomplete(films)
    return proof


def _backed_up(system: System, night: int) -> Path:
    folder = system.folder.parent / f"backup-{night}"
    command = [str(BIN / "movie-pipeline"), "backup", str(folder)]
    subprocess.run(command, cwd=system.folder, env=system.environment, check=True, timeout=120)
    return folder


def _done(system: System, films: dict[str, int]) -> bool:
    shown = system.statuses()
    return all(
        name in shown and (shown[name].status, shown[name].total_movies) == ("completed", number)
        for name, number in films.items()
    )
