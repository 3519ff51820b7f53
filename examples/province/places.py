"""Cities and counties of Anhui as they were in 2018, with the codes of citizen ids and courts."""

from dataclasses import dataclass

from examples.province.dice import Dice

_CITIES = """
3401 合肥市 02瑶海区 03庐阳区 04蜀山区 11包河区 21长丰县 22肥东县 23肥西县 24庐江县
3402 芜湖市 02镜湖区 03弋江区 07鸠江区 21芜湖县 22繁昌县 23南陵县
3403 蚌埠市 02龙子湖区 03蚌山区 04禹会区 21怀远县 22五河县 23固镇县
3404 淮南市 03田家庵区 05八公山区 06潘集区 21凤台县 22寿县
3405 马鞍山市 03花山区 04雨山区 21当涂县 22含山县 23和县
3406 淮北市 03相山区 04烈山区 21濉溪县
3407 铜陵市 05铜官区 06义安区 22枞阳县
3408 安庆市 02迎江区 03大观区 22怀宁县 26宿松县 27望江县 28岳西县
3410 黄山市 02屯溪区 21歙县 22休宁县 24祁门县
3411 滁州市 02琅琊区 03南谯区 22来安县 24全椒县 25定远县 26凤阳县
3412 阜阳市 02颍州区 04颍泉区 21临泉县 22太和县 25阜南县 26颍上县
3413 宿州市 02埇桥区 21砀山县 22萧县 23灵璧县 24泗县
3415 六安市 02金安区 03裕安区 22霍邱县 23舒城县 25霍山县
3416 亳州市 02谯城区 21涡阳县 22蒙城县 23利辛县
3417 池州市 02贵池区 21东至县 23青阳县
3418 宣城市 02宣州区 21郎溪县 22广德县 23泾县
"""


@dataclass(frozen=True)
class Place:
    """A county or district and its city."""

    code: str
    city: str
    county: str

    @property
    def court(self) -> str:
        """The county's court."""
        return f"{self.city if self.county.endswith('区') else ''}{self.county}人民法院"

    @property
    def court_code(self) -> str:
        """As in case numbers: 皖0104."""
        return f"皖{self.code[2:]}"

    @property
    def authority(self) -> str:
        """Who kept the register of companies in 2018."""
        return f"{self.city if self.county.endswith('区') else ''}{self.county}市场监督管理局"


def _read() -> list[Place]:
    places = []
    for line in _CITIES.split("\n"):
        prefix, *names = line.split() or [""]
        for county in names[1:]:
            places.append(Place(prefix + county[:2], names[0], county[2:]))
    return places


PLACES = _read()
BIG_CITIES = [place for place in PLACES if place.city in ("合肥市", "芜湖市", "蚌埠市", "马鞍山市")]


def any_place(dice: Dice) -> Place:
    """Half of all things happen in the four big cities."""
    return dice.pick(BIG_CITIES if dice.chance(0.5) else PLACES)


def place(code: str) -> Place:
    """The place with this code."""
    return next(p for p in PLACES if p.code == code)
