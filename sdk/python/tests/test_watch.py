import os
import subprocess
import sys
import threading
import time
import uuid

import pytest
from server_process import ServerProcess

import modelbox


def test_changes_are_listed_and_watched(box: modelbox.ModelBox) -> None:
    namespace = f"watched-{uuid.uuid4().hex[:12]}"
    experiment = box.new_experiment("a", namespace=namespace)
    listed = list(box.changes(namespace))
    assert [(one.kind, one.action) for one in listed][-1] == ("experiment", "created")
    assert listed[-1].state == experiment
    with box.watch(namespace, after_sequence=0, kinds=["experiment"]) as watch:
        assert next(watch).state == experiment
        experiment.update_metadata("x", 1)
        change = next(watch)
        assert (change.action, change.sequence) == ("updated", watch.sequence)
        assert isinstance(change.state, modelbox.Experiment)
        assert change.state.labels == {"x": 1}
    with pytest.raises(modelbox.InvalidInput, match="no kind"):
        box.watch(namespace, kinds=["experiments"])


def test_a_watch_goes_on_after_a_crash_of_the_server(own_server: ServerProcess) -> None:
    with modelbox.ModelBox(own_server.addr) as box:
        experiment = box.new_experiment("a", namespace="watched")
        with box.watch("watched", after_sequence=0, kinds=["experiment"]) as watch:
            assert next(watch).action == "created"
            own_server.kill()
            own_server.start()
            for number in range(3):
                experiment.update_metadata("number", number)
            states = [next(watch).state for _ in range(3)]
        numbers = [state.labels["number"] for state in states if isinstance(state, modelbox.Experiment)]
        assert numbers == [0, 1, 2]


def test_a_watch_is_ended_from_another_thread(box: modelbox.ModelBox) -> None:
    namespace = f"watched-{uuid.uuid4().hex[:12]}"
    box.new_namespace(namespace)
    watch = box.watch(namespace)
    seen: list[modelbox.Change] = []
    thread = threading.Thread(target=lambda: seen.extend(watch))
    thread.start()
    ends_at = time.monotonic() + 30
    while watch.sequence is None and time.monotonic() < ends_at:
        time.sleep(0.01)
    watch.close()
    thread.join(10)
    assert not thread.is_alive()
    assert seen == []


def test_a_watch_ends_with_its_box(server: ServerProcess) -> None:
    namespace = f"watched-{uuid.uuid4().hex[:12]}"
    box = modelbox.ModelBox(server.addr)
    box.new_namespace(namespace)
    watch = box.watch(namespace)
    failures: list[BaseException] = []

    def follow() -> None:
        try:
            list(watch)
        except modelbox.InvalidInput as error:
            failures.append(error)

    thread = threading.Thread(target=follow)
    thread.start()
    ends_at = time.monotonic() + 30
    while watch.sequence is None and time.monotonic() < ends_at:
        time.sleep(0.01)
    box.close()
    thread.join(10)
    assert not thread.is_alive()
    assert "closed" in str(failures[0])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_child_of_a_fork_does_not_end_the_watch_of_its_parent(box: modelbox.ModelBox) -> None:
    namespace = f"watched-{uuid.uuid4().hex[:12]}"
    made = box.new_namespace(namespace)
    with box.watch(namespace, after_sequence=0) as watch:
        first = next(watch)
        stream = watch._stream  # pyright: ignore[reportPrivateUsage]
        child = os.fork()
        if child == 0:
            watch.close()
            os._exit(0)
        os.waitpid(child, 0)
        made.update(description="later")
        assert next(watch).sequence > first.sequence
        # It was not opened anew.
        assert watch._stream is stream  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("how", ["watch = box.watch", "with box.watch"])
def test_a_program_may_end_in_the_middle_of_a_watch(box: modelbox.ModelBox, how: str) -> None:
    namespace = f"watched-{uuid.uuid4().hex[:12]}"
    box.new_experiment("a", namespace=namespace)
    program = f"import modelbox\nbox = modelbox.ModelBox({box.connection.base_url!r})\n"
    if how.startswith("with"):
        program += f"with box.watch({namespace!r}, after_sequence=0) as watch:\n    next(watch)\n"
    else:
        program += f"watch = box.watch({namespace!r}, after_sequence=0)\nnext(watch)\n"
    done = subprocess.run([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
