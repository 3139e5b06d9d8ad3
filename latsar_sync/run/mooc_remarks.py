"""What a person is told of a MOOC course and of what it answered: sentences, made of what was read."""

from collections.abc import Collection, Mapping

from latsar_sync.domain.errors import NOT_CONFIRMED
from latsar_sync.domain.language import _, counted, for_admins, joined, see
from latsar_sync.domain.records import Finding, Record
from latsar_sync.domain.source_as_read import HowWellRead, PeopleAndGrades, SourceReading


def of_people_and_grades(site: str, as_read: PeopleAndGrades, by_an_admin: bool, erased: int) -> tuple[str, ...]:
    """Say whether the token is one of a site admin, what of the course is untold, and how many there were erased."""
    said = []
    if by_an_admin:
        said.append(_("{name}: the token belongs to a site admin; use an account with less.").format(name=site))
    if as_read.activities.untold:
        text = _("{name}: to whom these activities are open cannot be told, so they are asked of everybody: {names}.")
        said.append(text.format(name=site, names=", ".join(as_read.activities.untold)))
    if as_read.how_found.groups_unseen:
        text = _("{name}: nobody shows in the group {groups} of {course}.")
        said.append(
            text.format(
                name=site,
                groups=", ".join(f'"{each}"' for each in as_read.how_found.groups_unseen),
                course=as_read.shortname,
            )
        )
    if as_read.custom_report.problem:
        text = _("The report is not used: {problem} Whom to ask is told as without it.")
        said.append(text.format(problem=as_read.custom_report.problem))
    if as_read.custom_report.missing:
        text = counted(
            "{name}: the report leaves out {count} participant, who is looked for without it. Widen its conditions.",
            "{name}: the report leaves out {count} participants, who are looked for without it. Widen its conditions.",
            as_read.custom_report.missing,
        )
        said.append(text.format(name=site, count=as_read.custom_report.missing))
    if erased:
        text = counted(
            "{count} account in {course} was erased here: it is neither judged nor enrolled.",
            "{count} accounts in {course} were erased here: they are neither judged nor enrolled.",
            erased,
        )
        remedy = joined(_("End the enrolment there."), see("person erasures"))
        said.append(joined(text.format(count=erased, course=as_read.shortname), remedy))
    return tuple(said)


def of_fewer_people(as_read: PeopleAndGrades, findings: Collection[Finding]) -> list[str]:
    """Say beside the finding that people are missing that only ours are counted, where nobody else was read."""
    fewer = any(each.code in ("source_dropped", "source_emptied") for each in findings)
    if not (fewer and as_read.how_found.all_of_ours_alone):
        return []
    text = _(
        "Of {course} only the people in our groups, or on the list, are read and counted. If the whole course was read "
        "before, the others are not gone: they stay as recorded."
    )
    return [text.format(course=as_read.shortname)]


def of_records(site: str, reading: SourceReading, known: Mapping[int, Record]) -> list[str]:
    """Say whose records could not be read, and why, and what the list of people does not show."""
    as_read = reading.as_read
    course, said = as_read.shortname, []
    for user_id, why in sorted(
        {**reading.unreadable, **reading.aside, **as_read.how_found.how_well_read.spoiled}.items()
    ):
        if why == NOT_CONFIRMED:
            continue  # the reason of the decision says it
        record = known.get(user_id)
        text = _("{name}: the record of the account {user_id} in {course} cannot be read ({why}); it is set aside.")
        who = f"{user_id}, {record.participant.id}" if record else str(user_id)
        said.append(text.format(name=site, user_id=who, course=course, why=why.rstrip(".")))
    for place in as_read.how_found.how_well_read.nameless:
        text = _("{name}: an account in {course} cannot be read (by the order of user ids {place}); it is set aside.")
        said.append(text.format(name=site, course=course, place=place))
    if said:
        said.append(_("Look at these accounts in Moodle: save their profile and their grade there anew."))
    if as_read.how_found.unfound:
        here_once = {record.participant.nip for record in known.values()}  # of whoever left, a reason tells
        if number := len(as_read.how_found.unfound - here_once):
            text = counted(
                "{name}: no participant of {course} who shows carries {count} number of the list; it is looked for in "
                "every run.",
                "{name}: no participant of {course} who shows carries {count} numbers of the list; they are looked for "
                "in every run.",
                number,
            )
            said.append(joined(text.format(name=site, course=course, count=number), for_admins(see("doctor"))))
    if reading.partly:
        text = counted(
            "{name}: {course} counts as complete for {count} participant who does not meet each of its criteria.",
            "{name}: {course} counts as complete for {count} participants who do not meet each of its criteria.",
            reading.partly,
        )
        remedy = _(
            "See in its course completion settings whether one activity is enough; if it is not to be, mend that."
        )
        said.append(joined(text.format(name=site, course=course, count=reading.partly), remedy))
    return said + _of_the_list(site, course, as_read.how_found.how_well_read)


def _of_the_list(site: str, course: str, how_well_read: HowWellRead) -> list[str]:
    said = []
    if not how_well_read.whole:
        text = _("{name}: the list of people of {course} is not shown to be whole; nobody is taken for gone.")
        said.append(text.format(name=site, course=course))
    if how_well_read.twice:
        text = counted(
            "{count} account stands twice in the list of {course}; what was read first counts.",
            "{count} accounts stand twice in the list of {course}; what was read first counts.",
            how_well_read.twice,
        )
        said.append(text.format(count=how_well_read.twice, course=course))
    return said
