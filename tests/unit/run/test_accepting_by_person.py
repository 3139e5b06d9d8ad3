"""Several people are run one after another: what guards hold of their programmes is accepted once each."""

import pytest

from latsar_sync.domain.request import Request
from latsar_sync.run.accepting import each_once

RUNS = [Request("sync", names, accept=True, by="Rina", nip=str(at)) for at, names in enumerate(["A", "B", "AB", "C"])]


@pytest.mark.parametrize(
    ("held", "accepting"),
    [
        ({"A", "B"}, [True, True, False, False]),
        ({"B"}, [False, True, False, False]),
        ({"C"}, [False, False, False, True]),
    ],
)
def test_the_first_run_of_each_held_programme_accepts_and_no_other(held: set[str], accepting: list[bool]) -> None:
    """Once only the first person's programme was released, and the one of the second stayed held."""
    assert [each.accept for each in each_once(RUNS, held)] == accepting
