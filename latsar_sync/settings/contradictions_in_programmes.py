"""Find what no single key of one programme gets wrong: keys that need, exclude or repeat each other."""

from collections.abc import Iterator

from latsar_sync.domain.language import _
from latsar_sync.domain.spelling import name_form
from latsar_sync.settings.angkatan import PlaceSettings
from latsar_sync.settings.judging import (
    ClearanceSettings,
    EvaluationSettings,
    MaterialsSettings,
    SourceSettings,
    ThresholdSeed,
)
from latsar_sync.settings.problems import Location, Problem, key_path, shown_value
from latsar_sync.settings.programmes import MessageSettings
from latsar_sync.settings.received_files import IntakeSettings
from latsar_sync.settings.written import WrittenTable


def contradiction(table: WrittenTable, key: str, reason: str, remedy: str) -> Problem:
    value = shown_value(table.at(key), table.written.get(key))
    return Problem(table.at(key), reason, remedy, value)


def repeated(tables: list[WrittenTable], key: str, word: str) -> Iterator[Problem]:
    seen: dict[str, Location] = {}
    for table in tables:
        name = table.text(key)
        if name is None:
            continue
        if name in seen:
            reason = _("is used by {seen} already").format(seen=key_path(seen[name]))
            yield contradiction(table, key, reason, _("Give every {word} an id of its own.").format(word=word))
        else:
            seen[name] = table.location


def in_a_programme(programme: WrittenTable, angkatan: list[WrittenTable]) -> Iterator[Problem]:
    """Yield what does not fit together within one programme, whose ``angkatan`` these are."""
    yield from _in_programme(programme)
    yield from _fill_from(programme, angkatan)
    for one in angkatan:
        yield from _in_angkatan(one)
    yield from _in_places(programme, angkatan)
    yield from _in_messages(programme, angkatan)
    yield from _in_intake(programme)
    yield from _in_source(programme)
    if by_files(programme):
        yield from _without_course(programme, angkatan)
    elif programme.text("placement") == "group":
        yield from _source_groups(angkatan)


def _in_programme(programme: WrittenTable) -> Iterator[Problem]:
    clearances = programme.table("clearances", ClearanceSettings)
    if clearances is None or clearances.text("effect") != "prioritise" or not programme.has("fill_from"):
        yield from _needed_only_with(programme, "fill_from", "effect", "prioritise")
    if clearances is not None:
        yield from _in_clearances(clearances, programme)
    yield from _needed_only_with(programme, "placement_file", "placement", "list")

    if not programme.has("evaluation") and programme.text("method") in {"blended", "distance"}:
        remedy = _('Add [programmes.evaluation], or method = "classical" if no MOOC is asked for.')
        yield Problem(programme.at("evaluation"), _("is missing"), remedy)
    source = programme.table("source", SourceSettings)
    if source is not None and source.text("kind") == "moodle":
        for key in ("site", "course"):
            if not source.has(key):
                reason = _('is missing, {chooser} = "{choice}" needs it').format(chooser="kind", choice="moodle")
                yield Problem(source.at(key), reason, _("Add {key}.").format(key=key))
    evaluation = programme.table("evaluation", EvaluationSettings)
    if evaluation is not None:
        yield from _in_evaluation(evaluation, by_files(programme))

    materials = programme.table("materials", MaterialsSettings)
    if materials is not None:
        both = sorted(str(cmid) for cmid in set(materials.entries("include")) & set(materials.entries("exclude")))
        if both:
            reason = _("names {both}, which include names too").format(both=", ".join(both))
            yield Problem(materials.at("exclude"), reason, _("Keep each course-module id in one of the two."))


def _fill_from(programme: WrittenTable, angkatan: list[WrittenTable]) -> Iterator[Problem]:
    """Seats that are left are filled while anybody is admitted; an angkatan without dates never closes."""
    fill_from = programme.day("fill_from")
    last_days = [one.day("admit_until") or one.day("starts") for one in angkatan if one.has("course")]
    known = [day for day in last_days if day is not None]
    if fill_from and known and len(known) == len(last_days) and fill_from > max(known):
        reason = _("is after {day}, the last day on which anybody is admitted").format(day=max(known).isoformat())
        yield contradiction(programme, "fill_from", reason, _("Give an earlier day, or a later admit_until."))


def _in_clearances(clearances: WrittenTable, programme: WrittenTable) -> Iterator[Problem]:
    wanted = "prioritise"
    if clearances.text("effect") == wanted != programme.text("effect") and not programme.has("fill_from"):
        reason = _('is missing, {chooser} = "{choice}" needs it').format(chooser="clearances.effect", choice=wanted)
        yield Problem(programme.at("fill_from"), reason, _("Add {key}.").format(key="fill_from"))
    required = ("participant", "angkatan")
    if clearances.has("effect") and clearances.text("preset") != "covid" and not any(map(clearances.has, required)):
        reason = _("has no meaning while no clearance is required")
        yield contradiction(
            clearances, "effect", reason, _("Remove it, or say which are required in participant or angkatan.")
        )


def _needed_only_with(table: WrittenTable, key: str, chooser: str, choice: str) -> Iterator[Problem]:
    chosen = table.text(chooser)
    if chosen == choice and not table.has(key):
        yield Problem(
            table.at(key),
            _('is missing, {chooser} = "{choice}" needs it').format(chooser=chooser, choice=choice),
            _("Add {key}.").format(key=key),
        )
    if chosen not in {choice, None} and table.has(key):
        reason = _('has no meaning with {chooser} = "{chosen}"').format(chooser=chooser, chosen=chosen)
        yield contradiction(
            table, key, reason, _('Remove it, or set {chooser} = "{choice}".').format(chooser=chooser, choice=choice)
        )


def by_files(programme: WrittenTable) -> bool:
    source = programme.table("source", SourceSettings)
    return source is not None and source.text("kind") == "import"


def _without_course(programme: WrittenTable, angkatan: list[WrittenTable]) -> Iterator[Problem]:
    """Yield what only a MOOC course can give meaning to, in a programme that runs on files."""
    told = [
        (programme.table("source", SourceSettings), ("site", "course", "participant_key", "exact_up_to", "report")),
        (programme, ("participant_roles",)),
        (programme.table("evaluation", EvaluationSettings), ("item", "cmid")),
        (programme.table("materials", MaterialsSettings), ("include", "exclude")),
        (programme.table("messages", MessageSettings), ("reminders", "admitted")),
        *((one, ("source_group",)) for one in angkatan),
    ]
    written = [(table, key) for table, keys in told if table is not None for key in keys if table.has(key)]
    for table, key, only in (
        (programme.table("evaluation", EvaluationSettings), "basis", "gradebook"),
        (programme.table("materials", MaterialsSettings), "mode", "activities or none"),
    ):
        if table is not None and table.text(key) not in (None, *only.split(" or ")):
            written.append((table, key))
    for table, key in written:
        reason = _('has no meaning with {chooser} = "{chosen}"').format(chooser="source.kind", chosen="import")
        yield contradiction(table, key, reason, _("Remove it: people and scores come from the imported files."))


def _in_evaluation(evaluation: WrittenTable, by_files: bool) -> Iterator[Problem]:
    if not by_files and evaluation.has("maximum"):
        reason = _('has no meaning with {chooser} = "{chosen}"').format(chooser="source.kind", chosen="moodle")
        yield contradiction(
            evaluation, "maximum", reason, _("Remove it: the MOOC course tells the range of its evaluation.")
        )
    if not by_files and evaluation.has("item") == evaluation.has("cmid"):
        reason = _("names both item and cmid") if evaluation.has("item") else _("names no evaluation")
        remedy = _("Give exactly one of item (the course module's idnumber) and cmid (its number).")
        yield Problem(evaluation.location, reason, remedy)

    threshold = evaluation.table("threshold", ThresholdSeed)
    if threshold is not None and threshold.text("scale") == "percent":
        value = threshold.number("value")
        if value is not None and value > 100:
            yield contradiction(
                threshold, "value", _("is more than 100 percent"), _('Correct it, or set scale = "points".')
            )


def _in_angkatan(angkatan: WrittenTable) -> Iterator[Problem]:
    if angkatan.has("site") != angkatan.has("course"):
        given, missing = ("site", "course") if angkatan.has("site") else ("course", "site")
        remedy = _("Add {missing}, or remove {given} if there is no in-class phase.").format(
            missing=missing, given=given
        )
        yield Problem(angkatan.at(missing), _("is missing, {given} needs it").format(given=given), remedy)
    if angkatan.has("course") and not angkatan.has("role_id"):
        remedy = _("Add the number of the student role in that Moodle, usually role_id = 5.")
        yield Problem(angkatan.at("role_id"), _("is missing, course needs it"), remedy)

    ends = angkatan.day("ends")
    for key in ("starts", "admit_until"):
        day = angkatan.day(key)
        if day and ends and day > ends:
            reason = _("is after ends = {ends}").format(ends=ends.isoformat())  # as the file has it
            yield contradiction(angkatan, key, reason, _("Correct one of the two dates."))


def _in_places(programme: WrittenTable, angkatan: list[WrittenTable]) -> Iterator[Problem]:
    places = list(programme.tables("places", PlaceSettings))
    yield from repeated(places, "name", "place")
    names = [each.text("name") or "" for each in places]
    for one in angkatan:
        place = one.text("place")
        if places and place and name_form(place) not in map(name_form, names):
            text = _('names "{place}", which is not among the places').format(place=place)
            remedy = _("Add it to places, or write one of: {known}.").format(known=", ".join(names))
            yield Problem(one.at("place"), text, remedy)


def _in_messages(programme: WrittenTable, angkatan: list[WrittenTable]) -> Iterator[Problem]:
    """A reminder needs a deadline and a MOOC."""
    messages = programme.table("messages", MessageSettings)
    if messages is None or not messages.entries("reminders"):
        return
    if programme.text("method") == "classical":
        reason = _('has no meaning with method = "classical", which has no MOOC')
        yield Problem(messages.at("reminders"), reason, _("Remove it."))
    elif not messages.has("mooc_deadline") and not all(one.has("mooc_deadline") for one in angkatan):
        remedy = _("Add the last day of the MOOC, here or in every angkatan.")
        yield Problem(messages.at("mooc_deadline"), _("is missing, reminders needs it"), remedy)


def _in_source(programme: WrittenTable) -> Iterator[Problem]:
    source = programme.table("source", SourceSettings)
    if source is not None and source.text("kind") == "moodle" and source.has("stale_after"):
        reason = _('has no meaning with {chooser} = "{chosen}"').format(chooser="kind", chosen="moodle")
        yield contradiction(source, "stale_after", reason, _("Remove it: a MOOC is read again in every run."))


def _in_intake(programme: WrittenTable) -> Iterator[Problem]:
    """Files come by a folder or a mailbox; only lists from the folder of a programme that runs on files apply."""
    intake = programme.table("intake", IntakeSettings)
    if intake is None:
        return
    if not (intake.has("folder") or intake.has("mailbox")):
        remedy = _("Add folder, or the table mailbox, or remove [programmes.intake].")
        yield Problem(intake.location, _("names neither a folder nor a mailbox"), remedy)
    if intake.written.get("apply_participants") is True and not (intake.has("folder") and by_files(programme)):
        reason = _("has no meaning without a folder and a list of participants")
        remedy = _('Remove it: it is for lists from folder, where source.kind = "import".')
        yield contradiction(intake, "apply_participants", reason, remedy)


def _source_groups(angkatan: list[WrittenTable]) -> Iterator[Problem]:
    for one in angkatan:
        if not one.has("source_group"):
            remedy = _("Add the group's name in the MOOC course, exactly as it stands there.")
            yield Problem(one.at("source_group"), _('is missing, placement = "group" needs it'), remedy)
    yield from repeated(angkatan, "source_group", "angkatan")
