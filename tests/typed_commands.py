"""What a command said, as the tests of typed commands look at it."""

from typing import Any

from typed import Ended

from latsar_sync.demo import CASES

CONFIRMED = str(CASES["score_exactly_70"][0])


def only_json(ended: Ended) -> Any:
    """Return standard output as JSON, nothing else may be on it."""
    assert ended.out.endswith("\n")
    assert "Traceback" not in ended.err
    return ended.json


def plain_error(ended: Ended) -> str:
    """Return what was said on standard error, which must be a line for a person and no traceback."""
    assert "Traceback" not in ended.err
    assert ended.err.startswith("latsar-sync: ")
    return ended.err
