"""What costs a call a person in the MOOC, attempts and completion: of those alone whose answer it can change (rule 10).

It is read last, once it is known by what people are judged.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from latsar_sync.domain.decision import Basis, Rules, Threshold
from latsar_sync.domain.evidence import Materials
from latsar_sync.domain.language import _
from latsar_sync.domain.many_people import materials_of
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.completion import completion_of, read_completion, unseen_in_completion
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.quiz_attempts import read_attempts, read_quiz
from latsar_sync.rules import score_gate
from latsar_sync.rules.refused_readings import last, remembered
from latsar_sync.rules.source_as_read import PeopleAndGrades, PeopleInDetail, merge_evidence
from latsar_sync.rules.whom_to_ask_again import is_confirmed
from latsar_sync.run.mooc_what_changed import whose_attempts, whose_materials
from latsar_sync.run.whom_to_look_for import Ours


def read_details(
    client: MoodleClient,
    ours: Ours,
    found: PeopleAndGrades,
    rules: Rules,
    of_everybody: bool,
    about_one: bool,
    clock: Callable[[], datetime],
    step: Callable[[int], None],
) -> PeopleInDetail:
    """Return what was found, with the attempts and materials of those for whom they still matter (rule 10).

    They matter ``of_everybody`` where all is read; ``about_one`` says that the run is about one participant. ``step``
    is told of how many people something is read.
    """
    reading = PeopleInDetail(
        replace(found, people=ours.not_erased(found.people)),
        everybody=not about_one,
        imported=ours.imported,
        aside=_set_aside(ours, found),
        unreadable=dict(found.spoiled),
        elsewhere=ours.elsewhere() if found.only_ours and not found.alone else frozenset(),
    )
    people = _who_may_change(ours, reading, confirmed_too=of_everybody or about_one)
    if rules.threshold is not None and rules.basis is Basis.BEST_ATTEMPT:
        reading = _with_attempts(client, ours, reading, people, rules.threshold, step)
    if rules.materials:
        reading = _with_materials(client, ours, reading, people, rules, of_everybody, step)
    return replace(reading, unanswered=_unanswered_after(ours, reading, clock()))


def _set_aside(ours: Ours, found: PeopleAndGrades) -> dict[int, str]:
    """Return whose place in the list of people could not be read: they stay what they were, and are not judged."""
    here, looked_at = {person.user_id for person in found.people}, found.chosen.looked_at
    theirs = here | ours.known.keys() if looked_at is None else here | looked_at
    aside = {user_id: why for user_id, why in found.roll.spoiled.items() if user_id in theirs}
    if not found.roll.whole:
        why = _("not in the list, which could not be read to its end")
        asked = ours.known if looked_at is None else looked_at
        absent = [user_id for user_id in asked if user_id not in here | aside.keys()]
        kept = (Enrolment.ACTIVE, Enrolment.SUSPENDED)
        aside |= {each: why for each in absent if ours.known[each].participant.person.enrolment in kept}
    return aside


def _who_may_change(ours: Ours, reading: PeopleInDetail, confirmed_too: bool) -> list[Person]:
    """Return whose attempts and materials may still change something: whoever is confirmed has their seat."""
    chosen, grades = reading.found.chosen, reading.found.grades
    return [
        person
        for person in reading.found.people
        if (chosen.signals is not None or person.user_id in grades)
        and (
            confirmed_too
            or person.user_id in chosen.exactly
            or not is_confirmed(ours.known.get(person.user_id), ours.entries)
        )
    ]


def _with_attempts(
    client: MoodleClient,
    ours: Ours,
    reading: PeopleInDetail,
    people: Sequence[Person],
    threshold: Threshold,
    step: Callable[[int], None],
) -> PeopleInDetail:
    """Read the attempts of whoever may have a new one."""
    found = reading.found
    told = found.chosen.signals  # None in a run that reads everything
    changed = people if told is None else whose_attempts(ours, found.chosen, told, people)
    asked = [person.user_id for person in last(changed, ours.unanswered)]
    step(len(asked))
    if not asked:
        return reading
    spoiled: dict[int, str] = {}
    quiz = read_quiz(client, found)
    attempts = read_attempts(client, quiz, asked, partial(score_gate.reaches, threshold=threshold), spoiled)
    return replace(reading, attempts=attempts, marks=quiz.marks, unreadable={**spoiled, **reading.unreadable})


def _with_materials(
    client: MoodleClient,
    ours: Ours,
    reading: PeopleInDetail,
    people: Sequence[Person],
    rules: Rules,
    of_everybody: bool,
    step: Callable[[int], None],
) -> PeopleInDetail:
    """Read the completion of whoever can still qualify, as far as it may have changed."""
    found, chosen = reading.found, reading.found.chosen
    may_qualify = [
        person
        for person in people
        if of_everybody
        or person.user_id in chosen.exactly
        or score_gate.could_still_qualify(merge_evidence(person, ours.known.get(person.user_id), reading), rules)
    ]
    asked: Sequence[Person] = may_qualify
    if chosen.signals is not None:  # not in a run that reads everything
        several_at_once = client.supports(Function.CALL_EXTERNAL_FUNCTIONS)
        asked = whose_materials(ours, chosen, chosen.signals, may_qualify, rules, several_at_once)
    step(len(asked))
    spoiled: dict[int, str] = {}
    user_ids = [person.user_id for person in last(asked, ours.unanswered)]
    criteria = set[str]()
    states = read_completion(client, found, ours.wanted, user_ids, spoiled, criteria)

    def told(user_id: int, state: Mapping[int, int] | None) -> Materials | None:
        barred = found.barred.get(user_id)  # what their groups bar somebody from is not asked of them
        required = [each for each in rules.required if each.cmid not in barred] if barred else rules.required
        return None if state is None else completion_of(state, required)

    materials = materials_of(((user_id, told(user_id, state)) for user_id, state in states.items()), len(states))
    unseen = unseen_in_completion(found, ours.wanted, states.values())
    unreadable = {**spoiled, **reading.unreadable}
    told_by = tuple(sorted(criteria)) or None
    return replace(reading, materials=materials, unseen=unseen, unreadable=unreadable, criteria=told_by)


def _unanswered_after(ours: Ours, reading: PeopleInDetail, now: datetime) -> tuple[tuple[int, int], ...]:
    """Return about whom an answer was refused, now or before, and when: the next run asks them last, if at all."""
    found, told = reading.found, (reading.materials, reading.attempts)
    refused = found.refused.union(*((user_id for user_id, each in some.items() if each is None) for some in told))
    if not (refused or ours.unanswered):
        return ()
    answered = {*found.grades, *reading.materials, *reading.attempts} - found.chosen.left_alone
    here = {person.user_id for person in found.people}
    return remembered(ours.unanswered, here, answered, refused, now)
