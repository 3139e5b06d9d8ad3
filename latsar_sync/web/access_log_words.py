"""What the access log calls by codes, in words: who looked at whom, and what was done."""

from collections.abc import Mapping

from latsar_sync.domain.language import _, mark

TEXTS: Mapping[str, str] = {
    "people": mark("looked at a list of people"),
    "participants": mark("looked at a list of people"),
    "person": mark("looked at one person"),
    "explain": mark("looked at one person"),
    "personal data": mark("looked at all data of one person"),
    "roster": mark("looked at a roster"),
    "class": mark("looked at an in-class course"),
    "priority": mark("looked at who is preferred"),
    "clearances": mark("looked at documents"),
    "clearance": mark("documents that somebody must have"),
    "messages": mark("looked at messages"),
    "messages next": mark("looked at the next messages"),
    "message": mark("looked at messages"),
    "plan": mark("looked at what a run would do"),
    "run": mark("looked at a run"),
    "preview": mark("looked at what a held run would send"),
    "accept": mark("accepted what a held run found"),
    "threshold": mark("tried or recorded a threshold"),
    "threshold preview": mark("tried a threshold"),
    "threshold set": mark("recorded a threshold"),
    "export": mark("downloaded a file"),
    "import": mark("imported a file, or looked at one"),
    "import confirm": mark("confirmed imported scores"),
    "file": mark("handled a received file"),
    "layout": mark("taught the columns of a file"),
    "certificate": mark("looked at a certificate"),
    "certificates": mark("looked at certificates"),
    "certificate add": mark("handed in certificates"),
    "certificate confirm": mark("confirmed a certificate"),
    "certificate reject": mark("rejected a certificate"),
    "approve": mark("approved places"),
    "finalise": mark("finalised a roster"),
    "amend": mark("amended a finalised roster"),
    "clearance add": mark("recorded a document"),
    "clearance revoke": mark("revoked a document"),
    "chase": mark("mailed lists to institutions"),
    "notices": mark("looked at messages"),
    "notices chase": mark("mailed lists to institutions"),
    "hold": mark("held people back"),
    "release": mark("released people"),
    "admit": mark("admitted people against the rule"),
    "override": mark("decided about people"),
    "move": mark("moved people to another angkatan"),
    "place": mark("gave people a place"),
    "remind": mark("reminded people"),
    "sync": mark("asked for a run"),
    "stop": mark("stopped a run"),
    "identity": mark("corrected who somebody is"),
    "retention": mark("looked at what is due"),
    "retention apply": mark("destroyed what was due"),
    "erase": mark("erased a person"),
    "db": mark("made a backup"),
}
"""By the code of an action, or its first word: what follows is a number, a form or a scope."""


def access_text(code: str) -> str:
    """Say in words what an entry of the access log is about; a code that is not known is shown as it is."""
    text = TEXTS.get(code) or TEXTS.get(code.split(" ", 1)[0])
    return _(text) if text else code
