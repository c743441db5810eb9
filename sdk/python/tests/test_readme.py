"""The README shows the sample program, which runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

from server_process import ServerProcess

PROJECT = Path(__file__).parents[1]
SAMPLE = PROJECT / "examples" / "train.py"


def test_the_readme_shows_the_sample_as_it_is() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
    assert SAMPLE.read_text() in blocks


def test_the_sample_runs_and_runs_again(own_server: ServerProcess, tmp_path: Path) -> None:
    for number in (1, 2):
        done = subprocess.run(
            [sys.executable, SAMPLE],
            cwd=tmp_path,
            env={**os.environ, "MODELBOX_SERVER_ADDR": own_server.addr},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == (
            f"langtech/lid@{number} from <Checkpoint langtech/wav2vec-lid-large/step-2000> is in production: "
            "['model.bin']\n"
        )
    assert (tmp_path / "production" / "model.bin").read_bytes()[-2:] == (2000).to_bytes(2, "big")
