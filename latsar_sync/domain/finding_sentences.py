"""What a finding of a guard says, by its code; what to do about it stands in ``finding_remedies`` (rule 6)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from latsar_sync.domain.language import ENGLISH, decimal, mark, moment, speaking, translate
from latsar_sync.domain.records import Finding

FINDING_TEXTS: Mapping[str, str] = {
    "source_emptied": mark("The MOOC course {subject} shows nobody now (before: {before})."),
    "source_dropped": mark("People in {subject} dropped from {before} to {now}."),
    "source_group_gone": mark(
        "Nobody in {now} is in the group {subject} any more. Of {people} people who were, some are in no group of this "
        "programme: was it renamed or deleted? Nothing was decided. Accepting takes them for people of no angkatan."
    ),
    "evaluation_changed": mark("The evaluation changed: {before} became {now}."),
    "required_changed": mark("The required activities changed: {before} became {now}."),
    "target_emptied": mark(
        "The in-class course {subject} shows nobody now (before: {before}). "
        "Accepting withdraws those named; whom a person admits before that is sent again."
    ),
    "target_dropped": mark(
        "People in the in-class course {subject} dropped from {before} to {now}. "
        "Accepting withdraws those named; whom a person admits before that is sent again."
    ),
    "activities_unseen": mark(
        "{subject} has activities that the service account does not see: {now}. Nothing was decided."
    ),
    "placement_changed": mark(
        "The configuration places people by other means than before: {before} became {now}. {people} people who are "
        "not in class yet would belong to another angkatan."
    ),
    "effect_changed": mark(
        "The configuration treats those who lack something otherwise than before. {people} people who are not "
        "qualified would be let in by it, or no longer. Nobody was placed."
    ),
    "push_changed": mark(
        "The configuration sends people without approval, which was not so before. {people} people whom nobody "
        "approved would be enrolled. Nobody was placed."
    ),
    "roles_changed": mark(
        "The configuration takes holders of other roles for participants than before, and people show who were none. "
        "Nothing was decided."
    ),
    "terms_changed": mark(
        "The configuration judges by other terms than recorded ({subject}); {people} people would be judged "
        "otherwise, and nothing was decided."
    ),
    "qualified_gained": mark(
        "{people} people who were not qualified would be; accepting lets them in, beside {before} who are already."
    ),
    "qualified_lost": mark("{people} of {before} people who were qualified would no longer be; nothing was decided."),
    "target_replaced": mark(
        "The in-class course was replaced: {before} became {now}. {people} people would be placed anew there; "
        "in the old one nothing is undone."
    ),
    "programme_renamed": mark(
        "{now} people of the new programme {subject} are those of {before}, which is recorded and no longer "
        "configured: was it renamed? Nothing was decided."
    ),
    "angkatan_unconfigured": mark(
        "Angkatan {subject}, with {before} people on the roster, is recorded and no longer configured. Accepting goes "
        "on without it: nobody reads its in-class course, its people are in review, nobody of them is placed elsewhere."
    ),
    "class_unconfigured": mark(
        "Angkatan {subject}, with {before} people sent to its course or seen there, has no in-class course in the "
        "configuration any more. Accepting goes on without it: nobody reads that course, its people are in review."
    ),
    "programme_unconfigured": mark(
        "{before} people of programme {subject}, which is recorded and no longer configured, are in a group of {now} "
        "that an angkatan of this one is to fill. Accepting goes on without that group."
    ),
    "source_replaced": mark(
        "{now} of {before} accounts in {subject} carry another NIP than before: another site behind the same address? "
        "Nothing was decided."
    ),
    "memory_restored": mark(
        "The database was restored, or is an older copy, and knows nothing of what happened after {before}; it would "
        "send {now} people, now or once a seat is free."
    ),
    "memory_new": mark(
        "In {subject} there is a group with the mark of this service ({before}) that this database never filled: is it "
        "the right database? It would send {now} people, now or once a seat is free."
    ),
    "memory_behind": mark(
        "{before} people are in their in-class course already whom this database never sent: an old copy of it? "
        "It would send {now} more, now or once a seat is free."
    ),
    "target_method_off": mark(
        "Enrolment methods of the in-class course {subject} are off: {before} became {now}. "
        "Accepting withdraws those who are inactive or gone by it; whom a person admits before that is sent again."
    ),
    "target_group_gone": mark(
        "The group of angkatan {before} in {subject} is gone or another one. "
        "Accepting makes it again, if it is missing, and puts {now} people into it."
    ),
    "target_lost": mark(
        "Of {before} people confirmed in the in-class course {subject}, {now} are still active there. "
        "Accepting withdraws the others; whom a person admits before that is sent again."
    ),
    "target_displaced": mark(
        "Of {before} people confirmed in the in-class course {subject}, {now} still have their role, their group and "
        "their account there. Accepting sends the others to review; in Moodle nothing is undone."
    ),
    "target_found_otherwise": mark(
        "The configuration finds people in the in-class course {subject} by something else than before. {people} "
        "people who are confirmed there would not be found as theirs. Accepting sends them to review; in Moodle "
        "nothing is undone."
    ),
    "target_unreadable": mark(
        "The in-class course {subject}, in which {before} people were seen, cannot be read any more: "
        "hidden, deleted or closed to the service account. Accepting goes on without it; nobody in it moves."
    ),
    "too_many_pushes": mark("{now} people would be enrolled at once; the limit is {before}."),
}

COUNTED_BEFORE = frozenset({
    "source_emptied", "source_dropped", "target_emptied", "target_dropped", "qualified_gained", "qualified_lost",
    "angkatan_unconfigured",
    "class_unconfigured", "programme_unconfigured", "source_replaced", "memory_behind", "target_lost",
    "target_displaced", "target_unreadable", "too_many_pushes",
})  # fmt: skip
COUNTED_NOW = frozenset({
    "source_dropped", "target_dropped", "programme_renamed", "source_replaced", "memory_restored", "memory_new",
    "memory_behind", "target_group_gone", "target_lost", "target_displaced", "too_many_pushes",
})  # fmt: skip
"""The findings whose ``before`` or ``now`` is how many; elsewhere a number may be an id."""

NAME_ACTIVITIES = frozenset({"required_changed", "activities_unseen"})
"""The findings whose ``before`` and ``now`` name activities, of which there may be hundreds."""

TERM_WORDS: Mapping[str, str] = {
    "method": mark("the method"),
    "basis": mark("which result counts"),
    "materials_mode": mark("how material counts"),
    "participant_key": mark("where the NIP stands"),
    "clearances": mark("which documents are required"),
}
"""What of the terms may change, by its name in the configuration."""
PLACEMENT_WORDS: Mapping[str, str] = {
    "group": mark("by the group in the MOOC"),
    "list": mark("by a list"),
    "first_qualified": mark("in the order of qualifying"),
}
"""By what people are placed, by the word of the configuration."""

EVALUATION_PARTS: Mapping[str, str] = {
    "cmid": mark("activity {value}"),
    "least grade": mark("least grade {value}"),
    "greatest grade": mark("greatest grade {value}"),
    "grade to pass": mark("grade to pass {value}"),
    "marks": mark("{value} marks of all questions together"),
}
"""What of an evaluation may change, by the word that stands in the finding."""


def finding_sentence(finding: Finding, language: str) -> str:
    """Return what a finding says, as a sentence in ``language`` ("id" or "en") that a committee understands."""
    if finding.code == "terms_changed":
        terms = ", ".join(translate(TERM_WORDS[each], language) for each in finding.subject.split(", "))
        finding = replace(finding, subject=terms)
    if finding.code == "placement_changed":
        before, now = (_placement(each, language) for each in (finding.before, finding.now))
        finding = replace(finding, before=before, now=now)
    return filled(FINDING_TEXTS[finding.code], finding, language)


def _placement(value: str, language: str) -> str:
    kind, blank, groups = value.partition(" ")
    return translate(PLACEMENT_WORDS[kind], language) + blank + groups


_NUMBER = re.compile(r"-?\d+\.\d+")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d) (\w+)")


_BETWEEN_ACTIVITIES = re.compile(r"(?<=\)), |(?<=\d), (?=cmid )")
ACTIVITIES_SHOWN = 8
"""So many activities a sentence names; of the others it tells how many they are."""


def _few_activities(value: str) -> str:
    """Return a value of a finding that names activities, as it is told: the first few, and how many more there are."""
    count, bracket, named = value.partition("[")
    if not bracket:
        count, named = "", value
    names = _BETWEEN_ACTIVITIES.split(named.removesuffix("]") if bracket else named)
    more = len(names) - ACTIVITIES_SHOWN
    if more <= 0:
        return value
    return f"{count}{bracket}{', '.join(names[:ACTIVITIES_SHOWN])} (+{more}){']' if bracket else ''}"


def filled(text: str, finding: Finding, language: str) -> str:
    """Return a text about a finding in a language, with the values of the finding in it."""
    if finding.code in NAME_ACTIVITIES:
        finding = replace(finding, before=_few_activities(finding.before), now=_few_activities(finding.now))
    before, now = (
        decimal(value, language) if finding.code in counted and value.isdecimal() else _as_people_say(value, language)
        for value, counted in ((finding.before, COUNTED_BEFORE), (finding.now, COUNTED_NOW))
    )
    people = decimal(Decimal(len(finding.people)), language)
    said = translate(text, language).format(subject=finding.subject, before=before, now=now, people=people)
    return _OF_ONE.sub(_of_one, said) if language == ENGLISH else said


_OF_ONE = re.compile(r"(?<![\d.,])1 people(?: who (are|were))?\b")


def _of_one(many: re.Match[str]) -> str:
    verb = {"are": " who is", "were": " who was"}.get(many[1], "")
    return f"1 person{verb}"


def _as_people_say(value: str, language: str) -> str:
    """Return a value of a finding with its numbers, moments and parts of an evaluation in a language."""
    part, space, number = value.rpartition(" ")
    if space and part in EVALUATION_PARTS:
        said = decimal(number, language) if _NUMBER.fullmatch(number) else number
        return translate(EVALUATION_PARTS[part], language).format(value=said)
    stamp = _MOMENT.fullmatch(value)
    if stamp:
        with speaking(language):
            return moment(datetime.fromisoformat(f"{stamp[1]}T{stamp[2]}"), stamp[3])
    return value
