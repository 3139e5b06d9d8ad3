"""What run a line of the queue asks for."""

import pytest
from builders import NOW

from latsar_sync.service.requests_of_the_queue import request_of
from latsar_sync.store.queue import SCHEDULE, RunRequest


@pytest.mark.parametrize(
    ("scope", "by", "expected"),
    [
        pytest.param("full", SCHEDULE, (False, True, None), id="the schedule's is a night"),
        pytest.param("full", "Rina", (True, False, None), id="a person's is everything"),
        pytest.param("angkatan", "Rina", (False, False, "II"), id="an angkatan"),
        pytest.param("incremental", SCHEDULE, (False, False, None), id="what may have changed"),
    ],
)
def test_the_depth_that_a_line_of_the_queue_asks_for(
    scope: str, by: str, expected: tuple[bool, bool, str | None]
) -> None:
    subject = "II" if scope == "angkatan" else ""
    line = RunRequest(1, "latsar", scope, subject, by, NOW, "queued", None, None, None, None, None, None)

    asked = request_of(line, None)

    assert (asked.full, asked.night, asked.angkatan) == expected
