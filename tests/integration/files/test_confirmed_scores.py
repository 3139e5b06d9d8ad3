"""Imported scores count once a second person confirmed them, and whoever is to confirm sees what."""

import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest
from imported_files import (
    CONFIRMER,
    IMPORTER,
    PEOPLE,
    confirmed,
    import_people,
    import_scores,
    people_file,
    scores_file,
    told,
)
from service import PROGRAMME, Command, Service
from sqlalchemy import text

from latsar_sync.actions.action_transaction import Sent
from latsar_sync.actions.overrides import approve, decide
from latsar_sync.actions.scores import confirm_scores
from latsar_sync.cli.context import now
from latsar_sync.domain.actions import OverrideKind
from latsar_sync.domain.errors import UsageError
from latsar_sync.files.import_request import ImportRequest
from latsar_sync.files.importing import import_scores as take_scores
from latsar_sync.store import check
from latsar_sync.store.accounts import account_of_token, find_account


def test_whoever_imported_cannot_confirm_and_nobody_confirms_what_is_no_score(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    listed = import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    applied = import_scores(command, service, scores_file(tmp_path, {PEOPLE[0]: "80"}), "--apply")
    number = applied["import_id"]

    same = told(command, service, "import", "confirm", number, "--by", " siti  AMINAH ", code=2)
    unknown = told(command, service, "import", "confirm", 99, "--by", CONFIRMER, code=2)
    people = told(command, service, "import", "confirm", listed["import_id"], "--by", CONFIRMER, code=2)
    unconfirmed = service.count("score_confirmations")
    first = told(command, service, "import", "confirm", number, "--by", CONFIRMER)
    again = told(command, service, "import", "confirm", number, "--by", "Ratna")

    assert "Siti Aminah imported these scores and cannot confirm them." in same["error"]
    assert "There is no import 99." in unknown["error"]
    assert "it needs no confirmation" in people["error"]
    assert unconfirmed == 0
    assert (first["confirmed"], again["confirmed_by"]) == (1, CONFIRMER)
    assert service.count("score_confirmations") == 1


def test_a_second_name_typed_at_the_same_keyboard_is_no_second_person(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    applied = import_scores(command, service, scores_file(tmp_path, {PEOPLE[0]: "80"}), "--apply")
    own = service.token_of(IMPORTER)

    answers = []
    for token in ("", "latsar_guessed", own):
        with patch.dict(os.environ, {"LATSAR_ACCOUNT_TOKEN": token}):
            code, _said, told = command(service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)
        answers.append((code, "latsar-sync user token 'Budi Santoso'," in told))
    with patch.dict(os.environ, {"LATSAR_ACCOUNT_TOKEN": service.token_of(CONFIRMER, by=IMPORTER)}):
        code, _said, told = command(service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)

    assert answers == [(2, True)] * 3
    assert (code, "made the token by which they would be confirmed" in told) == (2, True)
    assert service.count("score_confirmations") == 0


def test_whoever_made_the_token_by_which_scores_were_sent_neither_confirms_them_nor_approves_by_them(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    """Whoever made it may have been both."""
    service = by_files(sqlite_url, programme='push = "confirmed"\nsecond_person = true')
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    service.token_of("Wati")
    token = service.token_of("Tata", by="Wati")
    with service.database.reading() as connection:
        tata, wati = account_of_token(connection, token), find_account(connection, "Wati")
    assert tata is not None
    assert wati is not None
    request = ImportRequest(scores_file(tmp_path, {PEOPLE[0]: "80"}), PROGRAMME, True, tata.name, token_of="Wati")
    number = take_scores(service.settings, service.database, request, now).import_id
    assert number is not None
    service.token_of("Tata")  # made anew by somebody else: who sent the scores stays as it was

    with pytest.raises(UsageError, match="Wati made the token by which Tata imported these scores, and cannot confirm"):
        confirm_scores(service.settings, service.database, now, number, wati)
    told(command, service, "import", "confirm", number, "--by", CONFIRMER)
    who, sent = service.participants()[PEOPLE[1]]["participant_id"], Sent(token_of="Wati")
    decide(service.settings, service.database, now, PROGRAMME, who, OverrideKind.ADMIT, "SK 1", tata.name, None, sent)
    service.run()

    approved = [
        approve(service.settings, service.database, now, PROGRAMME, None, by).number for by in ("Wati", "Tata", "Rina")
    ]
    assert approved == [0, 0, 2]


def test_whoever_imported_the_scores_of_either_account_of_a_person_does_not_approve_their_place(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url, programme='push = "confirmed"\nsecond_person = true')
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    number = import_scores(command, service, scores_file(tmp_path, {PEOPLE[1]: "80"}), "--apply")["import_id"]
    told(command, service, "import", "confirm", number, "--by", CONFIRMER)
    why = ("--although-different", "--reason", "satu orang", "--by", "Rina")
    told(command, service, "identity", "merge", PEOPLE[0], PEOPLE[1], *why)
    service.run()

    approved = [
        approve(service.settings, service.database, now, PROGRAMME, None, by).number
        for by in (IMPORTER, CONFIRMER, "Rina")
    ]

    assert approved == [0, 0, 1]


def test_a_score_confirmed_after_its_number_left_the_list_counts_for_whom_that_is_merged_into(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    """As where an office corrects a number, and the second person confirms what was told of the old one afterwards."""
    service, (old, new, *_others) = by_files(sqlite_url), PEOPLE
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    number = import_scores(command, service, scores_file(tmp_path, {old: "80"}), "--apply")["import_id"]
    service.run()
    import_people(command, service, people_file(tmp_path, PEOPLE[1:], "x.xlsx"), "--apply")
    service.run()
    told(command, service, "import", "confirm", number, "--by", CONFIRMER)
    told(command, service, "identity", "merge", new, old, "--reason", "satu", "--by", "Rina", "--although-different")

    service.run()

    assert (service.participants()[new]["outcome"], service.roster()[new]["state"]) == ("qualified", "confirmed")


def test_a_corrected_score_counts_once_confirmed_and_a_replaced_one_never(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    nip = PEOPLE[0]
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    numbers = [
        import_scores(command, service, scores_file(tmp_path, {nip: score}, f"{score}.csv"), "--apply")["import_id"]
        for score in ("90", "60")
    ]

    late = told(command, service, "import", "confirm", numbers[0], "--by", CONFIRMER, code=2)
    told(command, service, "import", "confirm", numbers[1], "--by", CONFIRMER)
    service.run()
    low = service.participants()[nip]["outcome"]
    third = import_scores(command, service, scores_file(tmp_path, {nip: "95"}, "95.csv"), "--apply")
    service.run()
    waiting = service.participants()[nip]["outcome"]
    told(command, service, "import", "confirm", third["import_id"], "--by", CONFIRMER)
    service.run()
    listed = told(command, service, "import", "list")

    assert third["changed"][0]["score_before"] == "60.00000"
    assert "A newer file replaced every score" in late["error"]
    assert (low, waiting, service.participants()[nip]["outcome"]) == ("not_yet", "not_yet", "qualified")
    assert [(each["scores"], each["confirmed"], each["awaiting"], each["replaced"]) for each in listed] == [
        (0, 0, 0, 0),
        (1, 0, 0, 1),
        (1, 1, 0, 0),
        (1, 1, 0, 0),
    ]


def test_a_score_of_another_range_is_judged_by_its_own_in_per_cent_and_not_at_all_in_points(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    """What stands on paper does not change with the evaluation: 80 of 100 are not 80 of 200."""
    service, nip = by_files(sqlite_url), PEOPLE[0]
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    scores = scores_file(tmp_path, {nip: "80"})
    confirmed(command, service, import_scores(command, service, scores, "--apply")["import_id"])
    service.run()
    before = service.participants()[nip]["outcome"]

    wider = by_files(sqlite_url, maximum=200)
    held = wider.run()
    wider.run(accept=True, by="Rina")
    judged = wider.participants()[nip]
    told(command, wider, "threshold", "set", 40, "--scale", "percent", "--legal-basis", "SK 2", "--by", "Rina")
    wider.run()
    by_share = wider.participants()[nip]

    assert ([each.code for each in held.run.findings], before) == (["evaluation_changed"], "qualified")
    assert judged["outcome"] == "undetermined"
    ranges = {"least": "0.00000", "greatest": "100.00000", "lowest": "0.00000", "highest": "200.00000"}
    assert judged["reasons"] == [["import_range_differs", ranges]]
    assert (by_share["outcome"], by_share["score"]) == ("qualified", Decimal(80))
    assert import_scores(command, wider, scores)["changed"]


def test_who_is_to_confirm_sees_what_and_the_screens_fit_80_columns(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    nothing = command(service, "import", "list")[1]
    people, scores = people_file(tmp_path, PEOPLE), scores_file(tmp_path, {PEOPLE[0]: "80", PEOPLE[1]: ""})
    words = ("--programme", PROGRAMME, "--by", IMPORTER, "--apply")
    screens = [
        command(service, "import", "participants", people, *words)[1],
        command(service, "import", "participants", people_file(tmp_path, PEOPLE[1:], "x.xlsx"), *words)[1],
        command(service, "import", "participants", people, *words)[1],
        command(service, "import", "scores", scores, *words)[1],
        command(service, "import", "scores", scores, *words)[1],
        command(service, "import", "show", "4")[1],
        command(service, "import", "show", "1")[1],
        confirmed(command, service, "4"),
        command(service, "import", "list")[1],
    ]
    service.run()
    screens.append(command(service, "explain", PEOPLE[0])[1])
    shown = told(command, service, "import", "show", "4")
    missing = told(command, service, "import", "show", "99", code=2)

    assert "Nothing has been imported yet." in nothing
    assert all(len(line) <= 80 for screen in screens for line in screen.splitlines())
    assert "Recorded as import 1 by Siti Aminah." in screens[0]
    assert "5 changed, 1 no longer listed" in screens[1]
    assert "(listed again)" in screens[2]
    assert "import confirm 4 --by NAME" in screens[3]
    assert "nothing changes" in screens[4]
    assert "80" in screens[5]
    assert "list of participants" in screens[6]
    assert "2 scores of import 4 are confirmed by Budi Santoso" in screens[7]
    assert "2 confirmed by Budi Santoso" in screens[8]
    assert "imported list, number 1" in screens[9]
    assert "import 4: 80 of 100, nilai.csv" in " ".join(screens[9].split())
    assert [(each["nip"], each["score"], each["confirmed_by"]) for each in shown["lines"]] == [
        (PEOPLE[0], "80.00000", CONFIRMER),
        (PEOPLE[1], None, CONFIRMER),
    ]
    assert "There is no import 99." in missing["error"]


def test_of_very_many_changes_the_screen_shows_the_first_and_tells_where_the_others_are(
    by_files: Callable[..., Service],
    sqlite_url: str,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    service = by_files(sqlite_url)
    monkeypatch.setattr("latsar_sync.cli.screens.imports.MOST_SHOWN", 2)

    people = command(service, "import", "participants", people_file(tmp_path, PEOPLE), "--programme", PROGRAMME)[1]

    assert people.count("Orang") == 2
    assert "… and 4 more; all of them with --json." in people


def test_the_checker_finds_a_score_that_its_importer_confirmed_and_one_that_nobody_did(
    by_files: Callable[..., Service], sqlite_url: str, command: Command, tmp_path: Path
) -> None:
    service = by_files(sqlite_url)
    import_people(command, service, people_file(tmp_path, PEOPLE), "--apply")
    applied = import_scores(command, service, scores_file(tmp_path, dict.fromkeys(PEOPLE[:2], "80")), "--apply")
    told(command, service, "import", "confirm", applied["import_id"], "--by", CONFIRMER)
    service.run()
    with service.database.writing() as connection:
        for trigger in ("no_update", "no_delete"):
            connection.execute(text(f"DROP TRIGGER score_confirmations_{trigger}"))
        connection.execute(text("DELETE FROM score_confirmations WHERE rowid = 1"))
        connection.execute(text(f"UPDATE score_confirmations SET by = '{IMPORTER}'"))

    with service.database.reading() as connection:
        found = [each.code for each in check.check_records(connection, {})]

    assert found == ["ledger_unprotected", "import_confirmed_alone", "import_unconfirmed"]
