"""
Trains a small transformer, a language model of words, then trains it further on another subject, and saves successive
checkpoints in series, as people save them:

  early       weights of the training from scratch, safetensors
  fp32-adam   further training of all weights: these and Adam's state, torch.save
  fp32        the same, weights alone, safetensors
  bf16        the same, weights rounded to bfloat16, safetensors
  last-block  further training of the last block alone: all weights, Adam's state of that block, torch.save

Usage: train.py FOLDER. Writes FOLDER/<series>/step-<n>.<pt|safetensors>, and at the end FOLDER/training.json.
The same program, seed and processor give the same bytes.
"""

import copy
import json
import math
import os
import random
import struct
import sys
import time

import torch
from torch import nn

SEED = 20261126
WORDS = 8192
WIDTH = 256
BLOCKS = 8
HEADS = 4
CONTEXT = 64
BATCH = 6
CHECKPOINTS = 6
# Steps between two checkpoints: from scratch, and of the further training.
EARLY_EVERY = 50
FURTHER_EVERY = 20
EARLY_RATE = 3e-4
FURTHER_RATE = 2e-5
WARM_UP = 20
SENTENCES = 40_000

NOUNS, VERBS, QUALITIES = (WORDS * 6 // 10, WORDS * 2 // 10, WORDS // 10)
THE, A, THIS, IN, ON, WITH, FOR, AND, STOP = range(NOUNS + VERBS + QUALITIES, NOUNS + VERBS + QUALITIES + 9)


def make_text(seed):
    """Sentences as numbers of words, as frequent as in real text (Zipf); the seed says which are the frequent ones."""
    draw = random.Random(seed)
    nouns, verbs, qualities = (draw.sample(range(count), count) for count in (NOUNS, VERBS, QUALITIES))

    def pick(among, first):
        return first + among[int(len(among) ** draw.random()) - 1]

    def phrase():
        quality = [pick(qualities, NOUNS + VERBS)] if draw.random() < 0.4 else []
        return [draw.choice([THE, THE, A, THIS]), *quality, pick(nouns, 0)]

    def sentence():
        tail = [draw.choice([IN, ON, WITH, FOR]), *phrase()] if draw.random() < 0.5 else []
        both = [AND, *phrase()] if draw.random() < 0.2 else []
        return [*phrase(), *both, pick(verbs, NOUNS), *phrase(), *tail, STOP]

    return torch.tensor([word for _ in range(SENTENCES) for word in sentence()])


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm_attention = nn.LayerNorm(WIDTH)
        self.attention = nn.Linear(WIDTH, 3 * WIDTH)
        self.projection = nn.Linear(WIDTH, WIDTH)
        self.norm_mlp = nn.LayerNorm(WIDTH)
        self.mlp_in = nn.Linear(WIDTH, 4 * WIDTH)
        self.mlp_out = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x, mask):
        batch, length, _ = x.shape
        query, key, value = (
            part.view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in self.attention(self.norm_attention(x)).split(WIDTH, dim=2)
        )
        scores = (query @ key.transpose(2, 3)) / math.sqrt(WIDTH // HEADS)
        mixed = scores.masked_fill(mask, float("-inf")).softmax(dim=3) @ value
        x = x + self.projection(mixed.transpose(1, 2).reshape(batch, length, WIDTH))
        return x + self.mlp_out(nn.functional.gelu(self.mlp_in(self.norm_mlp(x))))


class LanguageModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.positions = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))
        self.norm = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, WORDS, bias=False)
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)

    def forward(self, words):
        length = words.shape[1]
        mask = torch.ones(length, length, dtype=torch.bool).triu(1)
        x = self.words(words) + self.positions(torch.arange(length))
        for block in self.blocks:
            x = block(x, mask)
        return self.head(self.norm(x))


def run(model, trained, text, rate, every, save):
    """Trains what is in `trained` by AdamW as PyTorch sets it, with a warm-up and a linear decay to nothing."""
    steps = CHECKPOINTS * every
    optimizer = torch.optim.AdamW(trained, lr=rate)
    losses = []
    for step in range(1, steps + 1):
        for group in optimizer.param_groups:
            group["lr"] = rate * min(1, step / WARM_UP) * (1 - (step - 1) / steps)
        starts = torch.randint(len(text) - CONTEXT - 1, (BATCH,))
        batch = torch.stack([text[start : start + CONTEXT + 1] for start in starts])
        loss = nn.functional.cross_entropy(model(batch[:, :-1]).flatten(0, 1), batch[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        if step % every == 0:
            losses.append(round(loss.item(), 3))
            print(f"step {step} of {steps}: loss {losses[-1]}", flush=True)
            save(step, optimizer)
    return losses


def save_torch(folder, series, step, model, optimizer):
    path = os.path.join(folder, series, f"step-{step}.pt")
    torch.save({"step": step, "model": model.state_dict(), "optimizer": optimizer.state_dict()}, path)


def save_safetensors(folder, series, step, model, dtype, name):
    """A length, a header in JSON, and the tensors one after the other, as the format's specification says."""
    header, data, offset = {"__metadata__": {"format": "pt"}}, [], 0
    for key, tensor in sorted(model.state_dict().items()):
        # NumPy has no bfloat16; its bits are those of an int16.
        converted = tensor.to(dtype).contiguous()
        bits = (converted.view(torch.int16) if dtype == torch.bfloat16 else converted).numpy().tobytes()
        header[key] = {
            "dtype": name,
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(bits)],
        }
        data.append(bits)
        offset += len(bits)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(os.path.join(folder, series, f"step-{step}.safetensors"), "wb") as file:
        file.write(struct.pack("<Q", len(head)))
        file.write(head)
        for bits in data:
            file.write(bits)


def main(folder):
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    started = time.monotonic()
    for series in ("early", "fp32-adam", "fp32", "bf16", "last-block"):
        os.makedirs(os.path.join(folder, series), exist_ok=True)
    model = LanguageModel()

    def save_early(step, _optimizer):
        save_safetensors(folder, "early", step, model, torch.float32, "F32")

    early = run(model, list(model.parameters()), make_text(SEED), EARLY_RATE, EARLY_EVERY, save_early)
    other_text = make_text(SEED + 1)
    whole = copy.deepcopy(model)

    def save_whole(step, optimizer):
        save_torch(folder, "fp32-adam", step, whole, optimizer)
        save_safetensors(folder, "fp32", step, whole, torch.float32, "F32")
        save_safetensors(folder, "bf16", step, whole, torch.bfloat16, "BF16")

    further = run(whole, list(whole.parameters()), other_text, FURTHER_RATE, FURTHER_EVERY, save_whole)
    model.requires_grad_(False)
    last = list(model.blocks[-1].requires_grad_(True).parameters())

    def save_last(step, optimizer):
        save_torch(folder, "last-block", step, model, optimizer)

    last_losses = run(model, last, other_text, FURTHER_RATE, FURTHER_EVERY, save_last)
    summary = {
        "torch": torch.__version__,
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "losses": {"early": early, "further": further, "lastBlock": last_losses},
        "seconds": round(time.monotonic() - started),
    }
    with open(os.path.join(folder, "training.json"), "w") as file:
        json.dump(summary, file)


main(sys.argv[1])
