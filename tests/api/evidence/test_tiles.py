"""Tiles and bundles, at the paths where clients of C2SP tlog-tiles look for them."""

import pytest

from domain.identifiers import leaf_hash
from domain.merkle import EMPTY_EDGE, decode_bundle, entries_path, tile_path
from tests.support.caller import LATER, Caller
from tests.support.effort import sampled

PAYMENTS = 300


@pytest.fixture
def long(founded: Caller) -> Caller:
    """A log of 306 entries: one full tile and more."""
    items = [
        {
            "command": "record-disbursement",
            "effective_date": LATER,
            "line_id": "L1",
            "amount": "1",
            "voucher_no": f"{each}",
        }
        for each in range(PAYMENTS)
    ]
    assert founded.post("/batch", {"commands": items}).status_code == 201
    return founded


def entries_of(caller: Caller) -> list[bytes]:
    """Every stored entry, from the bundles."""
    full = caller.client.get(f"{caller.base}/{entries_path(0)}")
    partial = caller.client.get(f"{caller.base}/{entries_path(1, 50)}")
    assert {full.status_code, partial.status_code} == {200}
    return [*decode_bundle(full.content), *decode_bundle(partial.content)]


def test_the_tree_of_the_entries_is_served_in_tiles(long: Caller) -> None:
    entries = entries_of(long)
    edge, (tile,) = EMPTY_EDGE.appended([leaf_hash(entry) for entry in entries])
    served = long.client.get(f"{long.base}/{tile_path(0, 0)}")
    assert served.content == tile.hashes
    assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert served.headers["content-type"] == "application/octet-stream"
    assert long.client.get(f"{long.base}/{tile_path(0, 1, 50)}").content == edge.levels[0]
    assert long.client.get(f"{long.base}/{tile_path(1, 0, 1)}").content == edge.levels[1]
    assert edge.root().hex() == long.read("/events")["coordinates"]["root"]


def test_a_part_of_a_full_tile_is_served_as_it_was(long: Caller) -> None:
    full = long.client.get(f"{long.base}/{tile_path(0, 0)}").content
    assert long.client.get(f"{long.base}/{tile_path(0, 0, 17)}").content == full[: 17 * 32]


def test_a_bundle_is_the_stored_bytes(long: Caller) -> None:
    stored = long.client.get(f"{long.base}/events/300", headers={"Accept": "application/octet-stream"}).content
    assert entries_of(long)[299] == stored


@pytest.mark.parametrize(
    "path",
    sampled(
        [
            "tile/0/001",
            "tile/0/001.p/51",
            "tile/0/002.p/1",
            "tile/1/000",
            "tile/1/000.p/2",
            "tile/2/000.p/1",
            "tile/63/000.p/1",
            "tile/64/000.p/1",
            "tile/0/1",
            "tile/0/x000/000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/00/000",
            "tile/entries/001",
            "tile/entries/x999/x999/x999/999",
            "tile/-1/000",
            "tile/",
            "tile/0/000/..",
        ],
        one_in=4,
    ),
)
def test_any_other_path_is_no_tile(long: Caller, path: str) -> None:
    answer = long.client.get(f"{long.base}/{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "max-age" not in answer.headers.get("cache-control", "")
