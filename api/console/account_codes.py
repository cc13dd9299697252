"""What the classes (类) of the account codes are called: expenditure by function, and by economic nature.

Source: the government's classification of revenue and expenditure (政府收支分类科目), first level only: a class keeps
its code over the years, while what stands below it is revised each year and is shown by its code.
"""

from collections.abc import Mapping
from typing import Final

from api.console.texts import mark as _

FUNCTION_LEVELS: Final = (3, 5, 7)
"""How many digits 类, 款 and 项 of a function code have."""
ECONOMIC_LEVELS: Final = (3, 5)
"""How many digits 类 and 款 of an economic code have."""

FUNCTION_CLASSES: Final[Mapping[str, str]] = {
    "201": _("一般公共服务支出"),
    "202": _("外交支出"),
    "203": _("国防支出"),
    "204": _("公共安全支出"),
    "205": _("教育支出"),
    "206": _("科学技术支出"),
    "207": _("文化旅游体育与传媒支出"),
    "208": _("社会保障和就业支出"),
    "210": _("卫生健康支出"),
    "211": _("节能环保支出"),
    "212": _("城乡社区支出"),
    "213": _("农林水支出"),
    "214": _("交通运输支出"),
    "215": _("资源勘探工业信息等支出"),
    "216": _("商业服务业等支出"),
    "217": _("金融支出"),
    "219": _("援助其他地区支出"),
    "220": _("自然资源海洋气象等支出"),
    "221": _("住房保障支出"),
    "222": _("粮油物资储备支出"),
    "223": _("国有资本经营预算支出"),
    "224": _("灾害防治及应急管理支出"),
    "227": _("预备费"),
    "229": _("其他支出"),
    "230": _("转移性支出"),
    "231": _("债务还本支出"),
    "232": _("债务付息支出"),
    "233": _("债务发行费用支出"),
}
ECONOMIC_CLASSES: Final[Mapping[str, str]] = {
    "301": _("工资福利支出"),
    "302": _("商品和服务支出"),
    "303": _("对个人和家庭的补助"),
    "307": _("债务利息及费用支出"),
    "309": _("资本性支出（基本建设）"),
    "310": _("资本性支出"),
    "311": _("对企业补助（基本建设）"),
    "312": _("对企业补助"),
    "313": _("对社会保障基金补助"),
    "399": _("其他支出"),
    "501": _("机关工资福利支出"),
    "502": _("机关商品和服务支出"),
    "503": _("机关资本性支出（一）"),
    "504": _("机关资本性支出（二）"),
    "505": _("对事业单位经常性补助"),
    "506": _("对事业单位资本性补助"),
    "507": _("对企业补助"),
    "508": _("对企业资本性支出"),
    "509": _("对个人和家庭的补助"),
    "510": _("对社会保障基金补助"),
    "511": _("债务利息及费用支出"),
    "512": _("债务还本支出"),
    "513": _("转移性支出"),
    "514": _("预备费及预留"),
    "599": _("其他支出"),
}


def levels_of(code: str, lengths: tuple[int, ...]) -> tuple[str, ...]:
    """The code's own classes from the widest to itself; only itself where it is not made of digits."""
    above = [code[:length] for length in lengths if length < len(code)] if code.isascii() and code.isdigit() else []
    return (*above, code)
