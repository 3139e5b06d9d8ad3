"""Shared ground of the tests of commands: offices before and after a first run."""

from collections.abc import Iterator

import pytest
from office import Office

from latsar_sync.demo import Campus


@pytest.fixture
def office(campus: Campus, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Give a configured office in which nothing has been run."""
    office = Office(tmp_path_factory.mktemp("office"), campus)
    office.configure()
    return office


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Give an office after a first run with all rights, for tests that only look."""
    with Campus() as campus:
        office = Office(tmp_path_factory.mktemp("settled"), campus)
        office.configure()
        assert office.run("sync", "--json").code == 0
        yield office
