"""The words that sources write for the values of typed fields. A source's own codes belong in its mapping file.

GB/T 2261.1: 1 男, 2 女, 0 未知, 9 未说明. The codes of 当前状态 mean opposite things in the 2016 and 2018 editions
of 双公示, so only words are known here.
"""

from typing import TypeVar

from credit_sync.records import ApplicationKind, LicenceState, Role
from credit_sync.subjects.subject import Sex, SubjectKind

Value = TypeVar("Value")


def _by_word(table: dict[Value, str]) -> dict[str, Value]:
    """Words separated by blanks, turned round."""
    return {word: value for value, words in table.items() for word in words.split()}


EMPTY = frozenset(
    _by_word(
        {
            "signs": r"- -- --- — —— / // \ \n #n/a n/a",
            "words": "无 暂无 空 暂缺 未填 未填写 (无) （无） （空） null (null) none nil nan undefined",
        }
    )
) | {""}
"""What sources write, in lower case, where they have nothing to say."""

LONG_TERM = frozenset(_by_word({"": "长期 长期有效 永久 永久有效 无固定期限 无固定期 不约定期限"}))

SUBJECT_KINDS = _by_word(
    {
        SubjectKind.PERSON: "自然人 个人 人 人员 公民 person individual",
        SubjectKind.ORGANISATION: """法人 法人及非法人组织 法人和其他组织 法人及其他组织 法人或其他组织 非法人组织
            其他组织 企业 企业法人 事业单位 事业法人 社会组织 机关 单位 组织 机构 公司 高校 科研院所 个体工商户
            个体户 农民专业合作社 民办非企业单位 社会团体 organisation organization company""",
    }
)

SEXES: dict[str, Sex | None] = _by_word(
    {
        Sex.MALE: "男 男性 1 m male 先生",
        Sex.FEMALE: "女 女性 2 f female 女士",
        None: "0 9 未知 未说明 未说明的性别 未知的性别 不详",
    }
)

ROLES = {role.value: role for role in Role} | _by_word(
    {
        Role.APPLYING_UNIT: "申报单位 牵头单位 牵头申报单位 申请单位 承担单位 项目承担单位 主持单位 依托单位",
        Role.COOPERATING_UNIT: "合作单位 参与单位 参加单位 协作单位 联合申报单位",
        Role.NOMINATING_UNIT: "推荐单位 提名单位 归口单位 归口管理单位 推荐部门 归口部门 主管部门 推荐(归口)单位 推荐/归口单位 提名机构",
        Role.NOMINATING_EXPERT: "提名专家 推荐专家 提名人 推荐人",
        Role.COMPLETING_UNIT: "完成单位 主要完成单位 第一完成单位 候选单位 获奖单位",
        Role.LEGAL_REPRESENTATIVE: "法定代表人 法人代表 单位负责人 法定代表人(负责人) 法定代表人或负责人",
        Role.LEADER: "项目负责人 项目主持人 课题负责人 负责人 主持人 申请人 申报人",
        Role.MEMBER: "项目组成员 课题组成员 项目成员 组成员 成员 参与人 参加人 参与人员 参加人员",
        Role.CONTRIBUTOR: "完成人 主要完成人 第一完成人 候选人 获奖人 人选",
    }
)

LICENCE_STATES = {state.value: state for state in LicenceState} | _by_word(
    {
        LicenceState.VALID: "有效 正常 在用 有效期内 在有效期内 现行有效",
        LicenceState.REVOKED: "撤销 已撤销 吊销 已吊销 撤回 已撤回",
        LicenceState.CANCELLED: "注销 已注销",
        LicenceState.EXPIRED: "过期 已过期 到期 已到期 失效 已失效 届满",
    }
)

APPLICATION_KINDS = {kind.value: kind for kind in ApplicationKind} | _by_word(
    {
        ApplicationKind.PROJECT: "项目 科技项目 计划项目 科技计划项目 课题",
        ApplicationKind.AWARD: "奖 奖项 奖励 科技奖 科技奖励 科学技术奖 成果奖",
    }
)
