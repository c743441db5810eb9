"""An experiment that Lightning trains."""

import uuid
from typing import Any

import modelbox


class Project:
    """An experiment, and trainers of it."""

    def __init__(self, box: modelbox.ModelBox, name: str = "run", **options: Any) -> None:
        self.box = box
        self.name = name
        self.namespace = f"n-{uuid.uuid4().hex}"
        self.options = options

    @property
    def path(self) -> str:
        return f"{self.namespace}/{self.name}"

    @property
    def experiment(self) -> modelbox.Experiment:
        return self.box.experiment(self.path)

    def parts(self, **options: Any) -> dict[str, Any]:
        """What a trainer needs."""
        from modelbox.lightning import ModelBoxCheckpointIO, ModelBoxLogger

        logger = ModelBoxLogger(
            self.name, namespace=self.namespace, external_id="job-1", box=self.box, **self.options
        )
        return {"logger": logger, "plugins": [ModelBoxCheckpointIO(logger, **options)]}

    def fit(self, *callbacks: Any, **options: Any) -> Any:
        """Trains; by default from the latest checkpoint on, or anew."""
        from small_lightning import fit

        given = {**self.parts(), "ckpt_path": f"modelbox://{self.path}/latest", **options}
        return fit(callbacks=list(callbacks), **given)

    def names(self) -> set[str]:
        return {checkpoint.name for checkpoint in self.experiment.checkpoints()}
