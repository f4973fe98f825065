"""A believable chart of accounts: BAS numbers, and the shop's own accounts of accounting.md section 1.

The VAT code decides the box of the VAT return: MP1 25 %, MP2 12 %, MP3 6 %, MF none (fortnox-api.md 3.12).
"""

from dataclasses import dataclass

# Countries of the OSS accounts, in the order that gives the numbers (accounting.md 1.2).
OSS_COUNTRIES = [
    "AT",
    "BE",
    "BG",
    "CY",
    "CZ",
    "DE",
    "DK",
    "EE",
    "ES",
    "FI",
    "FR",
    "GR",
    "HR",
    "HU",
    "IE",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "NL",
    "PL",
    "PT",
    "RO",
    "SI",
    "SK",
    "XI",
]
_OSS_SALES = (3110, 3140, 3170)
_OSS_VAT = 2670
DEFAULT_VAT_ACCOUNTS = {"25": 2611, "12": 2621, "6": 2631}
VAT_CODES = {"25": "MP1", "12": "MP2", "6": "MP3", "0": "MF"}
RATE_OF_CODE = {"MP1": 25, "MP2": 12, "MP3": 6}

RECEIVABLE = 1510
ROUND_OFF = 3740
CURRENCY_GAIN = 3960
CURRENCY_LOSS = 7960

PREDEFINED_ACCOUNTS = {
    "SALES": 3001,
    "SALES2": 3041,
    "SALES_25_SE": 3001,
    "SALES_12_SE": 3002,
    "SALES_6_SE": 3003,
    "SALES_0_SE": 3004,
    "SALESEUREV": 3108,
    "SALESEUREV2": 3308,
    "SALESEUVAT": 3106,
    "SALESEXPORT": 3105,
    "SALESEXPORT2": 3305,
    "SALESCONSTR2": 3231,
    "OUTVAT_MP1": 2611,
    "OUTVAT_MP2": 2621,
    "OUTVAT_MP3": 2631,
    "INVAT": 2641,
    "FREIGHT": 3520,
    "ADMFEE": 3540,
    "ROUNDOFF": ROUND_OFF,
    "CURRENCYWIN": CURRENCY_GAIN,
    "CURRENCYLOSS": CURRENCY_LOSS,
    "CASHBYCARD": 1930,
    "CASH": 1910,
    "INTEREST": 8313,
    "CASHDISCOUNTOUT": 3730,
    "ACCRINVOICE": 2990,
    "SUPDEBT": 2440,
    "SUPFREIGHT": 5710,
    "CUSTCLAIM": RECEIVABLE,
}

_CHART = """
1010 - Utvecklingsutgifter
1220 - Inventarier och verktyg
1229 - Ackumulerade avskrivningar på inventarier
1250 - Datorer
1460 - Lager av handelsvaror
1510 - Kundfordringar
1511 - Kundfordringar, delad faktura
1516 - Tvistiga kundfordringar
1518 - Ej reskontraförda kundfordringar
1519 - Nedskrivning av kundfordringar
1580 - Fordringar för kontokort och kuponger
1581 - Avräkning Shopify Payments SEK
1582 - Avräkning Shopify Payments EUR
1583 - Avräkning Qliro
1584 - Avräkning Stripe
1585 - Avräkning PayPal
1586 - Avräkning Klarna
1587 - Avräkning Swish
1588 - Reserv hos betaltjänst
1589 - Utbetalning på väg
1630 - Skattekonto
1650 - Momsfordran
1686 - Fordringar för kontokort och kuponger
1710 - Förutbetalda hyreskostnader
1790 - Övriga förutbetalda kostnader och upplupna intäkter
1910 - Kassa
1920 - PlusGiro
1930 - Företagskonto
1940 - Övriga bankkonton
1980 - Valutakonto EUR
2081 - Aktiekapital
2091 - Balanserad vinst eller förlust
2098 - Vinst eller förlust från föregående år
2099 - Årets resultat
2420 - Förskott från kunder
2421 - Ej inlösta presentkort
2440 - Leverantörsskulder
2510 - Skatteskulder
2610 - Utgående moms, 25 %
2611 - Utgående moms på försäljning inom Sverige, 25 %
2614 - Utgående moms omvänd skattskyldighet, 25 %
2615 - Utgående moms import av varor, 25 %
2620 - Utgående moms, 12 %
2621 - Utgående moms på försäljning inom Sverige, 12 %
2625 - Utgående moms import av varor, 12 %
2630 - Utgående moms, 6 %
2631 - Utgående moms på försäljning inom Sverige, 6 %
2635 - Utgående moms import av varor, 6 %
2640 - Ingående moms
2641 - Debiterad ingående moms
2645 - Beräknad ingående moms på förvärv från utlandet
2650 - Redovisningskonto för moms
2670 - Utgående moms på försäljning inom EU, OSS
2710 - Personalskatt
2731 - Avräkning lagstadgade sociala avgifter
2820 - Kortfristiga skulder till anställda
2893 - Skulder till närstående personer
2894 - Utländsk moms Norge VOEC
2896 - Utländsk moms Storbritannien
2920 - Upplupna semesterlöner
2990 - Övriga upplupna kostnader och förutbetalda intäkter
2999 - OBS-konto
3001 MP1 Försäljning inom Sverige, 25 % moms
3002 MP2 Försäljning inom Sverige, 12 % moms
3003 MP3 Försäljning inom Sverige, 6 % moms
3004 MF Försäljning inom Sverige, momsfri
3041 MP1 Försäljning tjänster inom Sverige, 25 % moms
3099 - Periodisering av försäljning
3102 MP2 Försäljning varor till annat EU-land, 12 % moms
3103 MP3 Försäljning varor till annat EU-land, 6 % moms
3105 VTEU Försäljning varor till land utanför EU
3106 MP1 Försäljning varor till annat EU-land, momspliktig
3108 VEU Försäljning varor till annat EU-land, momsfri
3231 MP1 Försäljning inom byggsektorn, omvänd skattskyldighet
3305 ÖTEU Försäljning tjänster till land utanför EU
3308 TEU Försäljning tjänster till annat EU-land
3520 MP1 Fakturerade frakter, 25 % moms
3521 VEU Fakturerade frakter, EU-land
3522 VTEU Fakturerade frakter, export
3523 MP2 Fakturerade frakter, 12 % moms
3524 MP3 Fakturerade frakter, 6 % moms
3530 VTEU Fakturerade tull- och speditionskostnader
3540 MP1 Faktureringsavgifter
3590 MP1 Övriga fakturerade kostnader
3690 - Övriga sidointäkter, dricks
3730 - Lämnade rabatter
3731 MP1 Lämnade rabatter, 25 % moms
3732 MP2 Lämnade rabatter, 12 % moms
3733 MP3 Lämnade rabatter, 6 % moms
3740 - Öres- och kronutjämning
3960 - Valutakursvinster på fordringar och skulder av rörelsekaraktär
3990 - Övriga ersättningar, bidrag och intäkter
4000 - Inköp av varor
4010 - Inköp material och varor
4535 - Inköp av tjänster från annat EU-land, 25 %
4598 - Justering, omvänd moms
4960 - Förändring av lager av handelsvaror
5010 - Lokalhyra
5410 - Förbrukningsinventarier
5420 - Programvaror
5460 - Förbrukningsmaterial
5710 - Frakter, transporter och försäkringar
5910 - Annonsering
6040 - Kontokortsavgifter
6041 ITEU Betaltjänstavgifter, omvänd skattskyldighet
6064 - Factoringavgifter och betaltjänst, svensk moms
6110 - Kontorsmateriel
6212 - Mobiltelefon
6230 - Datakommunikation
6310 - Företagsförsäkringar
6351 - Konstaterade förluster på kundfordringar
6352 - Befarade förluster på kundfordringar
6380 - Förluster i övrigt i rörelsen
6530 - Redovisningstjänster
6540 - IT-tjänster
6541 ITEU IT-tjänster från annat EU-land
6570 - Bankkostnader
6991 - Övriga externa kostnader, avdragsgilla
6998 - Utländsk moms
7010 - Löner till kollektivanställda
7210 - Löner till tjänstemän
7510 - Lagstadgade sociala avgifter
7832 - Avskrivningar på inventarier och verktyg
7960 - Valutakursförluster på fordringar och skulder av rörelsekaraktär
8310 - Ränteintäkter från omsättningstillgångar
8313 - Ränteintäkter från kundfordringar
8410 - Räntekostnader för långfristiga skulder
8910 - Skatt på årets resultat
8999 - Årets resultat
"""


@dataclass(frozen=True)
class ChartAccount:
    """An account of the seed: number, name, VAT code ("" for none)."""

    number: int
    description: str
    vat_code: str = ""


def seed_chart() -> list[ChartAccount]:
    """List the accounts of a new company, in order of number."""
    accounts = []
    for line in _CHART.strip().splitlines():
        number, code, description = line.split(maxsplit=2)
        accounts.append(ChartAccount(int(number), description, "" if code == "-" else code))
    for position, country in enumerate(OSS_COUNTRIES, start=1):
        accounts.append(ChartAccount(_OSS_VAT + position, f"Utgående moms OSS {country}"))
        for step, base in enumerate(_OSS_SALES):
            name = ("normal skattesats", "reducerad 1", "reducerad 2")[step]
            accounts.append(ChartAccount(base + position, f"Försäljning OSS {country}, {name}", f"OSS{country}{step}"))
    return sorted(accounts, key=lambda account: account.number)


def oss_vat_account(sales_account: int) -> int | None:
    """Find the VAT account of an OSS sales account; none for other accounts (accounting.md 1.2)."""
    for base in _OSS_SALES:
        position = sales_account - base
        if 1 <= position <= len(OSS_COUNTRIES):
            return _OSS_VAT + position
    return None
