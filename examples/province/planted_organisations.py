"""Planted cases about organisations."""

from collections.abc import Callable
from dataclasses import replace

from examples.province import numbers
from examples.province.cases import HIT, LIKELY, NAME_ONLY, NO_HIT, Workshop, by_organisation
from examples.province.organisations import Organisation
from examples.province.places import place

APPLYING, COOPERATING, COMPLETING = "申报单位", "合作单位", "主要完成单位"
_PLACEHOLDER = "0" * 17 + "X"


def plant_organisations(workshop: Workshop) -> None:
    """All cases about organisations."""
    _plant_codes(workshop)
    _plant_other_lists(workshop)
    _plant_former_names(workshop)
    _plant_names_without_code(workshop)
    _plant_look_alikes(workshop)


def _plant_codes(workshop: Workshop) -> None:
    add, lists = workshop.add, workshop.lists
    shapes: list[tuple[str, str, Callable[[Organisation], str], str]] = [
        ("uscc", "统一社会信用代码相同", lambda o: o.uscc, APPLYING),
        (
            "organisation-code",
            "名单是组织机构代码，含在统一社会信用代码里",
            lambda o: o.organisation_code,
            COMPLETING,
        ),
        (
            "organisation-code-hyphen",
            "名单的组织机构代码带横线",
            lambda o: numbers.hyphenated(o.organisation_code),
            APPLYING,
        ),
        ("uscc-full-width", "名单代码是全角字符", lambda o: numbers.full_width(o.uscc), COOPERATING),
        ("uscc-spaced", "名单代码中间有空格", lambda o: f"{o.uscc[:8]} {o.uscc[8:]} ", COMPLETING),
    ]
    for name, why, card, role in shapes:
        found = workshop.company()
        add(name, why, HIT, by_organisation(found, role), lists.organisation(found, card(found)))
    found = workshop.company(city="芜湖", trade="智能装备")
    listed = lists.organisation(found, found.uscc.replace("0", "O").replace("1", "I"))
    add("uscc-letters", "名单代码里的 0、1 写成字母 O、I", HIT, by_organisation(found, APPLYING), listed)
    found = workshop.company(brand="骁澧", city="合肥", trade="新材料科技")
    listed = lists.organisation(found, found.uscc, name=found.name.replace("骁澧", "骁沣"))
    add("typing-error-organisation", "名单名称错一字，代码相同", LIKELY, by_organisation(found, APPLYING), listed)
    found = workshop.company()
    for number in (1, 2):
        listed = lists.organisation(found, found.uscc)
        why = f"同一单位第 {number} 个案件，两案应合为一条预警"
        add(f"several-cases-organisation-{number}", why, HIT, by_organisation(found, COOPERATING), listed)


def _plant_other_lists(workshop: Workshop) -> None:
    add, lists = workshop.add, workshop.lists
    found = workshop.company()
    add("abnormal", "在经营异常名录，代码相同", HIT, by_organisation(found, APPLYING), lists.abnormal(found))
    found = workshop.company()
    add(
        "abnormal-award",
        "在经营异常名录，代码相同",
        HIT,
        by_organisation(found, COMPLETING),
        lists.abnormal(found),
    )
    found = workshop.company()
    add(
        "serious",
        "在严重违法失信企业名单，代码相同",
        HIT,
        by_organisation(found, COMPLETING),
        lists.serious(found),
    )
    found = workshop.company()
    listed = lists.abnormal(found, removed=True)
    add("abnormal-removed", "曾在经营异常名录，已移出", NO_HIT, by_organisation(found, APPLYING), listed)
    found = workshop.company()
    listed_serious = lists.serious(found, removed=True)
    add(
        "serious-removed",
        "曾在严重违法失信企业名单，已移出",
        NO_HIT,
        by_organisation(found, COMPLETING),
        listed_serious,
    )


def _plant_former_names(workshop: Workshop) -> None:
    add, lists = workshop.add, workshop.lists
    old, new = workshop.company(city="蚌埠", trade="电子"), workshop.company(city="蚌埠", trade="传感技术")
    renamed = replace(new, former_name=old.name)
    listed = lists.organisation(renamed, renamed.organisation_code, name=f"{renamed.name}（原{old.name}）")
    add("former-name-bracket", "名单名称后注“原……”，组织机构代码相同", HIT, by_organisation(new, APPLYING), listed)
    old, new = workshop.company(city="滁州", trade="仪表"), workshop.company(city="滁州", trade="自动化工程")
    listed = lists.organisation(replace(new, name=old.name), new.organisation_code)
    applied = by_organisation(new, APPLYING, former_names=old.name)
    add("former-name-code", "名单用旧名，申报系统有曾用名，代码相同", HIT, applied, listed)
    old, new = workshop.company(city="安庆", trade="机械"), workshop.company(city="安庆", trade="精密模具")
    listed = lists.organisation(replace(new, name=old.name), "")
    applied = by_organisation(new, COMPLETING, former_names=old.name)
    add("former-name-only", "名单用旧名、没有代码，申报系统有曾用名", NAME_ONLY, applied, listed)
    old, new = workshop.company(city="宣城", trade="机电"), workshop.company(city="宣城", trade="智能装备")
    listed = lists.organisation(new, "", name=f"{new.name}（原{old.name}）")
    applied = by_organisation(replace(new, name=old.name), COOPERATING)
    add("former-name-applied", "申报用旧名，名单注“原……”、没有代码", NAME_ONLY, applied, listed)


def _plant_names_without_code(workshop: Workshop) -> None:
    add, lists = workshop.add, workshop.lists
    brand = workshop.brands.reserved()
    found = workshop.organisation(f"{brand}（安徽）水处理工程有限公司")
    listed = lists.organisation(found, "", name=f"{brand}(安徽)水处理工程有限公司")
    add("brackets", "名单没有代码，名称只差括号宽度", ("probable",), by_organisation(found, APPLYING), listed)
    found = workshop.company(brand="弘骁", city="合肥", trade="医药科技")
    listed = lists.organisation(found, "暂无", name="合肥弘驍醫藥科技有限公司")
    add("traditional", "名单没有代码，名称用繁体字", ("probable",), by_organisation(found, COOPERATING), listed)
    found = workshop.company(city="铜陵", trade="光电科技", form="有限责任公司")
    listed = lists.organisation(found, "/", name=found.name.removesuffix("有限责任公司"))
    add(
        "legal-form-dropped",
        "名单没有代码，名称漏写组织形式",
        NAME_ONLY,
        by_organisation(found, COMPLETING),
        listed,
    )
    found = workshop.company(city="马鞍山", trade="新能源科技")
    listed = lists.organisation(found, found.uscc)
    why = "申报系统没有代码，名称相同"
    add("no-code-applied", why, NAME_ONLY, by_organisation(found, COOPERATING, ""), listed)


def _plant_look_alikes(workshop: Workshop) -> None:
    add, lists = workshop.add, workshop.lists

    def pair(name: str, why: str, applied: str, listed: str, role: str) -> None:
        ours, theirs = workshop.organisation(applied), workshop.organisation(listed)
        add(name, why, NO_HIT, by_organisation(ours, role), lists.organisation(theirs, theirs.uscc))

    brand = workshop.brands.reserved
    word = brand()
    pair(
        "same-brand-elsewhere",
        "同字号、同行业，另一城市，代码不同",
        f"合肥{word}生物科技有限公司",
        f"芜湖{word}生物科技有限公司",
        APPLYING,
    )
    word = brand()
    pair(
        "other-trade",
        "同城同字号，行业不同，代码不同",
        f"合肥{word}软件有限公司",
        f"合肥{word}餐饮管理有限公司",
        COMPLETING,
    )
    pair("one-character", "字号差一字，代码不同", "合肥悦峤环保科技有限公司", "合肥悦桥环保科技有限公司", APPLYING)
    word = brand()
    branches = [f"安徽{word}检测技术有限公司第{number}分公司" for number in "一二"]
    pair("sibling-branch", "第一、第二分公司，代码不同", branches[0], branches[1], COOPERATING)
    word = brand()
    parent = f"安徽{word}种业股份有限公司"
    pair("parent-branch", "申报的是总公司，名单是其分公司，代码不同", parent, f"{parent}宿州分公司", APPLYING)
    ours, theirs = workshop.company(), workshop.company()
    listed = replace(lists.organisation(theirs, _PLACEHOLDER), place=place("340104"))
    applied = by_organisation(ours, COOPERATING, _PLACEHOLDER)
    add("placeholder", "双方都填占位代码，名称不同", NO_HIT, applied, listed)
