"""Texts that were seen before."""

from adapters.seen_keys import SeenKeys
from tests.support.effort import full_only


def test_a_text_is_new_once() -> None:
    with SeenKeys() as seen:
        assert [seen.add(key) for key in ("a", "b", "a", "A", "钥匙", "钥匙")] == [True, True, False, True, True, False]


@full_only
def test_what_was_seen_long_ago_is_still_known() -> None:
    with SeenKeys() as seen:
        keys = [f"{number:0100}" for number in range(100_000)]
        assert all(seen.add(key) for key in keys), "ten megabytes: more than are kept in memory"
        assert not any(seen.add(key) for key in keys[::1_000])
