"""The pages of people: who is missing what, one person from the MOOC to the class, and what somebody decides there."""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response

from latsar_sync.actions import recording
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.model import EntryState, Outcome
from latsar_sync.domain.reasons import TEXTS
from latsar_sync.domain.records import AngkatanMove, IdentityAct, Override, OverrideKind
from latsar_sync.shapes import actions
from latsar_sync.shapes.funnel import group_of
from latsar_sync.store import overrides, queue, reports, searches
from latsar_sync.store.accounts import Account
from latsar_sync.store.daemons import living_daemons
from latsar_sync.store.identities import identity_history
from latsar_sync.store.moves import move_history
from latsar_sync.web import words
from latsar_sync.web.context import Desk, Field, day, require_acting, require_token

PAGE = 50
"""People on one page."""
STATES = (*map(str, Outcome), *map(str, EntryState))
Text = Annotated[str, Query(max_length=255)]


def pages(desk: Desk) -> APIRouter:
    """Return the pages of people and the addresses of their forms."""
    router = APIRouter()
    Reader = Annotated[Account, Depends(desk.reader)]  # noqa: N806  # a type, made of this desk

    @router.post("/programmes/{name}/people")
    def search_people(
        request: Request,
        account: Reader,
        name: str,
        csrf: Field,
        text: Annotated[str, Form(max_length=255)] = "",
        state: Field = "",
        angkatan: Field = "",
        institution: Field = "",
        reason: Field = "",
    ) -> Response:
        """Turn what was typed into an address in which no name and no NIP can be read."""
        desk.programme(account, name)
        require_token(request, csrf)
        wish = {"state": state, "angkatan": angkatan, "institution": institution, "reason": reason}
        wish["find"] = desk.hide(text.strip()) if text.strip() else ""
        asked = urlencode({key: value for key, value in wish.items() if value})
        return desk.back_to(request, f"/programmes/{name}/people?{asked}")

    @router.get("/programmes/{name}/people")
    def people(
        request: Request,
        account: Reader,
        name: str,
        find: Annotated[str, Query(max_length=2000)] = "",
        state: Text = "",
        angkatan: Text = "",
        institution: Text = "",
        reason: Text = "",
        page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    ) -> Response:
        chosen = desk.programme(account, name)
        group = group_of(chosen, angkatan)
        search = searches.Search(desk.reveal(find), state, angkatan, institution, reason, group)
        with desk.database.reading() as connection:
            found, total = searches.find_people(connection, name, search, (page - 1) * PAGE, PAGE)
            agencies = searches.institutions(connection, name)
        if found:
            desk.note(account, "people", name, len(found))
        kept = {"find": find, "state": state, "angkatan": angkatan, "institution": institution, "reason": reason}
        return desk.page(
            request,
            "people.html",
            account,
            programme=chosen,
            people=found,
            total=total,
            number=page,
            last=max(1, -(-total // PAGE)),
            search=search,
            words=urlencode({key: value for key, value in kept.items() if value}),
            institutions=agencies,
            states=STATES,
            reasons=TEXTS,
        )

    @router.get("/people/{participant_id}")
    def person(request: Request, account: Reader, participant_id: str) -> Response:
        row = find_person(desk, account, participant_id)
        chosen = desk.programme(account, row["programme"])
        desk.note(account, "person", chosen.id, 1, participant_id)
        today = desk.settings.today(desk.clock(), chosen.id)
        with desk.database.reading() as connection:
            decided = overrides.override_history(connection, chosen.id, participant_id)
            decisions = reports.decision_history(connection, participant_id)
            events = reports.roster_history(connection, participant_id)
            moves = move_history(connection, chosen.id, participant_id)
            words_said = identity_history(connection, chosen.id, participant_id)
            known: dict[str, Any] = {
                "evidence": reports.current_evidence(connection, participant_id),
                "pushes": reports.push_history(connection, participant_id),
                "acts": actions.explained(connection, row, today, desk.settings.zone),
                "asked": queue.open_requests(connection, chosen.id),
            }
        return desk.page(
            request,
            "person.html",
            account,
            person=row,
            programme=chosen,
            binding=decided[-1] if decided and decided[-1].in_force(desk.clock()) else None,
            decisions=decisions,
            history=_history(decisions, events, decided, moves, words_said),
            served=bool(living_daemons(desk.database, desk.clock())),
            may_act=account.may_act(chosen.id),
            **known,
        )

    @router.post("/people/{participant_id}/sync")
    def sync_person(request: Request, account: Reader, participant_id: str, csrf: Field) -> Response:
        row = find_person(desk, account, participant_id)
        require_acting(request, account, row["programme"], csrf)
        if row["nip"] is None:
            raise UsageError(
                _("Without a usable NIP this person cannot be asked for alone."), _("Sync the whole programme.")
            )
        queue.ask(desk.database, row["programme"], "participant", row["nip"], account.name, desk.clock())
        desk.note(account, "sync", row["programme"], 1, participant_id)
        return desk.back_to(request, f"/people/{participant_id}", _("Asked for. The service begins in a moment."))

    @router.post("/people/{participant_id}/decide")
    def decide(
        request: Request,
        account: Reader,
        participant_id: str,
        csrf: Field,
        kind: Annotated[OverrideKind, Form()],
        reason: Field = "",
        until: Field = "",
    ) -> Response:
        row = find_person(desk, account, participant_id)
        require_acting(request, account, row["programme"], csrf)
        why, last = recording.named(_("Reason"), reason), day(until)
        recording.decide(
            desk.settings, desk.database, desk.clock, row["programme"], participant_id, kind, why, account.name, last
        )
        desk.note(account, str(kind), row["programme"], 1, participant_id)
        return desk.back_to(request, f"/people/{participant_id}", _("Recorded. The next run acts on it."))

    return router


def find_person(desk: Desk, account: Account, participant_id: str) -> reports.Row:
    """Return one participant of a programme that this account may see. Raise 404 for any other."""
    names = [each.id for each in desk.programmes(account)]
    with desk.database.reading() as connection:
        found = reports.participant_rows(connection, names, participant_id=participant_id)
    if not found:
        raise HTTPException(404)
    return found[0]


def _history(
    decisions: Sequence[reports.Row],
    events: Sequence[reports.Row],
    decided: Sequence[Override],
    moves: Sequence[AngkatanMove],
    words_said: Sequence[IdentityAct],
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
        {"at": each.at, "what": actions.identity_in_words(each), "why": each.reason, "by": each.by}
        for each in words_said
    ]
    return sorted(happened, key=lambda each: each["at"], reverse=True)
