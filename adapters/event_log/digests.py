"""Digests of a stored log: which tags its entries bear up to a position, and the hash over them.

Every function reads one statement's worth of the index of tags, so its answer is of one moment; entries never change,
so it is the same at every later one.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, func, select

from adapters.event_log.store import head_of
from adapters.event_log.tables import log_tag
from domain.custody import LedgerDigest
from domain.digest import TagCount, TagPath, digest_of, path_of
from domain.errors import UnknownLedger

_TAGS_AT_ONCE: Final = 4_096

# The primary key is walked in its order: nothing is sorted, and nothing but a part of the tags is held in memory.
_TAG_COUNTS: Final = (
    select(log_tag.c.tag, func.count(), func.max(log_tag.c.position))
    .where(log_tag.c.ledger_id == bindparam("ledger"), log_tag.c.position <= bindparam("position"))
    .group_by(log_tag.c.tag)
    .order_by(log_tag.c.tag)
)


def tag_counts(connection: Connection, ledger_id: str, position: int) -> Iterator[list[TagCount]]:
    """Every tag that entries up to and including the position bear, by code point, some thousand at a time."""
    values = {"ledger": ledger_id, "position": position}
    found = connection.execute(_TAG_COUNTS, values, execution_options={"yield_per": _TAGS_AT_ONCE})
    return ([TagCount(*row) for row in part] for part in found.partitions())


def digest_at(connection: Connection, ledger_id: str, position: int) -> LedgerDigest:
    """The digest of the entries up to and including a position, which is not beyond the head."""
    digest = digest_of(tag_counts(connection, ledger_id, position))
    return LedgerDigest(position=position, root=digest.root.hex(), tag_count=digest.tag_count)


def digest_at_head(engine: Engine, ledger_id: str) -> LedgerDigest:
    """The digest of all that is recorded, head and tags read in one snapshot.

    Raises:
        UnknownLedger: there is none of that id.
        UnreadableEntryError: no log ends where its head says.
    """
    with engine.begin() as connection:
        head = head_of(connection, ledger_id)
        if head is None:
            raise UnknownLedger
        return digest_at(connection, ledger_id, head.position)


def tag_path(connection: Connection, ledger_id: str, position: int, tag: str) -> TagPath | None:
    """The tag's path in the digest at a position; None when no entry up to it bears the tag."""
    return path_of(tag, chain.from_iterable(tag_counts(connection, ledger_id, position)))
