"""Lines below a table: sums, signatures, remarks. They are no rows, and one error each instead of one for each cell."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from api.console.sheets.forms import FieldKind
from api.console.sheets.recognised import Recognised, headings_of
from api.console.sheets.values import WrongCellError, day
from domain.spelling import plain_spelling

_DECORATION: Final = "(*-—–―_=~·."
_FOOT: Final = re.compile(
    r"(?:本?[页月季年]|全[年部]|当[月年]|以上|上述|各项)?(?:合计|总计|小计|累计|共计)"
    r"|(?:grand|sub-?)?totals?(?:amount|cny|rmb)?(?:[:(]|\Z)"
    r"|(?:人民币|金额|合计)*\(?大写"
    r"|(?:制表|填表|填报|编制|经办|审核|复核|审批|负责|主管|分管|单位|财务|会计|出纳)(?:人|单位|日期|负责人|领导)?(?::|\Z)"
    r"|(?:打印|导出|生成|下载|查询|报表)(?:人|单位|日期|时间)?:"
    r"|(?:prepared|checked|reviewed|approved|printed|exported)(?:by|on|at)?(?::|\Z)"
    r"|(?:[备附]?注|说明|notes?|remarks?)\d*:"
)
"""How they begin, in plain spelling."""
_SUMS: Final = frozenset({FieldKind.AMOUNT, FieldKind.POINTS})


def foot_lines(sheet: Recognised, rows: Mapping[int, Sequence[str]]) -> frozenset[int]:
    """Those of the rows, given by their line.

    A sum without a word is one only where no row follows: further up it may be a row of cells that were merged.
    """
    found = set()
    is_end = True
    for line in sorted(rows, reverse=True):
        cells = rows[line]
        if _lacks_what_every_row_has(sheet, cells) and (_begins_so(cells) or (is_end and _is_sum_alone(sheet, cells))):
            found.add(line)
        else:
            is_end = False
    return frozenset(found)


def _begins_so(cells: Sequence[str]) -> bool:
    first = next((text for text in cells if text), "")
    return _FOOT.match(plain_spelling(first).lstrip(_DECORATION)) is not None


def _is_sum_alone(sheet: Recognised, cells: Sequence[str]) -> bool:
    sums = {each.place for each in sheet.columns if each.field.kind in _SUMS}
    titled = headings_of(sheet.sheet.rows[sheet.heading]).values()
    return not any(cells[place] for place in titled if place < len(cells) and place not in sums)


def _lacks_what_every_row_has(sheet: Recognised, cells: Sequence[str]) -> bool:
    required = [each for each in sheet.columns if each.field.is_required]
    said = [(each.field.kind, cells[each.place] if each.place < len(cells) else "") for each in required]
    return any(not text or (kind is FieldKind.DAY and not _is_day(text)) for kind, text in said)


def _is_day(text: str) -> bool:
    try:
        day(text)
    except WrongCellError:
        return False
    return True
