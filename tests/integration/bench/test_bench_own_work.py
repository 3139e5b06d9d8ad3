"""The measurement of the service's own work: it runs whole, and shows that no statement is made for a person."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench" / "own_work.py"
PEOPLE = 400  # in ten courses


def test_every_round_is_measured_and_takes_no_statement_a_person_or_a_course() -> None:
    words = ["--people", str(PEOPLE), "--beside", "80", "--databases", "sqlite", "--json"]
    told = subprocess.run([sys.executable, str(BENCH), *words], capture_output=True, text=True, check=True)

    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [line["what"] for line in lines] == [
        "everybody new",
        "nothing changed",
        "one in 100 changed",
        "all found in class",
    ]
    for line in lines:
        assert line["people"] == PEOPLE
        assert line["seconds"] > 0
        assert line["own"] > 0
        assert 0 < line["statements"] < 130
        assert line["megabytes"][1] > 0
