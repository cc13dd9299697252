"""What the things are called that the access log says somebody wanted: by the name of the route, as the log has it."""

from collections.abc import Mapping
from typing import Final

from api.console.forms.wording import TITLES
from api.console.texts import mark as _

_OF_THE_CONSOLE: Final = "console-"
_FORM: Final = _("发送网页上的表单")

ACTIONS: Final[Mapping[str, str]] = {
    **TITLES,
    "record-batch": _("批量录入"),
    "open-ledger": _("开立账套"),
    "record-digest": _("记下他账摘要"),
    "ledgers": _("查看全部账套"),
    "ledger": _("查看账套"),
    "units": _("查看单位"),
    "lines": _("查看项目指标清单"),
    "one-of-lines": _("查看一个项目指标"),
    "history-of-lines": _("查看项目指标的流水"),
    "appropriations": _("查看来源指标清单"),
    "projects": _("查看项目清单"),
    "evaluations": _("查看绩效评价清单"),
    "one-of-projects": _("查看一个项目"),
    "one-of-appropriations": _("查看一个来源指标"),
    "one-of-evaluations": _("查看一份评价"),
    "history-of-projects": _("查看项目的流水"),
    "history-of-appropriations": _("查看来源指标的流水"),
    "execution": _("查看执行情况"),
    "diff": _("两期比对"),
    "snapshot": _("导出账面"),
    "calendar": _("查看流水的日期"),
    "search": _("查找"),
    "events": _("查看流水"),
    "event": _("查看一笔流水"),
    "event-stream": _("跟随流水"),
    "event-opening": _("查看私密内容"),
    "checkpoint": _("查看检查点"),
    "checkpoints": _("查看检查点清单"),
    "log-keys": _("查看签名密钥"),
    "witness-policy": _("查看见证规则"),
    "inclusion-proof": _("查看包含证明"),
    "consistency-proof": _("查看一致性证明"),
    "tile": _("查看账本的分块"),
    "evidence": _("下载证据包"),
    "log-export": _("下载整个账本"),
    "fiscal-data-package": _("下载开放财政数据包"),
    "keep-upload": _("上传文件"),
    "upload": _("查看上传的文件"),
    "column-mappings": _("查看列对应关系"),
    "save-column-mapping": _("保存列对应关系"),
    "delete-column-mapping": _("删除列对应关系"),
    "refusals": _("查看拒绝记录"),
    "ledger-access-log": _("查看账套的访问日志"),
    "access-log": _("查看访问日志"),
    "keys": _("查看访问密钥"),
    "create-key": _("新建密钥"),
    "revoke-key": _("吊销密钥"),
    "setup": _("首次设置"),
    "me": _("查看自己的权限"),
    "metrics": _("查看运行指标"),
    "several": _("多项"),
}
"""A test holds it against the routes that can be refused."""


def action_title(action: str) -> str:
    """What it is called, in Chinese as the catalogs know it; one that is not ours is shown by its name."""
    return _FORM if action.startswith(_OF_THE_CONSOLE) else ACTIONS.get(action, action)
