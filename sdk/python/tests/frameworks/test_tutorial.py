"""The tutorial, run by Jupyter's own kernel, with a server that has nothing yet."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from server_process import REPOSITORY, ServerProcess

pytestmark = [pytest.mark.frameworks, pytest.mark.filterwarnings("default")]

NOTEBOOK = REPOSITORY / "docs" / "tutorial.ipynb"


def test_it_is_kept_without_results() -> None:
    cells = json.loads(NOTEBOOK.read_text("utf-8"))["cells"]
    for cell in cells:
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


def test_it_runs_and_shows_what_it_should(
    own_server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("MODELBOX_SERVER_ADDR", own_server.addr)
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(name, str(tmp_path / name))
    work = tmp_path / "work"
    work.mkdir()
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(work)}}).execute()
    nbformat.write(notebook, tmp_path / "executed.ipynb")

    shown = _shown(notebook)
    assert "tutorial/waves" in shown["experiment"]
    assert shown['experiment.metric_points("loss")'].count("<polyline") == 1
    compared = shown['experiment.checkpoints(order_by="metrics.val/loss")']
    assert "Checkpoints: 3" in compared
    assert "val/accuracy=" in compared
    assert "<svg" in shown['killed.metric_points("loss")']
    assert "production" in shown["version"]
    assert "produced" in shown["version.lineage()"]
    for storage in ('box.namespace_storage("tutorial")', 'box.objects_storage("tutorial")'):
        assert "KiB" in shown[storage]
    resumed = re.fullmatch(r"begins at step (\d+)\nis done\n+", shown["print(again.stdout)"])
    assert resumed is not None
    assert int(resumed[1]) >= 10


def _shown(notebook: Any) -> dict[str, str]:
    """By its last line what each cell shows: HTML, which must be well-formed, or else text."""
    found: dict[str, str] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/html" in data:
                ElementTree.fromstring(f"<body>{data['text/html']}</body>")
            text = data.get("text/html") or data.get("text/plain") or output.get("text", "")
            asked = cell.source.splitlines()[-1]
            found[asked] = found.get(asked, "") + text
    return found
