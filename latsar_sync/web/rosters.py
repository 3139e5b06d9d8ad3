"""The page of an angkatan's roster: who is where, the office's documents, approval. Signing it: ``finalising``."""

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Query, Response

from latsar_sync import exports
from latsar_sync.actions import overrides, shown_values
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.domain import figures
from latsar_sync.domain.account import Account
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.domain.stages import WITHOUT
from latsar_sync.exports.missing_accounts import upload_csv, without_account
from latsar_sync.moodle.new_accounts import Contact, parted
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import AngkatanSettings, ProgrammeSettings, Settings
from latsar_sync.settings.for_the_rules import require_angkatan
from latsar_sync.shapes.actions import finalisations_json
from latsar_sync.shapes.funnel import Funnel, funnels, groups_of
from latsar_sync.shapes.with_actions import with_actions
from latsar_sync.store import listings, searches, versions
from latsar_sync.store.filled_courses import others_there
from latsar_sync.store.finalisations import finalisation_history
from latsar_sync.store.moves import load_left_behind
from latsar_sync.store.search_conditions import Search
from latsar_sync.web import check_your_answer, words
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import (
    AngkatanParameter,
    ChosenPeople,
    Context,
    Field,
    Page,
    Programme,
    ProgrammeToActOn,
    Reader,
    SentForm,
)
from latsar_sync.web.documents import called, file_answer, made_document
from latsar_sync.web.long_work import Waiting
from latsar_sync.web.templating import WebPage

AWAITING = "awaiting_approval"
WITHOUT_SHOWN = 500
"""People without an angkatan on the page."""
OF_A_ROSTER = (exports.Paper.ROSTER, exports.Paper.ATTENDANCE, exports.Paper.SUMMONS)

router = APIRouter()


@router.get("/programmes/{name}/roster")
def show_roster(
    context: Context, page: Page, account: Reader, programme: Programme, angkatan: AngkatanParameter = ""
) -> Response:
    """Show the roster of an angkatan, the first one where none is named; of ``WITHOUT`` whoever belongs to none."""
    chosen = WITHOUT if angkatan == WITHOUT else angkatan_named(programme, angkatan).id
    one_angkatan = None if chosen == WITHOUT else angkatan_named(programme, chosen)
    zone, now = context.settings.zone, context.clock()
    with context.database.reading() as connection:  # before anything is read that is shown
        roster_seen = fingerprint(shown_values.of_roster(connection, programme.id, chosen, now))
        waits = shown_values.of_waiting(connection, programme.id, chosen, now)
    with context.database.reading() as connection:
        if one_angkatan is None:
            search = Search(angkatan=WITHOUT, groups=groups_of(programme))
            found, total = searches.find_people(connection, programme.id, search, 0, WITHOUT_SHOWN)
        else:
            found = listings.roster_rows(connection, [programme.id], chosen)
            total = len(found)
        rows = with_actions(connection, found, zone)
        left = [each for each in load_left_behind(connection, programme.id) if each.still_there]
        there = [each.participant_id for each in left if each.angkatan == chosen]
        gone = searches.people_of(connection, programme.id, there)
        moved = with_actions(connection, gone, zone)
        history = finalisation_history(connection, programme.id)
        _whole, parts = funnels(
            programme, searches.standing(connection, programme.id), others_there(connection, programme.id)
        )
    context.note(account, "roster", programme.id, len(rows) + len(moved))
    decrees = finalisations_json(programme.id, history, zone)
    undated = one_angkatan is not None and (one_angkatan.starts is None or one_angkatan.ends is None)
    may_act = account.may_act(programme.id)
    if may_act:  # whom somebody is to tick stands above, not among all who are there already
        rows = sorted(rows, key=lambda row: row["roster_reason"] != AWAITING)
    return page.show(
        "roster.html",
        account,
        programme=programme,
        angkatan=one_angkatan,
        chosen=chosen,
        choices=words.counted_angkatan(parts),
        part=next((each for each in parts if each.angkatan == chosen), Funnel(chosen)),
        rows=rows,
        more=total - len(rows),
        moved=moved,
        decrees=[each for each in decrees if each["angkatan"] == chosen],
        papers=[each for each in OF_A_ROSTER if rows and not (undated and each is exports.Paper.ATTENDANCE)],
        undated=undated and bool(rows),
        course_address=course_address(context.settings, rows),
        waiting=len(waits),  # not who is approved already, and placed when the run under way has ended
        lacking_accounts=sum(row["roster_reason"] == "target_account_missing" for row in rows),
        may_act=may_act,
        roster_seen=roster_seen,
        waiting_seen=fingerprint(waits),
    )


@router.get("/programmes/{name}/documents/{paper}.{form}")
def document(
    context: Context,
    page: Page,
    account: Reader,
    programme: Programme,
    paper: exports.Paper,
    form: exports.Form,
    angkatan: AngkatanParameter = "",
    institution: Annotated[str, Query(max_length=255)] = "",
) -> Response:
    """Return a document of the office as a file; a long one is made off the request, and a page says how far it is."""
    made, people = made_document(context, account, programme, paper, form, angkatan, institution)
    if isinstance(made, Waiting):
        return page.show_waiting(account, programme, people, made)
    context.note(account, f"export {paper} {form}", programme.id, people)
    return file_answer(made, form, called(_(exports.TITLES[paper])), programme.id, angkatan)


@router.get("/programmes/{name}/missing-accounts.csv")
def missing_accounts(
    context: Context, account: Reader, programme: Programme, angkatan: AngkatanParameter = ""
) -> Response:
    """Return who of an angkatan has no account on the in-class site, for Moodle's page *Upload users*.

    Addresses are those that an imported list gave; no site is asked while somebody waits for the page.
    """
    if not account.may_act(programme.id):
        raise HTTPException(403)
    answer, people = accounts_to_upload(context, programme, angkatan_named(programme, angkatan).id)
    context.note(account, "export accounts", programme.id, people)
    return answer


def accounts_to_upload(context: PageContext, programme: ProgrammeSettings, angkatan: str) -> tuple[Response, int]:
    """Return the file of whoever has no account on the in-class site, and how many stand in it."""
    with context.database.reading() as connection:
        people = without_account(connection, programme, angkatan, None)
    reached = [each.participant for each in people]
    contacts = {each.id: Contact(*parted(each.person.name), each.person.email) for each in reached}
    content = upload_csv(people, contacts).encode()
    headers = {"Content-Disposition": f'attachment; filename="akun-{programme.id}.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers), len(people)


@router.post("/programmes/{name}/approve")
def approve(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    form: check_your_answer.Form,
    angkatan: Field,
    who: ChosenPeople = (),
    ticked: Field = "",
    everybody: Field = "",
) -> Response:
    """Approve everybody of an angkatan who waits for it and was shown; of those only whom ``who`` names, if any."""
    one_angkatan = angkatan_named(programme, angkatan)
    if ticked and not who:
        raise UsageError(_("Nobody was ticked."), _("Tick at least one person, or approve all."))

    def do(as_sent: Sent) -> overrides.Approved:
        return overrides.approve(
            context.settings,
            context.database,
            context.clock,
            programme.id,
            one_angkatan.id,
            account.name,
            None if everybody else who or None,
            as_sent,
        )

    if not form.checked:
        with context.database.reading() as connection:
            waiting = versions.awaiting_approval(connection, programme.id, one_angkatan.id)
        chosen = list(waiting) if everybody or not who else list(who)
        if len(chosen) > check_your_answer.MANY:
            form.require_takeable(sent, do)
            return _check_approval(context, page, account, programme, sent, form, one_angkatan, chosen)
    done = do(sent)
    context.note(account, "approve", programme.id, done.number)
    said = _("{number} approved; the next run enrols them.").format(number=done.number)
    if done.passed_over:
        passed = _("{number} wait for another account, because yours admitted them.")
        said += " " + passed.format(number=len(done.passed_over))
    return page.go_to(roster_address(programme, one_angkatan), context.takes_effect(programme.id, said))


def _check_approval(
    context: PageContext,
    page: WebPage,
    account: Account,
    programme: ProgrammeSettings,
    sent: Sent,
    form: check_your_answer.FormAsSent,
    angkatan: AngkatanSettings,
    people: Sequence[str],
) -> Response:
    """Show by name whom an approval is about; what the roster showed of them must stand when it is recorded."""
    with context.database.reading() as connection:
        rows = searches.people_of(connection, programme.id, people)
    context.note(account, "people", programme.id, len(rows))
    whom = [check_your_answer.People(_("Waiting for approval"), rows, len(rows))]
    lines = [(_("Angkatan"), angkatan.id), (_("People"), figures.count(len(rows)))]
    warning = _("The next run enrols those of them who wait for approval.")
    return form.show_check(page, account, sent, _("Approve these places?"), lines, _("Approve"), whom, warning)


def course_address(settings: Settings, rows: Sequence[listings.Row]) -> str | None:
    """Return the address of the Participants page in Moodle, None while nobody was placed in a course."""
    for row in rows:
        if row["site"] in settings.sites and row["course_id"]:
            return f"{settings.sites[row['site']].url}/user/index.php?id={row['course_id']}"
    return None


def angkatan_named(programme: ProgrammeSettings, angkatan: str) -> AngkatanSettings:
    """Return the angkatan of that id, the first one where none is named."""
    return require_angkatan(programme, angkatan) if angkatan else programme.angkatan[0]


def roster_address(programme: ProgrammeSettings, angkatan: AngkatanSettings) -> str:
    return f"/programmes/{programme.id}/roster?{urlencode({'angkatan': angkatan.id})}"
