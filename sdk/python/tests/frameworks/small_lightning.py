"""A training of Lightning that takes a moment, and draws random numbers wherever one can."""

import random
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer, seed_everything
from torch.utils.data import DataLoader, Dataset

BATCHES = 6
BATCH_SIZE = 4


class Samples(Dataset[Any]):
    """Noise is added when a sample is read."""

    def __init__(self, count: int = BATCHES * BATCH_SIZE) -> None:
        self._samples = torch.arange(count * 8, dtype=torch.float32).reshape(count, 8) / (count * 8)

    def __len__(self) -> int:
        return len(self._samples)

    def __getitem__(self, index: int) -> Any:
        return self._samples[index] + 0.1 * torch.rand(8) + 0.1 * random.random()


class SmallModel(LightningModule):
    def __init__(self, hidden: int = 8, **others: Any) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layers = torch.nn.Sequential(
            torch.nn.Linear(8, hidden),
            torch.nn.BatchNorm1d(hidden),
            torch.nn.Dropout(0.3),
            torch.nn.Linear(hidden, 8),
        )
        self.seen: list[Any] = []
        """The sums of the batches of this process."""

    def training_step(self, batch: Any, index: int) -> Any:
        self.seen.append(float(batch.sum()))
        loss = (self.layers(batch) - batch).square().mean()
        self.log("loss", loss)
        return loss

    def validation_step(self, batch: Any, index: int) -> None:
        self.log("val_loss", (self.layers(batch) - batch).square().mean(), sync_dist=True)

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.AdamW(self.parameters(), lr=1e-2)
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1, gamma=0.8)]


class Stopped(Exception):
    """The training was stopped by the test."""


class StopAfter(Callback):
    def __init__(self, step: int) -> None:
        self._step = step

    def on_train_batch_start(self, trainer: Trainer, *_: Any) -> None:
        if trainer.global_step == self._step:
            raise Stopped


def fit(
    *,
    ckpt_path: str | None = None,
    epochs: int = 3,
    model: SmallModel | None = None,
    loader: Any = None,
    validation: Any = None,
    seed: int = 3,
    **options: Any,
) -> tuple[SmallModel, Trainer]:
    """Trains. What is not said here is as `Trainer` has it."""
    seed_everything(seed, verbose=False)
    model = model or SmallModel()
    trainer = Trainer(
        **{
            "max_epochs": epochs,
            "accelerator": "cpu",
            "devices": 1,
            "log_every_n_steps": 1,
            "enable_progress_bar": False,
            "enable_model_summary": False,
            "num_sanity_val_steps": 0,
            **options,
        }
    )
    loader = loader or DataLoader(Samples(), batch_size=BATCH_SIZE, shuffle=True)
    trainer.fit(model, loader, validation, ckpt_path=ckpt_path)
    return model, trainer


def validation_loader() -> Any:
    return DataLoader(Samples(8), batch_size=BATCH_SIZE)


def bits_of(model: SmallModel) -> dict[str, bytes]:
    """To compare."""
    return {name: value.numpy().tobytes() for name, value in model.state_dict().items()}
