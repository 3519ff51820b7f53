"""What the interface takes and gives, for openapi.json and for checking."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from credit_sync.records import ApplicationKind, Role
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.decisions import State
from credit_sync.screening.faces import Via
from credit_sync.screening.gate import Cause, Passage
from credit_sync.screening.measures import Effect
from credit_sync.subjects.subject import Sex, SubjectKind
from credit_sync.subjects.writing import plain

MOST_APPLICANTS = 100
LARGEST_PAGE = 200


def _written(text: str) -> str:
    found = plain(text)
    if not found:
        raise ValueError("不能为空")
    return found


Text = Annotated[str, Field(max_length=200), AfterValidator(plain)]
Written = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_written)]
Number = Annotated[str, Field(max_length=64), AfterValidator(plain)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class ApplicantAsked(_Asked):
    """一个申报主体。证件号码写全：部分隐去的、校验不通过的，必须提供号码的角色视为没有提供。"""

    role: Role = Field(description="在申报中的角色")
    name: Written = Field(description="名称或姓名", examples=["合肥启岩机械有限公司"])
    kind: SubjectKind | None = Field(default=None, description="单位或个人；不写则由号码和名称判断")
    uscc: Number = Field(default="", description="统一社会信用代码")
    organisation_code: Number = Field(default="", description="组织机构代码")
    registration_number: Number = Field(default="", description="工商注册号")
    citizen_id: Number = Field(default="", description="身份证号码")
    identifier: Number = Field(default="", description="种类不明的证件号码，由程序识别（护照、通行证等）")
    former_names: Annotated[tuple[Text, ...], Field(max_length=10, description="曾用名")] = ()
    legal_representative: Text = Field(default="", description="单位的法定代表人")
    sex: Sex | None = Field(default=None, description="性别")
    birth_year: int | None = Field(default=None, ge=1800, le=2200, description="出生年份")
    region: Text = Field(default="", description="所在地区：行政区划代码或名称")
    employer: Text = Field(default="", description="个人的工作单位")


_EXAMPLE: JsonDict = {
    "system": "安徽省科技管理信息系统",
    "application": "1804h0800003",
    "application_kind": "project",
    "stage": "形式审查",
    "applicants": [
        {"role": "applying_unit", "name": "安徽启岩机械有限公司", "uscc": "91340100MA2T009985"},
        {"role": "leader", "kind": "person", "name": "屈怀瑾", "citizen_id": "340100190001040017"},
    ],
}


class ApplicationAsked(_Asked):
    """一个申报的全部申报主体，即时比对。除留痕（不含全号）外不保存；带 Idempotency-Key 时回答保存 24 小时。"""

    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]})

    system: Written = Field(description="申报系统的名称", examples=["安徽省科技管理信息系统"])
    application: Text = Field(default="", description="申报编号，只用于留痕", examples=["1804a09020117"])
    application_kind: ApplicationKind = Field(description="项目或奖励")
    stage: Text = Field(default="", description="申报所处阶段，决定适用哪项惩戒措施", examples=["形式审查"])
    applicants: Annotated[tuple[ApplicantAsked, ...], Field(min_length=1, max_length=MOST_APPLICANTS)] = Field(
        description=f"申报主体，1 至 {MOST_APPLICANTS} 个"
    )


class ReasonTold(_Told):
    """一条理由。"""

    cause: Cause = Field(description="理由的种类，程序按它处理；各种类的含义见文档")
    verdict: Passage = Field(description="单凭这一条的结论")
    applicant: int | None = Field(description="关于哪个申报主体（applicants 中的 number）；null 为整个申报")
    text: str = Field(description="给人看的说明")


class ApplicantTold(_Told):
    """一个申报主体，号码已隐去。"""

    number: int
    role: Role
    name: str
    identifiers: list[str]


class MeasureTold(_Told):
    """惩戒措施。"""

    effect: Effect = Field(description="forbid 禁止，restrict 限制，consider 审慎参考，hold 暂缓")
    title: str
    basis: str = Field(description="法律依据")
    text: str = Field(description="怎样处理")


class FlagTold(_Told):
    """一条预警，或即时发现、尚无预警的命中。"""

    flag: int | None = Field(description="预警编号；null：尚无预警")
    applicant: int
    list: str
    list_title: str
    via: Via = Field(description="subject 本身；legal_representative 经名单单位的法定代表人")
    state: State | None = Field(description="复核状态；null：尚无预警")
    match: Verdict = Field(description="比对判定")
    probability: float
    measure: MeasureTold
    cases: tuple[str, ...] = Field(description="现在命中的案号、文号")


class ListTold(_Told):
    """比对所用的一份名单。"""

    list: str
    title: str
    versions: dict[str, int] = Field(description="数据源 -> 版本")
    pulled_at: datetime | None
    entries: int
    stale: bool


class GateTold(_Told):
    """关口的回答。只有 verdict 为 clear 才可以继续。"""

    verdict: Passage = Field(description="clear 可以继续，hold 暂缓，blocked 不得继续，unknown 不能确定")
    title: str
    reasons: list[ReasonTold] = Field(description="全部理由，最严的在前")
    applicants: list[ApplicantTold]
    flags: list[FlagTold]
    lists: list[ListTold]
    weights: str = Field(description="证据权重的版本")
    at: datetime = Field(description="回答的时间")
    screened_at: datetime | None = Field(description="最近一次夜间比对的时间；null：即时比对，或没有比对过")


class LookupAsked(_Asked):
    """查询一个主体：名称、代码、身份证号码至少写一项。"""

    name: Text = Field(default="", description="名称或姓名", examples=["合肥启岩机械有限公司"])
    code: Number = Field(default="", description="单位的统一社会信用代码、组织机构代码或工商注册号")
    citizen_id: Number = Field(default="", description="身份证号码，可以部分隐去")
    reason: Written = Field(description="查询事由，留痕", examples=["2026年度项目立项前核查"])
    page: int = Field(default=1, ge=1, le=100_000)
    size: int = Field(default=50, ge=1, le=LARGEST_PAGE)


class LookupTold(_Told):
    """查询结果；号码已隐去。"""

    subject: dict[str, Any]
    verdict: Verdict = Field(description="名单比对的判定；unverifiable 无法核实，不是没有")
    reason: str
    lists: dict[str, Any]
    found: list[dict[str, Any]] = Field(description="这一页的记录，各附证据")
    total: int
    page: int
    pages: int


class LicenceTold(_Told):
    """一条行政许可。"""

    record: Literal["licence"]
    name: str
    document_number: str
    licence_name: str
    licence_number: str
    category: str
    content: str
    decided_on: date
    valid_from: date | None
    valid_to: date | None
    state: str
    authority: str


class PenaltyTold(_Told):
    """一条行政处罚。"""

    record: Literal["penalty"]
    name: str
    document_number: str
    violation: str
    category: str
    content: str
    fine: str | None = Field(description="罚款，万元")
    confiscated: str | None = Field(description="没收，万元")
    decided_on: date
    public_until: date | None
    authority: str


class SubjectTold(_Told):
    """一个单位的许可和处罚。"""

    code: str
    total: int
    page: int
    pages: int
    records: list[Annotated[LicenceTold | PenaltyTold, Field(discriminator="record")]]


class Healthy(_Told):
    """在提供服务，数据库连得上。"""

    status: Literal["ok"]


class Fault(_Told):
    """请求中不对的一处。"""

    place: str
    text: str


class Problem(_Told):
    """出错（RFC 9457）。关口的任何错误都不是“可以继续”。"""

    type: str
    title: str
    status: int
    detail: str
    instance: str = Field(description="请求编号，联系运维人员时请提供")
    errors: list[Fault] | None = None
    verdict: Literal["unknown"] | None = Field(default=None, description="关口的地址上总有这一项")
