"""What tests/conftest.py does for the tests of pure folders, without database and campus: scripts/mutate loads this."""

from hypothesis import Phase, settings

from latsar_sync.domain import language
from latsar_sync.files import opening

language.choose(language.ENGLISH)
opening.SETTLING_SECONDS = 0.0
# the same cases for every mutant, and no test that is slow under load taken for one that found something
# and the first failure is enough: nobody reads a smaller one
PHASES = (Phase.explicit, Phase.generate)
settings.register_profile("mutate", deadline=None, derandomize=True, max_examples=30, phases=PHASES)
settings.load_profile("mutate")


def pytest_runtest_teardown() -> None:
    """Forget the zone that a test chose: others tell times in UTC."""
    language.choose_zone(None)
