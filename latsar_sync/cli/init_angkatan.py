"""Which angkatan there are: groups of the MOOC, their in-class courses, and the groups there (``init``)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.table import Table
from rich.text import Text

from latsar_sync.cli.init_proposal import corrected, numbers_in
from latsar_sync.cli.init_questions import Choice, Interview
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.moodle import payloads
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.settings.angkatan import usual_group
from latsar_sync.setup.onboarding.discovery import InClassCourse, MoocCourse, read_in_class_course
from latsar_sync.setup.onboarding.draft import AngkatanDraft
from latsar_sync.setup.pairing import angkatan_ids, pair, pair_group

OPTION = "--angkatan"
NO_CLASS, LEAVE_OUT = "-", "x"


@dataclass(frozen=True, slots=True)
class ChosenAngkatan:
    """The angkatan, and the in-class courses that they fill, by short name."""

    all_angkatan: Sequence[AngkatanDraft]
    in_class: Mapping[str, InClassCourse]


def choose_angkatan(
    interview: Interview,
    mooc: MoocCourse,
    client: MoodleClient,
    courses: Sequence[payloads.Course],
    given: Sequence[str],
) -> ChosenAngkatan:
    """Ask which angkatan there are; ``given`` are values of ``--angkatan``, ``courses`` what may be an in-class course.

    Raise UsageError if something does not exist, or is not certain and nobody may be asked.
    """
    by_name = {course.shortname: course for course in courses}
    if given:
        chosen = [_understood(text, mooc, by_name) for text in given]
        _require_that_fit_together(chosen)
    elif mooc.groups:
        chosen = _by_groups(interview, mooc, by_name)
    else:
        chosen = _without_groups(interview, by_name)
    if not chosen:
        raise UsageError(_("There is no angkatan left."), _("Name at least one with {option}.").format(option=OPTION))
    names = dict.fromkeys(angkatan.course for angkatan in chosen if angkatan.course is not None)
    in_class = {name: read_in_class_course(client, by_name[name]) for name in names}
    return ChosenAngkatan([_with_group(angkatan, in_class) for angkatan in chosen], in_class)


def show_angkatan(interview: Interview, mooc: MoocCourse, found: ChosenAngkatan) -> None:
    """Print the angkatan as they will be written."""
    table = Table.grid(padding=(0, 2, 0, 0))
    for heading in ("", _("Angkatan"), _("Group in the MOOC"), _("In-class course"), _("Group there")):
        table.add_column(Text(heading), overflow="fold")
    table.add_row("", *(Text(str(column.header), style="dim") for column in table.columns[1:]))
    for angkatan in found.all_angkatan:
        source = (
            "–" if angkatan.source_group is None else f"{angkatan.source_group} ({mooc.groups[angkatan.source_group]})"
        )
        there = {group.name for group in found.in_class[angkatan.course].groups} if angkatan.course else set()
        group = angkatan.group or "–"
        if angkatan.group is not None and angkatan.group not in there:
            group = _("{group} (will be made)").format(group=group)
        table.add_row("", Text(angkatan.id), Text(source), Text(angkatan.course or _("no in-class phase")), Text(group))
    interview.console.print(table)


def _understood(text: str, mooc: MoocCourse, courses: Mapping[str, payloads.Course]) -> AngkatanDraft:
    """Read ``ID=SOURCE GROUP=COURSE[=GROUP]``; an empty source group or course is none."""
    parts = [part.strip() for part in text.split("=")]
    remedy = _('Write it like "I=Angkatan I=KLS-I": id, group in the MOOC, in-class course, if need be its group.')
    if len(parts) not in (3, 4) or not parts[0]:
        raise UsageError(_('{option}: "{text}" cannot be read.').format(option=OPTION, text=text), remedy)
    name, source, course, group = (*parts, "")[:4]
    if source and source not in mooc.groups:
        raise UsageError(
            _('{option}: no participant of the MOOC is in a group "{name}".').format(option=OPTION, name=source),
            _("There are: {keys}.").format(keys=", ".join(mooc.groups) or "–"),
        )
    if course and course not in courses:
        raise UsageError(
            _('{option}: there is no in-class course "{name}" that the account may enter.').format(
                option=OPTION, name=course
            ),
            _("There are: {keys}.").format(keys=", ".join(courses) or "–"),
        )
    return AngkatanDraft(name, source or None, course or None, group or None)


def _require_that_fit_together(chosen: Sequence[AngkatanDraft]) -> None:
    for name, number in Counter(angkatan.id for angkatan in chosen).items():
        if number > 1:
            raise UsageError(
                _('{option}: the id "{name}" is given twice.').format(option=OPTION, name=name),
                _("Give every angkatan an id of its own."),
            )
    without = [angkatan.id for angkatan in chosen if angkatan.source_group is None]
    if 0 < len(without) < len(chosen):
        raise UsageError(
            _('{option}: "{name}" has no group in the MOOC, and others have one.').format(
                option=OPTION, name=without[0]
            ),
            _("Name a group for each, or for none: then seats go in the order in which the limit was reached."),
        )


def _by_groups(interview: Interview, mooc: MoocCourse, courses: Mapping[str, payloads.Course]) -> list[AngkatanDraft]:
    """Pair the groups with courses, and let a person say whether that is right or correct what is not."""
    groups = list(mooc.groups)
    ids = angkatan_ids(groups)
    paired = pair(groups, {name: course.fullname for name, course in courses.items()})
    if len(courses) == 1 and not any(paired.values()):
        paired = dict.fromkeys(groups, next(iter(courses)))  # one course for all, with a group for each
    certain = all(paired.values())
    if certain and not interview.silent:
        _show_pairs(interview, mooc, paired)
        certain = interview.agreed(_("Is that right?"))
    if certain:
        return [AngkatanDraft(ids[group], group, paired[group]) for group in groups]
    for group in groups if interview.silent else ():
        if paired[group] is None:
            question = _('In-class course of "{group}"').format(group=group)
            raise interview.undecided(OPTION, question, list(courses))
    things = [Choice(group, _("{count} people").format(count=mooc.groups[group])) for group in groups]
    choices = [Choice(name, course.fullname) for name, course in courses.items()]
    choices += [Choice(NO_CLASS, _("no in-class phase")), Choice(LEAVE_OUT, _("leave this group out"))]
    chosen = corrected(interview, things, paired, choices)
    return [
        AngkatanDraft(ids[group], group, None if chosen[group] == NO_CLASS else chosen[group])
        for group in groups
        if chosen[group] != LEAVE_OUT
    ]


def _show_pairs(interview: Interview, mooc: MoocCourse, paired: Mapping[str, str | None]) -> None:
    interview.say("")
    for group, course in paired.items():
        people = _("{count} people").format(count=mooc.groups[group])
        interview.say(f"  {group} ({people}) → {course}")


def _without_groups(interview: Interview, courses: Mapping[str, payloads.Course]) -> list[AngkatanDraft]:
    """Let a person name the in-class courses; people are seated in the order in which they reached the limit."""
    question = _("In-class courses of a MOOC without groups")
    if interview.silent:
        raise interview.undecided(OPTION, question, list(courses))
    interview.say(_("Nobody in the MOOC is in a group: seats will go in the order in which the limit was reached."))
    choices = [Choice(name, course.fullname) for name, course in courses.items()]
    interview.show(question, choices)
    numbers = interview.answer(OPTION, _("Numbers, such as 1-4,7"), None, lambda said: numbers_in(said, len(choices)))
    chosen = [choices[number - 1].key for number in numbers]
    ids = angkatan_ids(chosen)
    return [AngkatanDraft(ids[name], None, name) for name in chosen]


def _with_group(angkatan: AngkatanDraft, in_class: Mapping[str, InClassCourse]) -> AngkatanDraft:
    """Name the group in the in-class course: as given, else the one that is there already, else that of the MOOC."""
    if angkatan.course is None:
        return angkatan
    groups = {group.name: group for group in in_class[angkatan.course].groups}
    wanted = angkatan.source_group or usual_group(angkatan.id)
    name = angkatan.group or pair_group(wanted, list(groups)) or wanted
    idnumber = groups[name].idnumber if name in groups else None
    return AngkatanDraft(angkatan.id, angkatan.source_group, angkatan.course, name, idnumber or None)
