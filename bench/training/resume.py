"""Restores a state in a new process, as a training that was killed does, and prints what that took.

Usage: resume.py WAY… A way is the path of a file for torch.load, or `modelbox` or `modelbox-cache`; several are
measured one after the other. MODELBOX_SERVER_ADDR names the server. The libraries are imported, and the server has
been spoken to, before the clock starts.
"""

import json
import sys
import time

import torch
from transformer import fingerprint

import modelbox
import modelbox.state.restore

experiment = modelbox.ModelBox().experiment("bench/saves")
found = []
for way in sys.argv[1:]:
    torch.empty(1).sum()
    started = time.perf_counter()
    is_file = not way.startswith("modelbox")
    state = torch.load(way) if is_file else experiment.restore(cache=way == "modelbox-cache")
    took = (time.perf_counter() - started) * 1e3
    found.append({"ms": took, "fingerprint": str(fingerprint(state))})
print(json.dumps(found))
