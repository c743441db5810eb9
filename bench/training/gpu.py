"""What a training on a GPU feels of its checkpoints: saves, training meanwhile, and resuming, beside torch.save.

Usage: gpu.py FOLDER [--modelbox EXECUTABLE] [--width N …] [--seconds N]. Needs PyTorch, a GPU of CUDA, and the SDK. The
server runs on the same machine, with its data in FOLDER, where torch.save writes too; the figures are printed as JSON.
"""

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch.nn import functional
from transformer import LanguageModel, fingerprint, state_bytes

WORDS = 8192
CONTEXT = 512
BATCH = 16
BLOCKS = 12
ROUNDS = 4


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--modelbox", default="dist/modelbox")
    parser.add_argument("--width", type=int, nargs="+", default=[768, 2048])
    parser.add_argument("--seconds", type=float, default=20.0, help="of training with one save, and without")
    parser.add_argument("--resume", nargs=3, metavar=("EXPERIMENT", "WAY", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.resume:
        return print(json.dumps(resume(*options.resume)))
    server, addr = start_server(options.modelbox, options.folder)
    os.environ |= {"MODELBOX_SERVER_ADDR": addr, "XDG_CACHE_HOME": str(options.folder / "cache")}
    try:
        device = torch.cuda.get_device_name()
        print(
            json.dumps({"gpu": device, "processors": os.cpu_count(), "torch": torch.__version__}), flush=True
        )
        for width in options.width:
            print(json.dumps(measure(options, width)), flush=True)
    finally:
        server.terminate()
        server.wait()


def start_server(executable, folder):
    folder.mkdir(parents=True, exist_ok=True)
    command = [Path(executable).resolve(), "server", "start", "--json", "--listen-addr", "127.0.0.1:0"]
    command += ["--grpc-listen-addr", "127.0.0.1:0"]
    log = (folder / "server.log").open("w")
    server = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)
    found = re.search(r"http://127\.0\.0\.1:\d+", server.stdout.readline())
    return server, found[0]


def measure(options, width):
    import modelbox.torch
    from modelbox import ModelBox

    torch.manual_seed(20261126)
    model = LanguageModel(WORDS, width, BLOCKS, heads=width // 64, context=CONTEXT).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    experiment = ModelBox().new_experiment(f"gpu-{width}", namespace="bench")
    done = 0

    def state():
        return {"model": model.state_dict(), "optimizer": optimizer.state_dict()}

    def train_step():
        nonlocal done
        first = torch.randint(WORDS, (BATCH, 1), device="cuda")
        offsets = 17 * torch.arange(CONTEXT + 1, device="cuda")
        words = (first + offsets + torch.randint(3, (BATCH, CONTEXT + 1), device="cuda")) % WORDS
        with torch.autocast("cuda", torch.bfloat16):
            loss = functional.cross_entropy(
                model(words[:, :-1]).flatten(0, 1).float(), words[:, 1:].flatten()
            )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        done += 1

    def train(steps, save=None):
        torch.cuda.synchronize()
        started, stall, handle = time.perf_counter(), 0.0, None
        for step in range(steps):
            train_step()
            if save is not None and step == 0:
                torch.cuda.synchronize()
                begun = time.perf_counter()
                handle = save()
                stall = time.perf_counter() - begun
        torch.cuda.synchronize()
        took = time.perf_counter() - started
        if handle is not None:
            handle.result()
        return took, stall

    def save_with_modelbox():
        return experiment.save({**state(), "random": modelbox.torch.random_state()}, done)

    path = options.folder / f"{width}.pt"

    def save_with_torch():
        torch.save(state(), path)

    train(20)
    steps = max(2, round(options.seconds * 50 / train(50)[0]))
    size_bytes = state_bytes(state())
    found = {
        "width": width,
        "stateBytes": size_bytes,
        "steps": steps,
        "stepMs": options.seconds / steps * 1e3,
    }

    saves = {"modelbox": [], "torch": []}
    for _ in range(ROUNDS):
        for name in saves:
            train(2)
            begun = time.perf_counter()
            handle = save_with_modelbox() if name == "modelbox" else save_with_torch()
            stall = time.perf_counter() - begun
            if handle is not None:
                handle.result()
            else:
                with path.open("rb+") as file:
                    os.fsync(file.fileno())
            saves[name].append({"stallMs": stall * 1e3, "durableMs": (time.perf_counter() - begun) * 1e3})
    for name, all_of_it in saves.items():
        # The first one takes memory from the system.
        found[f"{name} first"] = all_of_it[0]
        found[name] = {key: statistics.median(one[key] for one in all_of_it[1:]) for key in all_of_it[0]}

    times = {"without": [], "modelbox": [], "torch": []}
    stalls = []
    for _ in range(2):
        for name in times:
            save = {"without": None, "modelbox": save_with_modelbox, "torch": save_with_torch}[name]
            took, stall = train(steps, save)
            times[name].append(took)
            if name == "modelbox":
                stalls.append(stall * 1e3)
    found["training"] = {name: statistics.mean(all_of_it) for name, all_of_it in times.items()}
    found["training stalls, ms"] = stalls

    train(2)
    save_with_torch()
    save_with_modelbox().result()
    expected = {key: str(value) for key, value in fingerprints(state()).items()}
    ways = {"torch": [], "modelbox": [], "cache": []}
    for _ in range(2):
        for way, all_of_it in ways.items():
            got = run_resume(experiment.path, way, path)
            if got["fingerprints"] != expected:
                sys.exit(f"{way} restored another state")
            all_of_it.append(got["ms"])
    found["resume, ms"] = {way: statistics.median(all_of_it) for way, all_of_it in ways.items()}
    found["resumes, ms"] = ways
    return found


def fingerprints(state):
    return {key: fingerprint(state[key]) for key in ("model", "optimizer")}


def run_resume(experiment, way, path):
    command = [sys.executable, __file__, ".", "--resume", experiment, way, str(path)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def resume(experiment, way, path):
    """In a process of its own, as a training that goes on."""
    from modelbox import ModelBox

    experiment = ModelBox().experiment(experiment)
    torch.ones(1, device="cuda")
    started = time.perf_counter()
    if way == "torch":
        state = torch.load(path, map_location="cuda")
    else:
        state = experiment.restore(map_location="cuda", cache=way == "cache")
    torch.cuda.synchronize()
    took = (time.perf_counter() - started) * 1e3
    return {"ms": took, "fingerprints": {key: str(value) for key, value in fingerprints(state).items()}}


main()
