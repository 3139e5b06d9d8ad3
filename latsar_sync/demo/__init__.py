"""The campus: a Moodle stand-in on loopback with a believable Latsar programme. It imports nothing of the service.

Newcomers learn on it (`latsar-sync demo`), the tests run on it. Its answers follow recordings of
four real Moodles.
"""

from latsar_sync.demo.campus import Campus, LogEntry
from latsar_sync.demo.cases import CASES
from latsar_sync.demo.faults import KINDS, Fault, Faults
from latsar_sync.demo.seed import seed_programme, seed_single_site
from latsar_sync.demo.seed_large import seed_large
from latsar_sync.demo.versions import NEWEST, VERSIONS, MoodleVersion
from latsar_sync.demo.world import Site

__all__ = [
    "CASES",
    "KINDS",
    "NEWEST",
    "VERSIONS",
    "Campus",
    "Fault",
    "Faults",
    "LogEntry",
    "MoodleVersion",
    "Site",
    "seed_large",
    "seed_programme",
    "seed_single_site",
]
