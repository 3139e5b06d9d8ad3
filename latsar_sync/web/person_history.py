"""What happened about one person, in one list, and why they were judged again."""

from collections.abc import Sequence
from typing import Any

from latsar_sync.domain import figures
from latsar_sync.domain.actions import AngkatanMove, IdentityAction, Override
from latsar_sync.domain.decision import Decision
from latsar_sync.domain.language import _
from latsar_sync.shapes.identity import identity_in_words
from latsar_sync.store import listings
from latsar_sync.web import words


def history_of(
    decisions: Sequence[listings.Row],
    events: Sequence[listings.Row],
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
            "why": " ".join(
                [
                    *([_why_again(before, each)] if before else ()),
                    *(words.reason(why.code, why.values) for why in each["decision"].reasons),
                ]
            ),
        }
        for before, each in zip([None, *decisions], decisions, strict=False)
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


def _why_again(before: listings.Row, after: listings.Row) -> str:
    """Say why somebody was judged again: what is another one than in the decision before."""
    causes = [
        text.format(before=figures.number(before["threshold"]), now=figures.number(after["threshold"]))
        for text, differs in (
            (_("another threshold, {before} → {now}"), before["threshold_version"] != after["threshold_version"]),
            (_("other required material"), before["required_version"] != after["required_version"]),
            (_("another set-up of the programme"), before["terms"] != after["terms"]),
            (_("another version of the rules"), before["rule_version"] != after["rule_version"]),
        )
        if differs
    ]
    if before["evidence_version"] != after["evidence_version"]:
        causes += _what_was_read(before["decision"], after["decision"])
    if not causes:
        return _("Judged again: what was decided or recorded about them is another than before.")
    return _("Judged again: {causes}.").format(causes="; ".join(causes))


def _what_was_read(before: Decision, after: Decision) -> list[str]:
    """Return what of the values that were read is another one."""
    score = _("score {before} → {now}").format(before=figures.number(before.score), now=figures.number(after.score))
    done = _("material done {before} → {now}").format(
        before=_done(before.materials_done), now=_done(after.materials_done)
    )
    told = [score] if before.score != after.score else []
    told += [done] if before.materials_done != after.materials_done else []
    return told or [_("something else was read of them")]


def _done(number: int | None) -> str:
    return figures.NONE if number is None else figures.count(number)
