"""A MOOC that was read a quarter of an hour ago, and what it tells of the time since."""

from dataclasses import replace
from datetime import datetime, timedelta

from builders import NOW

from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.source_as_read import Signals
from latsar_sync.rules.signals import signals_of

READ_WHOLLY = NOW - timedelta(hours=9)
LAST_READ = Checkpoint(4, 13, quiz_id=7, site_time=NOW - timedelta(minutes=15), full_at=READ_WHOLLY)
LONG_AGO = NOW - timedelta(days=2)


def told(visit: datetime = LONG_AGO, **more: object) -> Signals:
    """Return signals by which one person was there last at ``visit``."""
    signals = signals_of(LAST_READ, 4, NOW, NOW, {1: visit})
    assert signals is not None
    return replace(signals, **more)  # type: ignore[arg-type]
