"""How /readyz says what is wrong, by code: (Chinese, English). Figures are those of the problem."""

from typing import Final

READINESS: Final[dict[str, tuple[str, str]]] = {
    "service-stopping": ("服务正在停止。", "The service is about to end."),
    "database-unavailable": ("数据库不可用。", "The database does not answer, or ended what was under way."),
    "rights-missing": (
        "数据库角色缺少 {count} 项权限，见服务日志；请运行 fundtrail migrate。",
        "Roles of the database lack {count} rights, which the service's log names: run `fundtrail migrate`.",
    ),
    "views-altered": (
        "投影有 {count} 处缺失或被改动，见服务日志；请运行 fundtrail migrate 重建。",
        "The views are altered in {count} places, which the service's log names: `fundtrail migrate` makes them anew.",
    ),
    "database-read-only": (
        "数据库只读（备用服务器，或被设为只读，或文件不可写），不能录入。",
        "The database takes no writes: it is a standby, is set read-only, or its file may not be written.",
    ),
    "database-replaced": (
        "数据库文件已被移走或替换，不能录入；请放回原文件并重新启动。",
        "The database's file was moved away or replaced: put it back and start again. Nothing is recorded meanwhile.",
    ),
    "outcome-unknown": (
        "最近一次录入是否成功不明，请以同一键重试。",
        "Whether the last write was recorded is not known: the same key tells.",
    ),
    "storage-full": ("数据库存储空间已满，不能录入。", "The database has no room: nothing can be recorded."),
    "clock-behind": (
        "服务器时钟落后于最后的录入时间，不能录入。",
        "The machine's clock is behind what was last recorded: nothing can be recorded.",
    ),
    "clock-ahead": (
        "服务器时钟超前于数据库时钟，不能录入。",
        "The machine's clock is ahead of the database's: nothing can be recorded.",
    ),
    "access-log-unavailable": (
        "访问日志无法读写，拒绝不予答复。",
        "The access log cannot be read or written: refusals are not answered.",
    ),
    "uploads-full": ("上传目录所在磁盘已满。", "The disk of uploaded files has no room."),
    "uploads-unavailable": (
        "上传目录无法读写，见服务日志。",
        "The folder of uploaded files cannot be read or written: the service's log says why.",
    ),
    "log-damaged": (
        "账套存储不完整，请运行 fundtrail verify。",
        "Something stored of a log is missing: run `fundtrail verify`.",
    ),
    "projection-stalled": (
        "{count} 个投影停滞；其中 {projection} 停在流水号 {position}：{reason}。",
        "{count} views halted; {projection} stands at position {position}: {reason}.",
    ),
    "projection-ahead": (
        "{count} 个投影超前于账本（账本可能由备份恢复）；请运行 fundtrail rebuild。",
        "{count} views are ahead of the log, which may have been restored from a backup: run `fundtrail rebuild`.",
    ),
    "projection-standstill": (
        "{count} 个投影落后而不前进，{projection} 落后 {lag_events} 个事件；投影进程可能未运行。",
        "{count} views are behind and do not move, {projection} by {lag_events} events: no projector seems to run.",
    ),
    "checkpoint-refused": ("{ledgers} 个账套的检查点未能签发。", "{ledgers} logs are refused their signature."),
    "witness-refused": (
        "{ledgers} 个账套的检查点被见证者拒签。",
        "A witness refused the checkpoints of {ledgers} logs.",
    ),
    "self-check-failed": (
        "{ledgers} 个账套自检发现差异，请运行 fundtrail verify。",
        "The self-check found differences in {ledgers} logs: run `fundtrail verify`.",
    ),
    "self-check-unreadable": (
        "自检读取不了 {ledgers} 个账套的数据，存储可能已损坏；请运行 fundtrail verify。",
        "The self-check could not read {ledgers} logs, whose storage may be damaged: run `fundtrail verify`.",
    ),
    "ledger-missing": (
        "{ledgers} 个曾在此签发检查点的账套不在数据库中；请运行 fundtrail verify。",
        "{ledgers} ledgers that were signed here are not in the database: run `fundtrail verify`.",
    ),
}
