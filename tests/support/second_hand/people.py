"""Invented people of the second hand: other words, permits of 81, 82 and 83, long names, addresses with letters."""

from __future__ import annotations

import random
from datetime import date

from tests.support.specimen.identity import GROUPS, Person, with_check_digit

_PLACES = {
    "110108": "北京市海淀区",
    "130682": "河北省定州市",
    "152221": "内蒙古兴安盟科尔沁右翼前旗",
    "211403": "辽宁省葫芦岛市龙港区",
    "222403": "吉林省敦化市",
    "230183": "黑龙江省尚志市",
    "310151": "上海市崇明区",
    "320282": "江苏省宜兴市",
    "330782": "浙江省义乌市",
    "341126": "安徽省凤阳县",
    "350182": "福建省福州市长乐区",
    "361128": "江西省鄱阳县",
    "371083": "山东省乳山市",
    "410184": "河南省新郑市",
    "429021": "湖北省神农架林区",
    "433123": "湖南省湘西土家族苗族自治州凤凰县",
    "441900": "广东省东莞市",
    "450422": "广西壮族自治区藤县",
    "469005": "海南省文昌市",
    "500241": "重庆市秀山土家族苗族自治县",
    "513433": "四川省凉山彝族自治州冕宁县",
    "522327": "贵州省册亨县",
    "533423": "云南省迪庆藏族自治州维西傈僳族自治县",
    "542621": "西藏自治区林芝县",
    "610927": "陕西省镇坪县",
    "620921": "甘肃省金塔县",
    "630225": "青海省循化撒拉族自治县",
    "640521": "宁夏回族自治区中宁县",
    "654226": "新疆和布克赛尔蒙古自治县",
    "810000": "广东省深圳市南山区",
    "820000": "广东省珠海市香洲区",
    "830000": "福建省厦门市思明区",
}
_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段漕钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍"
    "韦申尤毕聂丛焦向柳邢骆岳齐沿梅庄辛管祝左涂谷祁时舒耿牟卜詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘"
)
_GIVEN = (
    "国志建民春生海山永福顺德成祥荣贵发财金银玉珠宝翠莲菊香兰梅竹松柏桃李杏雪霜云雨风雷电日月星辰天地东南西北中正大小长高"
    "仁义礼智信忠孝廉勇毅刚柔静敏慧聪颖睿哲思源浩瀚渊博文武双全安康宁泰和谐美善真纯洁清丽秀雅娴淑婉婷媛嫣妮妍姝娅娥婵"
    "子轩梓涵宇航浩然雨泽欣妍诗琪一诺可馨沐宸奕辰语嫣若汐亦菲景行怀瑾既明望舒知夏初晴书瑶锦程鸿鹄"
)
_UNUSUAL = (
    "翊昱晗赟婧玮珂彤莜麒骐骥骏骢骅镕铄锟钰铎铮锴鑫淦淼森焱垚磊犇喆頔堃甦嬅"
    "璠玙瑄瑭瑾瑷璟炘烜煊煜燚翯翾翛崚嶙岽峥嵘祺禛禔禧"
)
_LONG = ("阿不都热西提", "买合木提", "努尔买买提", "古丽巴哈尔", "吾斯曼", "哈力木拉提", "再努尔", "米娜瓦尔", "巴特尔")
_BOULEVARDS = (
    "滨江大道",
    "科技园南路",
    "工农兵路",
    "环城西路",
    "七一路",
    "文昌阁巷",
    "府前街",
    "盐田路",
    "学府路",
    "五四大街",
)
_HAMLETS = (
    "上坝村",
    "下洼子村",
    "卧龙岗村",
    "前进嘎查",
    "古城子村",
    "三岔河村",
    "大寨村",
    "小王庄村",
    "凤凰山村",
    "沙窝堡村",
)


def person(rng: random.Random) -> Person:
    """One invented person; all randomness comes from `rng`."""
    code, place = rng.choice(list(_PLACES.items()))
    born = date.fromordinal(rng.randrange(date(1938, 6, 1).toordinal(), date(2015, 6, 1).toordinal()))
    serial = rng.randrange(1, 1000)
    begun = date.fromordinal(rng.randrange(date(2006, 3, 1).toordinal(), date(2025, 6, 1).toordinal()))
    group = rng.choice((*GROUPS, *["汉"] * 30)) if code < "8" else ""
    forever = rng.random() < 0.25
    until = "长期" if forever else begun.replace(year=begun.year + rng.choice((5, 10, 20)), day=min(28, begun.day))
    return Person(
        name=_name(rng, group),
        gender="女" if serial % 2 == 0 else "男",
        ethnicity=group,
        birth_date=f"{born}",
        address=place + _rest(rng),
        id_number=with_check_digit(f"{code}{born:%Y%m%d}{serial:03d}"),
        issuing_authority=_authority(place, rng),
        valid_from=f"{begun}",
        valid_until=f"{until}",
    )


def _name(rng: random.Random, group: str) -> str:
    if group in ("维吾尔", "哈萨克", "乌孜别克", "塔塔尔") or rng.random() < 0.03:
        return "·".join(rng.sample(_LONG, rng.choice((2, 2, 3))))
    given = "".join(rng.choice(_GIVEN) for _ in range(rng.choice((1, 2, 2, 2, 3))))
    if rng.random() < 0.12:
        given = given[:-1] + rng.choice(_UNUSUAL)
    return rng.choice(_SURNAMES) + given


def _rest(rng: random.Random) -> str:
    road = f"{rng.choice(_BOULEVARDS)}{rng.randrange(1, 2000)}号"
    estate = rng.choice(("", "碧水云天", "阳光家园", "恒盛"))
    flat = f"{estate}{rng.randrange(1, 60)}栋{rng.choice('ABCD')}座{rng.randrange(101, 3306)}"
    rooms = f"{rng.randrange(1, 30)}-{rng.randrange(1, 9)}-{rng.randrange(101, 999)}"
    hamlet = f"{rng.choice(('城关镇', '马家乡', '沿河镇', '苏木'))}{rng.choice(_HAMLETS)}{rng.randrange(1, 300)}号"
    farm = f"{hamlet[:-1]}号附{rng.randrange(1, 20)}号"
    return rng.choice(
        (
            road,
            road + flat,
            road + rooms,
            hamlet,
            farm,
            road[:-1] + "弄" + f"{rng.randrange(1, 99)}号{rng.randrange(101, 999)}室",
        )
    )


def _authority(place: str, rng: random.Random) -> str:
    for part in ("省", "自治区"):
        place = place.split(part, 1)[-1] or place
    return place + "公安局" + (f"{rng.choice(('城东', '新城', '江北'))}分局" if rng.random() < 0.2 else "")
