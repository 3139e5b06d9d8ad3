"""Two angkatan in one in-class course, one named by its shortname, the other by its idnumber: both are allowed."""

from service import ServiceFactory, default_angkatan

from latsar_sync.demo import Campus
from latsar_sync.domain.request import RunOutcome


def test_each_angkatan_is_sent_once_and_the_run_is_not_called_partial(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.course("KLS-I").idnumber = "KELAS-SATU"
    both = default_angkatan().replace('course = "KLS-II"\n', 'course = "KELAS-SATU"\n')
    service = make_service(sqlite_url, angkatan=both)

    result = service.run()

    assert (result.run.outcome, result.problems) == (RunOutcome.OK, ())
    groups = {group.name: len(group.members) for group in campus.kelas.course("KLS-I").groups.values()}
    assert groups["Angkatan I"] > 20
    assert groups["Angkatan II"] > 20
