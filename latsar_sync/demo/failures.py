"""Moodle's failures as a caller sees them: exception class, errorcode and message, as recorded.

What is raised is what Moodle 4.3 answers; ``as_told_by`` makes of it what another version says.
"""

from __future__ import annotations

from latsar_sync.demo.versions import MoodleVersion, exception_class

MISSING_ROW = "dml_missing_record_exception"


class MoodleError(Exception):
    """A failure Moodle answers with HTTP 200 and {exception, errorcode, message}."""

    def __init__(self, exception: str, errorcode: str, message: str, module: str = "moodle") -> None:
        """Take the PHP class name, the errorcode, the English message and the module of Moodle's help link."""
        super().__init__(errorcode)
        self.exception = exception
        self.errorcode = errorcode
        self.message = message
        self.module = module

    def as_told_by(self, moodle: MoodleVersion) -> MoodleError:
        """The failure in the words of this Moodle."""
        if self.exception == MISSING_ROW and not moodle.names_what_is_missing:
            return missing_record()
        return MoodleError(exception_class(moodle, self.exception), self.errorcode, self.message, self.module)

    def answer(self) -> dict[str, object]:
        """The JSON object of webservice/rest/locallib.php, without debuginfo (site debugging is off)."""
        return {"exception": self.exception, "errorcode": self.errorcode, "message": self.message}


def invalid_parameter() -> MoodleError:
    """Nearly every bad input: Moodle names the reason only in debuginfo."""
    return MoodleError("invalid_parameter_exception", "invalidparameter", "Invalid parameter value detected", "debug")


def missing_record(table: str = "") -> MoodleError:
    """A looked-up row is not there; of one looked up in several tables none is named."""
    if not table:
        message = "Can't find data record in database."
        return MoodleError(MISSING_ROW, "invalidrecordunknown", message)
    message = f"Can't find data record in database table {table}."
    return MoodleError(MISSING_ROW, "invalidrecord", message)


def invalid_user() -> MoodleError:
    """A user id that does not exist (core_user::get_user with MUST_EXIST)."""
    return MoodleError(MISSING_ROW, "invaliduser", "Invalid user")


def not_accessible() -> MoodleError:
    """The account cannot enter the course or the activity (require_login)."""
    return MoodleError("require_login_exception", "requireloginerror", "Course or activity not accessible.")


def course_context_not_valid(course_id: int, reason: str) -> MoodleError:
    """The same as wrapped by the enrolment, group and contents functions."""
    message = (
        f"You cannot execute functions in the course context (course id:{course_id}). "
        f"The context error message was: {reason}"
    )
    return MoodleError("moodle_exception", "errorcoursecontextnotvalid", message)


def no_permission(what: str) -> MoodleError:
    """A capability is missing; `what` is the capability's English name."""
    message = f"Sorry, but you do not currently have permissions to do that ({what})."
    return MoodleError("required_capability_exception", "nopermissions", message)


def invalid_response() -> MoodleError:
    """A stored value that its declared type would alter, a `<` in a name for instance, breaks the whole answer."""
    return MoodleError("invalid_response_exception", "invalidresponse", "Invalid response value detected", "debug")


def write_failed() -> MoodleError:
    """A value that a column cannot hold, and what a second reading of grades gets while the first one is regrading."""
    return MoodleError("dml_write_exception", "dmlwriteexception", "Error writing to database")


def access_exception() -> MoodleError:
    """Expired token, IP restriction, disabled service, function outside the service, no webservice/rest:use."""
    return MoodleError("webservice_access_exception", "accessexception", "Access control exception", "webservice")


def coding_error(detail: str) -> MoodleError:
    """Moodle's coding_exception, with its fixed beginning."""
    message = f"Coding error detected, it must be fixed by a programmer: {detail}"
    return MoodleError("coding_exception", "codingerror", message, "debug")


def moodle_error(errorcode: str, message: str) -> MoodleError:
    """A plain moodle_exception."""
    return MoodleError("moodle_exception", errorcode, message)
