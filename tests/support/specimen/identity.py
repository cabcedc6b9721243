"""Invented people: valid checksums and region codes, all ethnic groups, rare characters, · names, long addresses."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, timedelta


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_REGIONS = {
    "110105": "北京市朝阳区", "120103": "天津市河西区", "130204": "河北省唐山市古冶区",
    "140502": "山西省晋城市城区", "150426": "内蒙古翁牛特旗", "210381": "辽宁省海城市",
    "220523": "吉林省辉南县", "230606": "黑龙江省大庆市大同区", "310115": "上海市浦东新区",
    "320508": "江苏省苏州市姑苏区", "330327": "浙江省苍南县", "340822": "安徽省怀宁县",
    "350583": "福建省南安市", "360430": "江西省彭泽县", "370782": "山东省诸城市",
    "411525": "河南省固始县", "421087": "湖北省松滋市", "430581": "湖南省武冈市",
    "440883": "广东省吴川市", "451025": "广西靖西县", "460105": "海南省海口市秀英区",
    "500112": "重庆市渝北区", "511523": "四川省江安县", "522634": "贵州省雷山县",
    "532628": "云南省富宁县", "540122": "西藏当雄县", "610623": "陕西省子长县",
    "622925": "甘肃省和政县", "632525": "青海省贵南县", "640324": "宁夏同心县",
    "652927": "新疆乌什县", "653101": "新疆喀什市",
}  # fmt: skip
GROUPS = _words(
    "汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳 佤 畲 高山 拉祜 水 东乡 纳西 景颇 "
    "柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米 塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 "
    "塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺"
)
_SURNAMES = _words(
    "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 高 罗 郑 梁 谢 宋 唐 许 韩 邓 冯 曹 彭 曾 肖 田 董 "
    "潘 袁 蔡 蒋 余 于 杜 叶 程 魏 苏 吕 丁 任 卢 姚 沈 钟 姜 崔 谭 陆 范 汪 廖 石 金 韦 贾 夏 付 方 邹 熊 白 孟 秦 "
    "邱 侯 江 尹 薛 闫 段 雷 欧阳 上官 司马 诸葛 尉迟 令狐"
)
_GIVEN = (
    "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂珍玉萍红鹏华建国文辉力玲健俊凯浩宇轩子涵欣怡梓晨雨佳琪思远志博嘉铭"
    "一诺天佑若曦语桐书瑶可心婷雪梅琳晶妍茜秋珊莎锦黛青倩美慧巧雅芝萱苑昊然睿诚翰朗皓泽楠榕航弘毅峰彬鑫炜煜烨焕炎"
)
_RARE = "喆堃祎翀赟頔甯嬿珺玥彧皞旻懿骞晟昶暄璟琰琛瑀璐煊燊犇猋羴骉鱻淼垚焱芃芊苒荻菡蓥蕤薇颢颉颙龑䶮㛃㵑"
_TURKIC = _words(
    "阿依古丽 迪丽努尔 买买提 艾合买提 古丽娜尔 热依汗 吐尔逊 阿卜杜拉 帕提古丽 木合塔尔 艾尼瓦尔 祖丽皮亚 "
    "麦麦提明 依米提"
)
_STREETS = _words("人民 建设 解放 中山 和平 新华 文化 光明 胜利 长江 黄河 北京 东风 朝阳 青年 幸福 友谊 团结 兴隆 迎宾")
_VILLAGES = _words("大王庄 李家沟 上河湾 石门坎 枫树坪 老鹰岩 双桥 沙坝 柳林 龙潭 桃花 白果 麻园 青石板 下营")


@dataclass(frozen=True)
class Person:
    """What is printed on both sides. `valid_until` is a date as YYYY-MM-DD or 长期."""

    name: str
    gender: str
    ethnicity: str
    birth_date: str
    address: str
    id_number: str
    issuing_authority: str
    valid_from: str
    valid_until: str


def person(rng: random.Random) -> Person:
    """One invented person; all randomness comes from `rng`."""
    code, region = rng.choice(list(_REGIONS.items()))
    born = date(1950, 1, 1) + timedelta(days=rng.randrange(60 * 365))
    serial = rng.randrange(1, 999)
    issued = date(2008, 1, 1) + timedelta(days=rng.randrange(17 * 365))
    group = "汉" if rng.random() < 0.4 else rng.choice(GROUPS)
    return Person(
        name=_name(rng, group),
        gender="男" if serial % 2 else "女",
        ethnicity=group,
        birth_date=born.isoformat(),
        address=_address(rng, region),
        id_number=with_check_digit(f"{code}{born:%Y%m%d}{serial:03d}"),
        issuing_authority=f"{region.split('省')[-1]}公安局" + ("分局" if rng.random() < 0.1 else ""),
        valid_from=issued.isoformat(),
        valid_until="长期" if rng.random() < 0.15 else _years_later(issued, rng.choice((5, 10, 20))),
    )


def with_check_digit(body: str) -> str:
    """17 digits and their check character (GB 11643-1999)."""
    total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def _years_later(day: date, years: int) -> str:
    last = 28 if (day.month, day.day) == (2, 29) else day.day
    return day.replace(year=day.year + years, day=last).isoformat()


def _name(rng: random.Random, group: str) -> str:
    if group in ("维吾尔", "哈萨克", "柯尔克孜", "乌孜别克", "塔吉克", "塔塔尔"):
        return "·".join(rng.sample(_TURKIC, 2))
    given = [rng.choice(_GIVEN) for _ in range(rng.choice((1, 2, 2, 2)))]
    if rng.random() < 0.12:
        given[-1] = rng.choice(_RARE)
    return rng.choice(_SURNAMES) + "".join(given)


def _address(rng: random.Random, region: str) -> str:
    street = f"{rng.choice(_STREETS)}{rng.choice(('路', '街', '东路', '大道'))}{rng.randrange(1, 999)}号"
    village = f"{rng.choice(_VILLAGES)}村{rng.randrange(1, 19)}组{rng.randrange(1, 199)}号"
    home = f"{rng.randrange(1, 40)}号楼{rng.randrange(1, 6)}单元{rng.randrange(101, 2804)}室"
    town = f"{rng.choice(_VILLAGES)}{rng.choice(('镇', '乡'))}"
    kind = rng.randrange(4)
    return (
        region
        + (street, town + village, street + home, f"{town}{rng.choice(_STREETS)}社区{home}附{rng.randrange(1, 9)}")[
            kind
        ]
    )
