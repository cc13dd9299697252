"""How it is said to somebody that they may not come in, or not here: a part of the table in `wording`."""

from typing import Final

from api import denied, invalid
from api.wording_row import Wording
from domain import errors

ACCESS_WORDINGS: Final[dict[type[errors.FundtrailError], Wording]] = {
    denied.Unauthenticated: Wording(
        401,
        ("未通过身份验证", "Unauthenticated"),
        (
            "须以 Authorization: Bearer 提供有效的密钥或令牌。",
            "Send a valid key or token as Authorization: Bearer.",
        ),
    ),
    denied.Forbidden: Wording(
        403,
        ("无权访问", "Forbidden"),
        ("该凭证在此没有所需的权限。", "The credential does not give the right that is needed here."),
    ),
    denied.OfAnotherAuthor: Wording(
        403,
        ("为他人所保存", "Saved by somebody else"),
        (
            "此列对应由他人保存，只有保存者或审批人可以替换或删除；请换一个名称保存。",
            "Only its author or an approver may replace or delete this column mapping; save yours under another name.",
        ),
    ),
    denied.ForeignHost: Wording(
        403,
        ("主机名不符", "Foreign host"),
        (
            "未启用身份验证时，只接受以 localhost、127.0.0.1 或 [::1] 为主机名的请求。",
            "Without authentication only requests to localhost, 127.0.0.1 or [::1] are taken.",
        ),
    ),
    denied.ForeignForm: Wording(
        403,
        ("表单来源不符", "Foreign form"),
        (
            "这张表单不是由本服务的页面发出的，未作任何处理。请从本服务的页面重新填写；"
            "经代理访问时，代理须保留 Host 请求头。",
            "This form was not sent by a page of this service, and nothing was done. Fill it in on a page of this "
            "service; a proxy in between must keep the Host header.",
        ),
    ),
    errors.OutsideUnits: Wording(
        403,
        ("超出所属单位", "Outside units"),
        (
            "该凭证只限于某些单位的项目指标，此项不在其中或不存在。",
            "The credential is for the lines of some units, and this is none of them, or not there.",
        ),
    ),
    errors.ApproverNeeded: Wording(
        403,
        ("须由审批人办理", "Approver needed"),
        (
            "超支（包括期初余额已超支）和清除私密内容须有审批权限。",
            "Spending above what is available, also before a line was taken over, and erasing private values, take an "
            "approver.",
        ),
    ),
    denied.TooManyFailures: Wording(
        429,
        ("验证失败过多", "Too many failures"),
        (
            "该地址的无效凭证过多，请 {retry_after_s} 秒后再试；有效凭证不受影响。",
            "Too many credentials of this address were not valid; wait {retry_after_s} s. Valid ones are taken.",
        ),
    ),
    denied.IssuerUnavailable: Wording(
        503,
        ("无法验证令牌", "Issuer unavailable"),
        ("暂时无法取得令牌签发方的公钥，请稍后重试。", "The issuer's public keys could not be read yet; retry later."),
    ),
    invalid.UnknownKey: Wording(404, ("密钥不存在", "Unknown key"), ("没有这个密钥。", "There is no such key.")),
}
