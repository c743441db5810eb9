"""What saving and restoring takes of a process, and what is there after it was killed."""

import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from server_process import ServerProcess

import modelbox

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("default")]

_CHILD = Path(__file__).resolve().with_name("torch_child.py")
_TIMEOUT_SECONDS = 180
_STATE_BYTES = 300_000_000
_SLACK_BYTES = 64 << 20
"""Chunks on their way, threads, and what the allocator does not give back."""


def _run(
    mode: str, server: ServerProcess, experiment: modelbox.Experiment
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(_CHILD), mode, server.addr, experiment.path],
        stdout=subprocess.PIPE,
        text=True,
        timeout=_TIMEOUT_SECONDS,
    )


@pytest.fixture
def experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"n-{uuid.uuid4().hex}")


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="reads memory as Linux tells it")
def test_memory_is_that_of_the_copy_and_of_the_restored_state(
    server: ServerProcess, experiment: modelbox.Experiment
) -> None:
    done = _run("measure", server, experiment)
    assert done.returncode == 0
    saving, restoring = (int(line) for line in done.stdout.split())
    # The state and its copy; the copy's memory, which is kept for the next one, and the restored state. That there is
    # no less shows that the measure can be believed.
    expected = 2 * _STATE_BYTES
    assert expected - _SLACK_BYTES < saving < expected + _SLACK_BYTES
    assert expected - _SLACK_BYTES < restoring < expected + _SLACK_BYTES


def test_a_save_that_is_killed_leaves_the_checkpoint_before(
    server: ServerProcess, experiment: modelbox.Experiment
) -> None:
    from torch_child import state_of

    assert _run("die", server, experiment).returncode == -9
    latest = experiment.latest_checkpoint()
    assert latest is not None
    assert latest.step == 1
    assert [one.step for one in experiment.checkpoints()] == [1]
    found = latest.restore()
    expected = state_of(1, tensors=20)
    assert list(found) == list(expected)
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
    # The same save, made again, is not in the way of what the killed one has left.
    again = experiment.save(state_of(2, tensors=20), 2, wait=True).result()
    assert again is not None
    assert experiment.latest_checkpoint() == again
