"""The evaluation and each grade, as people's grade reports tell them, or why none is known (rule 1, traps 12 to 16)."""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from latsar_sync.domain.errors import ConfigurationError, RecordRejected, SiteRefuses
from latsar_sync.domain.evidence import Evaluation, Grade, GradeStatus
from latsar_sync.domain.language import _
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.fields import moment
from latsar_sync.moodle.functions import Arguments, Function
from latsar_sync.moodle.parsing import kept_once
from latsar_sync.moodle.versions import TELLS_GRADE_TO_PASS

_BOUND = re.compile(r"-?[0-9]{1,10}([.,][0-9]{1,10})?")


def find_evaluation(
    shortname: str,
    idnumber: str | None,
    cmid: int | None,
    grade_reports: Iterable[payloads.UserGrades],
    must_be_found: bool,
) -> Evaluation | None:
    """Find the evaluation among people's grade items, by its course module or by that one's idnumber.

    None if nobody has it; raise ConfigurationError instead if it ``must_be_found``, and always for a total, another
    grade item without an activity, or one graded with a scale.
    """
    seen, second = set[str](), None
    for grade_report in grade_reports:
        for item in grade_report.gradeitems:
            _refuse_what_cannot_decide(shortname, item, idnumber, cmid)
            if _is_evaluation(item, idnumber, cmid) and item.cmid is not None:
                return Evaluation(
                    cmid=item.cmid,
                    instance=item.iteminstance or 0,
                    modname=item.itemmodule or "",
                    name=item.itemname or "",
                    grade_min=item.grademin,
                    grade_max=item.grademax,
                )
            if item.itemtype == "mod":
                seen.add(_as_listed(item))
                second = item if _is_meant(item, idnumber, cmid) else second
    if not must_be_found:
        return None
    if second is not None:
        raise _not_the_first_grade(shortname, second) if second.itemnumber else _without_activity(shortname, second)
    name = f'idnumber "{idnumber}"' if idnumber else f"cmid {cmid}"
    listed = "; ".join(sorted(seen)) or _(
        "no activity at all: the account may lack mod/quiz:view or moodle/grade:viewall"
    )
    raise ConfigurationError(
        _("No grade item of the course {shortname} has the {name}.").format(shortname=shortname, name=name),
        _(
            "Correct evaluation in the configuration; if it is right, the account does not see the evaluation: give "
            "its role in the course the view right of that kind of activity (mod/quiz:view, mod/assign:view, …), "
            "moodle/course:viewhiddenactivities and moodle/grade:viewhidden. It sees {listed}."
        ).format(listed=listed),
    )


def _is_evaluation(item: payloads.GradeItem, idnumber: str | None, cmid: int | None) -> bool:
    return item.itemtype == "mod" and item.itemnumber in (0, None) and _is_meant(item, idnumber, cmid)


def _is_meant(item: payloads.GradeItem, idnumber: str | None, cmid: int | None) -> bool:
    return item.cmid == cmid if cmid is not None else item.idnumber == idnumber


def _as_listed(item: payloads.GradeItem) -> str:
    if item.itemnumber in (0, None):
        return f"{item.itemname} (cmid {item.cmid}, idnumber {item.idnumber or '–'})"
    return _("{item} (cmid {cmid}, a second grade of it)").format(item=item.itemname, cmid=item.cmid)


def _not_the_first_grade(shortname: str, item: payloads.GradeItem) -> ConfigurationError:
    """Return the error that an activity has no grade but one beside its own, such as that of a whole forum."""
    return ConfigurationError(
        _(
            "{item} ({kind}, cmid {cmid}) of the course {shortname} is not the first grade of its activity, and no "
            "other grade of it shows: a forum that is graded as a whole has such a one, a workshop for the assessments."
        ).format(item=item.itemname, kind=item.itemmodule, cmid=item.cmid, shortname=shortname),
        _(
            "Name a quiz or an assignment as the evaluation; a forum counts where it is graded by ratings, not as a "
            "whole (its settings: Ratings > Aggregate type)."
        ),
    )


def _without_activity(shortname: str, item: payloads.GradeItem) -> ConfigurationError:
    """Return the error that the grade of an activity shows and the activity itself does not, as if there were none."""
    return ConfigurationError(
        _("{item} ({kind}) of the course {shortname} is there as a grade, and its activity is not.").format(
            item=item.itemname, kind=item.itemmodule, shortname=shortname
        ),
        _(
            "Is that kind of activity switched off on the site (Site administration > Plugins > Activity modules > "
            "Manage activities)? Or the activity is just being deleted: then name another one as the evaluation."
        ),
    )


def _refuse_what_cannot_decide(
    shortname: str, item: payloads.GradeItem, idnumber: str | None, cmid: int | None
) -> None:
    """Raise ConfigurationError if the item is the one meant and no score of one activity in points."""
    if cmid is None and item.itemtype != "mod" and idnumber is not None and item.idnumber == idnumber:
        kinds = {"course": _("the course total"), "category": _("the total of a category")}
        raise ConfigurationError(
            _(
                'The grade item "{item}" of the course {shortname} is {kind}, not supported as the evaluation: '
                "it belongs to no activity and is calculated from others, so no guard could tell that it changed."
            ).format(item=idnumber, shortname=shortname, kind=kinds.get(item.itemtype, _("one without an activity"))),
            _("Name the activity that is the evaluation: item = the ID number in its own settings, or cmid."),
        )
    if _is_evaluation(item, idnumber, cmid) and not _is_in_points(item):
        raise ConfigurationError(
            _(
                "The evaluation {name} of the course {shortname} is graded with a scale or in words, not in points."
            ).format(name=item.itemname, shortname=shortname),
            _("Grade it in points in its settings (Grade > Type: Point); a scale has no threshold."),
        )


def _is_in_points(item: payloads.GradeItem) -> bool:
    """Say whether the range reads as the numbers that it is: that of a scale reads as its first and last word.

    A scale may be one of numbers: its items count from 1, whatever they read as. What Moodle calls ``scaleid`` is the
    id of an outcome (grade/report/user/classes/report/user.php).
    """
    if not item.rangeformatted or not isinstance(item.rangeformatted, str):
        return True  # the user report hides ranges: nothing speaks against points
    least, _dash, greatest = (part.strip() for part in html.unescape(item.rangeformatted).partition("–"))
    if not (_BOUND.fullmatch(least) and _BOUND.fullmatch(greatest)):
        return False
    return item.grademin != 1 or (_reads_as(least, item.grademin) and _reads_as(greatest, item.grademax))


def _reads_as(shown: str, number: Decimal | None) -> bool:
    """Say whether a bound that a page shows, rounded in the site's language, may be this number."""
    return number is None or abs(Decimal(shown.replace(",", ".")) - number) < 1


def grade_in_report(grade_report: payloads.UserGrades | None, evaluation: Evaluation) -> Grade:
    """Read one person's grade; anything but a plain value or a plain none is its own status (traps 12 to 16).

    So is a hidden one; what each counts as is said in ``rules.score_against_threshold``.
    """
    if grade_report is None:
        return Grade(GradeStatus.GRADE_UNREAD)
    items = [each for each in grade_report.gradeitems if each.cmid == evaluation.cmid and each.itemnumber in (0, None)]
    item = items[0] if items else None
    spoiled = grade_report.spoiled or {}
    if evaluation.cmid in spoiled or (item is None and None in spoiled):
        return Grade(GradeStatus.RECORD_UNREADABLE)
    if len({each.graderaw for each in items}) > 1:
        return Grade(GradeStatus.RECORD_UNREADABLE)  # told twice, and not the same
    if item is None:
        return Grade(GradeStatus.GRADE_ITEM_MISSING)
    if item.gradeneedsupdate:
        return Grade(GradeStatus.GRADE_NEEDS_UPDATE)
    if "graderaw" not in item.model_fields_set or (item.graderaw is None and item.gradeishidden):
        return Grade(GradeStatus.GRADE_HIDDEN)
    return Grade(
        status=GradeStatus.NO_GRADE if item.graderaw is None else GradeStatus.GRADED,
        raw=None if item.graderaw is None else kept_once(item.graderaw),
        minimum=kept_once(item.grademin),
        maximum=kept_once(item.grademax),
        overridden=bool(item.gradeisoverridden),
        graded_at=moment(item.gradedategraded),
    )


def untold_grades(grade_reports: Mapping[int, payloads.UserGrades], user_ids: Iterable[int]) -> frozenset[int]:
    """Return of whom the site told no grade at all: an answer was refused, or could not be read."""
    empty = {user_id for user_id, each in grade_reports.items() if not each.gradeitems and None in (each.spoiled or {})}
    return frozenset(user_id for user_id in user_ids if user_id not in grade_reports or user_id in empty)


def unreadable_grades(grade_reports: Mapping[int, payloads.UserGrades], grades: Mapping[int, Grade]) -> dict[int, str]:
    """Return whose grade could not be read, and why: the first thing in their report that could not."""
    return {
        user_id: next(iter((grade_reports[user_id].spoiled or {}).values()), "gradeitems: told twice")
        for user_id, grade in grades.items()
        if grade.status is GradeStatus.RECORD_UNREADABLE
    }


def with_grade_to_pass(client: MoodleClient, evaluation: Evaluation, user_id: int) -> Evaluation:
    """Add the grade-to-pass, 0 for none (mod/quiz/classes/external.php); only the best-grade call tells it."""
    if not client.supports(Function.BEST_GRADE):
        return evaluation
    arguments: Arguments = {"quizid": evaluation.instance, "userid": user_id}
    try:
        answer = client.read(Function.BEST_GRADE, payloads.BEST_GRADE, arguments)
    except (SiteRefuses, RecordRejected):
        return evaluation  # it is only compared, never decided by: a right that lacks must not stop the programme
    return replace(evaluation, grade_to_pass=grade_to_pass_of(client, answer))


def grade_to_pass_of(client: MoodleClient, answer: payloads.BestGrade) -> Decimal | None:
    """Return the grade-to-pass that the best grade tells, 0 for none; None before Moodle 3.11, which tells none."""
    if answer.gradetopass is None and client.is_since(TELLS_GRADE_TO_PASS):
        return Decimal(0)
    return answer.gradetopass
