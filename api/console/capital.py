"""大写: an amount of money in the characters that vouchers bear, which nobody can alter with a stroke.

Source: 正确填写票据和结算凭证的基本规定 (支付结算办法), with the first of two spellings where it allows
two: one 零 before 角 when the yuan end in 0, none before 仟 when only the 万 end in 0, and nothing after 角.
"""

from typing import Final

CURRENCY: Final = "人民币"

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_ZERO: Final = _DIGITS[0]
_PLACES: Final = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
_WAN: Final = 10**4
_YI: Final = 10**8
_FEN_PER_YUAN: Final = 100
_FEN_PER_JIAO: Final = 10


def capital_of(fen: int) -> str:
    """The amount, which is not below zero, with the currency in front: `人民币壹万陆仟肆佰零玖元零贰分`."""
    yuan, part = divmod(fen, _FEN_PER_YUAN)
    if part == 0:
        return f"{CURRENCY}{_whole(yuan) or _ZERO}元整"
    jiao, rest = divmod(part, _FEN_PER_JIAO)
    jumps = yuan > 0 and (jiao == 0 or yuan % 10 == 0)
    texts = (
        f"{_whole(yuan)}元" if yuan else "",
        _ZERO if jumps else "",
        f"{_DIGITS[jiao]}角" if jiao else "",
        f"{_DIGITS[rest]}分" if rest else "",
    )
    return CURRENCY + "".join(texts)


def _whole(number: int) -> str:
    """A whole number; empty for 0."""
    if number < _WAN:
        return _below_wan(number)
    unit, name = (_YI, "亿") if number >= _YI else (_WAN, "万")
    above, below = divmod(number, unit)
    zero = _ZERO if 0 < below < unit // 10 else ""
    return f"{_whole(above)}{name}{zero}{_whole(below)}"


def _below_wan(number: int) -> str:
    text = ""
    for place, name in _PLACES:
        digit, number = divmod(number, place)
        if digit:
            text += _DIGITS[digit] + name
        elif text and number and not text.endswith(_ZERO):
            text += _ZERO
    return text
