"""The reasons an officer may give for a decision: `mappings/review.toml`."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from credit_sync.errors import CreditSyncError
from credit_sync.screening.decisions import Conclusion
from credit_sync.shipped import shipped
from credit_sync.subjects.writing import plain
from credit_sync.toml_files import Strict, load, written

_SHORTEST = 2
"""Characters of an explanation that can explain anything."""


class Reason(Strict):
    """One reason."""

    code: Annotated[str, written("[a-z0-9_]{1,64}", "只能用小写英文字母、数字和下划线，不超过 64 个字符")]
    conclusion: Conclusion
    text: str = Field(min_length=1, max_length=100)
    subject: Literal["same", "other", "unknown"]
    """Whether by this reason the applicant is the listed subject."""
    explain: bool = False


class Reasons(Strict):
    """The whole file."""

    reason: tuple[Reason, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once_and_for_both(self) -> Self:
        codes = [reason.code for reason in self.reason]
        if twice := sorted({code for code in codes if codes.count(code) > 1}):
            raise ValueError(f"reason.code: {'、'.join(twice)} 写了不止一次")
        texts = [(reason.conclusion, reason.text) for reason in self.reason]
        if len(set(texts)) < len(texts):
            raise ValueError("reason.text: 同一结论下的理由文字不能相同")
        if missing := [c.value for c in Conclusion if c not in {reason.conclusion for reason in self.reason}]:
            raise ValueError(f"reason.conclusion: 没有 {'、'.join(missing)} 的理由")
        return self

    def of(self, conclusion: Conclusion) -> tuple[Reason, ...]:
        """Those that a conclusion may be given for, in the order of the file."""
        return tuple(reason for reason in self.reason if reason.conclusion is conclusion)

    @property
    def titles(self) -> dict[str, str]:
        """By code, the reasons as officers read them."""
        return {reason.code: reason.text for reason in self.reason}

    def title(self, code: str) -> str:
        """The reason as officers read it; the code where it is no longer in the file."""
        return self.titles.get(code, code)

    def check(self, conclusion: Conclusion, code: str, text: str) -> Reason:
        """The reason that a conclusion is given for. Raises CreditSyncError when it will not do."""
        offered = self.of(conclusion)
        found = next((reason for reason in offered if reason.code == code), None)
        if found is None:
            known = "、".join(f"{reason.code}（{reason.text}）" for reason in offered)
            raise CreditSyncError(f"没有理由 {code[:64]}" if code else "没有写理由", remedy=f"可选：{known}")
        if found.explain and len(plain(text)) < _SHORTEST:
            needed = f"理由“{found.text}”须写明具体情况，至少 {_SHORTEST} 个字"
            raise CreditSyncError(needed, remedy="补写说明，命令行用 --text")
        return found


def load_reasons(folder: Path) -> Reasons:
    """`folder/review.toml`; the shipped one where a site has none of its own."""
    own = folder / "review.toml"
    return load(own if own.exists() else shipped("mappings") / "review.toml", Reasons)
