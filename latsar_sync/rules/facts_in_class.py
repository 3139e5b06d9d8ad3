"""What is true of one person in the in-class course as read: the facts by their names, each with what it says. Pure.

By which of them an entry becomes what, the cases of ``entry_against_course`` tell.
"""

from typing import Any, NamedTuple

from latsar_sync.domain.entry import Admission, Entry, Origin
from latsar_sync.domain.in_class import AccountInClass, Angkatan, CourseAsRead, Enrolled


class FactsInClass(NamedTuple):
    """An entry and the course of its angkatan as read: what is true of the person, by the account that is followed.

    That is the ``target_user_id`` of the entry; it may be none, or turn out to be somebody else's.
    """

    entry: Entry
    account_key: str | None
    angkatan: Angkatan
    course: CourseAsRead
    accounts: tuple[AccountInClass, ...]
    """Those of the site that carry the person's account key."""
    followed_there: Enrolled | None
    """The account that is followed, as seen in the course."""
    group: int | None
    """The group of their angkatan, as it stands in the course now."""

    @classmethod
    def of(cls, entry: Entry, account_key: str | None, angkatan: Angkatan, course: CourseAsRead) -> "FactsInClass":
        """Return what is true of a person; what nearly each case asks is looked up once."""
        accounts, seen = course.accounts.get(account_key or "", ()), course.enrolled.get(entry.target_user_id or 0)
        return cls(entry, account_key, angkatan, course, accounts, seen, course.groups.get(angkatan.id))

    def in_this_course(self, **changes: Any) -> Entry:
        """Return the entry in this course, with these changes."""
        course = self.course
        return self.entry.having(
            site=course.site, course_id=course.course_id, course=course.shortname, group=self.angkatan.group, **changes
        )

    def following(self, user_id: int, **changes: Any) -> "FactsInClass":
        """Return what is true by another account that is followed from now on."""
        entry = self.entry.having(target_user_id=user_id, **changes)
        return self if entry is self.entry else FactsInClass.of(entry, self.account_key, self.angkatan, self.course)

    # whose account it is

    @property
    def why_no_account(self) -> str | None:
        """Why there is no account by which the person could be sent; None where there is one."""
        if len(self.accounts) == 1:
            return self.accounts[0].trouble
        return "target_account_ambiguous" if self.accounts else "target_account_missing"

    @property
    def followed_is_theirs(self) -> bool:
        """Whether the account that is followed carries the account key: what was not read is no proof against it.

        The list of the course tells it in every run, the look-up of accounts wherever there was one.
        """
        followed, course = self.entry.target_user_id or 0, self.course
        if self.account_key is None or self.their_followed_account:
            return True
        nip_by_account = course.nip_by_account.get(self.angkatan.target_key)
        if nip_by_account is not None and self.followed_there:
            return nip_by_account.get(followed) == self.account_key
        return self.account_key not in course.accounts

    @property
    def their_followed_account(self) -> AccountInClass | None:
        """The account that is followed, as the site has it; None unless it carries the account key."""
        for account in self.accounts:
            if account.user_id == self.entry.target_user_id:
                return account
        return None

    # where they were seen

    @property
    def own_account_there(self) -> Enrolled | None:
        """The one account that carries the account key, as seen in the course, also where it cannot be used."""
        return self.course.enrolled.get(self.accounts[0].user_id) if len(self.accounts) == 1 else None

    @property
    def own_usable_account_there(self) -> Enrolled | None:
        """The one account by which the person could be sent, as seen in the course."""
        return None if self.why_no_account else self.own_account_there

    @property
    def person_there(self) -> Enrolled | None:
        """The person as seen in the course: by the account that is followed if it is theirs, else by their own."""
        return self.followed_there if self.followed_there and self.followed_is_theirs else self.own_usable_account_there

    @property
    def perhaps_there(self) -> bool:
        """Whether one of several accounts that carry the account key is active in the course."""
        there = (self.course.enrolled.get(each.user_id) for each in self.accounts)
        return len(self.accounts) > 1 and any(each.active for each in there if each)

    # how they are there

    @property
    def active(self) -> bool:
        """Whether they are in the course, and active."""
        return self.followed_there is not None and self.followed_there.active

    @property
    def must_have_been_active(self) -> bool:
        """Whether their enrolment was active, since we sent it or they were confirmed: a manager ended it if it is not.

        Whoever a person admits again begins anew: that one ended it is known then.
        """
        return not self.entry.lifted and (self.sent_by_us or self.entry.group_id is not None)

    @property
    def sent_by_us(self) -> bool:
        """Whether a push of ours brought them there."""
        return self.entry.origin is Origin.PUSHED

    @property
    def trouble_of_account(self) -> str | None:
        """What is known against the account that is followed."""
        account = self.their_followed_account
        return account.trouble if account else None

    @property
    def in_their_role(self) -> bool:
        """Whether they have the role of participants."""
        return self.followed_there is not None and self.angkatan.role_id in self.followed_there.role_ids

    @property
    def in_their_group(self) -> bool:
        """Whether they are in the group of their angkatan."""
        return self.followed_there is not None and self.group in self.followed_there.group_ids

    @property
    def in_a_wrong_group(self) -> bool:
        """Whether they are in another configured group; whom a person admitted may be in one beside their own."""
        course, elsewhere = self.course, self.followed_there.group_ids - {self.group} if self.followed_there else ()
        configured = any(each in course.groups.values() or each in course.groups_of_others for each in elsewhere)
        admitted_beside_it = self.entry.admission is Admission.OVERRIDE and self.in_their_group
        return configured and not admitted_beside_it

    @property
    def were_in_their_group(self) -> bool:
        """Whether they were seen in that group before."""
        group_before = self.entry.group_id
        return self.entry.reason == "target_group_left" or (group_before is not None and group_before == self.group)
