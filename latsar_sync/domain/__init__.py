"""The words: plain frozen values, reason codes, NIP, errors, language, and how very many of them are held.

What one person is called on the way from the source to the confirmed seat, and who makes the next of the other:

==============  ======================  ==========================================================================
Person          domain.participant      moodle.course_people, of an account as the MOOC's list shows it
Participant     domain.participant      rules.people_as_read: that person, with a checked NIP and an internal id
Evidence        domain.evidence         rules.kept_from_before ``evidence_of``: what was read, else what was known
Decision        domain.decision         rules.deciding ``decide``: what the evidence comes to, with its reasons
Record          domain.records          rules.records_after_reading: these three, with their versions; that is stored
Standing        domain.decision         rules.records_after_reading ``standing_of``: as much of it as places them
Entry           domain.entry            rules.order_of_seats ``give_seats``: their line on the roster; stored too
Entrant         run.seats_by_courses    their entry on the way into the course as read, with the next write it needs
Push            store.pushes            run.settling: one write, written down before it is sent
==============  ======================  ==========================================================================

What Moodle's answers hold of them stands in ``moodle.payloads`` (EnrolledUser, UserGrades), ``domain.evidence`` (Grade,
Materials) and ``domain.in_class`` (Enrolled).

After a push the course is read again, and ``rules.entry_against_course`` makes the entry ``confirmed``.
The way is told in docs/architecture.md.

It must not know anything else of the service, nor I/O, nor a clock.
"""
