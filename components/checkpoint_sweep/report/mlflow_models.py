"""Checkpoints as logged models of MLflow 3, which can be searched and ranked by their metrics."""

from collections.abc import Mapping
from typing import Any

_TYPE = "checkpoint"


class LoggedCheckpoints:
    """Logs checkpoints of a run as LoggedModels, without their weights.

    Args:
        mlflow: The module.
        client: Client of the tracking server.
        run: Info of the run.
    """

    def __init__(self, mlflow: Any, client: Any, run: Any) -> None:
        self._mlflow = mlflow
        self._client = client
        self._run = run

    def create(self, name: str, step: int, checkpoint: str) -> str:
        """Creates the LoggedModel of a checkpoint.

        Args:
            name: Name of the candidate.
            step: Training step.
            checkpoint: Path of its weights, which are not copied.

        Returns:
            The id of the model.
        """
        model = self._client.create_logged_model(
            self._run.experiment_id,
            name=name,
            source_run_id=self._run.run_id,
            tags={"checkpoint": checkpoint},
            params={"step": str(step)},
            model_type=_TYPE,
        )
        return str(model.model_id)

    def metric(self, name: str, value: float, time: int, step: int, model: str) -> Any:
        """Makes a metric of the run and of a checkpoint's model.

        Args:
            name: Name of the metric.
            value: Value of the metric.
            time: Time in milliseconds since the epoch.
            step: Training step.
            model: Id of the model.
        """
        run_id = self._run.run_id
        return self._mlflow.entities.Metric(name, value, time, step, model_id=model, run_id=run_id)

    def finish(self, models: Mapping[tuple[str | None, int], str]) -> None:
        """Makes the models ready, and outputs of the run.

        Args:
            models: Ids of the models by run and step.
        """
        entities = self._mlflow.entities
        for model in models.values():
            self._client.finalize_logged_model(model, entities.LoggedModelStatus.READY)
        outputs = [entities.LoggedModelOutput(model, step) for (_, step), model in models.items()]
        self._client.log_outputs(self._run.run_id, outputs)
