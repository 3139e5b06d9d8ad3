"""The word for each outcome, state and kind, by its code; the catalogue has them in Indonesian."""

from collections.abc import Mapping

from latsar_sync.domain.language import mark, translate

OUTCOME_TEXTS: Mapping[str, str] = {
    "qualified": mark("qualified"),
    "not_yet": mark("not yet"),
    "undetermined": mark("undetermined"),
    "held": mark("held"),
}

STATE_TEXTS: Mapping[str, str] = {
    "waitlisted": mark("waitlisted"),
    "planned": mark("planned"),
    "pushed": mark("pushed"),
    "confirmed": mark("confirmed"),
    "review": mark("review"),
    "withdrawn": mark("withdrawn"),
}

RUN_OUTCOME_TEXTS: Mapping[str, str] = {
    "ok": mark("ok"),
    "partial": mark("partial"),
    "guarded": mark("guarded"),
    "failed": mark("failed"),
}

REQUEST_STATE_TEXTS: Mapping[str, str] = {
    "queued": mark("waits in the queue"),
    "merged": mark("joined to another request"),
    "running": mark("runs"),
    "done": mark("done"),
}

RUN_KIND_TEXTS: Mapping[str, str] = {
    "none": mark("not begun"),
    "plan": mark("plan"),
    "participant": mark("one participant"),
    "full": mark("full"),
    "night": mark("night"),
    "incremental": mark("incremental"),
}

ENROLMENT_TEXTS: Mapping[str, str] = {
    "active": mark("active"),
    "suspended": mark("suspended"),
    "ended": mark("ended"),
}

SCALE_TEXTS: Mapping[str, str] = {"points": mark("points"), "percent": mark("per cent")}

OVERRIDE_TEXTS: Mapping[str, str] = {"admit": mark("admit"), "hold": mark("hold"), "release": mark("release")}

PUSH_KIND_TEXTS: Mapping[str, str] = {
    "enrol": mark("enrolment"),
    "membership": mark("group membership"),
    "group": mark("new group"),
}

PUSH_STATE_TEXTS: Mapping[str, str] = {
    "sending": mark("being sent"),
    "acknowledged": mark("acknowledged"),
    "unknown": mark("no answer yet"),
    "rejected": mark("rejected"),
    "not_sent": mark("not sent"),
    "confirmed": mark("confirmed"),
    "absent": mark("did not arrive"),
}

ORIGIN_TEXTS: Mapping[str, str] = {"pushed": mark("pushed"), "found": mark("found there already")}
"""Who put somebody into the in-class course: this service, or somebody before it."""

ADMISSION_TEXTS: Mapping[str, str] = {
    "rule": mark("qualified"),
    "filled": mark("filled a free seat"),
    "warned": mark("let in with a warning"),
    "override": mark("admitted by a person"),
}
"""By what somebody got a seat."""

CHECK_TEXTS: Mapping[str, str] = {"warn": mark("warn"), "fail": mark("fail")}
"""How a check of the set-up came out that is not ok."""


def word(texts: Mapping[str, str], code: str, language: str) -> str:
    """Return the word for an outcome or state code in ``language`` ("id" or "en"); a code without one as it is."""
    return translate(texts.get(code, code), language)


def check_word(status: str, language: str) -> str:
    """Return the word for how a check came out; "ok" is one in both languages, that of a run is another."""
    return word(CHECK_TEXTS, status, language) if status in CHECK_TEXTS else status
