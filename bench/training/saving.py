"""Saves the state of a training again and again, with ModelBox and with torch.save, and logs metrics.

Usage: saving.py WIDTH. MODELBOX_SERVER_ADDR names the server; orders come as bench/python/orders.py says.
"""

import os
import sys
import time

import torch
from orders import milliseconds, serve
from transformer import LanguageModel, fingerprint, state_bytes

from modelbox import ModelBox
from modelbox.objects.metric import MetricPoint

width = int(sys.argv[1])
torch.manual_seed(20261126)
model = LanguageModel(words=1400, width=width, blocks=7, heads=16, context=64)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
experiment = ModelBox().new_experiment("saves", namespace="bench")


def change():
    """A step of the optimizer with gradients that were drawn: every weight and moment is another one then."""
    for parameter in model.parameters():
        if parameter.grad is None:
            parameter.grad = torch.empty_like(parameter)
        parameter.grad.normal_(std=1e-3)
    optimizer.step()


def state():
    return {"model": model.state_dict(), "optimizer": optimizer.state_dict()}


def describe():
    change()
    return {
        "sizeBytes": state_bytes(state()),
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
    }


def look():
    return {"fingerprint": str(fingerprint(state()))}


def save_with_torch(path):
    started = time.perf_counter()
    torch.save(state(), path)
    saved = time.perf_counter()
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.close(file)
    return {"stallMs": (saved - started) * 1e3, "durableMs": (time.perf_counter() - started) * 1e3}


def save_with_modelbox(step):
    started = time.perf_counter()
    handle = experiment.save(state(), step)
    saved = time.perf_counter()
    handle.result()
    return {"stallMs": (saved - started) * 1e3, "durableMs": (time.perf_counter() - started) * 1e3}


def log_one_step(step, keys):
    metrics = {f"metric/{number}": number / keys for number in range(keys)}
    return milliseconds(lambda: experiment.log_metrics(metrics, step))


def log_many_steps(step, keys, steps):
    values = [(f"loss/{key}", step + one, one / steps) for one in range(steps) for key in range(keys)]
    return milliseconds(
        lambda: experiment.log_metric_points(
            MetricPoint(key=key, step=step, value=value) for key, step, value in values
        )
    )


serve(
    describe=describe,
    change=change,
    look=look,
    save_with_torch=save_with_torch,
    save_with_modelbox=save_with_modelbox,
    log_one_step=log_one_step,
    log_many_steps=log_many_steps,
)
