"""Ids that follow from content, worked out here a second time from their published definitions."""

import hashlib
import hmac
import uuid

from domain.identifiers import command_id, commitment, event_id, event_id_bytes, leaf_hash

COMMAND = command_id("qingshi", "clerk-1", "key-1")


def test_a_command_is_named_by_ledger_subject_and_key() -> None:
    assert hashlib.sha256(b'["qingshi","clerk-1","key-1"]').hexdigest() == COMMAND
    assert command_id(None, "clerk-1", "key-1") == hashlib.sha256(b'[null,"clerk-1","key-1"]').hexdigest()


def test_keys_of_others_elsewhere_are_other_commands() -> None:
    ids = {
        COMMAND,
        command_id("qingshi", "clerk-2", "key-1"),
        command_id("qingshi", "clerk-1", "key-2"),
        command_id("other", "clerk-1", "key-1"),
        command_id(None, "clerk-1", "key-1"),
    }
    assert len(ids) == 5


def test_the_parts_of_a_command_id_cannot_be_shifted_into_one_another() -> None:
    assert command_id("a", 'b","c', "d") != command_id("a", "b", 'c","d')


def test_an_event_id_is_a_uuid_of_version_8_over_the_command_and_the_index() -> None:
    digest = hashlib.sha256(bytes.fromhex(COMMAND) + b"\x00\x00\x00\x02").digest()[:16]
    read = uuid.UUID(event_id(COMMAND, 2))
    assert (read.version, read.variant) == (8, uuid.RFC_4122)
    kept = ~((0xF << 76) | (0x3 << 62)) & (2**128 - 1)
    assert read.int & kept == int.from_bytes(digest) & kept


def test_the_same_command_and_index_give_the_same_event_id() -> None:
    assert event_id(COMMAND, 0) == event_id(COMMAND, 0)
    assert event_id(COMMAND, 0) != event_id(COMMAND, 1)


def test_an_event_id_is_sixteen_bytes() -> None:
    assert event_id_bytes(event_id(COMMAND, 0)) == uuid.UUID(event_id(COMMAND, 0)).bytes


def test_a_leaf_is_hashed_with_the_prefix_that_no_inner_node_has() -> None:
    assert leaf_hash(b"entry") == hashlib.sha256(b"\x00entry").digest()
    # RFC 6962 section 2.1: the hash of a leaf that holds nothing.
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"


def test_a_commitment_binds_the_value_to_its_field_under_a_salt() -> None:
    salt = bytes(range(32))
    expected = hmac.new(salt, b"fundtrail/commit/v1\x00payee\x00" + "王某".encode(), hashlib.sha256).hexdigest()
    assert commitment(salt, "payee", "王某") == expected
    assert commitment(salt, "other", "王某") != expected
    assert commitment(bytes(32), "payee", "王某") != expected
