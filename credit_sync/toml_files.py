"""TOML files checked against a model: the one way in for settings, mappings, standards and weights.

Every problem is reported at once, by its key, with what is wrong and the nearest valid name for a key that
does not exist.
"""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from credit_sync.errors import SettingsError, reason_of


class Strict(BaseModel):
    """A table of a TOML file: unknown keys are errors, values are not changed after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


Model = TypeVar("Model", bound=Strict)


def written(pattern: str, how: str) -> AfterValidator:
    """Of a text: that it is written as the expression says. `how` tells a person, who cannot be shown an expression."""

    def refuse_others(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(how)
        return text

    return AfterValidator(refuse_others)


def why_no_expression(pattern: str) -> str:
    """What is wrong with a regular expression, without Python's English; '' where it is one."""
    try:
        re.compile(pattern)
    except re.error as error:
        place = "" if error.pos is None else f"（第 {error.pos + 1} 个字符处）"
        return f"正则表达式有误{place}"
    return ""


_MESSAGES = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项",
    "string_type": "必须是文字",
    "string_too_short": "不能为空",
    "string_too_long": "最多 {max_length} 个字符",
    "int_type": "必须是整数",
    "int_parsing": "必须是整数",
    "int_parsing_size": "必须是整数",
    "int_from_float": "必须是整数",
    "float_type": "必须是数字",
    "float_parsing": "必须是数字",
    "decimal_type": "必须是数字",
    "decimal_parsing": "必须是数字",
    "finite_number": "必须是有限的数字",
    "bool_type": "必须是 true 或 false",
    "bool_parsing": "必须是 true 或 false",
    "date_type": "必须是日期，例如 2018-11-30",
    "date_from_datetime_parsing": "必须是日期，例如 2018-11-30",
    "date_from_datetime_inexact": "必须是日期，例如 2018-11-30",
    "list_type": "必须是列表",
    "tuple_type": "必须是列表",
    "dict_type": "必须是表",
    "model_type": "必须是表",
    "model_attributes_type": "必须是表",
    "path_type": "必须是路径",
    "greater_than": "必须大于 {gt}",
    "greater_than_equal": "不能小于 {ge}",
    "less_than": "必须小于 {lt}",
    "less_than_equal": "不能大于 {le}",
    "literal_error": "只能是 {expected}",
    "enum": "只能是 {expected}",
    "union_tag_invalid": "只能是 {expected_tags}",
    "union_tag_not_found": "缺少 {discriminator}",
    "too_short": "至少要有 {min_length} 项",
}

_SYNTAX = {
    (
        "Unescaped",
        "Invalid hex value",
        "Escaped character",
    ): r"双引号里的反斜杠另有含义，路径请写成 'D:\数据' 或 D:/数据",
    (
        "Cannot declare",
        "Cannot overwrite",
        "Cannot mutate",
        "Cannot redefine",
        "Duplicate",
    ): "这一项或这张表写了两次",
    ("Unterminated string", "Illegal character", 'Expected "\'"'): "引号没有配对，或多行文字没有用三个引号",
    ("Unclosed", "Expected ']"): "括号没有配对，或漏了逗号",
    ("Invalid initial",): "名称只能用英文字母、数字、_ 和 -，其他的要用双引号括起来；花括号里不能换行",
    ("Expected '='",): "名称后面要有等号，名称里不能有空格",
    ("Invalid value",): '等号后面不是值：文字要用双引号括起来，例如 "安徽"；是否写 true 或 false',
    ("Invalid statement", "Expected newline"): "不是“名称 = 值”，也不是 [表名]：注释以 # 开头，一行只写一项",
}
"""What the beginning of tomllib's messages usually means."""
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")
_WIDE = "“”‘’＝［］｛｝，＂＃"
"""Signs of a Chinese keyboard where TOML has those of ASCII."""


def load(path: Path, model: type[Model]) -> Model:
    """The file as a model. Raises SettingsError that names every wrong key."""
    text = ""
    try:
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except FileNotFoundError:
        if not path.parent.is_dir():
            raise SettingsError(
                str(path), ["找不到文件，所在的文件夹也没有：请核对 config.toml 的 mappings"]
            ) from None
        there = [found.stem for found in path.parent.glob(f"*{path.suffix}")]
        raise SettingsError(str(path), [f"找不到文件{nearest(path.stem, there)}"]) from None
    except UnicodeDecodeError:
        raise SettingsError(str(path), ["不是 UTF-8 编码，请另存为 UTF-8"]) from None
    except OSError as error:
        raise SettingsError(str(path), [f"读不了：{reason_of(error)}"]) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(str(path), [f"读不出 TOML：{_syntax(str(error), text)}"]) from None
    return check(path, model, content)


def _syntax(said: str, text: str) -> str:
    """Where a text is no TOML, and why; the line itself is not shown, for it may hold a secret."""
    place = _PLACE.search(said)
    line, column = (int(place[1]), int(place[2])) if place else (text.count("\n") + 1, 1)
    where = f"第 {line} 行第 {column} 列" if place else "文件末尾"
    sign = "".join(text.split("\n")[line - 1 : line])[column - 1 : column]
    if sign and sign in _WIDE:
        return f"{where}：{sign} 是全角标点，请改为半角"
    return f"{where}：{next((why for begins, why in _SYNTAX.items() if said.startswith(begins)), said)}"


def check(path: Path, model: type[Model], content: Mapping[str, Any]) -> Model:
    """Parsed content as a model; `path` is for the messages."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        problems = [_explain(problem, content, model) for problem in error.errors()]
        raise SettingsError(str(path), list(dict.fromkeys(problems))) from None


def _explain(problem: ErrorDetails, content: Mapping[str, Any], model: type[Strict]) -> str:
    location = _keys_of(problem["loc"], content, of_table=problem["type"] == "value_error")
    context = problem.get("ctx", {})
    if problem["type"].startswith("union_tag"):
        location.append(str(context["discriminator"]).strip("'"))
    key = ".".join(str(part) for part in location) or "文件"
    if problem["type"] == "value_error":
        about = str(context.get("error", problem["msg"]))
        named = not location or about.startswith((f"{key}:", f"{key}."))
        return about if named else f"{key}: {about}"
    text = _MESSAGES.get(problem["type"], problem["msg"]).format(**context).replace("' or '", "', '")
    if problem["type"] == "extra_forbidden":
        text += nearest(str(location[-1]), _names_at(model, problem["loc"][:-1]))
    return f"{key}: {text}"


def nearest(name: str, there: Iterable[str]) -> str:
    """What may have been meant by a name that is not there; '' where nothing is like it."""
    close = difflib.get_close_matches(name, list(there), n=1)
    return f"，是否想写 {close[0]}" if close else ""


def _keys_of(location: Sequence[str | int], content: Any, *, of_table: bool) -> list[str | int]:
    """The location without the union tags that pydantic puts between keys, and behind that of a table as a whole."""
    keys: list[str | int] = []
    here = content
    for part in location:
        if isinstance(here, Mapping) and part not in here and (of_table or part != location[-1]):
            continue
        keys.append(part)
        try:
            here = here[part]
        except (KeyError, IndexError, TypeError):
            here = None
    return keys


def _names_at(annotation: Any, location: Sequence[str | int]) -> list[str]:
    """The keys that the model allows at a location."""
    models = _models_in(annotation)
    if not location:
        named = [item for model in models for item in model.model_fields.items() if not item[1].exclude]
        return [field.alias or name for name, field in named]
    part, rest = location[0], location[1:]
    for model in models:
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                return _names_at(field.annotation, rest)
            if part in get_args(field.annotation) and get_origin(field.annotation) is Literal:
                return _names_at(model, rest)  # the tag of a union: pydantic puts it into the location
    items = [
        argument
        for kind in _parts_of(annotation)
        if get_origin(kind) in (dict, tuple)
        for argument in get_args(kind)
    ]
    return [name for item in items for name in _names_at(item, rest)]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    return [part for part in _parts_of(annotation) if isinstance(part, type) and issubclass(part, BaseModel)]


def _parts_of(annotation: Any) -> list[Any]:
    """The members of a union, whatever is wrapped around it."""
    if get_origin(annotation) is Annotated:
        return _parts_of(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [part for member in get_args(annotation) for part in _parts_of(member)]
    return [annotation]
