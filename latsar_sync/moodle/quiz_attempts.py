"""People's attempts at the evaluation quiz, where the best of them decides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from latsar_sync.domain.errors import ConfigurationError, RecordRejected, SiteRefuses
from latsar_sync.domain.evidence import Attempts
from latsar_sync.domain.language import _
from latsar_sync.domain.rounding import quantise
from latsar_sync.domain.source_as_read import PeopleAndGrades
from latsar_sync.moodle import payloads
from latsar_sync.moodle.answers import UNREADABLE
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.course_by_name import EXCHANGED
from latsar_sync.moodle.fields import moment
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.spoiled_records import note_spoiled, require_most
from latsar_sync.moodle.versions import attempts_function

WITHOUT_RESULT = frozenset({"notstarted", "inprogress", "overdue", "abandoned"})
"""States of a quiz attempt from which no grade comes as it stands (Moodle ``mod/quiz/classes/quiz_attempt.php``)."""


@dataclass(frozen=True, slots=True)
class QuizRange:
    """The evaluation quiz: the grade ``maximum`` stands for so many ``marks`` of its questions together."""

    id: int
    maximum: Decimal
    marks: Decimal


def read_quiz(client: MoodleClient, as_read: PeopleAndGrades) -> QuizRange:
    """Return the evaluation quiz.

    Raise ConfigurationError if the evaluation is no quiz that the account can see, SiteRefuses if its range cannot be
    read.
    """
    quiz = _find_quiz(client, as_read)
    maximum, marks = quiz.grade, quiz.sumgrades
    if maximum is None or marks is None or min(maximum, marks) < 0:
        raise SiteRefuses(
            _("{name}: the maximum grade of the evaluation quiz of {shortname} cannot be read.").format(
                name=client.name, shortname=as_read.shortname
            ),
            _("Save the quiz's settings in Moodle anew, and give the account mod/quiz:view there."),
        )
    return QuizRange(quiz.id, maximum, marks)


def read_attempts(
    client: MoodleClient,
    quiz: QuizRange,
    user_ids: Sequence[int],
    reached: Callable[[Decimal, Decimal], bool],
    spoiled: dict[int, str],
) -> dict[int, Attempts | None]:
    """Return each person's finished attempts at the evaluation quiz; None for a person whom the site rejects.

    ``reached`` says of a score and the quiz's maximum whether it is enough; ``reached_at`` is the first attempt that
    was. Marks are scaled by the quiz: sumgrades × grade / quiz.sumgrades (Moodle ``mod/quiz/lib.php``,
    ``quiz_rescale_grade``).
    """
    arguments: list[Arguments] = [{"quizid": quiz.id, "userid": user_id, "status": "all"} for user_id in user_ids]
    told = client.read_each(attempts_function(client), payloads.ATTEMPTS, arguments)
    answers = [_theirs(client, quiz, user_id, each) for user_id, each in zip(user_ids, told, strict=True)]
    require_most(answers)
    note_spoiled(spoiled, user_ids, answers)
    return {
        user_id: None if isinstance(answer, RecordRejected) else _attempts(answer, quiz.maximum, quiz.marks, reached)
        for user_id, answer in zip(user_ids, answers, strict=True)
    }


def _find_quiz(client: MoodleClient, as_read: PeopleAndGrades) -> payloads.Quiz:
    answer = client.read(Function.QUIZZES_BY_COURSES, payloads.QUIZZES, {"courseids": [as_read.course_id]})
    for quiz in answer.quizzes:
        if as_read.evaluation is not None and quiz.coursemodule == as_read.evaluation.cmid:
            return quiz
    raise ConfigurationError(
        _("The evaluation of the course {shortname} is no quiz that the service account can see.").format(
            shortname=as_read.shortname
        ),
        _(
            'basis = "best_attempt" works with quizzes only; give the account mod/quiz:view, or use '
            'basis = "gradebook".'
        ),
    )


def _theirs(
    client: MoodleClient, quiz: QuizRange, user_id: int, answer: payloads.QuizAttempts | RecordRejected
) -> payloads.QuizAttempts | RecordRejected:
    """Return an answer if it is about whom and what was asked: by those of others nobody is judged (rule 4)."""
    if isinstance(answer, RecordRejected):
        return answer
    if all(each.userid in (None, user_id) and each.quiz in (None, quiz.id) for each in answer.attempts):
        return answer
    return RecordRejected(
        _("{name}: the answer about an account's attempts holds those of another account, or at another quiz.").format(
            name=client.name
        ),
        _(EXCHANGED),
        UNREADABLE,
    )


def _attempts(
    answer: payloads.QuizAttempts, maximum: Decimal, marks: Decimal, reached: Callable[[Decimal, Decimal], bool]
) -> Attempts:
    """Weigh the finished attempts; Moodle's "finished" filter counts abandoned ones too (trap 26).

    What was handed in and not marked, and an attempt in a state that no Moodle up to 5.1 has, may be enough: both
    count as ungraded.
    """
    finished = [attempt for attempt in answer.attempts if attempt.state == "finished"]
    undecided = [attempt for attempt in answer.attempts if attempt.state not in {"finished", *WITHOUT_RESULT}]
    scaled = [
        (quantise(attempt.sumgrades * maximum / marks) if marks else Decimal(0), moment(attempt.timefinish))
        for attempt in finished
        if attempt.sumgrades is not None
    ]
    moments = [moment for score, moment in scaled if reached(score, maximum) and moment is not None]
    return Attempts(
        finished=len(finished),
        ungraded=sum(1 for attempt in finished if attempt.sumgrades is None) + len(undecided),
        best=max((score for score, _ in scaled), default=None),
        reached_at=min(moments, default=None),
        maximum=maximum,
    )
