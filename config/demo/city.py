"""Who is there: the commissions and institutions of the demo city, each with the weakness that its records will show."""

from dataclasses import dataclass, field

CITY = ("DEMO-C", "演示市卫生健康委员会", "Demo City Health Commission")
DISTRICTS = (
    ("DEMO-E", "东江区卫生健康局", "Dongjiang District Health Bureau"),
    ("DEMO-W", "西湾区卫生健康局", "Xiwan District Health Bureau"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hospital:
    """One institution of the demo city. `faults` are words that `config.demo.story` turns into records, or into missing ones.

    Staff and beds in persons and beds; `level` 0 is ungraded; `care` from 0 (careless) to 100 (careful) shifts chances.
    """

    code: str
    district: str
    name: str
    name_en: str
    level: int
    kind: str
    beds: int
    staff: int
    care: int
    faults: frozenset[str] = field(default_factory=frozenset)
    large_specialist_reason: str = ""


def _hospital(row: str) -> Hospital:
    code, district, name, name_en, level, kind, beds, staff, care, faults, *reason = (
        part.strip() for part in row.split("|")
    )
    return Hospital(
        code=code,
        district=f"DEMO-{district}",
        name=name,
        name_en=name_en,
        level=int(level),
        kind=kind,
        beds=int(beds),
        staff=int(staff),
        care=int(care),
        faults=frozenset(faults.split()),
        large_specialist_reason=reason[0] if reason else "",
    )


_ROWS = """
E01 | E | 演示市第一人民医院 | Demo First People's Hospital | 3 | general | 1100 | 1650 | 96 | crime_rose
E02 | E | 演示市中医院 | Demo Hospital of Chinese Medicine | 3 | tcm | 620 | 880 | 92 | quality_gap
E03 | E | 演示市妇幼保健院 | Demo Maternal and Child Health Hospital | 2 | maternal | 260 | 420 | 95 |
E04 | E | 东江区人民医院 | Dongjiang People's Hospital | 2 | general | 420 | 610 | 90 | checks_stopped
E05 | E | 东江区中医院 | Dongjiang Hospital of Chinese Medicine | 2 | tcm | 240 | 350 | 80 | disputes_rose low_settled reports_missed
E06 | E | 东江区第二人民医院 | Dongjiang Second People's Hospital | 2 | general | 180 | 260 | 86 | written_in_december
E07 | E | 演示市口腔医院 | Demo Stomatological Hospital | 2 | specialist | 60 | 190 | 86 | meeting_missed
E08 | E | 江滨街道社区卫生服务中心 | Jiangbin Community Health Centre | 1 | community | 30 | 78 | 90 |
E09 | E | 城南街道社区卫生服务中心 | Chengnan Community Health Centre | 1 | community | 24 | 62 | 70 | no_guard meeting_missed
E10 | E | 东江镇卫生院 | Dongjiang Township Health Centre | 1 | township | 50 | 74 | 78 | no_plan
E11 | E | 柳塘镇卫生院 | Liutang Township Health Centre | 1 | township | 36 | 55 | 86 | new_disputes
E12 | E | 东江区疾病预防控制中心 | Dongjiang Centre for Disease Control | 0 | public_health | 0 | 96 | 84 | reports_missed
W01 | W | 西湾区人民医院 | Xiwan People's Hospital | 2 | general | 460 | 640 | 90 | meeting_missed
W02 | W | 演示市精神卫生中心 | Demo Mental Health Centre | 2 | specialist | 520 | 430 | 90 | late_notices
W03 | W | 演示市肿瘤医院 | Demo Cancer Hospital | 0 | specialist | 400 | 520 | 92 | crime_from_zero | 床位 400 张，由市卫生健康委认定为规模较大的专科医院
W04 | W | 西湾区妇幼保健院 | Xiwan Maternal and Child Health Hospital | 2 | maternal | 150 | 230 | 87 | no_psychology
W05 | W | 西湾区中西医结合医院 | Xiwan Integrated Hospital | 2 | tcm | 200 | 280 | 66 | agreement_lapsed low_grade_a quality_gap
W06 | W | 西湾区康复医院 | Xiwan Rehabilitation Hospital | 2 | specialist | 160 | 170 | 82 | checks_missed
W07 | W | 海港街道社区卫生服务中心 | Haigang Community Health Centre | 1 | community | 20 | 58 | 92 |
W08 | W | 望湖街道社区卫生服务中心 | Wanghu Community Health Centre | 1 | community | 26 | 66 | 68 | few_trained reports_missed
W09 | W | 石桥镇卫生院 | Shiqiao Township Health Centre | 1 | township | 44 | 70 | 64 | old_certificates open_hazards checks_missed
W10 | W | 白沙镇卫生院 | Baisha Township Health Centre | 1 | township | 30 | 48 | 88 |
W11 | W | 西湾区疾病预防控制中心 | Xiwan Centre for Disease Control | 0 | public_health | 0 | 88 | 85 | no_session_q3
W12 | W | 西湾区急救站 | Xiwan Emergency Station | 0 | public_health | 0 | 46 | 70 | no_session_q3
"""  # noqa: E501

HOSPITALS = tuple(_hospital(row) for row in _ROWS.strip().splitlines())
