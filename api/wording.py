"""One table: every refusal and failure, its HTTP status, and how it is said in Chinese and in English.

A detail may name the figures of its error; where one of them is not known, the title is said instead.
"""

from typing import Final

from api import invalid, json_input
from api.languages import Language
from api.unavailable_wording import UNAVAILABLE
from api.wording_of_access import ACCESS_WORDINGS
from api.wording_row import Wording
from domain import errors

WORDINGS: Final[dict[type[errors.FundtrailError], Wording]] = {
    errors.DateOutOfRange: Wording(
        422,
        ("业务日期超出范围", "Business date out of range"),
        ("业务日期须在 {earliest} 至 {latest} 之间。", "The business date must be from {earliest} to {latest}."),
    ),
    errors.TooLarge: Wording(
        422,
        ("内容过大", "Too large"),
        (
            "该记录为 {size_bytes} 字节，上限为 {limit_bytes} 字节。",
            "The fact takes {size_bytes} bytes; at most {limit_bytes} are stored.",
        ),
    ),
    errors.AmountOutOfRange: Wording(
        422,
        ("金额合计超出范围", "Sum of amounts out of range"),
        ("合计将为 {sum} 元，上限为 {limit} 元。", "The sum would be CNY {sum}; the limit is {limit}."),
    ),
    errors.EvidenceTooLarge: Wording(
        422,
        ("证据包过大", "Evidence too large"),
        (
            "证据包需要 {entries} 条记录，上限为 {limit} 条；请改用整账导出。",
            "The bundle would hold {entries} entries, at most {limit} are given; use the export of the log.",
        ),
    ),
    errors.MaximumSum: Wording(
        422,
        ("分值合计不为 100", "Maximum points do not sum to 100"),
        ("各指标分值合计为 {sum}，应为 100.00。", "The maximum points sum to {sum} instead of 100.00."),
    ),
    errors.OverrunNotNeeded: Wording(
        422,
        ("无须超支依据", "Overrun not needed"),
        (
            "可用余额 {available} 元足以支付 {requested} 元，不应填写超支依据。",
            "CNY {available} is available, enough for {requested}: leave out the overrun.",
        ),
    ),
    errors.IdempotencyKeyReused: Wording(
        422,
        ("幂等键已用于另一命令", "Idempotency key reused"),
        (
            "同一幂等键已记录过内容不同的命令，请换用新键。",
            "Another command was accepted under this key; use a new key.",
        ),
    ),
    **ACCESS_WORDINGS,
    errors.AlreadyExists: Wording(
        409,
        ("编号已存在", "Already exists"),
        ("该编号已被使用（登记冲销后也不能再用）。", "The id is used, also when its registration was reversed."),
    ),
    errors.UnknownLedger: Wording(
        404, ("账套不存在", "Unknown ledger"), ("没有这个账套。", "There is no such ledger.")
    ),
    errors.UnknownUnit: Wording(
        409,
        ("单位不存在", "Unknown unit"),
        ("没有这个单位，或其登记已冲销。", "There is no such unit, or its registration is reversed."),
    ),
    errors.UnknownAppropriation: Wording(
        409,
        ("来源指标不存在", "Unknown appropriation"),
        ("没有这个来源指标，或其登记已冲销。", "There is no such appropriation, or its registration is reversed."),
    ),
    errors.UnknownProject: Wording(
        409,
        ("项目不存在", "Unknown project"),
        ("没有这个项目，或其登记已冲销。", "There is no such project, or its registration is reversed."),
    ),
    errors.UnknownLine: Wording(
        409,
        ("项目指标不存在", "Unknown line"),
        ("没有这个项目指标，或其登记已冲销。", "There is no such budget line, or its registration is reversed."),
    ),
    errors.UnknownEvaluation: Wording(
        409,
        ("绩效评价不存在", "Unknown evaluation"),
        ("没有这个绩效评价，或其登记已冲销。", "There is no such evaluation, or its registration is reversed."),
    ),
    errors.UnknownIndicator: Wording(
        409,
        ("绩效指标不存在", "Unknown indicator"),
        ("该评价没有这个绩效指标。", "The evaluation has no such indicator."),
    ),
    errors.UnknownEvent: Wording(409, ("事件不存在", "Unknown event"), ("没有这个事件。", "There is no such event.")),
    errors.UnknownCheckpoint: Wording(
        404,
        ("没有这个检查点", "Unknown checkpoint"),
        ("账套没有签发这个检查点。", "The log has signed no such checkpoint."),
    ),
    errors.UnknownTile: Wording(
        404, ("没有这个分块", "Unknown tile"), ("账套的校验树没有这个分块。", "The log's tree has no such tile.")
    ),
    errors.UnknownDisbursement: Wording(
        409,
        ("支出不存在", "Unknown disbursement"),
        ("所指事件不是本账套的支出。", "The event named is no disbursement of this ledger."),
    ),
    errors.DuplicateVoucher: Wording(
        409,
        ("凭证号重复", "Duplicate voucher"),
        (
            "该项目指标本年度的这一凭证号已用于流水号 {position} 的支出。",
            "Position {position} already bears this voucher number for the line and year.",
        ),
        (
            "同一请求的第 {other_index} 项（从 0 数起）已用该项目指标本年度的这一凭证号。",
            "Item {other_index} of the same request (from 0) bears this voucher number for the line and year.",
        ),
    ),
    errors.ScoreExists: Wording(
        409, ("已有得分", "Score exists"), ("已经评分，请使用得分调整。", "It is scored already; adjust the score.")
    ),
    errors.HasIndicators: Wording(
        409,
        ("评价设有指标", "Evaluation has indicators"),
        ("该评价设有指标，总分由各指标得分得出。", "Its total follows from the scores of its indicators."),
    ),
    errors.OpeningNotFirst: Wording(
        409,
        ("期初余额须为首笔", "Opening balance not first"),
        ("该项目指标已有资金记录，不能再录期初余额。", "The line already has money facts."),
    ),
    errors.StatusNotAllowed: Wording(
        409,
        ("状态不允许", "Status not allowed"),
        ("该项目已于 {ended_on} 取消或拆除。", "The project was cancelled or demolished on {ended_on}."),
    ),
    errors.Finalised: Wording(
        409,
        ("评价已定稿", "Finalised"),
        ("该评价已定稿；须先冲销定稿。", "The evaluation is final; reverse its finalisation first."),
    ),
    errors.DateBeforeRegistration: Wording(
        409,
        ("早于登记日期", "Date before registration"),
        (
            "业务日期早于所涉对象的登记日期 {registered_on}。",
            "The business date is before the registration ({registered_on}) of something it names.",
        ),
    ),
    errors.DateBeforeOriginal: Wording(
        409,
        ("早于原记录日期", "Date before original"),
        (
            "业务日期早于原记录的日期 {original_date}。",
            "The business date is before that of the original, {original_date}.",
        ),
    ),
    errors.AlreadyReversed: Wording(
        409,
        ("已冲销", "Already reversed"),
        ("该事件已被流水号 {position} 冲销。", "The event was reversed at position {position}."),
        (
            "同一请求的第 {other_index} 项（从 0 数起）冲销了同一事件。",
            "Item {other_index} of the same request (from 0) reverses the same event.",
        ),
    ),
    errors.NotReversible: Wording(
        409,
        ("不可冲销", "Not reversible"),
        (
            "冲销、账套开立和关于账本自身的记录不能冲销。",
            "A reversal, the opening of a ledger, or a fact about the log itself cannot be reversed.",
        ),
    ),
    errors.InUse: Wording(
        409,
        ("尚在使用", "In use"),
        (
            "其他记录在该业务日期仍以其为基础：请先冲销那些记录，或改用更晚的业务日期。",
            "Other facts rest on it at that date: reverse those first, or use a later date.",
        ),
    ),
    errors.HasReturns: Wording(
        409,
        ("已有退回", "Has returns"),
        ("该支出已退回 {returned} 元，请先冲销退回。", "CNY {returned} of it was returned; reverse the returns first."),
    ),
    errors.NoPrivateValues: Wording(
        409,
        ("没有私密内容", "No private values"),
        (
            "流水号 {position} 的事件没有私密字段，无可清除。",
            "The event at position {position} has no private fields to erase.",
        ),
    ),
    errors.OverAllocated: Wording(
        409,
        ("超出来源指标", "Over-allocated"),
        (
            "来源指标未分配余额 {unallocated} 元，申请 {requested} 元。",
            "The appropriation has CNY {unallocated} unallocated; {requested} was requested.",
        ),
    ),
    errors.BelowDisbursed: Wording(
        409,
        ("超出可用余额", "Below what is disbursed"),
        (
            "可用余额 {available} 元，申请减少 {requested} 元。",
            "CNY {available} is available; {requested} was to be taken away.",
        ),
    ),
    errors.InsufficientFunds: Wording(
        409,
        ("可用余额不足", "Insufficient funds"),
        (
            "可用余额 {available} 元，申请 {requested} 元。",
            "CNY {available} is available; {requested} was requested.",
        ),
    ),
    errors.ReturnExceedsDisbursement: Wording(
        409,
        ("退回超过支出", "Return exceeds disbursement"),
        (
            "原支出 {disbursed} 元，已退回 {returned} 元，本次申请退回 {requested} 元。",
            "CNY {disbursed} was disbursed and {returned} returned; {requested} was requested.",
        ),
    ),
    errors.ScoreAboveMaximum: Wording(
        409,
        ("得分超过分值", "Score above maximum"),
        ("分值为 {maximum}，得分为 {requested}。", "The maximum is {maximum}; the score would be {requested}."),
    ),
    errors.ScoresMissing: Wording(
        409,
        ("得分不全", "Scores missing"),
        ("还缺 {missing} 个得分。", "{missing} scores are missing."),
    ),
    **{error: Wording(503, *words) for error, words in UNAVAILABLE.items()},
    json_input.BodyTooLarge: Wording(
        413,
        ("请求过大", "Body too large"),
        ("请求体上限为 {limit_bytes} 字节。", "The body may have at most {limit_bytes} bytes."),
    ),
    json_input.UnsupportedMediaType: Wording(
        415,
        ("不支持的媒体类型", "Unsupported media type"),
        ("请以 Content-Type: application/json 提交。", "Send it as Content-Type: application/json."),
    ),
    json_input.UnsupportedEncoding: Wording(
        415,
        ("不支持的编码", "Unsupported encoding"),
        ("请以未压缩的 UTF-8 提交。", "Send it uncompressed, as UTF-8."),
    ),
    json_input.NotUtf8: Wording(
        400, ("不是 UTF-8", "Not UTF-8"), ("请求体不是有效的 UTF-8。", "The body is no valid UTF-8.")
    ),
    json_input.NotJson: Wording(
        400,
        ("不是有效的 JSON", "Not JSON"),
        ("请求体不是有效的 JSON。", "The body is no valid JSON."),
    ),
    json_input.TooDeep: Wording(
        400,
        ("嵌套过深", "Nested too deeply"),
        ("JSON 嵌套不得超过 32 层，括号须配对。", "JSON may nest 32 levels deep, and its brackets must match."),
    ),
    json_input.DuplicateField: Wording(
        400,
        ("字段重复", "Duplicate field"),
        ("同一对象中有重复的字段名。", "An object names a field twice."),
    ),
    json_input.TooManyFields: Wording(
        400,
        ("字段过多", "Too many fields"),
        ("一个对象的字段过多。", "An object has more fields than any command."),
    ),
    json_input.NotAnObject: Wording(
        400,
        ("不是 JSON 对象", "Not a JSON object"),
        ("请求体须为一个 JSON 对象。", "The body must be one JSON object."),
    ),
    invalid.InvalidBody: Wording(
        422,
        ("内容有误", "Invalid body"),
        ("有字段不符合要求，已逐项列出。", "Fields are missing, unknown or wrong: each is listed."),
    ),
    invalid.InvalidParameter: Wording(
        422,
        ("参数有误", "Invalid parameter"),
        ("有参数不符合要求，已逐项列出。", "Parameters are unknown or wrong: each is listed."),
    ),
    invalid.InvalidForm: Wording(
        422,
        ("表单有误", "Invalid form"),
        (
            "表单中有本页没有的字段、重复的字段或不可选的值；未作任何处理。",
            "It holds a field that the page has not, one twice, or a value that is not offered; nothing was done.",
        ),
    ),
    invalid.IdempotencyKeyMissing: Wording(
        400,
        ("缺少幂等键", "Idempotency key missing"),
        (
            "写入须带 Idempotency-Key 请求头（1 至 128 个可见 ASCII 字符）。",
            "A write needs the header Idempotency-Key (1 to 128 visible ASCII characters).",
        ),
    ),
    invalid.NotFound: Wording(404, ("不存在", "Not found"), ("没有这个地址。", "There is nothing at this address.")),
    invalid.MethodNotAllowed: Wording(
        405,
        ("方法不允许", "Method not allowed"),
        ("该地址不接受这种请求方法。", "This address does not take this method."),
    ),
    invalid.BadRequest: Wording(
        400, ("请求有误", "Bad request"), ("无法读取该请求。", "The request could not be read.")
    ),
    invalid.RequestTimeout: Wording(
        408,
        ("请求超时", "Request timeout"),
        ("请求头或请求体未及时到达。", "The head or the body of the request did not come in time."),
    ),
    invalid.TargetTooLong: Wording(
        414, ("地址过长", "Target too long"), ("请求地址及参数过长。", "The address with its parameters is too long.")
    ),
    invalid.HeadTooLarge: Wording(
        431,
        ("请求头过大", "Head too large"),
        ("请求头过多或过长。", "The headers of the request are too many or too long."),
    ),
    invalid.CallerQuotaReached: Wording(
        409,
        ("已达个人上限", "Caller's quota reached"),
        (
            "您保存的列对应或上传的文件已达上限：请删除不用的列对应，或等文件到期。",
            "You keep as many column mappings or uploaded files as one caller may: delete a mapping, or wait until a "
            "file expires.",
        ),
    ),
    invalid.LedgerQuotaReached: Wording(
        409,
        ("已达账套上限", "Ledger's quota reached"),
        (
            "本账套的列对应或上传文件已达上限：请审批人删除不用的列对应，或等文件到期。",
            "As many column mappings or uploaded files are kept as the ledger may have: have an approver delete a "
            "mapping, or wait until a file expires.",
        ),
    ),
    invalid.NotPossible: Wording(
        500,
        ("服务内部错误", "Internal error"),
        ("服务发生内部错误，已记录。", "Something failed in the service; it was logged."),
    ),
}


def title_of_code(code: str, language: Language) -> str:
    """What a problem of that code is called; the code itself where no class of ours has it."""
    titles = (wording.titles for error, wording in WORDINGS.items() if getattr(error, "code", None) == code)
    found = next(titles, None)
    return code if found is None else found[language]


def wording_of(error: errors.FundtrailError) -> Wording:
    """The row of the error's class, or of the nearest class above it that has one."""
    return next(WORDINGS[each] for each in type(error).__mro__ if each in WORDINGS)
