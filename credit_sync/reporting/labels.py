"""Chinese labels of what is stored as a code word (of submissions: publishing/shown.py), and how probabilities are said."""

import math
from collections.abc import Mapping
from typing import Any

from credit_sync.publishing.rates import Rate
from credit_sync.publishing.standing import Standing
from credit_sync.records import ApplicationKind, RecordKind, Role
from credit_sync.reporting.clean_bill_views import Outcome
from credit_sync.screening.comparison import Verdict
from credit_sync.screening.decisions import Conclusion, State, Step
from credit_sync.screening.faces import Via
from credit_sync.screening.measures import Effect
from credit_sync.store.audit import Action
from credit_sync.subjects.subject import Sex, SubjectKind

VERDICTS: Mapping[str, str] = {
    Verdict.CONFIRMED: "确认",
    Verdict.PROBABLE: "疑似",
    Verdict.POSSIBLE: "可能",
    Verdict.UNVERIFIABLE: "无法核实",
    Verdict.CLEAR: "未发现",
}

ROLES: Mapping[str, str] = {
    Role.APPLYING_UNIT: "申报单位",
    Role.COOPERATING_UNIT: "合作单位",
    Role.NOMINATING_UNIT: "提名（推荐）单位",
    Role.NOMINATING_EXPERT: "提名专家",
    Role.COMPLETING_UNIT: "完成单位",
    Role.LEGAL_REPRESENTATIVE: "法定代表人",
    Role.LEADER: "项目负责人",
    Role.MEMBER: "项目组成员",
    Role.CONTRIBUTOR: "完成人",
}

APPLICATION_KINDS: Mapping[str, str] = {ApplicationKind.PROJECT: "项目", ApplicationKind.AWARD: "奖励"}

SUBJECT_KINDS: Mapping[str, str] = {SubjectKind.PERSON: "个人", SubjectKind.ORGANISATION: "单位"}

SEXES: Mapping[str, str] = {Sex.MALE: "男", Sex.FEMALE: "女"}

EFFECTS: Mapping[Effect, str] = {"forbid": "禁止", "restrict": "限制", "consider": "审慎参考", "hold": "暂缓"}

ATTRIBUTES: Mapping[str, str] = {
    "identifier": "证件号码",
    "person_name": "姓名",
    "organisation_name": "名称",
    "legal_representative": "法定代表人",
    "sex": "性别",
    "birth_year": "出生年份",
    "region": "地区",
    "employer": "工作单位",
    "via": "关联方式",
}

VIA: Mapping[str, str] = {Via.SUBJECT: "本身", Via.LEGAL_REPRESENTATIVE: "法定代表人"}
"""What the applicant is to the listed subject."""

RECORDS: Mapping[str, str] = {
    RecordKind.LICENCE: "行政许可",
    RecordKind.PENALTY: "行政处罚",
    RecordKind.LISTING: "名单条目",
    RecordKind.APPLICANT: "申报主体",
    RecordKind.INSPECTION: "检查抽检",
}

STANDINGS: Mapping[str, str] = {
    Standing.ACCEPTED: "已接收",
    Standing.SENT: "已报送待回执",
    Standing.REJECTED: "被退回",
    Standing.UNSENT: "未报送",
}
"""Where the first publication of a decision stands."""

RATES: Mapping[str, str] = {
    "应报": "公示期限的最后一天在本月、且已经过去的决定；已撤销来源记录又从未报送的不计。",
    "合规率": "（已接收 + 已报送待回执）÷ 应报。只有校验通过的才会报送；被平台退回的不算。",
    "及时率": "本月首次报送中不晚于期限的 ÷ 本月首次报送。更正、撤回不计；被退回后重新报送的，按重新报送之日。",
    "迟报": "本月报送但晚于期限的，以及截至统计时已过期限仍未报送（含被退回未重报）的，不论应在哪个月。",
    "漏报率": "缺号 ÷ 应有文号（同一机关同一年从起始号到已知最大号）。已用于其他种类决定的文号不算缺号。",
    "按期办结率": "按期作出决定的 ÷（按期 + 超期）。没有受理日期、受理晚于决定的不计，另列。",
    "零增量": "本月没有作出过决定的记录种类，写明而不省略。",
    "—": "分母为 0 时没有比率，记作“—”，不是 0，也不是 100%。比率只舍不入，未到 100% 的不写成 100%。",
}
"""What the figures of the compliance report mean, by name."""

STAGES: Mapping[str, str] = {
    "pull": "取数",
    "publish": "报送",
    "screen": "比对",
    "write_back": "回写",
    "report": "报告",
    "tell": "通知",
    "rename": "数据源改名",
    "start": "启用渠道",
}

STATUSES: Mapping[str, str] = {
    "running": "运行中",
    "done": "完成",
    "failed": "失败",
    "abandoned": "已中止",
    "accepted": "已采用",
    "refused": "未采用",
}

DELIVERIES: Mapping[str, str] = {
    "full": "全量",
    "delta": "增量",
    "query": "逐个查询",
    "retry": "隔离区重试",
    "rename": "改名",
    "rollback": "回退",
    "end": "停用",
}

STATES: Mapping[str, str] = {
    State.OPEN: "待复核",
    State.PROPOSED: "待第二人复核",
    State.UPHELD: "已维持",
    State.DISMISSED: "已排除",
    State.REOPENED: "重新打开",
}
"""Where a flag stands."""

CONCLUSIONS: Mapping[str, str] = {Conclusion.UPHOLD: "维持", Conclusion.DISMISS: "排除"}

OUTCOMES: Mapping[str, str] = {
    Outcome.CLEARED: "未发现",
    Outcome.DISMISSED: "预警已排除",
    Outcome.OPEN: "预警待复核",
    Outcome.UPHELD: "预警已维持",
    Outcome.UNVERIFIABLE: "无法核实",
    Outcome.UNSCREENED: "尚未比对",
    Outcome.BLOCKED: "名单不可用",
}
"""What an applicant's screening comes to on a clean-bill list."""

STEPS: Mapping[str, str] = {
    Step.UPHOLD: "维持",
    Step.DISMISS: "排除",
    Step.CONFIRM: "复核同意",
    Step.REFUSE: "复核退回",
    Step.UNDO: "撤销结论",
    Step.REOPEN: "重新打开",
}

CHANGES: Mapping[str, str] = {
    "opened": "新预警",
    "changed": "有变化",
    "proposed": "待第二人复核",
    "upheld": "已维持",
    "dismissed": "已排除",
    "reopened": "重新打开",
    "closed": "已关闭",
}
"""What an application system is told of a flag."""

NOTICE_STATES: Mapping[str, str] = {
    "pending": "待送",
    "sending": "在途",
    "delivered": "已送达",
    "refused": "被系统退回",
    "given_up": "已放弃",
}

ACTIONS: Mapping[str, str] = {
    **STEPS,
    Action.LOOKUP: "查询",
    Action.EXPLAIN: "查看证据",
    Action.SCREEN_FILE: "比对表格",
    Action.REVEAL: "查看完整号码",
    Action.EXPORT: "导出",
    Action.IMPORT: "导入",
    Action.CONFIGURATION: "配置变更",
    Action.ROLLBACK: "名单回退",
    Action.FORGET: "数据源停用",
    Action.RENAME: "数据源改名",
    Action.SIGN_IN: "登录",
    Action.SIGN_IN_REFUSED: "登录被拒绝",
    Action.CLEAN_BILL: "签发无预警名单",
    Action.GATE: "关口查询",
    Action.SHARE: "信息共享",
    Action.WITHDRAW: "撤回公示",
    Action.KEEP: "公示维持现状",
    Action.RESUME: "恢复公示",
    Action.LOST: "平台丢失补报",
    Action.REPAIR: "登记信用修复",
    Action.START: "启用渠道",
    Action.GIVE_UP: "放弃通知",
    Action.API_KEY: "接口密钥",
    Action.API_REFUSED: "接口拒绝",
}
"""What is put on record."""

AUDIT_CODES: Mapping[str, str] = {
    "*": "全部",
    "local": "本地账号",
    "oidc": "统一身份认证",
    "link": "链接",
    "add": "新建",
    "password": "重设密码",
    "rights": "改角色或处室",
    "disable": "停用",
    "gate": "关口查询",
    "lookup": "主体查询",
    "subjects": "许可处罚信息共享",
}
"""Codes in the details of what is on record."""

_QUESTIONS: Mapping[str, str] = {
    "asked": "本次查询",
    "cached": "沿用以前的答复",
    "answered": "有记录",
    "none": "查无记录",
    "unknown": "未能查询",
    "waiting": "等待查询",
    "unaskable": "缺少号码无法查询",
}

NO_DEPARTMENT = "未填处室"
NO_STAGE = "未填阶段"

_WORDS = ((0.95, "很有可能"), (0.8, "较有可能"), (0.5, "有可能"), (0.1, "不能排除"))


def label(labels: Mapping[str, str], code: str) -> str:
    """The Chinese word for a code, the code itself where there is none."""
    return labels.get(code, code)


def questions(counts: Mapping[str, Any]) -> str:
    """How the questions to a list that can only be asked stand; '' for counts of another source.

    >>> questions({"questions": 5, "asked": 3, "cached": 2, "answered": 1, "none": 3, "unknown": 1})
    '逐个查询 5 个主体：本次查询 3、沿用以前的答复 2、有记录 1、查无记录 3、未能查询 1'
    """
    if "questions" not in counts:
        return ""
    numbers = "、".join(f"{title} {counts[name]}" for name, title in _QUESTIONS.items() if counts.get(name))
    return f"逐个查询 {counts['questions']} 个主体" + (f"：{numbers}" if numbers else "")


def percent(probability: float) -> str:
    """A probability in percent, rounded down and never as certainty.

    >>> percent(0.9999), percent(0.9996), percent(0.95678), percent(0.0001)
    ('＞99.9%', '＞99.9%', '95.6%', '＜0.1%')
    """
    if probability > 0.999:
        return "＞99.9%"
    if probability < 0.001:
        return "＜0.1%"
    return f"{math.floor(probability * 1000 + 1e-6) / 10:.1f}%"


def step_title(step: str, state: str) -> str:
    """What somebody did; a conclusion that waits for the second person is a proposal.

    >>> step_title("uphold", "upheld"), step_title("uphold", "proposed")
    ('维持', '提出维持，待第二人复核')
    """
    return f"提出{STEPS[step]}，待第二人复核" if state == State.PROPOSED else STEPS[step]


def age(days: float) -> str:
    """How long ago something was, as people count.

    >>> age(0.02), age(0.69), age(1.99), age(12.7)
    ('不到 1 小时', '16 小时', '47 小时', '12 天')
    """
    hours = math.floor(days * 24)
    if hours >= 48:  # below, hours tell last night's list from the one before
        return f"{hours // 24} 天"
    return f"{hours} 小时" if hours else "不到 1 小时"


def share(rate: Rate) -> str:
    """A rate in percent, rounded down; a dash where there is nothing to divide by.

    >>> share(Rate(25, 26)), share(Rate(26, 26)), share(Rate(1, 5000)), share(Rate(0, 3)), share(Rate(0, 0))
    ('96.1%', '100%', '＜0.1%', '0.0%', '—')
    """
    if not rate.whole:
        return "—"
    if rate.part == rate.whole:
        return "100%"
    return "＜0.1%" if 0 < rate.part * 1000 < rate.whole else f"{rate.part * 1000 // rate.whole / 10:.1f}%"


def in_words(probability: float, *, confirmed: bool) -> str:
    """A probability in words. Only what identifiers confirm is called almost certain.

    >>> in_words(0.9999, confirmed=True), in_words(0.9999, confirmed=False), in_words(0.01, confirmed=False)
    ('几乎可以肯定', '很有可能', '可能性很小')
    """
    if confirmed and probability >= 0.99:
        return "几乎可以肯定"
    return next((words for least, words in _WORDS if probability >= least), "可能性很小")


def weight(bits: float) -> str:
    """Bits of evidence with their sign.

    >>> weight(39.83), weight(-2.7), weight(0.0)
    ('+39.8', '−2.7', '0')
    """
    rounded = round(bits, 1)
    if rounded == 0:
        return "0"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):.1f}"
