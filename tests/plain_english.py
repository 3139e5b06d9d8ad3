"""What tests/conftest.py does for the tests of pure rooms, without database and campus: scripts/mutate loads this."""

from latsar_sync import language

language.choose(language.ENGLISH)
