"""The pages of people: who is missing what, one person from the MOOC to the course, and what somebody decides there."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Response

from latsar_sync.actions import deciding, seen
from latsar_sync.actions.acting import Sent
from latsar_sync.actions.texts import named
from latsar_sync.domain.decision import Outcome
from latsar_sync.domain.entry import EntryState
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.reasons import TEXTS
from latsar_sync.domain.records import AngkatanMove, IdentityAction, Override, OverrideKind
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.shapes import actions
from latsar_sync.shapes.funnel import group_of
from latsar_sync.shapes.identity import identity_in_words
from latsar_sync.store import overrides, queue, reports, searches
from latsar_sync.store.accounts import Account
from latsar_sync.store.daemons import living_daemons
from latsar_sync.store.identities import identity_history
from latsar_sync.store.moves import move_history
from latsar_sync.web import checking, words
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import (
    Context,
    Field,
    FormToken,
    Page,
    Person,
    PersonToActOn,
    Programme,
    Reader,
    SentForm,
    day,
    find_person,
)
from latsar_sync.web.templating import WebPage

PAGE = 50
"""People on one page."""
STATES = (*map(str, Outcome), *map(str, EntryState))
Text = Annotated[str, Query(max_length=255)]


router = APIRouter()


@router.post("/programmes/{name}/people")
def search_people(
    context: Context,
    page: Page,
    programme: Programme,
    _token: FormToken,
    text: Annotated[str, Form(max_length=255)] = "",
    state: Field = "",
    angkatan: Field = "",
    institution: Field = "",
    reason: Field = "",
) -> Response:
    """Turn what was typed into an address in which no name and no NIP can be read."""
    asked = {"state": state, "angkatan": angkatan, "institution": institution, "reason": reason}
    asked["find"] = context.hide(text.strip()) if text.strip() else ""
    return page.go_to(f"/programmes/{programme.id}/people?{_query(asked)}")


@router.get("/programmes/{name}/people")
def list_people(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    find: Annotated[str, Query(max_length=2000)] = "",
    state: Text = "",
    angkatan: Text = "",
    institution: Text = "",
    reason: Text = "",
    number: Annotated[int, Query(alias="page", ge=1, le=1_000_000)] = 1,
) -> Response:
    """List the people of a programme who were searched for, a page at a time."""
    group = group_of(programme, angkatan)
    search = searches.Search(context.reveal(find), state, angkatan, institution, reason, group)
    with context.database.reading() as connection:
        found, total = searches.find_people(connection, programme.id, search, (number - 1) * PAGE, PAGE)
        institutions = searches.found_institutions(connection, programme.id, search)
    if found:
        context.note(account, "people", programme.id, len(found))
    kept = {"find": find, "state": state, "angkatan": angkatan, "institution": institution, "reason": reason}
    return page.show(
        "people.html",
        account,
        programme=programme,
        people=found,
        total=total,
        number=number,
        last=max(1, -(-total // PAGE)),
        search=search,
        query=_query(kept),
        states=_state_words(),
        angkatan={each.id: each.id for each in programme.angkatan},
        institutions={each: each for each in institutions},
        reasons={code: _(text).replace("{", "").replace("}", "") for code, text in TEXTS.items()},
    )


@router.get("/people/{participant_id}")
def show_person(context: Context, page: Page, account: Reader, person: Person) -> Response:
    """Show one person from the MOOC to the course."""
    participant_id = person["participant_id"]
    programme = context.programme(account, person["programme"])
    with context.database.reading() as connection:  # before anything is read that is shown
        shown = fingerprint(seen.of_person(connection, programme.id, participant_id, context.clock()))
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
        **_known_of(context, person),
    )


@router.post("/people/{participant_id}/sync")
def sync_person(context: Context, page: Page, account: Reader, person: PersonToActOn, sent: SentForm) -> Response:
    """Ask for a run about one person."""
    if person["nip"] is None:
        raise UsageError(
            _("Without a usable NIP this person cannot be asked for alone."), _("Sync the whole programme.")
        )
    context.take_once(account, sent)
    queue.ask(context.database, person["programme"], "participant", person["nip"], account.name, context.clock())
    context.note(account, "sync", person["programme"], 1, person["participant_id"])
    return page.go_to(f"/people/{person['participant_id']}", _("Asked for. The service begins in a moment."))


@router.post("/people/{participant_id}/decide")
def decide(
    context: Context,
    page: Page,
    account: Reader,
    person: PersonToActOn,
    sent: SentForm,
    form: checking.Form,
    kind: Annotated[OverrideKind, Form()],
    reason: Field = "",
    until: Field = "",
) -> Response:
    """Record what somebody decides about one person (rule 15); an admission against the rule is checked first."""
    programme, participant_id = person["programme"], person["participant_id"]
    why, last = named(_("Reason"), reason), day(until)
    if kind is OverrideKind.ADMIT and person["outcome"] != Outcome.QUALIFIED and not form.checked:
        return _check_admission(page, account, person, sent, form, why, until)
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
    return page.go_to(f"/people/{participant_id}", context.takes_effect(programme, _consequence(kind, person)))


def _check_admission(
    page: WebPage,
    account: Account,
    person: reports.Row,
    sent: Sent,
    form: checking.FormAsSent,
    reason: str,
    until: str,
) -> Response:
    missing = " ".join(words.reason(code, values) for code, values in person["reasons"] or ())
    lines = [
        (_("Who"), person["name"]),
        (_("Decision by the rule"), words.outcome(person["outcome"])),
        (_("What is missing"), missing or "–"),
        (_("Reason"), reason),
        (_("Last day"), until or _("no end")),
    ]
    title = _("Admit against the rule?")
    warning = _("The next run sends this person into the in-class course, whatever rule, date or capacity say.")
    return form.show_check(page, account, sent, title, lines, _("Admit against the rule"), warning=warning)


def _consequence(kind: OverrideKind, person: reports.Row) -> str:
    """Say what follows from a decision that was recorded."""
    if kind is OverrideKind.HOLD and person["state"] in deciding.IN_CLASS:
        return _("Recorded. This person is still in the in-class course; its manager ends that in Moodle.")
    return _("Recorded. The next run acts on it.")


def _state_words() -> dict[str, str]:
    """Return what somebody's decision and place can be, by code, in the words of the pages."""
    return {each: words.outcome(each) for each in Outcome} | {each: words.state(each) for each in EntryState}


def _query(asked: Mapping[str, str]) -> str:
    """Return the part of an address that says what was searched for."""
    return urlencode({key: value for key, value in asked.items() if value})


def _known_of(context: PageContext, person: reports.Row) -> dict[str, Any]:
    """Return what the page of one person tells beside the row itself."""
    programme, participant_id = person["programme"], person["participant_id"]
    now = context.clock()
    today = context.settings.today(now, programme)
    with context.database.reading() as connection:
        decided = overrides.override_history(connection, programme, participant_id)
        decisions = reports.decision_history(connection, participant_id)
        events = reports.roster_history(connection, participant_id)
        moves = move_history(connection, programme, participant_id)
        identity_actions = identity_history(connection, programme, participant_id)
        return {
            "evidence": reports.current_evidence(connection, participant_id),
            "pushes": reports.push_history(connection, participant_id),
            "actions": actions.explained(connection, person, today, context.settings.zone),
            "asked": queue.open_requests(connection, programme),
            "binding": decided[-1] if decided and decided[-1].in_force(now) else None,
            "decisions": decisions,
            "history": _history(decisions, events, decided, moves, identity_actions),
        }


def _history(
    decisions: Sequence[reports.Row],
    events: Sequence[reports.Row],
    decided: Sequence[Override],
    moves: Sequence[AngkatanMove],
    identity_actions: Sequence[IdentityAction],
) -> list[dict[str, Any]]:
    """Return everything that happened about one person in one list, the newest first."""
    roster = _("Roster")
    kinds = {"admit": _("Admitted"), "hold": _("Held back"), "release": _("Released")}
    happened: list[dict[str, Any]] = [
        {
            "at": each["decided_at"],
            "what": _("Decision {number}").format(number=each["version"])
            + ": "
            + words.outcome(each["decision"].outcome),
            "why": " ".join(words.reason(why.code, why.values) for why in each["decision"].reasons),
        }
        for each in decisions
    ]
    happened += [
        {
            "at": each["at"],
            "what": f"{roster}: {words.state(each['state'])} {each['angkatan'] or ''}",
            "why": words.reason(each["reason"]) if each["reason"] else "",
            "by": each["by"],
        }
        for each in events
    ]
    happened += [{"at": each.at, "what": kinds[each.kind], "why": each.reason, "by": each.by} for each in decided]
    happened += [
        {
            "at": each.at,
            "what": _("Moved from angkatan {before} to {after}").format(before=each.before or "–", after=each.angkatan),
            "why": each.reason,
            "by": each.by,
        }
        for each in moves
    ]
    happened += [
        {"at": each.at, "what": identity_in_words(each), "why": each.reason, "by": each.by} for each in identity_actions
    ]
    return sorted(happened, key=lambda each: each["at"], reverse=True)
