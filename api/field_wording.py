"""How each kind of problem with a field or parameter is said, in Chinese and in English."""

from typing import Final

from api.schemas.problem import FieldProblem

FIELD_WORDINGS: Final[dict[str, tuple[str, str]]] = {
    "amount": ("须为以元为单位的金额文本，如 1234.50", "text of an amount in CNY, such as 1234.50"),
    "amount-in-wan": (
        "须为以万元为单位的金额文本，最多六位小数",
        "text of an amount in CNY 10k (万元), at most six decimals",
    ),
    "beyond-head": ("超出最后流水号 {head}", "beyond the last position, {head}"),
    "beyond-other": ("须不超过 {other}（{value}）", "not beyond {other}, {value}"),
    "beyond-size": ("超出 {other} 所指的 {size}", "beyond {size}, the size that {other} names"),
    "characters": ("含有不允许的字符或空格，或只有空白", "forbidden characters or spaces, or only white space"),
    "choice": ("须为以下之一：{choices}", "one of: {choices}"),
    "command": ("没有这种命令", "no such command"),
    "constant-beside-column": (
        "该字段已有对应的列，不能再有固定值",
        "a column is this field already: there is no fixed value beside it",
    ),
    "cursor": ("游标无效，或与其他参数不符", "not a cursor of this query"),
    "date": ("须为 YYYY-MM-DD 格式的有效日期", "a valid date YYYY-MM-DD"),
    "empty": ("不能为空", "not empty"),
    "exclusive": ("不能与 {other} 同时使用", "not together with {other}"),
    "grant": (
        "admin 不限定账套；units 只用于 viewer 或 clerk，且须恰好指定一个账套",
        "an admin has no ledgers; units are for a viewer or clerk, of exactly one ledger",
    ),
    "granted-points": ("须为非零的加减分文本，如 -3 或 2.50", "text of points other than zero, such as -3 or 2.50"),
    "instant-or-date": ("须为 YYYY-MM-DD 或 YYYY-MM-DDTHH:MM:SS.ffffffZ", "YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS.ffffffZ"),
    "key": ("须为 1 至 128 个可见 ASCII 字符", "1 to 128 visible ASCII characters"),
    "length": ("须为 1 至 {maximum} 个字符", "1 to {maximum} characters"),
    "missing": ("缺少该字段", "required"),
    "not-after": ("须不晚于业务日期 {latest}", "not after the business date, {latest}"),
    "not-nfc": ("须为 NFC 规范形式", "must be in normalisation form NFC"),
    "number": ("须为 {minimum} 至 {maximum} 的整数", "a whole number from {minimum} to {maximum}"),
    "one-of": ("须且只须填写其一：{choices}", "exactly one of: {choices}"),
    "overrun-constant": (
        "超指标的批准人和事由须逐行填写，不能是固定值",
        "who approved an overrun, and why, is said in its row, never by a fixed value",
    ),
    "past": ("须晚于现在", "must be later than now"),
    "pattern": ("格式不符", "not of the required form"),
    "points": ("须为分值文本，如 89.93", "text of points, such as 89.93"),
    "range": ("超出允许范围", "out of range"),
    "repeated": ("重复", "repeated"),
    "repeated-key": ("与另一项的键相同", "same key as another item"),
    "text-expected": ("须为 JSON 字符串", "a JSON string is expected"),
    "time-or-date": (
        "须为日期或时间，如 2025-12-31 或 2025-12-31 18:00",
        "a day or a time, such as 2025-12-31 or 2025-12-31 18:00",
    ),
    "time-zone": ("没有这个时区", "no such time zone"),
    "too-many": ("最多 {maximum} 项", "at most {maximum}"),
    "type": ("类型不符", "of the wrong type"),
    "unit-of-heading": (
        "与表头写明的单位不符；只能读取元或万元",
        "not the unit that the heading names; only yuan and 万元 can be read",
    ),
    "unknown-field": ("未知字段", "unknown field"),
    "unknown-parameter": ("未知参数", "unknown parameter"),
    "zero": ("须大于零", "must be above zero"),
}


def field_detail(problem: FieldProblem, language: int) -> str:
    """What would be right; language 0 is Chinese, 1 English."""
    return FIELD_WORDINGS[problem.code][language].format_map(problem.limits)
