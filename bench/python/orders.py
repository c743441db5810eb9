"""Carries out orders of a bench: a line of JSON on standard input for each, one on standard output as its answer."""

import json
import os
import sys
import time
import traceback


def serve(**orders):
    """Until the end of the input. An order is `{"do": name, …}`; the rest are arguments of that function."""
    answers = os.fdopen(os.dup(1), "w")
    # What libraries print belongs into the log.
    os.dup2(2, 1)
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"result": orders[order.pop("do")](**order)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), file=answers, flush=True)


def milliseconds(work):
    """What the work takes by the clock."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3
