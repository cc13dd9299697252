"""How it is said that something cannot be done now: every one of these answers 503, and a retry is safe."""

from typing import Final

from api import invalid
from domain import errors

Words = tuple[tuple[str, str], tuple[str, str]]
"""Titles and details, each (Chinese, English)."""

UNAVAILABLE: Final[dict[type[errors.FundtrailError], Words]] = {
    errors.QueueFull: (
        ("排队已满", "Queue full"),
        ("等待处理的命令过多，请稍后以同一幂等键重试。", "Too many commands wait; retry later with the same key."),
    ),
    errors.ClockBehind: (
        ("时钟落后", "Clock behind"),
        (
            "服务器时钟落后于最后的录入时间，未作记录。",
            "The clock is behind what was last recorded; nothing was written.",
        ),
    ),
    errors.OutcomeUnknown: (
        ("结果未知", "Outcome unknown"),
        (
            "提交结果未知，请以同一幂等键重试以确认。",
            "The commit may or may not have happened; retry with the same key.",
        ),
    ),
    errors.AccessLogUnavailable: (
        ("访问日志不可用", "Access log unavailable"),
        (
            "访问日志暂时无法读写；未能记入日志的拒绝不予答复，请以同一幂等键重试。",
            "The access log cannot be read or written. A refusal that is not kept is not answered: retry later.",
        ),
    ),
    errors.LogDamaged: (
        ("账套存储受损", "Log damaged"),
        (
            "账套的存储不完整，或在后续记录的位置上已有内容，暂停录入；请运行 fundtrail verify。",
            "Something stored of the log is missing, or something stands where what comes next belongs; nothing is "
            "recorded: run `fundtrail verify`.",
        ),
    ),
    errors.LogKeysUnusable: (
        ("签名密钥不可用", "Log keys unusable"),
        (
            "账套的签名密钥文件损坏或权限不当，请管理员查看服务日志。",
            "A key file of the log is damaged or open to others; the service's log says which.",
        ),
    ),
    errors.CheckpointBehind: (
        ("检查点尚未签发", "Checkpoint behind"),
        ("尚无检查点覆盖所问的流水号，请稍后重试。", "No checkpoint covers the position yet; retry later."),
    ),
    errors.ProjectionBehind: (
        ("查询数据尚未就绪", "Projection behind"),
        ("查询数据尚未追上所问的流水号，请稍后重试。", "The views have not reached the position yet; retry later."),
    ),
    errors.ServiceStopping: (
        ("服务正在停止", "Service stopping"),
        (
            "服务正在停止，不再受理新请求，请稍后重试。",
            "The service is about to end and begins nothing new; retry later.",
        ),
    ),
    errors.ClockAhead: (
        ("时钟超前", "Clock ahead"),
        (
            "服务器时钟比数据库时钟超前 60 秒以上，未作记录。",
            "The clock is more than 60 s ahead of the database's; nothing was written.",
        ),
    ),
    errors.DatabaseUnavailable: (
        ("数据库不可用", "Database unavailable"),
        ("数据库暂不可用，未作记录，请稍后重试。", "The database does not answer; nothing was recorded. Retry later."),
    ),
    errors.StorageFull: (
        ("存储已满", "Storage full"),
        (
            "数据库存储空间已满，未作记录；查询照常。",
            "The database has no room left; nothing was recorded. Reads go on.",
        ),
    ),
    errors.ProjectionStalled: (
        ("查询数据停滞", "Projection stalled"),
        (
            "查询数据停在一个无法处理的事件之前，账本仍在记录；请管理员查看 /readyz 与服务日志。",
            "A view halted before an event that it cannot take in; the log goes on. /readyz says where.",
        ),
    ),
    invalid.TooManyConnections: (
        ("连接过多", "Too many connections"),
        ("服务的连接已满，请稍后重试。", "The service has no connection left; retry later."),
    ),
    invalid.TooManyStreams: (
        ("事件流过多", "Too many streams"),
        (
            "同一调用者打开的事件流已达上限，请关闭不用的再打开。",
            "This caller has as many event streams open as one caller may; close one before another is opened.",
        ),
    ),
    invalid.ImportsBusy: (
        ("导入繁忙", "Imports busy"),
        (
            "正在读取的导入文件过多，本次没有读取，也没有录入；请稍后再试。",
            "Too many files are being read; this one was not, and nothing was recorded. Try again in a moment.",
        ),
    ),
    invalid.UploadsFull: (
        ("上传空间已满", "No room for uploads"),
        (
            "上传文件占满了可用空间；请联系管理员。",
            "Uploaded files take all the room there is; tell the operator.",
        ),
    ),
    invalid.UploadsUnavailable: (
        ("上传目录不可用", "Uploads unavailable"),
        (
            "存放上传文件和列对应的目录无法读写，未作保存；请联系管理员。",
            "The folder of uploaded files and column mappings cannot be read or written; nothing was kept. Tell the "
            "operator.",
        ),
    ),
}
