"""What costs a call a person: attempts and completion, of those alone whose answer they can still change (rule 10)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from latsar_sync.domain.decision import Rules, Threshold
from latsar_sync.domain.evidence import Materials
from latsar_sync.domain.language import _
from latsar_sync.domain.many_people import materials_of
from latsar_sync.domain.participant import Enrolment, Person
from latsar_sync.moodle.client import MoodleClient
from latsar_sync.moodle.functions import Function
from latsar_sync.moodle.materials import read_materials, unseen_in_completion
from latsar_sync.moodle.quiz_attempts import read_attempts, read_quiz
from latsar_sync.rules import admission, score_gate, whom_to_ask_again
from latsar_sync.rules.judging import merge_evidence
from latsar_sync.rules.refused_readings import last, remembered
from latsar_sync.rules.source_as_read import Chosen, PeopleAndGrades, PeopleInDetail
from latsar_sync.rules.whom_to_ask_again import Signals, is_confirmed
from latsar_sync.run.whom_to_look_for import Ours


def set_aside(ours: Ours, found: PeopleAndGrades) -> dict[int, str]:
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


def who_may_change(ours: Ours, reading: PeopleInDetail, confirmed_too: bool) -> list[Person]:
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


def with_attempts(
    client: MoodleClient,
    ours: Ours,
    reading: PeopleInDetail,
    people: Sequence[Person],
    threshold: Threshold,
    step: Callable[[int], None],
) -> PeopleInDetail:
    """Read the attempts of whoever may have a new one."""
    found, chosen = reading.found, reading.found.chosen
    asked = [
        person.user_id
        for person in last(people, ours.unanswered)
        if chosen.signals is None
        or person.user_id in chosen.exactly
        or whom_to_ask_again.attempts_to_read(
            person, ours.known.get(person.user_id), chosen.signals, person.user_id in chosen.left_alone
        )
    ]
    step(len(asked))
    if not asked:
        return reading
    spoiled: dict[int, str] = {}
    quiz = read_quiz(client, found)
    attempts = read_attempts(client, quiz, asked, partial(score_gate.reaches, threshold=threshold), spoiled)
    return replace(reading, attempts=attempts, marks=quiz.marks, unreadable={**spoiled, **reading.unreadable})


def with_materials(
    client: MoodleClient,
    ours: Ours,
    reading: PeopleInDetail,
    people: Sequence[Person],
    rules: Rules,
    whole: bool,
    step: Callable[[int], None],
) -> PeopleInDetail:
    """Read the completion of whoever can still qualify, as far as it may have changed."""
    found, chosen = reading.found, reading.found.chosen
    asked = [
        person
        for person in people
        if whole
        or person.user_id in chosen.exactly
        or score_gate.could_still_qualify(merge_evidence(person, ours.known.get(person.user_id), reading), rules)
    ]
    if chosen.signals is not None:
        in_turn_too = client.supports(Function.CALL_EXTERNAL_FUNCTIONS) and not chosen.sparing
        asked = _open_or_in_turn(ours, chosen, chosen.signals, asked, rules, in_turn_too)
    step(len(asked))
    spoiled: dict[int, str] = {}
    user_ids = [person.user_id for person in last(asked, ours.unanswered)]
    criteria = set[str]()
    states = read_materials(client, found, ours.wanted, user_ids, spoiled, criteria)

    def told(user_id: int, state: Mapping[int, int] | None) -> Materials | None:
        barred = found.barred.get(user_id)  # what their groups bar somebody from is not asked of them
        required = [each for each in rules.required if each.cmid not in barred] if barred else rules.required
        return None if state is None else admission.completion_of(state, required)

    materials = materials_of(((user_id, told(user_id, state)) for user_id, state in states.items()), len(states))
    unseen = unseen_in_completion(found, ours.wanted, states.values())
    unreadable = {**spoiled, **reading.unreadable}
    told_by = tuple(sorted(criteria)) or None
    return replace(reading, materials=materials, unseen=unseen, unreadable=unreadable, criteria=told_by)


def _open_or_in_turn(
    ours: Ours, chosen: Chosen, told: Signals, people: Sequence[Person], rules: Rules, in_turn_too: bool
) -> list[Person]:
    """Return whose completion may have changed, and some of those of whom no signal would tell it, in turn."""
    version = rules.threshold.version if rules.threshold else None
    required = [activity.cmid for activity in rules.required]
    asked: list[Person] = []
    others = []
    for person in people:
        record, left_alone = ours.known.get(person.user_id), person.user_id in chosen.left_alone
        if person.user_id in chosen.exactly or whom_to_ask_again.materials_to_read(
            person, record, required, version, told, left_alone
        ):
            asked.append(person)
        else:
            others.append((person, record))
    return [*asked, *whom_to_ask_again.in_turn(others)] if in_turn_too else asked


def unanswered_after(ours: Ours, reading: PeopleInDetail, now: datetime) -> tuple[tuple[int, int], ...]:
    """Return about whom an answer was refused, now or before, and when: the next run asks them last, if at all."""
    found, told = reading.found, (reading.materials, reading.attempts)
    refused = found.refused.union(*((user_id for user_id, each in some.items() if each is None) for some in told))
    if not (refused or ours.unanswered):
        return ()
    answered = {*found.grades, *reading.materials, *reading.attempts} - found.chosen.left_alone
    here = {person.user_id for person in found.people}
    return remembered(ours.unanswered, here, answered, refused, now)
