"""Why a line of an office's table is rejected, and what is told of one that is taken: a code and its sentence."""

from collections.abc import Mapping

from latsar_sync.domain.language import mark

REJECTIONS: Mapping[str, str] = {
    "nip_missing": mark("There is no NIP. If it is a total or a signature, delete the line."),
    "nip_invalid": mark("This is no NIP: {detail}."),
    "nip_repeated": mark("The same NIP stands in line {other}."),
    "nip_shared": mark("More than one participant of the programme carries this NIP."),
    "not_a_participant": mark("Nobody in the programme has this NIP."),
    "name_missing": mark("There is no name."),
    "name_unreadable": mark("This is no name."),
    "name_conflict": mark("In the programme this NIP belongs to somebody of another name. Check both."),
    "name_of_another": mark("This is the name of another participant, and not of the one with this NIP. Check both."),
    "angkatan_missing": mark("There is no angkatan."),
    "angkatan_unknown": mark('"{shown}" is none of the programme\'s angkatan: {known}.'),
    "place_missing": mark("There is no place."),
    "place_unknown": mark('"{shown}" is none of the programme\'s places: {known}.'),
    "account_missing": mark("There is no user id."),
    "account_unreadable": mark('"{shown}" is no user id: it is the number in the address of the account\'s profile.'),
    "account_repeated": mark("The same account stands in line {other}."),
    "site_unclear": mark("The programme fills several sites: it is not clear on which one the account is."),
    "score_unreadable": mark('"{shown}" is no score. Write it like 70 or 69,5.'),
    "score_ambiguous": mark('"{shown}" can be read in two ways. Write it without a separator of thousands.'),
    "score_share_or_percent": mark('"{shown}" may be a share or a per cent. Write it as points.'),
    "score_too_precise": mark('"{shown}" has more than five decimal places. Round it in the file, as the rule says.'),
    "score_out_of_range": mark('"{shown}" lies outside {minimum} to {maximum}.'),
    "date_unreadable": mark('"{shown}" is no date. Write it like 12 April 2026 or 12/04/2026, day before month.'),
    "days_swapped": mark(
        "Day and month may have changed places here: other lines have days above 12 as text, all dates of the "
        "spreadsheet days up to 12. Format the column as text, and write all its dates alike."
    ),
    "date_in_future": mark("{shown} lies in the future."),
    "date_implausible": mark("{shown} lies before {minimum}: what a program writes that knows no date."),
    "materials_unreadable": mark('"{shown}" does not say how much is done. Write 11/12, ya or belum.'),
    "materials_beyond_total": mark('"{shown}" is more than there is.'),
    "materials_total_differs": mark("The other lines have {usual} activities, this one has {total}."),
    "became_date": mark("A spreadsheet made a date of it. Format the column as text and write it again."),
    "cell_error": mark("The cell shows the error {shown}."),
    "formula_without_value": mark("The formula was never computed. Open the file in a spreadsheet and save it again."),
    "struck_out": mark(
        "It is struck out in the spreadsheet. If it counts, take that back; if not, delete the line or the text."
    ),
    "not_shown": mark(
        "The cell holds something that its looks hide or show as something else. Show it as it is, or empty the cell."
    ),
    "titles_again": mark(
        "This line holds titles, not a person. Give each column one title, in one line; put another table into a file "
        "of its own."
    ),
    "breaks_off": mark("The line breaks off: it has {total} cells of {usual} and no line end. Copy the file again."),
    "cut_off": mark(
        "The file ends in this cell without a line end, so that it may be cut off. Look at it; if it is whole, begin a "
        "new line after it and save the file again."
    ),
    "too_many_cells": mark("The line has more cells than the header; a comma in it must stand in quotes."),
}
WARNINGS: Mapping[str, str] = {
    "age_unusual": mark("By the NIP {age} years old when appointed; candidates are 18 to 40."),
    "name_differs": mark("In the programme whoever has this NIP is called otherwise. Look whether it is one person."),
    "score_shown_rounded": mark(
        "The sheet shows {shown} and holds {meant}: what it holds counts, rounding decides nothing."
    ),
    "nip_nearly_repeated": mark("The same name has nearly the same NIP in line {other}. Look whether one is mistyped."),
    "name_moved": mark(
        "This name stood beside another NIP of the list before. Was a column sorted alone? Look whose NIP it is."
    ),
    "email_unusable": mark("This is no e-mail address; it is left out."),
    "no_angkatan": mark("There is no angkatan: no seat until one is given."),
    "another_table": mark(
        "The titles come again here, below words of their own. Whoever stands there counts as one of this list: if it "
        "is another one (reserves, who withdrew), put it into a file of its own."
    ),
    "another_nip": mark(
        "Somebody of this name, or nearly this NIP, is off the list now: perhaps the same person under another NIP. "
        "Whoever has a place keeps it; this line gets none until somebody says whether they are one person."
    ),
    "encoded_twice": mark('"{shown}" was saved in a wrong encoding; it should read "{meant}". Correct the file.'),
}
