"""What the site tells of the time since the last good run: of whom something may have changed. Pure (rule 10).

Two signals: when each person last visited the course, and whether the evaluation changed for anybody else. In doubt the
answer is that it may have. What neither shows is said in docs/rules.md, and caught by nights in turn and by the weekly
reading of everything.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from latsar_sync.domain.evidence import Evaluation
from latsar_sync.domain.records import Checkpoint
from latsar_sync.domain.request import Depth
from latsar_sync.domain.source_as_read import Signals

OVERLAP = timedelta(minutes=10)
"""Every run looks back this far behind the last one: clocks of web server and database, runs of cron."""
VISIT_LAG = timedelta(minutes=1)
"""Moodle writes a visit down at most once a minute (``lib/datalib.php``, ``LASTACCESS_UPDATE_SECS``)."""
STILL_THERE = timedelta(hours=8)
"""How long somebody may still be at what was opened (Moodle's ``sessiontimeout``): ticks and players tell no visit."""
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Before anything that was read: the time of what never was."""
CLOCKS_AGREE_WITHIN = timedelta(minutes=5)
QUIZ = "quiz"


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in the course's activities since a moment, by course-module id.

    ``attempts`` are ids of changed attempts at the evaluation, ``grades`` the number of its changed grades, of anybody.
    ``settings`` are activities whose settings or questions changed, ``touched`` those in which anything did.
    """

    attempts: frozenset[int] = frozenset()
    grades: int = 0
    settings: frozenset[int] = frozenset()
    touched: frozenset[int] = frozenset()


def may_have_changed(signals: Signals, user_id: int, read_at: datetime | None) -> bool:
    """Say whether the person was there after what was read at ``read_at`` (our clock), or may have been."""
    visit = signals.visits.get(user_id)
    if visit is None or read_at is None:
        return True
    return visit >= min(signals.since, read_at + signals.ahead - OVERLAP) - VISIT_LAG


def may_still_be_there(signals: Signals, user_id: int) -> bool:
    """Say whether the person may still be at something that was opened before the last good run."""
    visit = signals.visits.get(user_id)
    return visit is None or visit >= signals.since - STILL_THERE


def visitors(signals: Signals) -> list[int]:
    """Return everybody who was there since the last good run."""
    return sorted(user_id for user_id, visit in signals.visits.items() if visit >= signals.since - VISIT_LAG)


def signals_of(
    checkpoint: Checkpoint | None,
    course_id: int,
    site_time: datetime | None,
    now: datetime,
    visits: Mapping[int, datetime | None],
) -> Signals | None:
    """Return the signals of a run that began at ``site_time`` (the site's clock; ``now`` by ours).

    None where they cannot be trusted: no good run before, another course, a site that tells no time, hides visits
    (Moodle's hiddenuserfields), whose clock was set back, or that shows a visit from the future.
    """
    if checkpoint is None or site_time is None or checkpoint.course_id != course_id or checkpoint.site_time > site_time:
        return None
    shown = {user_id: visit for user_id, visit in visits.items() if visit is not None}
    if len(shown) < len(visits) or any(visit > site_time + CLOCKS_AGREE_WITHIN for visit in shown.values()):
        return None
    return Signals(checkpoint.site_time - OVERLAP, site_time - now, shown)


def signals_of_report(
    checkpoint: Checkpoint | None,
    course_id: int,
    site_time: datetime | None,
    now: datetime,
    people: Iterable[int],
    changed: Collection[int],
    changes: Changes,
) -> Signals | None:
    """Return the signals of a run that knows ``people``, by user id, by a report, in which rows of ``changed`` differ.

    None where they cannot be trusted, as ``signals_of``; what a report does not show is told in docs/rules.md.
    """
    signals = signals_of(checkpoint, course_id, site_time, now, {})
    if signals is None or checkpoint is None or site_time is None:
        return None
    visits = {user_id: site_time if user_id in changed else LONG_AGO for user_id in people}
    edited = checkpoint.cmid in changes.settings
    return replace(signals, visits=visits, evaluation=edited, settings=changes.settings, touched=changes.touched)


def with_visits(signals: Signals, user_ids: Collection[int], at: datetime | None) -> Signals:
    """Return signals in which these people were there at ``at``, whatever was told of them."""
    if not user_ids or at is None:
        return signals
    return replace(signals, visits={**signals.visits, **dict.fromkeys(user_ids, at)})


def explained(changes: Changes, finished_by_attempt: Mapping[int, bool]) -> bool:
    """Say whether visitors account for all that changed in the evaluation.

    ``finished_by_attempt`` are the visitors' attempts by id, and whether each is finished. An attempt of somebody who
    was not there (handed in by cron or the mobile app, marked by a teacher) and a grade too many are not explained.
    """
    finished = sum(finished_by_attempt.get(attempt, False) for attempt in changes.attempts)
    return changes.attempts <= finished_by_attempt.keys() and changes.grades <= finished


def next_checkpoint(
    before: Checkpoint | None,
    course_id: int,
    evaluation: Evaluation | None,
    site_time: datetime | None,
    now: datetime,
    depth: Depth,
) -> Checkpoint | None:
    """Return the checkpoint after a good run that began at ``site_time``; None if the next run must ask everybody.

    The earlier of the site's clock and ours counts, so that one of them may be fast. It goes back only when the site's
    own clock went back behind it. ``depth`` is how much the run read; where of none it is known that it read
    everything, the next one is due to.
    """
    if evaluation is None or evaluation.modname != QUIZ or site_time is None:
        return None
    moment = min(site_time, now)
    same = before is not None and (before.course_id, before.cmid) == (course_id, evaluation.cmid)
    if before is not None and same and moment < before.site_time <= site_time:
        moment = before.site_time
    full_at = now if depth is Depth.FULL else before.full_at if before else LONG_AGO
    night_at = now if depth is Depth.NIGHT else before.night_at if before else None
    return Checkpoint(course_id, evaluation.cmid, evaluation.instance, moment, full_at, night_at)
