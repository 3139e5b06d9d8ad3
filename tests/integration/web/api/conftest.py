"""Shared ground of the tests of the API: the programs of a committee member and of an administrator."""

import pytest
from dashboard import Dashboard
from programs import Program


@pytest.fixture
def sari(dashboard: Dashboard) -> Program:
    """Give the program of the committee member."""
    return Program(dashboard, "sari")


@pytest.fixture
def rina(dashboard: Dashboard) -> Program:
    """Give the program of the administrator."""
    return Program(dashboard, "rina")
