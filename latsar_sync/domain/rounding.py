"""Numbers of the LMS at the five places that Moodle keeps (rule 1)."""

from decimal import ROUND_HALF_UP, Decimal

FIVE_PLACES = Decimal("0.00001")


def quantise(number: Decimal) -> Decimal:
    """Return ``number`` half-up at Moodle's five places, so that a float's 69.995999999999995 is 69.99600 again.

    Moodle keeps no more places: what is beyond them is noise of the answer.

    Source: ``grade_grades.finalgrade`` is NUMERIC(10,5) (Moodle ``lib/db/install.xml``); rule 1.
    """
    return number if number.same_quantum(FIVE_PLACES) else number.quantize(FIVE_PLACES, rounding=ROUND_HALF_UP)
