"""Trains nothing, and stores everything that a training would. MODELBOX_SERVER_ADDR names the server."""

import math
from pathlib import Path

from modelbox import ModelBox

with ModelBox() as box:
    experiment = box.new_experiment(
        "wav2vec-lid-large",
        owner="your@email.com",
        namespace="langtech",
        external_id="job-4711",
        framework="pytorch",
    )
    experiment.update_metadata("gpu", "a100")

    for step in range(0, 3000, 100):
        experiment.log_metrics({"loss": math.exp(-step / 1000), "lr": 1e-4}, step=step)
        if step % 1000 == 0:
            weights = bytes(4096) + step.to_bytes(8, "big")
            experiment.new_checkpoint(
                step, {"model.bin": weights}, metrics={"val/loss": math.exp(-step / 900)}
            )
    experiment.log_event("training_finished", {"steps": step})

    best = experiment.checkpoints(order_by="metrics.val/loss").first()
    model = box.new_model("lid", owner="your@email.com", namespace="langtech", task="lang-id")
    version = model.new_model_version(
        name="Language identification",
        checkpoint=best,
        metadata={"reviewed": True},
        unique_tags=["production"],
    )

    # Elsewhere, whoever runs the model needs the tag alone.
    folder = box.model_version("langtech/lid@production").download(Path("production"))
    print(
        f"{version.path} from {version.checkpoint()} is in {folder.name}: {[file.path for file in version.files()]}"
    )
