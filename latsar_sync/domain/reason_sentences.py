"""The sentence of each reason, by its stable code; the catalogue has them in Indonesian.

Codes are a contract: listings, the ledger and other programs keep them. Sentences may improve.
"""

from collections.abc import Mapping, Sequence

from latsar_sync.domain.decision import Reason
from latsar_sync.domain.language import day, decimal, mark, translate
from latsar_sync.domain.state_words import word

TEXTS: Mapping[str, str] = {
    # the evaluation
    "score_below_threshold": mark("The evaluation score {score} has not reached the threshold {threshold}."),
    "no_grade": mark("The MOOC evaluation has no grade yet."),
    "source_account_unconfirmed": mark(
        "The account in the MOOC is not confirmed, and Moodle tells nothing of such a one; "
        "confirm it in the list of users."
    ),
    "grade_unread": mark("The grade could not be read from the LMS."),
    "record_unreadable": mark(
        "What the LMS holds of this person cannot be read; the run's notes say what. The others are judged without it."
    ),
    "grade_item_missing": mark("The evaluation's grade item is not visible to the service account; check its rights."),
    "grade_hidden": mark(
        "The grade is hidden, and no number shows: there is none yet, or the service account may not see it."
    ),
    "grade_needs_update": mark("The LMS is recalculating grades; tried again in the next run."),
    "grade_range_missing": mark(
        "The grade range is not readable, or empty, so no percentage; let the user report show the range."
    ),
    "grade_range_differs": mark("The grade was given by another range than the evaluation has now."),
    "grade_overridden": mark("A teacher set the grade by hand in the gradebook."),
    "attempts_unread": mark("The quiz attempts could not be read from the LMS."),
    "attempt_ungraded": mark("An attempt that was handed in has no result yet."),
    "score_not_imported": mark("No score has been imported yet."),
    "import_range_differs": mark(
        "The imported score was given by the range {least} to {greatest}; "
        "that of the evaluation is {lowest} to {highest}."
    ),
    "import_unconfirmed": mark("The imported score counts once a second person has confirmed the import."),
    "score_imported": mark("The score comes from a file (import {import}); the MOOC holds none."),
    "import_differs": mark("The MOOC says {score}, import {import} says {imported}; the MOOC counts."),
    # the materials
    "materials_incomplete": mark("{done} of {total} activities done; open: {names}."),
    "materials_open": mark("{done} of {total} activities done, says the imported file."),
    "materials_failed": mark("Done but failed: {names}."),
    "materials_unread": mark("Completion of the material has not been read."),
    "materials_unknown": mark("Not visible to the service account: {names}."),
    # the clearances
    "clearance_missing": mark("Not on record: {kind}."),
    "clearance_expired": mark("Valid until {until} only, not to the first day in class: {kind}."),
    "clearance_revoked": mark("Revoked: {kind}."),
    "angkatan_clearance_missing": mark("Not on record for angkatan {angkatan}: {kind}."),
    "angkatan_clearance_expired": mark(
        "Valid until {until} only, not to the first day in class of angkatan {angkatan}: {kind}."
    ),
    "angkatan_clearance_revoked": mark("Revoked for angkatan {angkatan}: {kind}."),
    # the person
    "nip_missing": mark("The MOOC account has no NIP."),
    "nip_invalid": mark("The NIP of the MOOC account is not valid ({detail})."),
    "nip_duplicate": mark("More than one MOOC account carries this NIP."),
    "account_handed_over": mark(
        "The MOOC account carries the name and NIP of somebody else than before; what it achieved may not be theirs."
    ),
    "other_account_counts": mark("This enrolment ended, and another MOOC account carries this NIP: that one counts."),
    "merged_evidence": mark("The result of this person's other MOOC account counts (user {account})."),
    "merged_account": mark("A second account of one person: what counts stands with the other one (user {account})."),
    "enrolment_suspended": mark("The enrolment in the MOOC is not active: suspended, or outside its dates."),
    "enrolment_ended": mark("No participant of the MOOC or on the imported list any more; the last evidence stands."),
    # the roster
    "no_angkatan": mark("In no configured angkatan, be it by group, by list or by a move."),
    "two_angkatan": mark("In more than one angkatan group."),
    "left_the_list": mark("No longer on the imported list; not sent, and no seat is newly given."),
    "listed_anew": mark(
        "Perhaps the same person as somebody else on the imported list, or as one who left it with a place: of this "
        "name, or nearly this NIP. Not sent until somebody says so."
    ),
    "perhaps_one_person": mark(
        "Perhaps the second account of somebody who has a seat, or is to get one: of the same name and birth date, "
        "under another NIP. Not sent until somebody says so."
    ),
    "over_capacity": mark("Waiting: the angkatan is full."),
    "admission_closed": mark("The angkatan's admission date has passed."),
    "held": mark("Held by the committee; nothing more is sent."),
    "held_by_override": mark("Held by the committee."),
    "admitted_by_override": mark("Admitted by the committee against the rule."),
    "no_class": mark("This angkatan has no in-class phase."),
    "undetermined": mark("The decision needs checking now; nothing more is sent."),
    "no_longer_qualifies": mark("No longer qualifies; nothing was undone, please check."),
    "clearance_unmet": mark("A required clearance is missing; this clears by itself once it is recorded."),
    "awaiting_amendment": mark("The roster is finalised; waits for an amendment."),
    "awaiting_approval": mark("Waiting for the committee's approval."),
    "target_account_missing": mark("No account with this NIP on the in-class LMS."),
    "target_account_ambiguous": mark("More than one account with this NIP on the in-class LMS."),
    "target_account_suspended": mark("The account on the in-class LMS is suspended."),
    "target_account_unconfirmed": mark(
        "The account on the in-class LMS is not confirmed; have it confirmed in Site administration > Users."
    ),
    "target_account_unreadable": mark(
        "The account on the in-class LMS cannot be read, so nothing is sent; the others go on without it."
    ),
    "target_account_changed": mark(
        "The account in the in-class course carries another NIP now; take it out of the course, or correct the NIP."
    ),
    "nip_changed": mark("The NIP changed; the account in the in-class course is compared when it is read next."),
    "target_enrolment_inactive": mark("Enrolled in the in-class course but not active; left as found."),
    "target_role_missing": mark("Enrolled in the in-class course without the participant role; left as found."),
    "target_other_group": mark("In another angkatan's group of the in-class course."),
    "target_group_left": mark("No longer in its group of the in-class course."),
    "person_erased": mark("The person's data were erased; neither seat nor place in line is kept."),
    "gave_way": mark("Merged into another account of the same person, which holds the place."),
    "target_account_taken": mark("The account found in the in-class LMS is the one of another participant."),
    "angkatan_not_configured": mark(
        "Its angkatan, or the in-class course of it, is no longer configured: nobody reads that course any more."
    ),
    "target_removed": mark("Removed or made inactive in the in-class course by a manager; not put back."),
    "push_unknown": mark("The LMS did not answer; settled by reading back."),
    "push_rejected": mark("The LMS rejects this person's enrolment; tried again in the next run."),
}

NIP_DETAILS: Mapping[str, str] = {
    "length": mark("not 18 digits"),
    "looks_like_nik": mark("16 digits, looks like a NIK"),
    "birth_date": mark("no such birth date"),
    "appointment_month": mark("appointment month is not 01-12"),
    "looks_like_pppk": mark("looks like a PPPK number"),
    "sex": mark("digit 15 is neither 1 nor 2"),
    "sequence": mark("sequence 000"),
    "spreadsheet_lost_digits": mark("a spreadsheet lost the last digits; format the column as text"),
}

CLEARANCE_KINDS: Mapping[str, str] = {
    "surat_sehat": mark("health letter"),
    "surat_tugas": mark("letter of assignment"),
    "antigen": mark("antigen test"),
    "pcr": mark("PCR test"),
    "bebas_narkoba": mark("drug-free letter"),
    "rekomendasi_satgas": mark("recommendation of the Covid-19 task force"),
}
"""The kinds of clearance that have a name of their own; a programme may require others by any code."""

NUMBERS = frozenset({"score", "threshold", "imported", "least", "greatest", "lowest", "highest"})
"""Values of a reason that are plain decimals."""

NAMES_SHOWN = 4
"""So many activities a reason names; of the others it tells how many they are."""


def sentence(reason: Reason, language: str) -> str:
    """Return the reason as a sentence in ``language`` ("id" or "en")."""
    values = dict(reason.values)
    if values.get("detail") in NIP_DETAILS:
        values["detail"] = word(NIP_DETAILS, values["detail"], language)
    for number in NUMBERS & values.keys():
        values[number] = decimal(values[number], language)
    if "until" in values:
        values["until"] = day(values["until"], language)
    if "kind" in values:
        values["kind"] = clearance_name(values["kind"], language)
    return word(TEXTS, reason.code, language).format(**values)


def few_of(names: Sequence[str]) -> str:
    """Return the ``names`` of a reason, as it is kept: the first few, and how many more there are."""
    shown = names[:NAMES_SHOWN]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" (+{more})" if more else "")


def clearance_name(kinds: str, language: str) -> str:
    """Return the name of a kind of clearance, or of several of which one suffices ("antigen/pcr")."""
    names = (translate(CLEARANCE_KINDS.get(kind, kind.replace("_", " ")), language) for kind in kinds.split("/"))
    return " / ".join(names)
