"""Which records the outbox looks at tonight: those that changed, those whose day has come, and those that are public in
a standard that the channel no longer uses. Found by the store.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import zip_longest
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, exists, false, func, or_, select

from credit_sync.publishing.outbox import HANDED_OVER, Action, Outbox, State
from credit_sync.publishing.publicity import last_decision_over
from credit_sync.records import LicenceState, RecordKind
from credit_sync.store.schema import RECORD_TABLES, batch, credit_repair, submission

_REPLACED = (State.PENDING, State.INVALID, State.HELD, State.REJECTED)
"""States in which an addition or correction has not gone out."""


def to_look_at(outbox: Outbox) -> Any:
    """Ids of the records that may call for a submission."""
    record = RECORD_TABLES[outbox.kind]
    called = (_new_version(outbox, record), day_has_come(outbox, record), _in_another_edition(outbox, record))
    return select(record.c.id).where(or_(*called))


def known_by(record: Table, number: str) -> ColumnElement[bool]:
    """The records that people call by a number: that of the document, or that of the licence."""
    named = [record.c[name] == number for name in ("document_number", "licence_number") if name in record.c]
    return or_(*named)


def to_publish(outbox: Outbox, record: Table) -> ColumnElement[bool]:
    """Records that belong to the public today: there, within what the standard takes, their publicity not over."""
    wanted = and_(record.c.removed_at.is_(None), ~_publicity_over(outbox, record))
    if only := outbox.table.only:
        wanted = and_(wanted, record.c[only.field].in_(only.values))
    return wanted


def day_has_come(outbox: Outbox, record: Table) -> ColumnElement[bool]:
    """Records of which something was sent that time has overtaken, and that nobody has looked at since.

    A penalty's day can also be put off again: a credit repair corrected, a period made longer, a clock set right that
    was ahead. By such a clock a licence may have ended, too.
    """
    if outbox.kind is RecordKind.PENALTY:
        over = and_(_publicity_over(outbox, record), or_(_to_withdraw(outbox, record), _to_leave(outbox, record)))
        return or_(over, and_(to_publish(outbox, record), _ended_too_early(outbox, record)))
    today = outbox.reporting.on
    still_valid = or_(record.c.state == LicenceState.VALID.value, record.c.state_since > today)
    expired = and_(still_valid, record.c.valid_to < today)
    ended = and_(record.c.state != LicenceState.VALID.value, record.c.state_since <= today)
    seen = _one(outbox, record)
    made_on = func.date(submission.c.created_at)
    tomorrow = datetime.combine(max(today, date.today()) + timedelta(days=1), time())  # a run may be of a past day
    ahead = submission.c.created_at >= tomorrow
    return and_(
        record.c.removed_at.is_(None),
        seen,
        or_(
            and_(expired, ~_one(outbox, record, made_on > record.c.valid_to, ~ahead)),
            and_(ended, ~_one(outbox, record, made_on >= record.c.state_since, ~ahead)),
            _sent_later(outbox, record, tomorrow),
        ),
    )


def _sent_later(outbox: Outbox, record: Table, tomorrow: datetime) -> ColumnElement[bool]:
    """Its last submission was sent by a clock that was ahead."""
    later = select(batch.c.id).where(batch.c.channel == outbox.channel, batch.c.made_at >= tomorrow)
    last = _one(outbox, record, submission.c.id == _last(outbox, record), submission.c.batch.in_(later))
    return and_(later.exists(), last)


def _new_version(outbox: Outbox, record: Table) -> ColumnElement[bool]:
    """The record's version is not in the outbox, or its last submission made way for another one.

    A record that is not to be published counts only where something is public or waits.
    """
    this_version = exists().where(
        submission.c.id == _last(outbox, record),
        submission.c.record_version == record.c.version,
        submission.c.state != State.SUPERSEDED,
    )
    waiting = _one(outbox, record, submission.c.state.in_((*_REPLACED, State.UNCHANGED)))
    return and_(~this_version, or_(to_publish(outbox, record), _is_public(outbox, record), waiting))


def _is_public(outbox: Outbox, record: Table) -> ColumnElement[bool]:
    """What was handed over last is no withdrawal."""
    sent = _last(outbox, record, HANDED_OVER)
    return exists().where(submission.c.id == sent, submission.c.action != Action.WITHDRAW)


def _in_another_edition(outbox: Outbox, record: Table) -> ColumnElement[bool]:
    """It is public, but in another standard than the channel's, and nothing is under way that would change it."""
    others = select(batch.c.id).where(batch.c.channel == outbox.channel, batch.c.standard != outbox.standard.name)
    sent = exists().where(
        submission.c.id == _last(outbox, record, HANDED_OVER),
        submission.c.action != Action.WITHDRAW,
        submission.c.batch.in_(others),
    )
    waits = _one(outbox, record, submission.c.state.in_(_REPLACED))
    return and_(others.exists(), to_publish(outbox, record), sent, ~waits)


def _last(outbox: Outbox, record: Table, states: Sequence[State] = ()) -> Any:
    """The id of a record's last submission; of the last in `states`, where there are any."""
    last = submission.alias("last")
    mine = (last.c.channel == outbox.channel, last.c.record == outbox.kind.value, last.c.record_id == record.c.id)
    newest = select(func.max(last.c.id)).where(*mine).correlate(record)
    return (newest.where(last.c.state.in_(states)) if states else newest).scalar_subquery()


def _to_withdraw(outbox: Outbox, record: Table) -> ColumnElement[bool]:
    under_way = submission.c.state.in_((State.PENDING, State.REJECTED))
    begun = _one(outbox, record, submission.c.action == Action.WITHDRAW, under_way)
    return and_(_is_public(outbox, record), ~begun)


def _to_leave(outbox: Outbox, record: Table) -> ColumnElement[bool]:
    """What waits to go out will not go out any more."""
    return _one(outbox, record, submission.c.action != Action.WITHDRAW, submission.c.state.in_(_REPLACED))


def _ended_too_early(outbox: Outbox, record: Table) -> ColumnElement[bool]:
    """It was taken back because its publicity was over, by a day that has been corrected since."""
    return exists().where(
        submission.c.id == _last(outbox, record),
        submission.c.action == Action.WITHDRAW,
        submission.c.state.in_(HANDED_OVER),
        submission.c.decision == "",
    )


def _publicity_over(outbox: Outbox, record: Table) -> ColumnElement[bool]:
    """As `publicity.end_of_publicity` has it."""
    if outbox.kind is not RecordKind.PENALTY:
        return false()
    today = outbox.reporting.on
    repaired = exists().where(credit_repair.c.penalty_id == record.c.id, credit_repair.c.repaired_on <= today)
    until, decided = record.c.public_until, record.c.decided_on
    own = func.coalesce(and_(until < today, until >= decided), false())
    by_default = and_(or_(until.is_(None), until < decided), or_(false(), *_over_by_default(outbox, record)))
    return or_(own, by_default, func.coalesce(record.c.repaired_on <= today, false()), repaired)


def _over_by_default(outbox: Outbox, record: Table) -> Iterable[ColumnElement[bool]]:
    periods = sorted(outbox.table.publicity, key=lambda period: period.decided_from)
    for period, later in zip_longest(periods, periods[1:]):
        last = last_decision_over(period, outbox.reporting.on)
        if later is not None:
            last = min(last, later.decided_from - timedelta(days=1))
        yield record.c.decided_on.between(period.decided_from, last)


def _one(outbox: Outbox, record: Table, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The record has a submission here of this sort."""
    return exists().where(outbox.here(), submission.c.record_id == record.c.id, *conditions)
