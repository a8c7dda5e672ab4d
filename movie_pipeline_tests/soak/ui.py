"""The UI for programs: what a user clicks on, through the GraphQL queries that the browser sends.

What belongs here: what the Runs, Backfills and asset pages show, and their buttons. What does not:
starting the UI (`system`).
"""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

LOCATION = {"repositoryLocationName": "movie_pipeline", "repositoryName": "__repository__"}
_SELECTOR = {**LOCATION, "sensorName": "uploads_sensor"}
_PATIENCE_SECONDS = 60.0


class Refused(Exception):
    """The UI refused the request; the message is the UI's."""


@dataclass(frozen=True)
class UI:
    """A running web server on this machine."""

    port: int

    def answers(self) -> bool:
        """Whether the server responds and has loaded the assets."""
        try:
            return bool(self.assets())
        except (OSError, Refused):
            return False

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send a query as the UI does; returns the data of the response.

        Raises:
            Refused: the response is an error, or contains one as data.
            OSError: there is no response.
        """
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/graphql",
            json.dumps({"query": query, "variables": variables}).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_PATIENCE_SECONDS) as answer:
                reply = json.load(answer)
        except urllib.error.HTTPError as error:
            raise Refused(error.read().decode()) from error
        if reply.get("errors"):
            raise Refused(str(reply["errors"]))
        for name, one in reply["data"].items():
            if isinstance(one, dict) and "message" in one:
                raise Refused(f"{name}: {one['message']} {one.get('errors', '')}")
        return reply["data"]

    def runs(self, limit: int = 1000) -> list[dict[str, Any]]:
        """The Runs page, latest first: id, status, job, tags as a dict, start and end time."""
        runs = self.graphql(_RUNS, limit=limit)["runsOrError"]["results"]
        return [{**run, "tags": {t["key"]: t["value"] for t in run["tags"]}} for run in runs]

    def runs_of(self, *uploads: str) -> list[dict[str, Any]]:
        """The runs of these uploads, latest first."""
        return [run for run in self.runs() if run["tags"].get("dagster/partition") in uploads]

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """The events of a run: type, message, step, error."""
        return self.graphql(_EVENTS, run=run_id)["logsForRun"]["events"]

    def materialize(self, upload: str, assets: Iterable[str] = ()) -> str:
        """Materialize all assets of the upload, or some ("raw/movies"); returns the run's id."""
        selection = [*map(_path, assets or self.assets())]
        return self._launch(upload, {}, {"jobName": "__ASSET_JOB", "assetSelection": selection})

    def launch(self, job: str, upload: str, config: Mapping[str, Any], **tags: str) -> str:
        """Launch a job from its launchpad, with configuration and tags; returns the run's id."""
        return self._launch(upload, config, {"jobName": job}, **tags)

    def _launch(
        self, upload: str, config: Mapping[str, Any], what: Mapping[str, Any], **tags: str
    ) -> str:
        tags |= {"dagster/partition": upload}
        launched = self.graphql(
            _LAUNCH,
            params={
                "selector": {**LOCATION, **what},
                "mode": "default",
                "runConfigData": json.dumps(config),
                "executionMetadata": {
                    "tags": [{"key": key, "value": value} for key, value in tags.items()]
                },
            },
        )
        return str(launched["launchPipelineExecution"]["run"]["id"])

    def backfill(self, uploads: Iterable[str], assets: Iterable[str] = ()) -> str:
        """Launch a backfill in the UI over these partitions; returns its id."""
        return self._backfill(uploads, {"assetSelection": [*map(_path, assets or self.assets())]})

    def backfill_job(self, job: str, uploads: Iterable[str], config: Mapping[str, Any]) -> str:
        """Launch a backfill of a job over these partitions; returns its id."""
        partitions = {"partitionSetName": f"{job}_partition_set", "repositorySelector": LOCATION}
        return self._backfill(
            uploads, {"selector": partitions, "runConfigData": json.dumps(config)}
        )

    def _backfill(self, uploads: Iterable[str], what: Mapping[str, Any]) -> str:
        launched = self.graphql(_BACKFILL, params={**what, "partitionNames": [*uploads]})
        return str(launched["launchPartitionBackfill"]["backfillId"])

    def backfill_status(self, backfill: str) -> str:
        """The status of a backfill, such as REQUESTED, COMPLETED_SUCCESS, COMPLETED_FAILED."""
        reply = self.graphql(_BACKFILL_STATUS, id=backfill)["partitionBackfillOrError"]
        return str(reply["status"])

    def assets(self) -> list[str]:
        """The assets of `enrich_upload`, such as "raw/movies"."""
        nodes = self.graphql(_ASSETS)["assetNodes"]
        return ["/".join(n["assetKey"]["path"]) for n in nodes if "enrich_upload" in n["jobNames"]]

    def retry_from_failure(self, run_id: str) -> str:
        """The button "Re-execute from failure"; returns the new run's id."""
        params = {"parentRunId": run_id, "strategy": "FROM_FAILURE"}
        reply = self.graphql(_REEXECUTE, params=params)["launchRunReexecution"]
        return str(reply["run"]["id"])

    def terminate(self, run_id: str) -> None:
        """The button "Terminate"; returns as soon as it has been requested."""
        self.graphql(_TERMINATE, run=run_id)

    def reload(self) -> None:
        """The button "Reload definitions"."""
        self.graphql(_RELOAD, location=LOCATION["repositoryLocationName"])

    def add_partition(self, upload: str) -> None:
        """The button "Add a partition"."""
        self.graphql(_ADD_PARTITION, selector=LOCATION, upload=upload)

    def ticks(self) -> list[dict[str, Any]]:
        """The sensor's ticks, latest first: status, timestamp, endTimestamp, cursor, error."""
        return list(self._sensor()["ticks"])

    @contextmanager
    def sensor_off(self) -> Iterator[None]:
        """Turn the sensor off meanwhile, once a tick in progress, which goes on looking, has ended."""
        self.graphql(_SENSOR_OFF, id=self._sensor()["id"])
        until = time.monotonic() + 120
        while any(tick["status"] == "STARTED" for tick in self._sensor()["ticks"][:3]):
            if time.monotonic() > until:
                raise TimeoutError("a tick of the sensor has not ended in 120 s")
            time.sleep(0.2)
        try:
            yield
        finally:
            self.graphql(_SENSOR_ON, selector=_SELECTOR)

    def _sensor(self) -> dict[str, Any]:
        state: dict[str, Any] = self.graphql(_SENSOR, selector=_SELECTOR)["sensorOrError"]
        return state["sensorState"]


def _path(asset: str) -> dict[str, list[str]]:
    return {"path": asset.split("/")}


_RUNS = """query($limit: Int) { runsOrError(limit: $limit) { ... on Runs { results {
    id status jobName startTime endTime tags { key value } } } ... on PythonError { message } } }"""
_EVENTS = """query($run: ID!) { logsForRun(runId: $run, limit: 10000) { ... on EventConnection { events {
    ... on MessageEvent { eventType message stepKey timestamp }
    ... on ErrorEvent { error { message } } } } ... on PythonError { message } } }"""
_LAUNCH = """mutation($params: ExecutionParams!) { launchPipelineExecution(executionParams: $params) {
    ... on LaunchRunSuccess { run { id } } ... on InvalidSubsetError { message }
    ... on RunConfigValidationInvalid { message: pipelineName errors { message } } ... on PythonError { message } } }"""
_BACKFILL = """mutation($params: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $params) {
    ... on LaunchBackfillSuccess { backfillId } ... on InvalidSubsetError { message }
    ... on PartitionKeysNotFoundError { message } ... on PythonError { message } } }"""
_BACKFILL_STATUS = """query($id: String!) { partitionBackfillOrError(backfillId: $id) {
    ... on PartitionBackfill { status } ... on BackfillNotFoundError { message } ... on PythonError { message } } }"""
_ASSETS = "query { assetNodes { assetKey { path } jobNames } }"
_REEXECUTE = """mutation($params: ReexecutionParams) { launchRunReexecution(reexecutionParams: $params) {
    ... on LaunchRunSuccess { run { id } } ... on InvalidSubsetError { message }
    ... on UnauthorizedError { message } ... on PythonError { message } } }"""
_TERMINATE = """mutation($run: String!) { terminateRun(runId: $run, terminatePolicy: SAFE_TERMINATE) {
    ... on TerminateRunSuccess { run { id } } ... on TerminateRunFailure { message }
    ... on RunNotFoundError { message } ... on PythonError { message } } }"""
_RELOAD = """mutation($location: String!) {
    reloadRepositoryLocation(repositoryLocationName: $location) {
    ... on WorkspaceLocationEntry { id } ... on ReloadNotSupported { message }
    ... on RepositoryLocationNotFound { message } ... on UnauthorizedError { message }
    ... on PythonError { message } } }"""
_ADD_PARTITION = """mutation($selector: RepositorySelector!, $upload: String!) {
    addDynamicPartition(repositorySelector: $selector, partitionsDefName: "uploads",
        partitionKey: $upload) {
    ... on AddDynamicPartitionSuccess { partitionKey } ... on DuplicateDynamicPartitionError { name: message }
    ... on UnauthorizedError { message } ... on PythonError { message } } }"""
_SENSOR = """query($selector: SensorSelector!) { sensorOrError(sensorSelector: $selector) {
    ... on Sensor { sensorState { id ticks(limit: 5000) {
        status timestamp endTimestamp cursor error { message } } } }
    ... on SensorNotFoundError { message } ... on PythonError { message } } }"""
_SENSOR_OFF = """mutation($id: String!) { stopSensor(id: $id) {
    ... on StopSensorMutationResult { instigationState { status } }
    ... on UnauthorizedError { message } ... on PythonError { message } } }"""
_SENSOR_ON = """mutation($selector: SensorSelector!) { startSensor(sensorSelector: $selector) {
    ... on Sensor { name } ... on SensorNotFoundError { message }
    ... on UnauthorizedError { message } ... on PythonError { message } } }"""
