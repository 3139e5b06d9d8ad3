"""What is due of a data class, destroyed on the page of personal data; the report of it (rule 16)."""

from fastapi import APIRouter, HTTPException, Response

from latsar_sync.actions import destroying
from latsar_sync.domain.errors import UsageError
from latsar_sync.domain.language import _
from latsar_sync.rules.fingerprints import fingerprint
from latsar_sync.rules.retention import Keeping
from latsar_sync.shapes.retention_text import DATA_CLASS_TEXTS, report_text, table_text
from latsar_sync.store import destruction_reports, retention
from latsar_sync.web import check_your_answer
from latsar_sync.web.accounts import Administrator
from latsar_sync.web.context import PageContext
from latsar_sync.web.dependencies import Context, Field, FormToken, Number, Page, SentForm, day
from latsar_sync.web.privacy import as_file

router = APIRouter()


@router.post("/privacy/destroy")
def destroy(
    context: Context,
    page: Page,
    account: Administrator,
    _token: FormToken,
    sent: SentForm,
    form: check_your_answer.Form,
    programme: Field = "",
    ended: Field = "",
) -> Response:
    """Destroy what is due of a programme, with a report; checked first, and done after a run that is under way."""
    due = _due(context, programme, ended)
    if not due:
        raise UsageError(_("Nothing of this programme is due."), _("Look at the list once more."))
    basis = context.settings.retention.legal_basis or ""
    if not form.checked:
        with context.database.reading() as connection:
            counts = {each: retention.count_rows(connection, programme, each.data_class) for each in due}
            due_seen = fingerprint(destroying.seen_of_due(connection, due))
        lines = [(_("Programme"), f"{context.title_of(programme)} ({programme})"), (_("Legal basis"), basis)]
        for keeping, rows in counts.items():
            what = ", ".join(f"{number} × {table_text(name)}" for name, number in rows.items())
            lines.append((_(DATA_CLASS_TEXTS[str(keeping.data_class)]), what))
        warning = _("It is destroyed for good, and the programme is never collected again; a report is kept.")
        form_seen = type(sent)(due_seen, sent.key)
        return form.show_check(page, account, form_seen, _("Destroy this?"), lines, _("Destroy"), warning=warning)
    done = destroying.destroy(context.database, context.clock, due, basis, account.name, sent)
    context.note(account, "retention apply", programme)
    said = _("Destroyed. Print the report, sign it and file it.")
    if done.waiting:
        said = _("Recorded. A run is under way: it is done when that has ended.")
    return page.go_to("/privacy", said)


@router.get("/privacy/reports/{number}")
def show_report(context: Context, account: Administrator, number: Number) -> Response:
    """Return the report of a destruction as a text to print, sign and file."""
    with context.database.reading() as connection:
        found = destruction_reports.find_reports(connection, number)
    if not found:
        raise HTTPException(404)
    return as_file(report_text(found[0], context.settings.zone), f"report-{number}.txt", "text/plain")


def _due(context: PageContext, programme: str, ended: str) -> list[Keeping]:
    with context.database.reading() as connection:
        end = destroying.checked_end(connection, context.settings, programme, day(ended))
        today = context.settings.today(context.clock(), programme)
        return destroying.due_of(connection, destroying.keepings(context.settings, programme, end), today)
