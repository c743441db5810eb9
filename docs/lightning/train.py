"""Trains a small language model, character by character, and goes on where it was, whatever kills it.

    python docs/lightning/train.py

The server is that of MODELBOX_SERVER_ADDR, by default one on this machine.
"""

import argparse
import random
import time

import torch
from lightning.pytorch import LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from torch.utils.data import DataLoader, Dataset

from modelbox.lightning import ModelBoxCheckpointIO, ModelBoxLogger

SUBJECTS = ["the old ship", "a quiet model", "my neighbour", "every server", "the last checkpoint"]
VERBS = ["remembers", "forgets", "carries", "restores", "follows"]
OBJECTS = ["the sea", "its weights", "a long night", "what was lost", "the next step"]


def make_text(sentences: int) -> str:
    """Text to learn: the same on every machine."""
    made = random.Random(7)
    return " ".join(
        f"{made.choice(SUBJECTS)} {made.choice(VERBS)} {made.choice(OBJECTS)}." for _ in range(sentences)
    )


class Characters(Dataset):
    """Pieces of a text, and the character that follows each of theirs."""

    def __init__(self, text: str, length: int) -> None:
        self.alphabet = sorted(set(make_text(1000)))
        numbers = {character: number for number, character in enumerate(self.alphabet)}
        self._text = torch.tensor([numbers[character] for character in text])
        self._length = length

    def __len__(self) -> int:
        return (len(self._text) - 1) // self._length

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        piece = self._text[index * self._length : (index + 1) * self._length + 1]
        return piece[:-1], piece[1:]


class LanguageModel(LightningModule):
    def __init__(self, characters: int, size: int = 64, dropout: float = 0.1, lr: float = 3e-3) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.embedding = torch.nn.Embedding(characters, size)
        self.recurrent = torch.nn.GRU(size, size, batch_first=True)
        self.dropout = torch.nn.Dropout(dropout)
        self.head = torch.nn.Linear(size, characters)
        self.pause_seconds = 0.0

    def forward(self, characters: torch.Tensor) -> torch.Tensor:
        states, _ = self.recurrent(self.embedding(characters))
        return self.head(self.dropout(states))

    def _loss(self, batch: tuple[torch.Tensor, torch.Tensor]) -> torch.Tensor:
        characters, following = batch
        return torch.nn.functional.cross_entropy(self(characters).transpose(1, 2), following)

    def training_step(self, batch: tuple[torch.Tensor, torch.Tensor], _index: int) -> torch.Tensor:
        time.sleep(self.pause_seconds)
        loss = self._loss(batch)
        self.log("loss", loss)
        return loss

    def validation_step(self, batch: tuple[torch.Tensor, torch.Tensor], _index: int) -> None:
        self.log("val_loss", self._loss(batch))

    def configure_optimizers(self) -> dict:
        optimizer = torch.optim.AdamW(self.parameters(), lr=self.hparams["lr"])
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=400)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--namespace", default="demo")
    options.add_argument("--name", default="characters", help="of the experiment: the same goes on with it")
    options.add_argument("--epochs", type=int, default=4)
    options.add_argument("--every-steps", type=int, default=10, help="between checkpoints")
    options.add_argument("--devices", type=int, default=1, help="processes")
    options.add_argument("--sentences", type=int, default=600)
    options.add_argument(
        "--pause-seconds", type=float, default=0.0, help="in each step, to have time to kill it"
    )
    options.add_argument("--out", help="file for the weights at the end")
    chosen = options.parse_args()

    seed_everything(1)
    text = make_text(chosen.sentences)
    data = Characters(text[: len(text) * 9 // 10], length=32)
    unseen = Characters(text[len(text) * 9 // 10 :], length=32)
    model = LanguageModel(len(data.alphabet))
    model.pause_seconds = chosen.pause_seconds

    logger = ModelBoxLogger(chosen.name, namespace=chosen.namespace, external_id=chosen.name)
    trainer = Trainer(
        logger=logger,
        plugins=[ModelBoxCheckpointIO(logger)],
        callbacks=[
            ModelCheckpoint(every_n_train_steps=chosen.every_steps),
            ModelCheckpoint(filename="best-{epoch}", monitor="val_loss", save_top_k=2),
        ],
        max_epochs=chosen.epochs,
        accelerator="cpu",
        devices=chosen.devices,
        strategy="ddp" if chosen.devices > 1 else "auto",
        deterministic=True,
        log_every_n_steps=5,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(
        model,
        DataLoader(data, batch_size=16, shuffle=True),
        DataLoader(unseen, batch_size=16),
        ckpt_path=f"modelbox://{chosen.namespace}/{chosen.name}/latest",
    )
    if chosen.out and trainer.is_global_zero:
        torch.save(model.state_dict(), chosen.out)
    if trainer.is_global_zero:
        print(f"{trainer.global_step} steps, the weights are of epoch {trainer.current_epoch}")


if __name__ == "__main__":
    main()
