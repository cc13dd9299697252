"""Auditing what a log says about itself: every digest is derived again, and what was erased must be gone."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, and_, select

from adapters.event_log.audit_entry import Found
from adapters.event_log.bulk import as_stored
from adapters.event_log.encoding import UnreadableEntryError, decode_entry
from adapters.event_log.overlay import Row
from adapters.event_log.store import chunks
from adapters.event_log.tables import log_entry, log_tag, private_value
from adapters.stored_types import is_of_type
from domain.custody import LedgerDigest, PersonalDataErased
from domain.digest import TagCount, digest_root
from domain.event import RecordedEvent
from domain.identifiers import event_id_bytes
from domain.ledger import ledger_key


class DigestAudit:
    """Walks the events in position order, and derives each digest from the rows of tags as they were at what it covers.

    Which positions those are is read ahead: others may have written between what a digest covers and the digest itself.
    """

    def __init__(self, connection: Connection, ledger_id: str) -> None:
        self._awaited = _covered_positions(connection, ledger_id)
        self._derived: dict[int, LedgerDigest] = {}

    def add(self, event: RecordedEvent, rows: Mapping[str, Row]) -> Iterator[Found]:
        """What is wrong with the event if it is a digest; `rows` are those of all tags once the event is counted."""
        if isinstance(event.data, LedgerDigest):
            derived = self._derived.get(event.data.position)
            if derived is None:
                yield "digest", f"it covers position {event.data.position}, of which no digest can be derived here"
            elif derived != event.data:
                yield "digest", f"it says {_words(event.data)}, the tags of the entries give {_words(derived)}"
        if event.position in self._awaited:
            tags = [TagCount(tag, row.n, row.position) for tag, row in rows.items()]
            root = digest_root(tags).hex()
            self._derived[event.position] = LedgerDigest(position=event.position, root=root, tag_count=len(tags))


def surviving_openings(
    connection: Connection, ledger_id: str, events: Sequence[RecordedEvent]
) -> Iterator[tuple[int, Found]]:
    """Each opening that is still stored though one of the events erased it, at the position of what it opens."""
    erased_at = {
        event_id_bytes(each): event.position
        for event in events
        if isinstance(event.data, PersonalDataErased)
        for each in event.data.event_ids
    }
    own = and_(log_entry.c.ledger_id == private_value.c.ledger_id, log_entry.c.event_id == private_value.c.event_id)
    for chunk in chunks(list(erased_at)):
        statement = (
            select(log_entry.c.position, private_value.c.field, private_value.c.event_id)
            .join(log_entry, own)
            .where(private_value.c.ledger_id == ledger_id, as_stored(private_value.c.event_id).in_(chunk))
            .order_by(log_entry.c.position, private_value.c.field)
        )
        for position, field, event_id in connection.execute(statement):
            yield position, ("private", f"{field} is still stored, though position {erased_at[event_id]} erased it")


def _covered_positions(connection: Connection, ledger_id: str) -> set[int]:
    """The positions that the digests of the ledger cover; they are found by the one tag they bear."""
    own = and_(log_tag.c.ledger_id == log_entry.c.ledger_id, log_tag.c.position == log_entry.c.position)
    statement = (
        select(log_entry.c.entry)
        .join(log_tag, own)
        .where(log_tag.c.ledger_id == ledger_id, log_tag.c.tag == ledger_key(ledger_id))
        .where(is_of_type(log_entry.c.entry))
    )
    found: set[int] = set()
    for (entry,) in connection.execute(statement):
        try:
            data = decode_entry(entry).data
        except UnreadableEntryError:
            # It is named where the walk comes to it.
            continue
        if isinstance(data, LedgerDigest):
            found.add(data.position)
    return found


def _words(digest: LedgerDigest) -> str:
    return f"{digest.root} over {digest.tag_count} tags"
