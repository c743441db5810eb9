"""Training that goes on where it was, after its process, its machine or the server died."""

from modelbox.resume.resumable import ResumableTraining, resumable
from modelbox.resume.training_run import TrainingRun

__all__ = ["ResumableTraining", "TrainingRun", "resumable"]
