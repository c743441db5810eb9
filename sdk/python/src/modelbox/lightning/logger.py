# pyright: basic, reportMissingImports=false, reportAttributeAccessIssue=false
"""Logs trainings of Lightning to ModelBox."""

from __future__ import annotations

import hashlib
import logging
import os
from argparse import Namespace
from collections.abc import Mapping
from typing import Any

from modelbox.client import ModelBox
from modelbox.errors import AlreadyExists, InvalidInput, ModelBoxError
from modelbox.lightning import hooks  # noqa: F401 - so that trainers get them
from modelbox.lightning.framework import (
    LightningModule,
    Logger,
    ModelSummary,
    is_rank_zero,
    rank_zero_experiment,
    rank_zero_only,
)
from modelbox.lightning.hyperparameters import labels_of
from modelbox.lightning.shared_run import SharedRun
from modelbox.objects.experiment import Experiment

GRAPH_ARTIFACT = "model-graph"
_GRAPH_FILE = "model.txt"

_log = logging.getLogger("modelbox")


class ModelBoxLogger(Logger):
    """Logs metrics, hyperparameters and the model's graph as text to an experiment of ModelBox.

    ```python
    logger = ModelBoxLogger("wav2vec-lid", namespace="langtech", external_id="job-4711")
    trainer = Trainer(logger=logger, plugins=[ModelBoxCheckpointIO(logger)])
    ```

    Metrics go in batches, in the background, and to this machine's disk while the server is away. Hyperparameters are
    labels of the experiment (`labels.lr`; those of nested ones are `labels."optimizer/lr"`), and the graph is its
    artifact `model-graph`. While `trainer.fit` runs, this trainer has the run of the experiment, and another one gets
    `RunHeld` (see `modelbox.resume.TrainingRun`). Only the process of rank zero writes.
    """

    def __init__(
        self,
        experiment: Experiment | str,
        *,
        namespace: str = "default",
        owner: str = "",
        external_id: str = "",
        framework: str = "lightning",
        box: ModelBox | None = None,
        save_dir: str | os.PathLike[str] = ".",
        prefix: str = "",
        log_graph: bool = True,
        **run_options: Any,
    ) -> None:
        """`experiment` is one that is there, or the name of one, which is made when it is not.

        `namespace`, `owner`, `external_id` and `framework` are those of `ModelBox.new_experiment`, and `box` is the
        server, by default that of `ModelBox()`; all for a name only. Nothing is sent before `trainer.fit`.

        `save_dir` is the folder that Lightning writes other things to, and a part of the paths by which it knows
        checkpoints; `prefix` stands before the keys of metrics. `run_options` are those of `TrainingRun`, for example
        `take_over=True`.
        """
        super().__init__()
        self._save_dir = os.fspath(save_dir)
        self._prefix = prefix
        self._logs_graph = log_graph
        self._box = box
        if isinstance(experiment, Experiment):
            if box is not None or owner or external_id:
                raise InvalidInput("An experiment has its server, owner and external id already.")
            self._name = experiment.name
            self._version = experiment.external_id
            self.run = SharedRun.of(experiment, run_options)
            """What the checkpoint plugin shares."""
        else:
            self._name = experiment
            self._version = external_id

            def find() -> Experiment:
                return self._the_box().new_experiment(
                    experiment,
                    owner=owner,
                    namespace=namespace,
                    external_id=external_id,
                    framework=framework,
                )

            self.run = SharedRun(
                f"{namespace}/{experiment}", lambda: self._the_box().connection, find, run_options
            )

    @property
    def name(self) -> str:
        """The experiment's."""
        return self._name

    @property
    def version(self) -> str:
        """The experiment's external id: the same for all restarts of a job."""
        return self._version

    @property
    def save_dir(self) -> str:
        return self._save_dir

    @property
    @rank_zero_experiment
    def experiment(self) -> Experiment:
        """The experiment; what is written through it while `trainer.fit` runs is of this run.

        Raises `Unauthenticated`, `ConnectionFailed` and what else keeps the server from being asked.
        """
        return self.run.experiment

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, Any], step: int | None = None) -> None:
        """Takes metrics of a step, to be sent soon: numbers, scalars of PyTorch and NumPy, text.

        Raises what made earlier ones fail, such as `RunTakenOver`.
        """
        named = {f"{self._prefix}{key}": value for key, value in metrics.items()}
        self.run.metrics().log_metrics(named, 0 if step is None else int(step))

    @rank_zero_only
    def log_hyperparams(
        self, params: Mapping[str, Any] | Namespace, metrics: Mapping[str, Any] | None = None, **_: Any
    ) -> None:
        """Makes hyperparameters labels of the experiment. What is no JSON is its text; nested keys are joined by `/`.

        `metrics`, where there are any, are logged at step 0.
        """
        labels = labels_of(params)
        if labels:
            self.run.experiment.set_labels(labels)
        if metrics:
            self.log_metrics(metrics, 0)

    @rank_zero_only
    def log_graph(self, model: LightningModule, input_array: Any = None) -> None:
        """Stores what the model consists of, as text, with the number of parameters of each part.

        Sizes of inputs and outputs are there where the model has an `example_input_array`. A model that was changed is
        stored besides the earlier one.
        """
        if not self._logs_graph:
            return
        text = f"{ModelSummary(model, max_depth=-1)}\n\n{model}\n".encode()
        files = {_GRAPH_FILE: text}
        experiment = self.run.experiment
        try:
            try:
                experiment.upload_artifact(files, GRAPH_ARTIFACT)
            except AlreadyExists:
                experiment.upload_artifact(files, f"{GRAPH_ARTIFACT}-{hashlib.sha256(text).hexdigest()[:8]}")
        except ModelBoxError as error:
            # Nobody wants to lose a training for that.
            _log.warning("The graph of the model was not stored: %s", error)

    @rank_zero_only
    def save(self) -> None:
        """Nothing: metrics go by themselves, soon."""

    @rank_zero_only
    def finalize(self, status: str) -> None:
        """Waits until all metrics are sent, or in the spool, and ends the run of a fit."""
        self.run.leave(self)

    def _the_box(self) -> ModelBox:
        if self._box is None:
            self._box = ModelBox()
        return self._box

    def begin(self) -> None:
        """For the trainer's hooks: a fit begins."""
        if is_rank_zero():
            self.run.enter(self)
            self.run.open()
