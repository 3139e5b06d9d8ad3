"""What data classes and tables are called, and the report of a destruction to print, sign and file (rule 16)."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from latsar_sync import __version__
from latsar_sync.domain import figures
from latsar_sync.domain.language import _, mark
from latsar_sync.store.destruction_reports import Destruction

DATA_CLASS_TEXTS: Mapping[str, str] = {
    "identities": mark("names and NIPs"),
    "ledger": mark("the whole programme: people, evidence, decisions, roster, pushes, runs"),
    "source_ids": mark("ids by which the MOOC is asked"),
    "messages": mark("messages through Moodle"),
    "access_log": mark("who looked at whose data"),
}
TABLE_TEXTS: Mapping[str, str] = {
    "participants": mark("participants (internal id, MOOC user id, groups)"),
    "identities": mark("names and NIPs"),
    "evidence": mark("readings of grades and materials"),
    "decisions": mark("decisions"),
    "overrides": mark("decisions by named persons"),
    "imports": mark("imports"),
    "imported_scores": mark("scores from files"),
    "score_confirmations": mark("confirmations of scores from files"),
    "clearances": mark("checked documents"),
    "clearance_revocations": mark("revocations of documents"),
    "angkatan_moves": mark("moves to another angkatan"),
    "place_choices": mark("choices of a place"),
    "identity_acts": mark("who is who, by named persons"),
    "left_behind": mark("in-class courses that somebody was moved from"),
    "finalisations": mark("finalised rosters and their amendments"),
    "roster_entries": mark("roster entries"),
    "roster_events": mark("changes of the roster"),
    "pushes": mark("writes to the LMS"),
    "erasures": mark("lines of the register of erasures"),
    "thresholds": mark("recorded thresholds"),
    "required_sets": mark("required sets of materials"),
    "terms": mark("records of what was judged by"),
    "run_programmes": mark("records of runs"),
    "run_requests": mark("requests for runs"),
    "baselines": mark("last good readings of the guards"),
    "checkpoints": mark("marks of how far the MOOC was read"),
    "source_ids": mark("ids by which the MOOC is asked"),
    "messages": mark("messages through Moodle"),
    "access_log": mark("lines of the access log"),
}


def table_text(name: str) -> str:
    """Return what a table holds, in words; its name where there are none."""
    return _(TABLE_TEXTS[name]) if name in TABLE_TEXTS else name


def report_text(report: Destruction, zone: ZoneInfo) -> str:
    """Return the report of a destruction as a page to print, sign and file."""
    title = _("RECORD OF THE DESTRUCTION OF PERSONAL DATA")
    at = figures.long_moment(report.at.astimezone(zone))
    facts = {
        _("Number"): str(report.number),
        _("Programme"): report.programme,
        _("Data class"): _(DATA_CLASS_TEXTS[str(report.data_class)]),
        _("Legal basis"): report.legal_basis,
        _("End of the programme"): figures.long_day(report.ended_on),
        _("Kept for"): _("{months} months after it").format(months=report.months),
        _("Destroyed on"): at,
        _("Ordered by"): report.by,
    }
    width = max(map(len, facts))
    lines = [title, "=" * len(title), ""]
    lines += [f"{label:<{width}} : {value}" for label, value in facts.items()]
    lines += ["", _("What was destroyed:")]
    lines += [f"  {count:>8}  {table_text(name)}" for name, count in report.counts.items()]
    lines += [
        "",
        _(
            "How: the rows were deleted from the database in one transaction with this record (latsar-sync {version})."
        ).format(version=__version__),
        _("Not reached: backups, exported files, and the LMS itself; they are dealt with apart."),
        "",
        _("Place, date") + ": ________________________",
        "",
        _("Ordered by").ljust(36) + _("Witness"),
        "",
        "",
        f"({report.by})".ljust(36) + "(______________________)",
    ]
    return "\n".join(lines) + "\n"
