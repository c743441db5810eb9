import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from server_process import ServerProcess
from transfers import forked

import modelbox
from modelbox.saving import MetricsWriter
from modelbox.spool import Spool
from modelbox.usage import UsageLog
from modelbox.usage_meter import UsageMeter

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")


@pytest.fixture
def experiment(box: modelbox.ModelBox) -> modelbox.Experiment:
    return box.new_experiment("run", namespace=f"usage-{uuid.uuid4().hex[:12]}")


def _burn(seconds: float) -> None:
    ends_at = time.process_time() + seconds
    while time.process_time() < ends_at:
        pass


def _wait_until(is_so: Callable[[], bool]) -> None:
    ends_at = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < ends_at
        time.sleep(0.05)


@linux
def test_what_the_process_and_its_children_take_is_measured() -> None:
    meter = UsageMeter()
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time\ndata = bytearray(200 << 20)\nprint(1, flush=True)\ntime.sleep(60)",
        ],
        stdout=subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        child.stdout.readline()
        begin = time.monotonic()
        _burn(0.3)
        seconds = time.monotonic() - begin
        metrics = meter.measure()
    finally:
        child.kill()
        child.communicate()
    assert metrics["system/memory_bytes"] > 200 << 20
    assert metrics["system/memory_available_bytes"] > 0
    # The child's start comes on top, and the time until it was there.
    assert metrics["system/cpu_percent"] * seconds > 3
    assert metrics["system/disk_written_bytes_per_second"] >= 0
    assert metrics["system/network_received_bytes_per_second"] >= 0
    assert meter.measure()["system/memory_bytes"] < metrics["system/memory_bytes"] - (150 << 20)


@linux
def test_measuring_costs_little() -> None:
    meter = UsageMeter()
    begin = time.thread_time()
    for _ in range(20):
        meter.measure()
    # Of the ten seconds between two of them, a two-hundredth would be 50 ms.
    assert (time.thread_time() - begin) / 20 < 0.05


def test_it_is_logged_while_the_training_runs(experiment: modelbox.Experiment) -> None:
    with modelbox.log_usage(experiment, every_seconds=1.0):
        _burn(0.5)
        time.sleep(1.7)
    points = list(experiment.metric_points("system/cpu_percent"))
    assert points
    values = [point.value for point in points]
    assert max(value for value in values if isinstance(value, float)) > 2
    assert all(0 <= point.step < 60 for point in points)


def test_it_takes_the_way_of_other_metrics(experiment: modelbox.Experiment) -> None:
    with MetricsWriter(experiment, interval_seconds=3600) as writer:
        with modelbox.log_usage(writer, every_seconds=1.0):
            time.sleep(1.2)
        writer.log_metrics({"loss": 0.1}, step=1)
        # It waits with the others.
        assert not experiment.latest_metrics()
    assert set(experiment.latest_metrics()) >= {"system/cpu_percent", "loss"}


def test_that_of_a_run_is_written_under_its_lease(
    experiment: modelbox.Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    with experiment.start_run() as run, modelbox.log_usage(run, every_seconds=1.0):
        _wait_until(lambda: bool(experiment.latest_metrics()))
        with experiment.start_run(holder="another", take_over=True):
            _wait_until(lambda: "not logged any more" in caplog.text)


def test_that_of_a_training_run_waits_in_the_spool_while_the_server_is_away(
    own_server: ServerProcess, own_box: modelbox.ModelBox, tmp_path: Path
) -> None:
    experiment = own_box.new_experiment("run")
    spool = Spool(own_box.connection, tmp_path / "spool")
    with modelbox.TrainingRun(experiment, spool=tmp_path / "spool") as run:
        own_server.kill()
        with modelbox.log_usage(run, every_seconds=1.0):
            _wait_until(lambda: spool.holds(experiment.id))
        own_server.start()
    assert not spool.holds(experiment.id)
    assert list(experiment.metric_points("system/cpu_percent"))


def test_it_ends_when_it_is_of_no_use_and_fails_nothing(
    experiment: modelbox.Experiment, caplog: pytest.LogCaptureFixture
) -> None:
    experiment.delete(recursive=True)
    with modelbox.log_usage(experiment, every_seconds=1.0):
        _wait_until(lambda: "not logged any more" in caplog.text)
    with pytest.raises(modelbox.InvalidInput, match="every_seconds is from 1 to 86400"):
        UsageLog(experiment, 0.5)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_of_a_fork_leaves_it_to_its_parent(experiment: modelbox.Experiment) -> None:
    with modelbox.log_usage(experiment, every_seconds=1.0) as log:
        with forked() as is_child:
            if is_child:
                log.close()
        time.sleep(1.2)
    assert len(list(experiment.metric_points("system/cpu_percent"))) >= 1
