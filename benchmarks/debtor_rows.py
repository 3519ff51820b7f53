"""A made-up list of 失信被执行人 of any size, the same for the same seed: 85 % persons, born before 1925, whose numbers
are masked as the courts mask them, and 15 % organisations. Columns as zxgk.court.gov.cn and its copies write them.
"""

import csv
import gzip
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

from credit_sync.subjects.identifiers import citizen_id, organisation_code, uscc

TITLES = (
    "iname", "sexy", "age", "cardNum", "businessEntity", "areaName", "caseCode", "courtName", "gistId", "gistUnit",
    "regDate", "publishDate", "duty", "performance", "disruptTypeName", "partyTypeName",
)  # fmt: skip
CHANGED_SHARE = 0.005
"""Share of the rows that the second night brings otherwise; as many go and come as a tenth of that."""
PERSONS = 0.85

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪"
_GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰建国文辉力志永健世广义兴良海山仁波宁贵福生龙元全胜学祥才发武新利清"
_PROVINCES = {
    "安徽": ("34", "皖"), "江苏": ("32", "苏"), "浙江": ("33", "浙"), "河南": ("41", "豫"), "山东": ("37", "鲁"),
    "湖北": ("42", "鄂"), "江西": ("36", "赣"), "四川": ("51", "川"), "福建": ("35", "闽"), "河北": ("13", "冀"),
}  # fmt: skip
_COUNTIES = "东西南北中新长安平清永宁高阳"
_TRADES = ("商贸", "科技", "建材", "物流", "食品", "建筑工程", "装饰", "置业", "农业开发", "机械制造")
_REASONS = (
    "违反财产报告制度",
    "有履行能力而拒不履行生效法律文书确定义务",
    "其他规避执行",
    "以伪造证据、暴力、威胁等方法妨碍、抗拒执行",
)
_PERFORMANCE = ("全部未履行", "部分未履行", "暂无", "已履行")


def write(path: Path, rows: int, seed: int, names: Sequence[str], *, night: int = 1) -> None:
    """Writes the list of one night as .csv.gz; the second night differs in 0.5 % of the rows."""
    with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        writer = csv.writer(file)
        writer.writerow(TITLES)
        writer.writerows(_rows(rows, seed, names, night))


def _rows(count: int, seed: int, names: Sequence[str], night: int) -> Iterator[list[str]]:
    change = random.Random(seed + night)
    for number in range(count):
        fresh = night > 1 and change.random() < CHANGED_SHARE / 10
        row = _row(random.Random(seed * 1_000_003 + number + (10**9 if fresh else 0)), number, names)
        if night > 1 and not fresh and change.random() < CHANGED_SHARE:
            row[13] = "全部已履行"
        yield row


def _row(chance: random.Random, number: int, names: Sequence[str]) -> list[str]:
    province = chance.choice(list(_PROVINCES))
    digits, sign = _PROVINCES[province]
    county = chance.randrange(1, 90)
    year = chance.randrange(2013, 2019)
    month, day = chance.randrange(1, 13), chance.randrange(1, 29)
    who = _person(chance, f"{digits}{county:02}{chance.randrange(1, 30):02}")
    if chance.random() >= PERSONS:
        who = _organisation(chance, province, names)
    court = f"{province}省{_COUNTIES[county % 14]}{_COUNTIES[county % 13]}{'县市区'[county % 3]}人民法院"
    amount = chance.randrange(1_000, 9_000_000)
    return [
        *who,
        province,
        f"({year}){sign}{digits}{county:02}执{number % 90_000 + 1}号",
        court,
        f"({year - 1}){sign}{digits}{county:02}民初{chance.randrange(1, 9_000)}号",
        court,
        f"{year}年{month:02}月{day:02}日",
        f"{year}年{min(month + 1, 12):02}月{day:02}日",
        f"被执行人于判决生效后十日内偿还申请执行人借款本金{amount}元及利息，承担案件受理费{amount // 40}元",
        chance.choice(_PERFORMANCE),
        chance.choice(_REASONS),
        "0" if who[1] else "1",
    ]


def _person(chance: random.Random, region: str) -> list[str]:
    name = chance.choice(_SURNAMES) + "".join(chance.choices(_GIVEN, k=chance.choice((1, 2, 2, 2))))
    born = chance.randrange(1900, 1925)
    serial = chance.randrange(1, 1000)
    first = f"{region}{born}{chance.randrange(1, 13):02}{chance.randrange(1, 29):02}{serial:03}"
    number = first + citizen_id.check_digit(first)
    return [name, "男" if serial % 2 else "女", str(2018 - born), f"{number[:10]}****{number[14:]}", ""]


def _organisation(chance: random.Random, province: str, names: Sequence[str]) -> list[str]:
    brand = "".join(chance.choices(_GIVEN, k=2))
    name = chance.choice(names) if names else f"{province}{brand}{chance.choice(_TRADES)}有限公司"
    eight = f"{chance.randrange(10**8):08}"
    code = eight + organisation_code.check_character(eight)
    number = f"{code[:8]}-{code[8]}"
    if chance.random() < 0.5 and "X" not in code:
        first = f"91{chance.randrange(110_000, 659_000)}{code}"
        number = first + uscc.check_character(first)
    return [name, "", "0", number, chance.choice(_SURNAMES) + "".join(chance.choices(_GIVEN, k=2))]
