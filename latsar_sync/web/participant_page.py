"""The page of one person: from the MOOC to the course, what must be done, and what somebody decides there."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Response
from sqlalchemy import Connection

from latsar_sync.actions import clearances, deciding, moves, shown_values
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.typed_text import named
from latsar_sync.domain import figures
from latsar_sync.domain.account import Account
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import Admission
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.evidence import Materials, OpenTo
from latsar_sync.domain.language import _
from latsar_sync.domain.reason_remedies import PAGES, PLACES
from latsar_sync.domain.records import RequiredSet
from latsar_sync.exports.places import place_of
from latsar_sync.files.clearances import NewClearance, kinds_of
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import ProgrammeSettings
from latsar_sync.shapes import with_actions
from latsar_sync.store import histories, listings, overrides, queue, searches
from latsar_sync.store.baselines import load_baseline
from latsar_sync.store.checkpoints import load_checkpoint
from latsar_sync.store.identities import identity_history
from latsar_sync.store.living_daemons import living_daemons
from latsar_sync.store.moves import move_history
from latsar_sync.store.thresholds import find_required_set
from latsar_sync.web import check_your_answer, identities, moodle_places, words
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import (
    Context,
    Field,
    Page,
    Person,
    PersonToActOn,
    Reader,
    SentForm,
    dates_of_document,
    day,
    find_person,
)
from latsar_sync.web.people_filter import ByAddress
from latsar_sync.web.person_history import history_of
from latsar_sync.web.templating import WebPage

ADMITTED = "admitted_by_override"
"""The reason that says of somebody that a named person admits them against the rule."""

router = APIRouter()


@router.get("/people/{participant_id}")
def show_person(
    context: Context,
    page: Page,
    account: Reader,
    person: Person,
    asked: ByAddress,
    at: Annotated[int, Query(ge=0, le=10_000_000)] = -1,
) -> Response:
    """Show one person from the MOOC to the course; ``at`` is the place in the list that was searched for."""
    participant_id = person["participant_id"]
    programme = context.programme(account, person["programme"])
    with context.database.reading() as connection:  # before anything is read that is shown
        shown = fingerprint(shown_values.of_person(connection, programme.id, participant_id, context.clock()))
    person = find_person(context, account, participant_id)
    context.note(account, "person", programme.id, 1, participant_id)
    return page.show(
        "person.html",
        account,
        person=person,
        programme=programme,
        served=bool(living_daemons(context.database, context.clock())),
        may_act=account.may_act(programme.id),
        seen=shown,
        steps=_steps(person),
        targets={each.id: each.id for each in programme.angkatan if each.id != person["angkatan"]},
        neighbours=_neighbours(context, programme, asked, at),
        paper_kinds={kind: words.clearance(kind) for kind in kinds_of(programme)},
        back=f"{asked.query()}#{participant_id}" if at >= 0 else "",
        **_known_of(context, person),
        **identities.known_of(context, person),
    )


@router.post("/people/{participant_id}/sync")
def sync_person(context: Context, page: Page, account: Reader, person: PersonToActOn, sent: SentForm) -> Response:
    """Ask for a run about one person."""
    if person["nip"] is None:
        raise UsageError(
            _("Without a usable NIP this person cannot be asked for alone."), _("Sync the whole programme.")
        )
    with context.once(account, sent):
        queue.ask(context.database, person["programme"], "participant", person["nip"], account.name, context.clock())
    context.note(account, "sync", person["programme"], 1, person["participant_id"])
    return page.go_back_to(f"/people/{person['participant_id']}", _("Asked for. The service begins in a moment."))


@router.post("/people/{participant_id}/decide")
def decide(
    context: Context,
    page: Page,
    account: Reader,
    person: PersonToActOn,
    sent: SentForm,
    form: check_your_answer.Form,
    kind: Annotated[OverrideKind, Form()],
    reason: Field = "",
    until: Field = "",
) -> Response:
    """Record what somebody decides about one person (rule 15); an admission is checked first."""
    programme, participant_id = person["programme"], person["participant_id"]
    why, last = named(_("Reason"), reason), day(until)
    if kind is OverrideKind.ADMIT and not form.checked:
        return _check_admission(page, account, person, sent, form, why, last)
    deciding.decide(
        context.settings,
        context.database,
        context.clock,
        programme,
        participant_id,
        kind,
        why,
        account.name,
        last,
        sent,
    )
    context.note(account, str(kind), programme, 1, participant_id)
    return page.go_back_to(f"/people/{participant_id}", context.takes_effect(programme, _consequence(kind, person)))


@router.post("/people/{participant_id}/move")
def move(
    context: Context,
    page: Page,
    account: Reader,
    person: PersonToActOn,
    sent: SentForm,
    to: Field = "",
    why: Field = "",
) -> Response:
    """Move somebody to another angkatan."""
    reason = named(_("Reason"), why)
    moved = moves.move(context.settings, context.database, context.clock, person, to, reason, account.name, sent)
    context.note(account, "move", person["programme"], 1, person["participant_id"])
    said = _("Recorded. The next run acts on it.")
    if moved.stays_in:
        text = _("Recorded. This person is still in {course}; its manager ends that in Moodle.")
        said = text.format(course=moved.stays_in)
    return page.go_back_to(f"/people/{person['participant_id']}", context.takes_effect(person["programme"], said))


@router.post("/people/{participant_id}/paper")
def record_paper(
    context: Context,
    page: Page,
    account: Reader,
    person: PersonToActOn,
    sent: SentForm,
    kind: Field = "",
    number: Field = "",
    issuer: Field = "",
    issued: Field = "",
    valid_until: Field = "",
) -> Response:
    """Record a checked document of this person."""
    programme, who = person["programme"], person["participant_id"]
    texts = named(_("Number"), number), named(_("Issued by"), issuer)
    document = NewClearance(who, None, kind, *texts, *dates_of_document(issued, valid_until))
    clearances.record_document(
        context.settings, context.database, context.clock, programme, document, account.name, sent, is_compared=True
    )
    context.note(account, "clearance add", programme, 1, who)
    return page.go_back_to(f"/people/{who}", context.takes_effect(programme, _("Recorded. The next run acts on it.")))


def _check_admission(
    page: WebPage,
    account: Account,
    person: listings.Row,
    sent: Sent,
    form: check_your_answer.FormAsSent,
    reason: str,
    last: date | None,
) -> Response:
    codes = [*(person["reasons"] or ()), *([(person["roster_reason"], {})] if person["roster_reason"] else ())]
    missing = " ".join(words.reason(code, values) for code, values in codes)
    lines = [
        (_("Who"), person["name"]),
        (_("Decision by the rule"), words.outcome(person["outcome"])),
        (_("What is missing"), missing or "–"),
        (_("Reason"), reason),
        (_("Last day"), figures.long_day(last) if last else _("no end")),
    ]
    title = _("Admit against the rule?")
    warning = _("The next run sends this person into the in-class course, whatever rule, date or capacity say.")
    return form.show_check(page, account, sent, title, lines, _("Admit against the rule"), warning=warning)


def _consequence(kind: OverrideKind, person: listings.Row) -> str:
    """Say what follows from a decision that was recorded."""
    if kind is OverrideKind.HOLD and person["state"] in deciding.IN_CLASS:
        return _("Recorded. This person is still in the in-class course; its manager ends that in Moodle.")
    return _("Recorded. The next run acts on it.")


def _known_of(context: PageContext, person: listings.Row) -> dict[str, Any]:
    """Return what the page of one person tells beside the row itself."""
    programme, participant_id = person["programme"], person["participant_id"]
    now = context.clock()
    today = context.settings.today(now, programme)
    with context.database.reading() as connection:
        decided = overrides.override_history(connection, programme, participant_id)
        decisions = histories.decision_history(connection, participant_id)
        events = histories.roster_history(connection, participant_id)
        moved = move_history(connection, programme, participant_id)
        identity_actions = identity_history(connection, programme, participant_id)
        evidence = histories.current_evidence(connection, participant_id)
        checkpoint = load_checkpoint(connection, programme)
        places = moodle_places.places_of(context.settings, person, checkpoint.course_id if checkpoint else None)
        return {
            "evidence": evidence,
            "places": places,
            "place": place_of(context.settings.programme(programme), person),
            "todo": _todo(person, places),
            "materials": _materials_of(connection, programme, evidence, decisions),
            "pushes": histories.push_history(connection, participant_id),
            "actions": with_actions.explained(connection, person, today, context.settings.zone),
            "asked": queue.open_requests(connection, programme),
            "binding": overrides.in_force_of(connection, participant_id, now),
            "decisions": decisions,
            "history": history_of(decisions, events, decided, moved, identity_actions),
        }


def _steps(person: listings.Row) -> list[str]:
    """Return how each of the five steps is: done, stopped (here it stopped), waiting, or still.

    Whoever has a seat and only waits for a run to send or see them is stopped by nothing.
    Somebody on hold who sits in the course already is ``still`` there: that is no success.
    """
    reached = [
        bool(person["nip"]),
        person["outcome"] is not None,
        person["outcome"] == Outcome.QUALIFIED or _is_let_in(person),
        person["state"] in ("planned", "pushed", "confirmed"),
        person["state"] == "confirmed",
    ]
    if all(reached[:-1]):
        return ["done"] * 4 + ["done" if reached[-1] else "waiting"]
    found, stopped = [], False
    for done in reached:
        if not stopped:
            found.append("done" if done else "stopped")
            stopped = not done
        else:
            found.append("still" if done else "waiting")
    return found


def _is_let_in(person: listings.Row) -> bool:
    """Say whether somebody who does not qualify may be in class: a named person admits them, or they fill a seat."""
    if person["outcome"] == Outcome.HELD:
        return False
    admitted = any(code == ADMITTED for code, _values in person["reasons"] or ())
    return admitted or person["admission"] not in (None, Admission.RULE)


def _todo(person: listings.Row, places: dict[str, str]) -> list[dict[str, str]]:
    """Return what must be done, a line for each reason, with the page or the place in Moodle where it is done.

    Whoever is admitted by a named person need not do what the rule would want.
    """
    codes = [(code, values) for code, values in person["reasons"] or ()]
    codes = [each for each in codes if each[0] == ADMITTED] or codes
    codes += [(person["roster_reason"], {})] if person["roster_reason"] else []
    lines = []
    for code, values in codes:
        place, page = PLACES.get(code, ""), PAGES.get(code, "")
        asked = f"?{urlencode({'angkatan': person['angkatan']})}" if page == "roster" else ""
        lines.append(
            {
                "label": words.label(code),
                "why": words.reason(code, values),
                "what": words.remedy(code),
                "address": places.get(place, ""),
                "page": page,
                "path": f"/programmes/{person['programme']}/{page}{asked}",
            }
        )
    return lines


def _materials_of(
    connection: Connection, programme: str, evidence: listings.Row | None, decisions: Sequence[listings.Row]
) -> list[tuple[str, str]]:
    """Return each activity that was required when somebody was judged last, by name with its state."""
    version = decisions[-1]["required_version"] if decisions else None
    required = find_required_set(connection, programme, version) if version is not None else None
    baseline = load_baseline(connection, programme)
    seen = evidence["evidence"].materials if evidence else None
    return materials_by_name(seen, required, baseline.open_to if baseline else None)


def materials_by_name(
    seen: Materials | None, required: RequiredSet | None, open_to: Mapping[int, OpenTo] | None
) -> list[tuple[str, str]]:
    """Return each required activity by name with its state: done, open, failed, unknown; others or perhaps.

    Some are open to some groups only, and were not required of whoever is in none of them: ``others`` where that is
    sure, ``perhaps`` where it is one of several.
    """
    if seen is None or required is None:
        return []
    states = dict.fromkeys(seen.open, "open")
    states |= dict.fromkeys(seen.failed, "failed")
    states |= dict.fromkeys(seen.unknown, "unknown")
    missing = len(required.activities) - seen.total
    if missing > 0:
        some = {each.cmid for each in required.activities if open_to is None or each.cmid in open_to} - states.keys()
        states |= dict.fromkeys(some, "others" if len(some) == missing else "perhaps")
    return [(each.name, states.get(each.cmid, "done")) for each in required.activities]


def _neighbours(context: PageContext, programme: ProgrammeSettings, asked: ByAddress, at: int) -> tuple[str, str]:
    """Return the addresses of who stands before and after in the list that was searched for; empty where nobody."""
    if at < 0:
        return "", ""
    with context.database.reading() as connection:
        search = asked.search(context, programme)
        before, after = searches.neighbours(connection, programme.id, search, asked.sort, at)
    query = asked.query()
    link = "/people/{who}?{query}&at={at}"
    return (
        link.format(who=before, query=query, at=at - 1) if before else "",
        link.format(who=after, query=query, at=at + 1) if after else "",
    )
