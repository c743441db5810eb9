"""Trains a small transformer for so many steps, with or without saves, and says how long that took.

Usage: loop.py WIDTH BLOCKS. MODELBOX_SERVER_ADDR names the server; orders come as bench/python/orders.py says.
"""

import sys
import time

import torch
from orders import serve
from torch.nn import functional
from transformer import LanguageModel, state_bytes

import modelbox.torch
from modelbox import ModelBox

WORDS = 4096
CONTEXT = 64
BATCH = 4

width, blocks = int(sys.argv[1]), int(sys.argv[2])
torch.manual_seed(20261126)
model = LanguageModel(WORDS, width, blocks, heads=8, context=CONTEXT)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
experiment = ModelBox().new_experiment("loop", namespace="bench")
done = 0


def train_step():
    """Words that follow one another by a rule, with some noise."""
    global done
    first = torch.randint(WORDS, (BATCH, 1))
    words = (first + 17 * torch.arange(CONTEXT + 1) + torch.randint(3, (BATCH, CONTEXT + 1))) % WORDS
    loss = functional.cross_entropy(model(words[:, :-1]).flatten(0, 1), words[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    done += 1
    return loss.item()


def train(steps, save):
    """With `save`, the state is saved after the first of the steps, and training goes on."""
    handle, stall = None, 0.0
    started = time.perf_counter()
    for step in range(steps):
        loss = train_step()
        if save and step == 0:
            begun = time.perf_counter()
            state = {"model": model, "optimizer": optimizer, "random": modelbox.torch.random_state()}
            handle = experiment.save(state, done, metrics={"loss": loss})
            stall = (time.perf_counter() - begun) * 1e3
    took = (time.perf_counter() - started) * 1e3
    is_durable = handle is None or handle.done()
    if handle is not None:
        handle.result()
    return {"ms": took, "stallMs": stall, "loss": loss, "isDurable": is_durable}


def describe():
    train_step()
    return {
        "sizeBytes": state_bytes({"model": model.state_dict(), "optimizer": optimizer.state_dict()}),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "threads": torch.get_num_threads(),
    }


serve(describe=describe, train=train)
