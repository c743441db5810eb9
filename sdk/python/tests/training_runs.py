"""What tests of runs do to one, and look at."""

import time
import uuid
from collections.abc import Callable

from transfers import noise

import modelbox
from modelbox.resume.training_run import TrainingRun
from modelbox.saving import FilesSnapshot


def new_experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"resume-{uuid.uuid4().hex[:8]}")


def save(run: TrainingRun, step: int) -> None:
    run.queue.submit(FilesSnapshot({"state.bin": noise(step, 100_000)}), step=step)
    run.metrics.log_metrics({"loss": float(step)}, step)
    run.metrics.log_event("step_done", {"step": step})


def steps_of(experiment: modelbox.Experiment) -> list[int]:
    """Those of its checkpoints, in the order in which they were committed; metrics and events are the same."""
    steps = [one.step for one in sorted(experiment.checkpoints(), key=lambda one: one.created_at)]
    assert [point.step for point in experiment.metric_points("loss")] == sorted(set(steps))
    events = [event.data["step"] for event in reversed(list(experiment.events())) if event.data is not None]
    assert events == steps
    return steps


def wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.05)
