"""The bench runs to its end on the campus and leaves figures and charts; what it measures is not judged here."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[1] / "bench" / "bench.py"


def test_the_bench_measures_everything_and_saves_it(tmp_path: Path) -> None:
    command = [sys.executable, str(BENCH), "--people", "60", "--cores", "0", "--loop-people", "5"]
    ended = subprocess.run(
        [*command, "--save", str(tmp_path), "--name", "kecil"], capture_output=True, text=True, timeout=120, check=False
    )

    assert "The campus, 60 people" in ended.stdout
    saved = json.loads((tmp_path / "kecil.json").read_text(encoding="utf-8"))
    requests = {row["what"].strip(): row["requests"] for row in saved["rows"]}
    assert requests["(a) full pull"] == requests["the same requests, bare"]
    assert requests["(b) one call a person, one after another"] == 3 * 60
    assert requests["(c) nothing has changed"] <= 10
    assert requests["(d) one person has changed"] <= 10
    assert (tmp_path / "kecil-seconds.svg").read_text(encoding="utf-8").startswith("<svg")
    assert ended.returncode in (0, 1), ended.stderr  # without modelled answer times the targets mean nothing
