"""The statements that read the balances; each is constant for a generation, whatever is asked.

They fix the order in which tables are joined: SQLite keeps to that of CROSS JOIN, and PostgreSQL has no other choice
where what is looked up depends on what was found. Otherwise a planner may walk an account, or the whole table.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from sqlalchemy import Connection, TextClause, text

from projections.dialects import Words, words_of
from projections.lanes import LANE_COUNT
from projections.measures import MEASURES
from projections.tables import balance_tables

_TOTALS: Final = ", ".join((*MEASURES, "wide"))
_EVERY_LANE: Final = f"(VALUES {', '.join(f'({number})' for number in range(LANE_COUNT))})"
"""Both engines call the column of such a table column1."""


class Statements(NamedTuple):
    """Parameters: `ledger`, `position` (inclusive), `keys` (accounts), `day` (inclusive) and the `nodes` up to it.

    `parts`: the rows that add up to the accounts' sums, an account and totals in each. `sums`: the same added up, and
    how many of the parts are wide. `lanes`, `nodes`: the last row of each lane of the accounts, and of each of the
    pairs of account and node, up to the position.
    """

    parts: TextClause
    sums: TextClause
    lanes: TextClause
    nodes: TextClause


def statements(connection: Connection, generation: int) -> Statements:
    """Those of a generation of the balances, on the connection's engine."""
    return _statements(connection.dialect.name, generation)


@lru_cache
def _statements(dialect: str, generation: int) -> Statements:
    words = words_of(dialect)
    tables = balance_tables(generation)
    lane, node = f"{words.schema}{tables.lane.name}", f"{words.schema}{tables.node.name}"
    parts = _parts(words, lane, node)
    # Every name is ours and every value a parameter.
    sums = ", ".join(words.big.format(f"sum({name})") for name in MEASURES)
    return Statements(
        parts=text(parts),
        sums=text(f"SELECT account, {sums}, count(wide) FROM ({parts}) AS u GROUP BY account"),
        lanes=text(_last_of_lanes(words, lane)),
        nodes=text(_last_of_nodes(words, node)),
    )


def _parts(words: Words, lane: str, node: str) -> str:
    """Of each lane the row where those that count end: its end by date, or if that was not known yet, by position."""
    own = f"x.ledger_id = {words.ledger} AND x.account = k.value AND x.lane = l.column1"
    end = (
        f"SELECT CASE WHEN x.position <= {words.position} THEN x.position ELSE ({_last(words, lane, own)}) END"
        f" FROM {lane} AS x WHERE {own} AND x.effective_day <= {words.day}"
        " ORDER BY x.effective_day DESC, x.position DESC LIMIT 1"
    )
    in_lane = f"e.ledger_id = {words.ledger} AND e.account = k.value AND e.lane = l.column1 AND e.position = ({end})"
    in_node = f"n.ledger_id = {words.ledger} AND n.account = k.value AND n.node = d.value AND n.position = "
    last_in_node = _last(words, node, f"x.ledger_id = {words.ledger} AND x.account = k.value AND x.node = d.value")
    return (
        f"SELECT k.value AS account, {_TOTALS} FROM {words.keys} CROSS JOIN {_EVERY_LANE} AS l "
        + words.looked_up.format(table=lane, alias="e", condition=in_lane)
        + f" AND {_has_any(words, lane, 'lane')} UNION ALL "
        f"SELECT k.value AS account, {_TOTALS} FROM {words.keys} CROSS JOIN {words.nodes} "
        + words.looked_up.format(table=node, alias="n", condition=f"{in_node}({last_in_node})")
        + f" AND {_has_any(words, node, 'node')}"
    )


def _last_of_lanes(words: Words, lane: str) -> str:
    last = _last(words, lane, f"x.ledger_id = {words.ledger} AND x.account = k.value AND x.lane = l.column1")
    condition = f"e.ledger_id = {words.ledger} AND e.account = k.value AND e.lane = l.column1 AND e.position = ({last})"
    return (
        f"SELECT k.value, e.effective_day, {_TOTALS} FROM {words.keys} CROSS JOIN {_EVERY_LANE} AS l "
        + words.looked_up.format(table=lane, alias="e", condition=condition)
        + f" AND {_has_any(words, lane, 'lane')} ORDER BY k.value, e.lane"
    )


def _last_of_nodes(words: Words, node: str) -> str:
    last = _last(words, node, f"x.ledger_id = {words.ledger} AND x.account = p.account AND x.node = p.node")
    condition = f"n.ledger_id = {words.ledger} AND n.account = p.account AND n.node = p.node AND n.position = ({last})"
    joined = words.looked_up.format(table=node, alias="n", condition=condition)
    return f"SELECT p.account, p.node, {_TOTALS} FROM {words.pairs} {joined}"


def _last(words: Words, table: str, own: str) -> str:
    """The last position up to that of the question among the rows that a condition says."""
    until = f"x.position <= {words.position}"
    return f"SELECT x.position FROM {table} AS x WHERE {own} AND {until} ORDER BY x.position DESC LIMIT 1"


def _has_any(words: Words, table: str, second: str) -> str:
    """Most accounts have no nodes, and many things no account: one look-up then spares all the others.

    Not EXISTS, which a planner may turn into a join with the whole table, and in the order of the primary key, or it
    may walk the table in the hope of meeting the account soon.
    """
    own = f"y.ledger_id = {words.ledger} AND y.account = k.value"
    return f"(SELECT 1 FROM {table} AS y WHERE {own} ORDER BY y.{second}, y.position LIMIT 1) IS NOT NULL"
