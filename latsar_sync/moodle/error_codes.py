"""Who must act on one of Moodle's error codes, and how, in the words of an LMS admin."""

from collections.abc import Mapping
from dataclasses import dataclass

from latsar_sync.domain.errors import NOT_CONFIRMED, RecordRejected, SiteRefuses, SiteUnavailable
from latsar_sync.domain.language import _, joined, mark
from latsar_sync.moodle.rights import Right

NO_CRITERIA = "nocriteriaset"
"""What Moodle says of a course without completion criteria: the same to whoever may ask, and about whomever."""
WRONG_ADDRESS = mark(
    "`url` must be the site's exact wwwroot (scheme, host, port and path, as in its config.php); if it is, a firewall, "
    "proxy or login page answers in the site's place."
)
NOT_AS_HTTP = mark(
    "The web server, or a proxy before Moodle, answers wrongly: its admin must mend how it packs answers and tells "
    "their length (Content-Encoding, Content-Length)."
)
COMES_BACK = mark("Nothing to do if it passes; if it stays, the site's web server and PHP logs tell why.")
_ALLOW = mark(
    "Allow {capabilities} in the service account's role (Site administration > Users > Permissions > Define roles; "
    "the role must be assigned in that course)."
)
_GONE = mark("What was asked for does not exist any more in Moodle; the next run reads anew.")
_ACCOUNT = mark("Mend the service account (Site administration > Users > Accounts > Browse list of users):")


@dataclass(frozen=True)
class Remedy:
    """What somebody must do: texts that are said one after another, and the capabilities that they name."""

    texts: tuple[str, ...]
    capabilities: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Say it in the language in use."""
        return joined(*(_(text).format(capabilities=", ".join(self.capabilities)) for text in self.texts))


def _do(*texts: str) -> Remedy:
    return Remedy(texts)


def allow(*capabilities: str) -> Remedy:
    """Return the remedy for rights that the service account lacks."""
    return Remedy((_ALLOW,), capabilities)


ErrorKind = type[SiteUnavailable] | type[SiteRefuses] | type[RecordRejected]

RULES: Mapping[str, tuple[ErrorKind, Remedy]] = {
    # it passes by itself
    "sitemaintenance": (SiteUnavailable, _do(mark("The site is in maintenance mode; the next run tries again."))),
    "upgraderunning": (SiteUnavailable, _do(mark("The site is being upgraded; the next run tries again."))),
    "dbconnectionfailed": (
        SiteUnavailable,
        _do(mark("The site has lost its database; its admin should look if it stays.")),
    ),
    "dmlreadexception": (SiteUnavailable, _do(COMES_BACK)),
    "dmlwriteexception": (SiteUnavailable, _do(mark("Two grade calculations met; it passes."), COMES_BACK)),
    "dmltransactionexception": (SiteUnavailable, _do(COMES_BACK)),
    "locktimeout": (SiteUnavailable, _do(COMES_BACK)),
    "gradesneedregrading": (
        SiteUnavailable,
        _do(mark("The gradebook is being calculated; the next run tries again.")),
    ),
    # token and service
    "invalidtoken": (
        SiteRefuses,
        _do(
            mark(
                "The token is mistyped, was deleted, or expired (Moodle deletes an expired token at its next use): "
                "make a new one at Site administration > Server > Web services > Manage tokens, put it in the old "
                "one's place and restart the daemon, which goes on with the one that it was started with. If the "
                "token is right, the request was larger than the site's PHP post_max_size."
            )
        ),
    ),
    "accessexception": (
        SiteRefuses,
        _do(
            mark(
                "Moodle says the same for each of these: the token expired or is bound to another IP address (Site "
                "administration > Server > Web services > Manage tokens); the service is disabled, lacks this "
                "function, does not list the account as authorised user, or lists it with a `valid until` in the "
                "future, which Moodle reads the wrong way round: leave it empty (Site administration > Server > Web "
                "services > External services); the account lacks webservice/rest:use at system level."
            )
        ),
    ),
    "restrictedcontextexception": (
        SiteRefuses,
        _do(
            mark("Make the token in the system context (Site administration > Server > Web services > Manage tokens).")
        ),
    ),
    # the service account
    "wsaccessusersuspended": (SiteRefuses, _do(_ACCOUNT, mark("it is suspended."))),
    "wsaccessuserdeleted": (SiteRefuses, _do(_ACCOUNT, mark("it was deleted."))),
    "wsaccessuserunconfirmed": (SiteRefuses, _do(_ACCOUNT, mark("it is not confirmed."))),
    "wsaccessusernologin": (SiteRefuses, _do(_ACCOUNT, mark("its authentication method is `nologin`."))),
    "wsaccessuserexpired": (SiteRefuses, _do(_ACCOUNT, mark("its password has expired."))),
    "forcepasswordchangenotice": (
        SiteRefuses,
        _do(_ACCOUNT, mark("it must change its password; take that mark away.")),
    ),
    "nopasswordchangeforced": (SiteRefuses, _do(_ACCOUNT, mark("it must change its password; take that mark away."))),
    "usernotfullysetup": (SiteRefuses, _do(_ACCOUNT, mark("its profile lacks required fields."))),
    "sitepolicynotagreed": (
        SiteRefuses,
        _do(
            _ACCOUNT,
            mark("it has not agreed to the site policy; authentication method `webservice` is exempt from it."),
        ),
    ),
    # its rights
    "nopermissions": (
        SiteRefuses,
        _do(
            mark(
                "Allow the right that the message names in the service account's role (Site administration > Users > "
                "Permissions > Define roles; the role must be assigned in that course)."
            )
        ),
    ),
    "requireloginerror": (
        SiteRefuses,
        allow(Right.COURSE_VIEW, Right.COURSE_VIEWHIDDENCOURSES, Right.MOD_QUIZ_VIEW),
    ),
    "errorcoursecontextnotvalid": (
        SiteRefuses,
        Remedy(
            (mark("The course does not exist, or the account may not enter it."), _ALLOW),
            (Right.COURSE_VIEW, Right.COURSE_VIEWHIDDENCOURSES),
        ),
    ),
    "notingroup": (SiteRefuses, allow(Right.SITE_ACCESSALLGROUPS)),
    "accessdenied": (SiteRefuses, allow(Right.SITE_ACCESSALLGROUPS)),
    "nopermissiontoviewgrades": (SiteRefuses, allow(Right.GRADE_VIEWALL)),
    "cannotviewreport": (
        SiteRefuses,
        Remedy(
            (_ALLOW, mark("The same is said where the course has completion tracking off.")),
            (Right.REPORT_COMPLETION_VIEW,),
        ),
    ),
    "wsusercannotassign": (
        SiteRefuses,
        _do(
            mark(
                "Check `role_id`; let the service account's role assign that role (Site administration > Users > "
                "Permissions > Define roles > Allow role assignments) and allow it moodle/role:assign."
            )
        ),
    ),
    # settings of the course or the site
    NO_CRITERIA: (
        SiteRefuses,
        _do(mark("Set conditions at Course > More > Course completion, or do not read it.")),
    ),
    "wsnoinstance": (
        SiteRefuses,
        _do(mark("Add or enable Manual enrolments at Course > Participants > Enrolment methods.")),
    ),
    "notesdisabled": (
        SiteRefuses,
        _do(
            mark("Enable notes (Site administration > General > Advanced features), or switch the notes off here."),
        ),
    ),
    "disabled": (
        SiteRefuses,
        _do(
            mark(
                "Enable messaging (Site administration > General > Advanced features), or switch the messages off here."
            )
        ),
    ),
    "manualpluginnotinstalled": (
        SiteRefuses,
        _do(mark("Enable Manual enrolments at Site administration > Plugins > Enrolments.")),
    ),
    # one record
    "invaliduser": (
        RecordRejected,
        _do(mark("No such account: it was deleted or merged in Moodle since. The next run looks it up anew.")),
    ),
    "userdeleted": (
        RecordRejected,
        _do(
            mark("The account was deleted in Moodle. If the person has another one, the next run finds it by its NIP.")
        ),
    ),
    NOT_CONFIRMED: (
        RecordRejected,
        _do(mark("The account is not confirmed; confirm it in the list of users.")),
    ),
    "usernotenroled": (
        RecordRejected,
        _do(mark("The person has no active enrolment with a tracked role in the course.")),
    ),
    "invalidrecord": (RecordRejected, _do(_GONE)),
    "invalidrecordunknown": (RecordRejected, _do(_GONE)),
    "codingerror": (
        RecordRejected,
        _do(mark("The call names an account that does not exist or is deleted, or a bad field.")),
    ),
    "invalidparameter": (
        RecordRejected,
        _do(
            mark(
                "A value of the call does not suit Moodle, which names neither value nor reason: among others a name "
                "already taken, or a person who is not enrolled."
            )
        ),
    ),
    "invalidresponse": (
        RecordRejected,
        _do(
            mark(
                "A value stored in the site breaks the whole answer, for instance a `<` in a name, an institution or "
                "an activity: correct it in Moodle."
            )
        ),
    ),
    "idnumbertaken": (RecordRejected, _do(mark("Another group or course has this idnumber; look it up."))),
}
"""errorcode → who must act, and how, in the words of an LMS admin. Unlisted codes reject the record."""

UNLISTED = (RecordRejected, _do(mark("An error this service does not know: show this line to the site's admin.")))

MISSING_ROWS = {
    "external_functions": _do(mark("The Moodle version of this site does not have the function.")),
    "course": _do(mark("The configured course does not exist on this site any more: check `course`.")),
    "quiz": _do(mark("The configured evaluation does not exist any more: check `evaluation`.")),
    "groups": _do(
        mark("The group does not exist any more, or hides its members since; the next run looks for it anew."),
        mark("To see groups that hide their members, allow moodle/course:viewhiddengroups in that course."),
    ),
}
"""What is not there → remedy, where that spoils the call for everybody: as ``invalidrecord`` names the table up to 4.5,
and as ``ambiguous_errors`` finds out since."""
