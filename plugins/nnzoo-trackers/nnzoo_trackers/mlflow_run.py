"""An MLflow run for each training run."""

from __future__ import annotations

import json
import logging
import os
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, ClassVar

from annotated_types import doc
from nnzoo.api import (
    Ending,
    EpochObserver,
    FileFormatError,
    FilesObserver,
    Moment,
    ObserverMemory,
    ObserverPlan,
    RunObserver,
    UsageError,
    write_whole,
)

from nnzoo_trackers.talking import module, talking

logger = logging.getLogger("nnzoo")
RUN_FILE = "mlflow.json"
"""File in the run's directory with the id of the MLflow run, by observer."""
_RUN_ID = re.compile("[0-9a-zA-Z_-]{1,64}")
_STATUS: dict[Ending, str] = {
    "finished": "FINISHED",
    "interrupted": "KILLED",
    "diverged": "FAILED",
    "failed": "FAILED",
}


@dataclass(frozen=True)
class Mlflow(EpochObserver, RunObserver, FilesObserver):
    """Records training as a run of MLflow: settings, figures of each epoch, the final status, and the model file.

    A resumed run continues in the same MLflow run, and an epoch that is trained again is not logged twice.
    User names and passwords belong in the environment: ``MLFLOW_TRACKING_USERNAME`` and ``MLFLOW_TRACKING_PASSWORD``.
    """

    name: ClassVar[str] = "mlflow"
    only_watches: ClassVar[bool] = True

    uri: Annotated[str, doc("MLflow's server or store; empty for MLFLOW_TRACKING_URI, or else MLflow's default")] = ""
    experiment: Annotated[str, doc("its experiment; empty for MLFLOW_EXPERIMENT_NAME, or else Default")] = ""
    model: Annotated[bool, doc("whether to send the model file, too")] = True

    def plan(self, moment: Moment) -> ObserverPlan:
        if "@" in self.uri or "?" in self.uri:
            raise UsageError(
                f"{self.label}: uri has a user name, a password or parameters, which the run's record would contain",
                hint="leave it empty and set MLFLOW_TRACKING_URI, or MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD in addition",
            )
        where = self._where()
        with talking(where):  # an unreachable server is an error before training starts
            _client(where).get_experiment_by_name(self._experiment())
        return ObserverPlan()

    def files(self) -> tuple[str, ...]:
        return (RUN_FILE,)

    def started(self, moment: Moment, settings: Mapping[str, str], memory: ObserverMemory) -> None:
        where = self._where()
        with talking(where):
            client = _client(where)
            earlier = self._earlier(client, moment.run_dir)
            run_id = earlier.info.run_id if earlier else self._new(client, moment)
            self._log_settings(client, run_id, settings, earlier.data.params if earlier else {})
            logged = _logged(client, earlier) if earlier else {}
            if earlier:
                client.update_run(run_id, status="RUNNING")
        memory.opened.update(where=where, client=client, run_id=run_id, logged=logged)

    def after_epoch(self, moment: Moment, figures: Mapping[str, float | None], memory: ObserverMemory) -> str | None:
        opened, now = memory.opened, int(time.time() * 1000)
        with talking(opened["where"]):
            metric = module("mlflow.entities").Metric
            new = [
                metric(name, value, now, moment.epoch)
                for name, value in figures.items()
                if value is not None and name != "epoch" and not _is_logged(opened["logged"], name, moment.epoch, value)
            ]
            opened["client"].log_batch(opened["run_id"], metrics=new)
        return None

    def ended(self, moment: Moment, ending: Ending, memory: ObserverMemory) -> None:
        opened = memory.opened
        client, run_id = opened["client"], opened["run_id"]
        model = moment.run_dir / "model.safetensors" if moment.run_dir and self.model else None
        with talking(opened["where"]):
            try:
                if ending == "finished" and model and model.is_file():
                    client.log_artifact(run_id, str(model))
            finally:
                client.set_terminated(run_id, _STATUS[ending])

    def _where(self) -> str:
        """The address, which may contain a password if it comes from the environment."""
        return self.uri or str(module("mlflow").get_tracking_uri())

    def _experiment(self) -> str:
        return self.experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or "Default"

    def _new(self, client: Any, moment: Moment) -> str:
        """Create a run, and store its id in the run's directory."""
        name = self._experiment()
        experiment = client.get_experiment_by_name(name)
        tags = {"nnzoo.version": version("nnzoo")}
        if moment.run_dir is not None:
            tags["nnzoo.run_dir"] = str(moment.run_dir.absolute())
        run = client.create_run(
            experiment.experiment_id if experiment else client.create_experiment(name),
            tags=tags,
            run_name=None if moment.run_dir is None else moment.run_dir.absolute().name,
        )
        run_id = str(run.info.run_id)
        if moment.run_dir is not None:
            ids = _read_ids(moment.run_dir) | {str(self): run_id}
            write_whole(moment.run_dir / RUN_FILE, f"{json.dumps(ids, indent=2)}\n".encode())
        return run_id

    def _earlier(self, client: Any, run_dir: Path | None) -> Any:
        """The MLflow run that already records this training run; None if there is none."""
        run_id = _read_ids(run_dir).get(str(self)) if run_dir else None
        if run_id is None:
            return None
        try:
            run = client.get_run(run_id)
        except module("mlflow.exceptions").MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            run = None
        if run is None or run.info.lifecycle_stage != "active":
            logger.warning("%s: the MLflow run %s no longer exists; a new one is started", self.label, run_id)
            return None
        return run

    def _log_settings(self, client: Any, run_id: str, settings: Mapping[str, str], known: Mapping[str, str]) -> None:
        """Log settings as parameters; MLflow can't change these, so changes after a resumption become tags."""
        entities = module("mlflow.entities")
        params = [entities.Param(name, value) for name, value in settings.items() if name not in known]
        changed = {name: value for name, value in settings.items() if known.get(name, value) != value}
        tags = [entities.RunTag(f"nnzoo.resumed.{name}", value) for name, value in changed.items()]
        client.log_batch(run_id, params=params, tags=tags)


def _client(where: str) -> Any:
    return module("mlflow").MlflowClient(tracking_uri=where)


def _read_ids(run_dir: Path) -> dict[str, str]:
    """The ids of MLflow runs by observer; empty if there is no file yet."""
    path = run_dir / RUN_FILE
    if not path.is_file():
        return {}
    try:
        ids = json.loads(path.read_bytes())
    except ValueError:
        ids = None
    if not isinstance(ids, dict) or not all(isinstance(each, str) and _RUN_ID.fullmatch(each) for each in ids.values()):
        raise FileFormatError(f"{path} is damaged", hint="remove it to start a new MLflow run")
    return ids


def _logged(client: Any, run: Any) -> dict[tuple[str, int], float]:
    """The figures of each epoch that MLflow already has."""
    histories = [client.get_metric_history(run.info.run_id, name) for name in run.data.metrics]
    return {(each.key, each.step): each.value for history in histories for each in history}


def _is_logged(logged: Mapping[tuple[str, int], float], name: str, epoch: int, value: float) -> bool:
    """Whether MLflow already has a figure; the duration of an epoch differs each time."""
    return (name, epoch) in logged and (name == "seconds" or logged[name, epoch] == value)
