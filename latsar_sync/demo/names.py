"""Made-up Indonesian people: names of many ethnic groups, titles, institutions, and NIPs of the right shape."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Final

MALE: Final = 1
FEMALE: Final = 2

# Given names of men, given names of women, second or family names; one line per region.
_REGIONS: Final[tuple[tuple[str, str, str], ...]] = (
    ("Agus Bambang Joko Wahyu Dimas", "Endang Sri Wulan Retno Ayu", "Prasetyo Nugroho Wibowo Santoso Purnomo"),
    ("Asep Dadang Ujang Cecep Rizal", "Euis Neneng Rina Lilis Imas", "Sudrajat Hidayat Permana Kurniawan Suryana"),
    ("Binsar Togar Parulian Hotman", "Tiur Rotua Duma Saurma", "Siregar Simanjuntak Nainggolan Hutapea Sitompul"),
    ("Zulfikar Fadli Ihsan Yogi", "Rahmi Yuliza Fitri Silvia", "Chaniago Piliang Sikumbang Tanjung Koto"),
    ("Teuku Cut Muzakir Iskandar", "Nurul Cut Safrina Mutia", "Hasbi Johan Fahlevi Ramadhan"),
    ("I Wayan I Made I Nyoman I Ketut", "Ni Wayan Ni Made Ni Nyoman Ni Ketut", "Sudiarta Adnyana Suardana Widiantara"),
    ("Baso Andi Ambo Syamsul", "Besse Andi Hasnah Rosmini", "Makkasau Tenriawaru Palaguna Mappasomba"),
    ("Yohanes Dominggus Markus Otniel", "Marice Yuliana Ester Naomi", "Kogoya Wenda Wakerkwa Rumbiak Mandacan"),
    ("Yopi Sandi Ronald Ferdinan", "Greis Meilany Novita Stela", "Mandagi Rumengan Wowor Kalangi Tumbel"),
    ("Petrus Yoseph Vinsen Adrianus", "Maria Yosefa Katarina Elfrida", "Nahak Seran Lodo Ngongo Manek"),
    ("Lalu Zaenal Hamdan Sahrul", "Baiq Siti Husnul Laila", "Wirajaya Suryadi Akmal Rusdi"),
    ("Yansen Rio Deni Heronimus", "Yulita Dayang Norhayati Lusia", "Bilung Laing Ngau Usat Apui"),
    ("Mohammad Holil Fathor Imam", "Siti Romlah Hosniyah Khofifah", "Rosyidi Mansur Halim Zaini"),
    ("Glenn Marthen Elias Ruben", "Meiske Welmina Josina Ona", "Pattiasina Tuhumury Latuconsina Leatemia"),
    ("Kevin Andre Steven Hendra", "Melisa Cindy Jessica Felicia", "Tanoto Gunawan Wijaya Halim Salim"),
)  # fmt: skip
_BALI: Final = 5

# What stands before and after a name; the plain degrees are the common ones.
_DEGREES: Final = (
    "S.Kom.", "S.E.", "S.H.", "S.Pd.", "S.T.", "S.Si.", "S.IP.", "S.Sos.", "S.Ak.", "S.KM.", "S.Stat.", "S.Psi.",
    "S.P.", "S.Tr.Kes.", "S.Pd., M.Pd.", "S.E., M.Si.", "S.Kom., M.Kom.",
)  # fmt: skip
_TITLES: Final = (
    *(("", degree) for degree in _DEGREES),
    *(("dr.", ""), ("drg.", ""), ("Ns.", "S.Kep."), ("apt.", "S.Farm."), ("Ir.", "S.T."), ("dr.", "M.K.M.")),
)
_INSTITUTIONS: Final[tuple[tuple[str, str], ...]] = (
    ("Pemerintah Kabupaten Sleman", "Sleman"),
    ("Pemerintah Kabupaten Kudus", "Kudus"),
    ("Pemerintah Kota Bandung", "Bandung"),
    ("Pemerintah Kabupaten Malinau", "Malinau"),
    ("Pemerintah Kota Probolinggo", "Probolinggo"),
    ("Pemerintah Provinsi Papua Barat Daya", "Sorong"),
    ("Pemerintah Kabupaten Toba", "Balige"),
    ("Pemerintah Kota Manado", "Manado"),
)
_UNITS: Final = (
    "Dinas Kesehatan",
    "Dinas Pendidikan",
    "RSUD",
    "BKPSDM",
    "Inspektorat Daerah",
    "Dinas Pekerjaan Umum",
    "Bappeda",
    "Dinas Komunikasi dan Informatika",
    "Sekretariat Daerah",
    "Badan Keuangan Daerah",
)


@dataclass(frozen=True)
class Identity:
    """One made-up person as an institution would write it down."""

    firstname: str
    lastname: str
    nip: str
    institution: str
    department: str
    city: str


def _words(text: str, region: int) -> list[str]:
    words = text.split()
    # Balinese birth-order names are two words.
    return [f"{a} {b}" for a, b in zip(words[::2], words[1::2], strict=True)] if region == _BALI else words


def draw_identity(chance: random.Random, number: int, appointed: str = "202503") -> Identity:
    """A person for a running number; `appointed` is the YYYYMM of appointment inside the NIP."""
    region = chance.randrange(len(_REGIONS))
    sex = chance.choice((MALE, FEMALE))
    men, women, families = _REGIONS[region]
    given = chance.choice(_words(men if sex == MALE else women, region))
    family = " ".join(chance.sample(families.split(), k=1))
    middle = chance.choice(("", "", "Eka", "Dwi", "Tri", "Nur", "Putra" if sex == MALE else "Putri"))
    before, after = chance.choice(_TITLES)
    institution, city = chance.choice(_INSTITUTIONS)
    birth = f"{chance.randint(1991, 2002)}{chance.randint(1, 12):02d}{chance.randint(1, 28):02d}"
    return Identity(
        " ".join(part for part in (before, given, middle) if part),
        f"{family}, {after}" if after else family,
        f"{birth}{appointed}{sex}{number % 999 + 1:03d}",
        institution,
        chance.choice(_UNITS),
        city,
    )
