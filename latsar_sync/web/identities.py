"""Who somebody is, on their page: the right NIP, two accounts of one person, the account in class (rule 19)."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Response

from latsar_sync.actions import accounts_in_class, identity, shown_values
from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.identity import reason_without_numbers
from latsar_sync.actions.typed_text import named
from latsar_sync.domain.account import Account
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, joined
from latsar_sync.domain.nip import check_nip
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.settings import Settings
from latsar_sync.store import listings, participants, searches
from latsar_sync.store.identities import binding, identity_history
from latsar_sync.web import check_your_answer
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Field, Page, PersonToActOn, Reader, SentForm, find_person
from latsar_sync.web.templating import WebPage

router = APIRouter()
BETWEEN = "."
"""What stands between the fingerprints of the two accounts that are merged."""
WhoOrNobody = Annotated[str, Form(pattern=r"^([0-9a-z]{32})?$")]


@router.post("/people/{participant_id}/nip")
def correct_nip(
    context: Context,
    page: Page,
    account: Reader,
    person: PersonToActOn,
    sent: SentForm,
    nip: Annotated[str, Form(max_length=40)] = "",
    why: Field = "",
    undo: Field = "",
) -> Response:
    """Record the right NIP of a MOOC account, or let the account's own count again."""
    right = None if undo else nip
    if right is not None:
        right = check_nip(nip, context.settings.today(context.clock(), person["programme"])).nip
        if right is None:
            raise UsageError(_("This is no NIP."), _("Give all 18 digits."))
    reason = _reason(why)
    said = identity.correct(
        context.settings, context.database, context.clock, person, right, reason, account.name, sent
    )
    return _recorded(context, page, account, person, "correct", said.shared_with)


@router.post("/people/{participant_id}/merge")
def merge(
    context: Context,
    page: Page,
    account: Reader,
    person: PersonToActOn,
    sent: SentForm,
    form: check_your_answer.Form,
    other: WhoOrNobody = "",
    nip: Annotated[str, Form(max_length=40)] = "",
    why: Field = "",
) -> Response:
    """Record that another account is the same person as this one, which counts from then on; checked first."""
    reason = _reason(why)
    second = _second_account(context, account, person, other, nip)
    tools = context.settings, context.database, context.clock

    def do(as_sent: Sent, other_seen: str | None = None) -> None:
        identity.merge(*tools, person, second, reason, account.name, as_sent, other_seen, although_different=True)

    if not form.checked:
        form.require_takeable(sent, do)
        return _check_merge(context, page, account, person, second, sent, form, reason)
    seen, _sign, other_seen = (sent.seen or "").partition(BETWEEN)
    do(Sent(seen, sent.key), other_seen)
    return _recorded(context, page, account, person, "merge")


@router.post("/people/{participant_id}/part")
def part(
    context: Context, page: Page, account: Reader, person: PersonToActOn, sent: SentForm, why: Field = ""
) -> Response:
    """Undo a merge: this account, which was merged into another, counts for itself again."""
    identity.part(context.settings, context.database, context.clock, person, _reason(why), account.name, sent)
    return _recorded(context, page, account, person, "part")


@router.post("/people/{participant_id}/account")
def choose_account(
    context: Context,
    page: Page,
    account: Reader,
    person: PersonToActOn,
    sent: SentForm,
    site: Annotated[str, Form(max_length=64)] = "",
    user: Annotated[str, Form(max_length=20)] = "",
    why: Field = "",
    undo: Field = "",
) -> Response:
    """Record which account of the in-class site is this person's, or let it be found by the NIP again."""
    reason = _reason(why)
    where = accounts_in_class.site_of_course(context.settings, person, site or None)
    number = None if undo else _user_id(user)
    accounts_in_class.choose(
        context.settings, context.database, context.clock, person, where, number, reason, account.name, sent
    )
    return _recorded(context, page, account, person, "account")


def known_of(context: PageContext, person: listings.Row) -> dict[str, Any]:
    """Return what the forms about who somebody is need: accounts alike, sites, what binds.

    The NIP of somebody who came by a file is corrected in the list.
    """
    programme, who = person["programme"], person["participant_id"]
    with context.database.reading() as connection:
        alike = searches.alike(connection, programme, who)
        bound = binding([each for each in identity_history(connection, programme, who) if each.participant_id == who])
    return {
        "may_correct": person["source_site"] != participants.IMPORTED,
        "alike": [each for each in alike if each["merged_into"] is None],
        "sites": _sites_of(context.settings, programme),
        "bound": {str(kind) for _who, kind in bound},
    }


def _sites_of(settings: Settings, programme: str) -> dict[str, str]:
    sites = sorted({each.site for each in settings.programme(programme).angkatan if each.site})
    return {site: site for site in sites}


def _second_account(context: PageContext, account: Account, person: listings.Row, other: str, nip: str) -> listings.Row:
    """Return the account that is meant by one of those alike, or by its NIP. Raise UsageError if that is not one."""
    if not other and nip.strip():
        number = check_nip(nip, context.settings.today(context.clock(), person["programme"])).nip
        with context.database.reading() as connection:
            owners = searches.owners_of(connection, person["programme"], [number] if number else [])
        found = [each for each in owners.get(number or "", ()) if each != person["participant_id"]]
        if len(found) != 1:
            raise UsageError(_("Exactly one participant must have this NIP."), _("Give all 18 digits."))
        other = found[0]
    if not other:
        raise UsageError(_("No second account was named."), _("Choose one, or give its NIP."))
    return find_person(context, account, other)


def _user_id(text: str) -> int:
    if not text.strip().isdecimal() or not 0 < int(text.strip()) < 2**31:
        raise UsageError(_("This is no number of an account."), _("It stands in the address of its profile in Moodle."))
    return int(text.strip())


def _check_merge(
    context: PageContext,
    page: WebPage,
    account: Account,
    person: listings.Row,
    second: listings.Row,
    sent: Sent,
    form: check_your_answer.FormAsSent,
    reason: str,
) -> Response:
    context.note(account, "person", person["programme"], 1, second["participant_id"])
    with context.database.reading() as connection:  # before anything of the second one is shown
        shown = shown_values.of_person(connection, person["programme"], second["participant_id"], context.clock())
    second = find_person(context, account, second["participant_id"])
    sent = Sent(f"{sent.seen}{BETWEEN}{fingerprint(shown)}", sent.key)
    said = _("MOOC account {number} on {site}")
    numbers = [said.format(number=each["source_user_id"], site=each["source_site"]) for each in (person, second)]
    lines = [(_("Counts"), numbers[0]), (_("Is merged into it"), numbers[1]), (_("Reason"), reason)]
    people = [
        check_your_answer.People(_("This account counts"), [person], 1),
        check_your_answer.People(_("This account is merged into it"), [second], 1),
    ]
    warning = _(
        "The better evidence and the better place of both count, and what persons decided of either; it can be undone."
    )
    warning = joined(identity.differences(person, second), warning)
    title = _("Are these two one person?")
    return form.show_check(page, account, sent, title, lines, _("They are one person"), people, warning)


def _reason(text: str) -> str:
    return reason_without_numbers(named(_("Reason"), text))


def _recorded(
    context: PageContext,
    page: WebPage,
    account: Account,
    person: listings.Row,
    action: str,
    shared_with: Sequence[str] = (),
) -> Response:
    programme, who = person["programme"], person["participant_id"]
    context.note(account, action, programme, 1, who)
    said = context.takes_effect(programme, _("Recorded. The next run acts on it."))
    return page.go_back_to(f"/people/{who}", joined(said, _shared(context, account, programme, shared_with)))


def _shared(context: PageContext, account: Account, programme: str, shared_with: Sequence[str]) -> str:
    """Return the sentence about those who carry the same NIP, by name; empty if nobody does."""
    if not shared_with:
        return ""
    for other in shared_with:
        context.note(account, "person", programme, 1, other)
    names = [find_person(context, account, other)["name"] for other in shared_with]
    return _("Others carry this NIP as well, and nobody of them can be judged until that is cleared: {names}").format(
        names=", ".join(names)
    )
