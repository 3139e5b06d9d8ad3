"""What the site tells about changes: which activities changed since a moment, and whose attempts those were."""

from collections.abc import Sequence
from datetime import datetime

from latsar_sync.errors import RecordRejected
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.signals import Changes

ATTEMPTS, GRADES = "userattempts", "usergrades"
SETTINGS = frozenset({"configuration", "questions"})


def can_tell(client: MoodleClient) -> bool:
    """Whether the service holds the function that tells changes; without it everybody is asked."""
    return client.supports(Function.UPDATES_SINCE) and client.supports(attempts_function(client))


def read_changes(client: MoodleClient, course_id: int, cmid: int, since: datetime) -> Changes | None:
    """Return what changed in the course since a moment of the site's clock; ``cmid`` is the evaluation.

    None if the site left an activity out. Attempts and grades are those of the evaluation and show only with
    mod/quiz:viewreports, whose lack is silent (Moodle ``mod/quiz/lib.php``, ``quiz_check_updates_since``).
    """
    arguments: Arguments = {"courseid": course_id, "since": int(since.timestamp())}
    answer = client.read(Function.UPDATES_SINCE, payloads.UPDATES, arguments)
    if answer.warnings:
        return None
    by_module = {
        instance.id: {update.name: update.itemids for update in instance.updates}
        for instance in answer.instances
        if instance.contextlevel == "module"
    }
    evaluation = by_module.get(cmid, {})
    # of the evaluation anything but attempts and grades is a reason to ask everybody
    unusual = {cmid} if evaluation.keys() - {ATTEMPTS, GRADES} else set()
    return Changes(
        attempts=frozenset(evaluation.get(ATTEMPTS, ())),
        grades=len(evaluation.get(GRADES, ())),
        settings=frozenset({module for module, names in by_module.items() if SETTINGS & names.keys()} | unusual),
        touched=frozenset(by_module),
    )


def read_attempt_ids(client: MoodleClient, quiz_id: int, user_ids: Sequence[int]) -> dict[int, bool]:
    """Return the attempts of people by id, and whether each is finished.

    Raise SiteRefuses without mod/quiz:viewreports, which this proves to be there if anybody is asked for.
    """
    arguments: list[Arguments] = [{"quizid": quiz_id, "userid": user_id, "status": "all"} for user_id in user_ids]
    answers = client.read_each(attempts_function(client), payloads.ATTEMPTS, arguments)
    return {
        attempt.id: attempt.state == "finished"
        for answer in answers
        if not isinstance(answer, RecordRejected)
        for attempt in answer.attempts
    }


def attempts_function(client: MoodleClient) -> Function:
    """Return the function that tells attempts: Moodle 5.0 has a new one (docs of the old say why)."""
    if client.supports(Function.USER_QUIZ_ATTEMPTS):
        return Function.USER_QUIZ_ATTEMPTS
    return Function.USER_ATTEMPTS
