"""The groups of in-class courses, and one Moodle for both, in whole runs (rule 7)."""

from decimal import Decimal
from pathlib import Path

import pytest
from seen_in_runs import EVALUATION, MOOC, angkatan, enrolled, in_group, nip_of, placed, threshold
from service import PROGRAMME, TOKENS, Service, ServiceFactory, default_angkatan

from latsar_sync.demo import Campus, seed_single_site
from latsar_sync.domain.request import RunOutcome
from latsar_sync.settings import load_settings
from latsar_sync.store.database import Database


def test_two_angkatan_may_share_a_course_with_a_group_each(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=angkatan("II", course="KLS-II") + angkatan("III", course="KLS-II"))

    result = service.first_run()
    again = service.run(full=True)

    assert result.run.outcome is RunOutcome.OK
    for name in ("II", "III"):
        mine = {nip for nip, row in placed(service, "confirmed").items() if row["angkatan"] == name}
        assert in_group(campus, "KLS-II", f"Angkatan {name}") == mine
        assert len(mine) > 5
    assert again.run.counts["pushed"] == 0
    assert len(campus.kelas.course("KLS-II").groups) == 2


def test_a_person_in_the_other_angkatans_group_of_the_course_is_left_there_for_review(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    nip = nip_of("already_own_dates")
    campus.kelas.add_group("KLS-II", "Angkatan III", members=[campus.kelas.user_id(nip)])
    service = make_service(sqlite_url, angkatan=angkatan("II", course="KLS-II") + angkatan("III", course="KLS-II"))

    service.run()

    row = service.roster()[nip]
    assert (row["state"], row["roster_reason"]) == ("review", "target_other_group")
    assert nip in in_group(campus, "KLS-II", "Angkatan III")
    assert nip not in in_group(campus, "KLS-II", "Angkatan II")

    campus.kelas.remove_member("KLS-II", "Angkatan III", campus.kelas.user_id(nip))
    service.run()
    assert service.roster()[nip]["state"] == "confirmed"


@pytest.mark.parametrize(("idnumbers", "told"), [(["siakad:77"], "siakad:77"), (["", ""], "2 groups called")])
def test_a_group_name_taken_under_another_idnumber_or_by_two_groups_stops_that_angkatan_and_no_other(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus, idnumbers: list[str], told: str
) -> None:
    for idnumber in idnumbers:
        campus.kelas.add_group("KLS-II", "Angkatan II", idnumber=idnumber)
    service = make_service(sqlite_url)

    result = service.run()

    assert result.run.outcome is RunOutcome.PARTIAL
    assert any(told in message and "Angkatan II" in message for message in result.run.messages)
    assert in_group(campus, "KLS-II", "Angkatan II") == set()
    assert len(in_group(campus, "KLS-III", "Angkatan III")) > 5
    assert len(in_group(campus, "KLS-I", "Angkatan I")) > 5


def test_a_group_name_taken_in_a_shared_course_stops_only_the_angkatan_of_that_name(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    campus.kelas.add_group("KLS-II", "Angkatan III", idnumber="siakad:77")
    service = make_service(sqlite_url, angkatan=angkatan("II", course="KLS-II") + angkatan("III", course="KLS-II"))

    result = service.run()

    assert result.run.outcome is RunOutcome.PARTIAL
    assert any("siakad:77" in message for message in result.run.messages)
    assert in_group(campus, "KLS-II", "Angkatan III") == set()
    assert len(in_group(campus, "KLS-II", "Angkatan II")) > 5
    three = {nip for nip, row in service.roster().items() if row["angkatan"] == "III"}
    assert three & enrolled(campus, "KLS-II") == set()


def test_a_group_that_a_manager_renamed_is_found_again_by_its_idnumber(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url, angkatan=angkatan("II"))
    service.first_run()
    before = in_group(campus, "KLS-II", "Angkatan II")
    campus.kelas.group("KLS-II", "Angkatan II").name = "Kelas Mawar"
    newcomer = nip_of("score_69_996")
    campus.mooc.set_grade(campus.mooc.user_id(newcomer), campus.mooc.module_named(EVALUATION).cmid, Decimal(90))

    service.run(full=True)

    assert [group.name for group in campus.kelas.course("KLS-II").groups.values()] == ["Kelas Mawar"]
    assert in_group(campus, "KLS-II", "Kelas Mawar") == before | {newcomer}


def test_a_group_without_an_idnumber_is_found_by_its_name_and_not_doubled(
    make_service: ServiceFactory, sqlite_url: str, campus: Campus
) -> None:
    service = make_service(sqlite_url)

    service.first_run()

    groups = campus.kelas.course("KLS-I").groups.values()
    assert [(group.name, group.idnumber) for group in groups] == [("Angkatan I", "")]
    made = campus.kelas.course("KLS-II").groups.values()
    assert [(group.name, group.idnumber) for group in made] == [("Angkatan II", f"latsar:{PROGRAMME}:II")]


# One Moodle for both


def test_mooc_and_courses_may_stand_in_one_moodle(tmp_path: Path) -> None:
    with Campus(seed=seed_single_site) as campus:
        config = tmp_path / "latsar.toml"
        site = f'url = "{campus.mooc.url}"\ntoken_env = "LATSAR_MOOC_TOKEN"\nrequests_per_second = 1000\n'
        config.write_text(
            f'database_url = "sqlite:///{tmp_path / "latsar.db"}"\n[sites.mooc]\n{site}[sites.kelas]\n{site}'
            f'[[programmes]]\nid = "{PROGRAMME}"\ntitle = "Latsar"\n'
            f'[programmes.source]\nkind = "moodle"\nsite = "mooc"\ncourse = "{MOOC}"\n'
            f"[programmes.evaluation]\n{threshold('70')}\n{default_angkatan()}",
            encoding="utf-8",
        )
        service = Service(config, load_settings(config, TOKENS), Database(f"sqlite:///{tmp_path / 'latsar.db'}"))
        service.database.upgrade()

        first, second = service.run(), service.run()

        in_class = {
            campus.mooc.users[user_id].idnumber for user_id in campus.mooc.group("KLS-II", "Angkatan II").members
        }
        mine = {nip for nip, row in placed(service, "confirmed").items() if row["angkatan"] == "II"}
        service.database.close()

    assert (first.run.outcome, second.run.outcome) == (RunOutcome.OK, RunOutcome.OK)
    assert first.run.counts["confirmed"] > 40
    assert second.run.counts["pushed"] == 0
    assert in_class == mine
