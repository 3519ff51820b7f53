"""Our side of a mapping: for every record kind its fields, how each is read, and which it cannot do without.

The subject's fields are common to all kinds. An identifier may be given by kind (`uscc`, `citizen_id` …) or
as `identifier`, whose kind is then recognised.
"""

from dataclasses import dataclass
from enum import StrEnum

from credit_sync.records import RecordKind


class FieldType(StrEnum):
    """How the text of a source becomes a value."""

    TEXT = "text"
    DATE = "date"
    INTEGER = "integer"
    AMOUNT = "amount"
    """万元; a source that writes 元 says so in the field's name or unit."""
    AMOUNT_YUAN = "amount_yuan"
    IDENTIFIER = "identifier"
    NAMES = "names"
    SUBJECT_KIND = "subject_kind"
    SEX = "sex"
    ROLE = "role"
    STATE = "state"
    APPLICATION_KIND = "application_kind"


@dataclass(frozen=True, slots=True)
class TargetField:
    """One of our fields: its Chinese title (for reasons) and type; `required` ones send a row to quarantine."""

    title: str
    type: FieldType = FieldType.TEXT
    required: bool = False


_T = TargetField

SUBJECT_FIELDS: dict[str, TargetField] = {
    "kind": _T("主体类别", FieldType.SUBJECT_KIND),
    "name": _T("名称", required=True),
    "identifier": _T("证件号码", FieldType.IDENTIFIER),
    "uscc": _T("统一社会信用代码", FieldType.IDENTIFIER),
    "organisation_code": _T("组织机构代码", FieldType.IDENTIFIER),
    "registration_number": _T("工商注册号", FieldType.IDENTIFIER),
    "citizen_id": _T("身份证号码", FieldType.IDENTIFIER),
    "former_names": _T("曾用名", FieldType.NAMES),
    "legal_representative": _T("法定代表人"),
    "sex": _T("性别", FieldType.SEX),
    "birth_year": _T("出生年份", FieldType.INTEGER),
    "birth_date": _T("出生日期", FieldType.DATE),
    "region": _T("地区"),
    "employer": _T("工作单位"),
}

_DECISION_FIELDS: dict[str, TargetField] = {
    "document_number": _T("决定书文号", required=True),
    "decided_on": _T("决定日期", FieldType.DATE, required=True),
    "category": _T("类别"),
    "content": _T("内容"),
    "authority": _T("决定机关"),
    "authority_code": _T("决定机关统一社会信用代码"),
    "legal_representative_id": _T("法定代表人证件号码", FieldType.IDENTIFIER),
    "note": _T("备注"),
}

TARGET_FIELDS: dict[RecordKind, dict[str, TargetField]] = {
    RecordKind.LICENCE: SUBJECT_FIELDS
    | _DECISION_FIELDS
    | {
        "document_title": _T("决定文书名称"),
        "licence_name": _T("许可证书名称"),
        "licence_number": _T("许可编号"),
        "event": _T("办理事项"),
        "accepted_on": _T("受理日期", FieldType.DATE),
        "valid_from": _T("有效期自", FieldType.DATE),
        "valid_to": _T("有效期至", FieldType.DATE),
        "state": _T("当前状态", FieldType.STATE),
        "state_since": _T("状态变更日期", FieldType.DATE),
    },
    RecordKind.PENALTY: SUBJECT_FIELDS
    | _DECISION_FIELDS
    | {
        "nature": _T("决定性质"),
        "violation": _T("违法行为类型"),
        "facts": _T("违法事实"),
        "basis": _T("处罚依据"),
        "fine": _T("罚款金额", FieldType.AMOUNT),
        "fine_yuan": _T("罚款金额（元）", FieldType.AMOUNT_YUAN),
        "confiscated": _T("没收金额", FieldType.AMOUNT),
        "confiscated_yuan": _T("没收金额（元）", FieldType.AMOUNT_YUAN),
        "revoked_document": _T("暂扣或吊销证照名称及编号"),
        "valid_to": _T("处罚有效期", FieldType.DATE),
        "public_until": _T("公示截止期", FieldType.DATE),
        "repaired_on": _T("信用修复日期", FieldType.DATE),
    },
    RecordKind.LISTING: SUBJECT_FIELDS
    | {
        "number": _T("案号或文号"),
        "reason": _T("列入原因"),
        "organ": _T("列入机关"),
        "basis": _T("依据文号"),
        "duty": _T("义务"),
        "performance": _T("履行情况"),
        "listed_on": _T("列入日期", FieldType.DATE),
        "published_on": _T("发布日期", FieldType.DATE),
        "removed_on": _T("移出日期", FieldType.DATE),
        "removal_reason": _T("移出原因"),
        "age": _T("年龄", FieldType.INTEGER),
        "legal_representative_id": _T("法定代表人证件号码", FieldType.IDENTIFIER),
    },
    RecordKind.APPLICANT: SUBJECT_FIELDS
    | {
        "system": _T("系统", required=True),
        "application": _T("申报编号", required=True),
        "role": _T("角色", FieldType.ROLE, required=True),
        "title": _T("项目（成果）名称"),
        "application_kind": _T("申报类型", FieldType.APPLICATION_KIND),
        "stage": _T("阶段"),
        "department": _T("归口处室"),
        "year": _T("年度", FieldType.INTEGER),
        "rank": _T("排名", FieldType.INTEGER),
    },
    RecordKind.INSPECTION: SUBJECT_FIELDS
    | {
        "form": _T("检查类型", required=True),
        "number": _T("检查文号"),
        "inspected_on": _T("检查日期", FieldType.DATE),
        "content": _T("检查内容"),
        "result": _T("检查结果"),
        "organ": _T("检查机关"),
    },
}
