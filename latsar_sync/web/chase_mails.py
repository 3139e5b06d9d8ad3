"""Chase lists that are mailed from the page of letters, each institution its own, once for an occasion."""

from urllib.parse import urlencode

from fastapi import APIRouter, Response

from latsar_sync.actions.typed_text import named
from latsar_sync.domain import figures
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _, counted
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.service.chase_mail import (
    LONGEST_OCCASION,
    ChaseMail,
    chase_mails,
    occasion_of,
    occasion_text,
    send_chase_mails,
)
from latsar_sync.store import sent_mails
from latsar_sync.web import check_your_answer
from latsar_sync.web.dependencies import Context, Field, Page, ProgrammeToActOn, Reader, SentForm

router = APIRouter()


@router.post("/programmes/{name}/letters/chase")
def send_chase(
    context: Context,
    page: Page,
    account: Reader,
    programme: ProgrammeToActOn,
    sent: SentForm,
    form: check_your_answer.Form,
    occasion: Field = "",
) -> Response:
    """Mail each institution its own chase list, once for an occasion, after a second look at who gets one."""
    what = occasion_of(named(_("Occasion"), occasion, LONGEST_OCCASION))
    due = [each for each in chase_mails(context.settings, context.database, programme, what) if each.may_go]
    if context.settings.mail is None:
        raise UsageError(_("No mail server is configured."), _("Ask the administrator of latsar-sync."))
    if not due:
        raise UsageError(_("Nothing is left to be mailed for this occasion."), _("Give another occasion."))
    now = fingerprint({each.institution: f"{each.people} {each.state}" for each in due})
    if not form.checked or sent.seen != now:
        lines = [(_("Occasion"), occasion_text(what)), *_who_gets_one(due)]
        warning = _("Each gets the list of its own people alone, with their names and NIPs.")
        seen = type(sent)(now, sent.key)
        return form.show_check(page, account, seen, _("Mail these lists?"), lines, _("Send"), (), warning)
    with context.once(account, sent):
        context.note(account, "chase mail", programme.id, sum(each.people for each in due))
        told = send_chase_mails(context.settings, context.database, programme, what, account.name, context.clock)
    wanted = {each.institution for each in due}
    gone = sum(each.state == sent_mails.MailState.SENT for each in told if each.institution in wanted)
    said = counted("{number} list was mailed.", "{number} lists were mailed.", gone).format(number=gone)
    if gone < len(due):
        said = _("{sent} of {number} lists were mailed; what became of the others stands below.").format(
            sent=gone, number=len(due)
        )
    return page.go_to(f"/programmes/{programme.id}/letters?{urlencode({'occasion': what})}", said)


def _who_gets_one(due: list[ChaseMail]) -> list[tuple[str, str]]:
    lines = []
    for each in due:
        people = counted("{number} person", "{number} people", each.people)
        address = each.contact.email if each.contact else "–"
        lines.append((each.institution, f"{address}: " + people.format(number=figures.count(each.people))))
    return lines
