"""What examples/story.jsonl answers at eight coordinates, worked out by hand.

`#n` is the event at position n; the ledger's own opening is #1, so line n of the file is #(n + 1).
Sums in the comments are in thousands of yuan. In a table `-` is null and a blank cell is not asked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

Cell: TypeAlias = str | bool | list[str] | None
Rows: TypeAlias = Mapping[str, Mapping[str, Cell]]

WORDS: Final[Mapping[str, Cell]] = {"-": None, "true": True, "false": False}


def table(text: str) -> Rows:
    """The columns of a table: its first line names the rows answered, its first column their fields.

    Flags stand one to a line.
    """
    first, *rest = ([cell.strip() for cell in line.split("|")] for line in text.splitlines() if "|" in line)
    return {name: _row([(line[0], line[n]) for line in rest if line[n]]) for n, name in enumerate(first) if name}


def _row(cells: list[tuple[str, str]]) -> Mapping[str, Cell]:
    row: dict[str, Cell] = {name: WORDS.get(text, text) for name, text in cells if name != "flags"}
    flags = [text for name, text in cells if name == "flags"]
    return row | {"flags": [flag for flag in flags if flag != "none"]} if flags else row


@dataclass(frozen=True)
class Answer:
    """One pair of coordinates and the rows expected there. Column `total` is the list's totals."""

    lesson: str
    as_of: str
    known_at: str
    position: int
    closed: bool
    projects: Rows
    lines: Rows = field(default_factory=dict)
    appropriations: Rows = field(default_factory=dict)
    evaluations: Rows = field(default_factory=dict)


# Known: #1-#24. The wrong payment #23 (300 for 30) counts; its reversal #26 is dated on this very
# day, but nobody has recorded it yet. Nor the start of the road on 1 March (#25): still approved.
#   road      initial 2,000 (#17) + 500 (#18) = 2,500; disbursed 300; 300 / 2,500 = 12 %
#   farmland  initial 4,000 (#19)                      care home  initial 800 (#20)
#   total     300 / 7,300 = 4.1095... %
BEFORE_THE_REVERSAL: Final = Answer(
    lesson="a wrong payment counts while its reversal is not recorded",
    as_of="2023-04-18",
    known_at="2023-04-18",
    position=24,
    closed=True,
    projects=table("""
                           | road             | farmland         | care-home        | total
    name                   | 柳林镇村村通公路 | 柳林镇高标准农田 | 柳林镇敬老院改造 |
    status                 | approved         | started          | started          |
    score                  | -                | -                | -                |
    grade                  | -                | -                | -                |
    flags                  | none             | none             | none             |
    initial_budget         | 2500000.00       | 4000000.00       | 800000.00        | 7300000.00
    adjusted_budget        | 2500000.00       | 4000000.00       | 800000.00        | 7300000.00
    disbursed              | 300000.00        | 0.00             | 0.00             | 300000.00
    transferred            | 0.00             | 0.00             | 0.00             | 0.00
    recovered              | 0.00             | 0.00             | 0.00             | 0.00
    available              | 2200000.00       | 4000000.00       | 800000.00        | 7000000.00
    execution_rate         | 12.00            | 0.00             | 0.00             | 4.11
    execution_rate_initial | 12.00            | 0.00             | 0.00             | 4.11
    """),
)

# The same day, known twelve days later: #25-#27 are new.
#   #25 road started on 1 March, recorded on 19 April: 49 days, a late entry
#   #26 takes #23 out from 18 April on; #27 pays 30 under the same voucher number
#   road      disbursed 300 - 300 + 30 = 30; 30 / 2,500 = 1.2 %
#   total     30 / 7,300 = 0.4109... %
AFTER_THE_REVERSAL: Final = Answer(
    lesson="the same day after the reversal, the right payment and a late start are recorded",
    as_of="2023-04-18",
    known_at="2023-04-30",
    position=27,
    closed=True,
    projects=table("""
                           | road             | farmland         | care-home        | total
    name                   | 柳林镇村村通公路 | 柳林镇高标准农田 | 柳林镇敬老院改造 |
    status                 | started          | started          | started          |
    score                  | -                | -                | -                |
    grade                  | -                | -                | -                |
    flags                  | late-entry       | none             | none             |
    flags                  | reversed-facts   |                  |                  |
    initial_budget         | 2500000.00       | 4000000.00       | 800000.00        | 7300000.00
    adjusted_budget        | 2500000.00       | 4000000.00       | 800000.00        | 7300000.00
    disbursed              | 30000.00         | 0.00             | 0.00             | 30000.00
    transferred            | 0.00             | 0.00             | 0.00             | 0.00
    recovered              | 0.00             | 0.00             | 0.00             | 0.00
    available              | 2470000.00       | 4000000.00       | 800000.00        | 7270000.00
    execution_rate         | 1.20             | 0.00             | 0.00             | 0.41
    execution_rate_initial | 1.20             | 0.00             | 0.00             | 0.41
    """),
)

# Known: #1-#31, but the end of March was not reached by the reversal (#26, 18 April) and the new
# name (#28, 10 May): the wrong 300 stands in the first quarter for ever, and no reversal shows.
# The start of the road (#25, 1 March) is in. The care home starts on 10 April: no status yet.
BEFORE_THE_REVERSALS_DATE: Final = Answer(
    lesson="a reversal and a new name leave the days before their own date alone",
    as_of="2023-03-31",
    known_at="2023-05-31",
    position=31,
    closed=True,
    projects=table("""
                           | road             | farmland         | care-home        | total
    name                   | 柳林镇村村通公路 | 柳林镇高标准农田 | 柳林镇敬老院改造 |
    status                 | started          | started          | -                |
    score                  | -                | -                | -                |
    grade                  | -                | -                | -                |
    flags                  | late-entry       | none             | none             |
    initial_budget         | 2500000.00       | 4000000.00       | 800000.00        | 7300000.00
    adjusted_budget        | 2500000.00       | 4000000.00       | 800000.00        | 7300000.00
    disbursed              | 300000.00        | 0.00             | 0.00             | 300000.00
    transferred            | 0.00             | 0.00             | 0.00             | 0.00
    recovered              | 0.00             | 0.00             | 0.00             | 0.00
    available              | 2200000.00       | 4000000.00       | 800000.00        | 7000000.00
    execution_rate         | 12.00            | 0.00             | 0.00             | 4.11
    execution_rate_initial | 12.00            | 0.00             | 0.00             | 4.11
    """),
)

# Known: #1-#34. The care home bears its new name (#28) and is suspended (#32).
#   road      provincial line 30 (#27); county line 450 (#31) + overrun 150 (#34) = 600 of 500:
#             600 / 500 = 120 %, available -100; project 630 / 2,500 = 25.2 %, available 1,870
#   farmland  transfer 1,000 (#30) + payment 1,200 (#33) = 2,200; 2,200 / 4,000 = 55 %
#             #30 is of 21 April, recorded on 22 May: 31 days, the last that is not late
#   care home payment 301 (#29); 301 / 800 = 37.625 %, half away from zero
#   total     630 + 2,200 + 301 = 3,131; 3,131 / 7,300 = 42.8904... %; available 4,169
HALF_YEAR: Final = Answer(
    lesson="half a year: an overrun, a transfer, a new name, a suspension",
    as_of="2023-06-30",
    known_at="2023-06-30",
    position=34,
    closed=True,
    projects=table("""
                           | road               | farmland         | care-home            | total
    name                   | 柳林镇村村通公路   | 柳林镇高标准农田 | 柳林镇敬老院改造提升 |
    status                 | started            | started          | suspended            |
    score                  | -                  | -                | -                    |
    grade                  | -                  | -                | -                    |
    flags                  | overrun            | none             | none                 |
    flags                  | negative-available |                  |                      |
    flags                  | late-entry         |                  |                      |
    flags                  | reversed-facts     |                  |                      |
    initial_budget         | 2500000.00         | 4000000.00       | 800000.00            | 7300000.00
    adjusted_budget        | 2500000.00         | 4000000.00       | 800000.00            | 7300000.00
    disbursed              | 630000.00          | 2200000.00       | 301000.00            | 3131000.00
    transferred            | 0.00               | 1000000.00       | 0.00                 | 1000000.00
    recovered              | 0.00               | 0.00             | 0.00                 | 0.00
    available              | 1870000.00         | 1800000.00       | 499000.00            | 4169000.00
    execution_rate         | 25.20              | 55.00            | 37.63                | 42.89
    execution_rate_initial | 25.20              | 55.00            | 37.63                | 42.89
    """),
    lines=table("""
                    | road-county        | road-provincial
    adjusted_budget | 500000.00          | 2000000.00
    disbursed       | 600000.00          | 30000.00
    available       | -100000.00         | 1970000.00
    execution_rate  | 120.00             | 1.50
    flags           | overrun            | reversed-facts
    flags           | negative-available |
    """),
)

# The same half year, known a month later: #35-#36 are new.
#   #35 adds 300 to the county line from 10 July on: not yet on 30 June, still -100
#   #36 farmland 600 of 19 May, recorded on 18 July: 60 days, a late entry
#   farmland  2,200 + 600 = 2,800; 2,800 / 4,000 = 70 %
#   total     3,131 + 600 = 3,731; 3,731 / 7,300 = 51.1095... %
HALF_YEAR_WITH_LATE_ENTRY: Final = Answer(
    lesson="the same half year after a payment of May was entered in July",
    as_of="2023-06-30",
    known_at="2023-07-31",
    position=36,
    closed=True,
    projects=table("""
                           | road               | farmland         | care-home            | total
    name                   | 柳林镇村村通公路   | 柳林镇高标准农田 | 柳林镇敬老院改造提升 |
    status                 | started            | started          | suspended            |
    score                  | -                  | -                | -                    |
    grade                  | -                  | -                | -                    |
    flags                  | overrun            | late-entry       | none                 |
    flags                  | negative-available |                  |                      |
    flags                  | late-entry         |                  |                      |
    flags                  | reversed-facts     |                  |                      |
    initial_budget         | 2500000.00         | 4000000.00       | 800000.00            | 7300000.00
    adjusted_budget        | 2500000.00         | 4000000.00       | 800000.00            | 7300000.00
    disbursed              | 630000.00          | 2800000.00       | 301000.00            | 3731000.00
    transferred            | 0.00               | 1000000.00       | 0.00                 | 1000000.00
    recovered              | 0.00               | 0.00             | 0.00                 | 0.00
    available              | 1870000.00         | 1200000.00       | 499000.00            | 3569000.00
    execution_rate         | 25.20              | 70.00            | 37.63                | 51.11
    execution_rate_initial | 25.20              | 70.00            | 37.63                | 51.11
    """),
    lines=table("""
                    | road-county        | farmland-central
    adjusted_budget | 500000.00          | 4000000.00
    disbursed       | 600000.00          | 2800000.00
    available       | -100000.00         | 1200000.00
    execution_rate  | 120.00             | 70.00
    flags           | overrun            | late-entry
    flags           | negative-available |
    """),
)

# Known: #1-#54, up to 23:40 on New Year's Eve (#54); but the adjustment (#51, 20 December), the
# finalisation (#52), care home in use (#50, 15 December) and #54 (29 December) are dated later.
#   road      provincial line 30 + 800 (#39) = 830 of 2,000; county line 600 of 500 + 300 (#35);
#             project 1,430 / 2,800 = 51.0714... %, of the initial 2,500: 57.2 %; available 1,370;
#             nothing is negative any more, the overrun stays; completed (#42), accepted (#43)
#   score     17 (#46) + 15 (#47) + 24 (#48) + 24 (#49) = 80: good, not final
#   farmland  2,800 - return 100 (#38) = 2,700 of 4,000 - reduction 500 (#40) = 3,500;
#             2,700 / 3,500 = 77.1428... %, of the initial 4,000: 67.5 %; available 800
#   care home 301 + 200 (#41) = 501; 501 / 800 = 62.625 %, half away from zero; available 299;
#             resumed (#37), which shows what it was before: started
#   total     1,430 + 2,700 + 501 = 4,631 of 2,800 + 3,500 + 800 = 7,100: 65.2253... %,
#             of 7,300: 63.4383... %; available 1,370 + 800 + 299 = 2,469
BEFORE_THE_ADJUSTMENT: Final = Answer(
    lesson="a score of 80.00 before its adjustment, a project resumed, a return and a reduction",
    as_of="2023-12-10",
    known_at="2023-12-31",
    position=54,
    closed=True,
    projects=table("""
                           | road             | farmland         | care-home            | total
    name                   | 柳林镇村村通公路 | 柳林镇高标准农田 | 柳林镇敬老院改造提升 |
    status                 | finally_accepted | completed        | started              |
    score                  | 80.00            | -                | -                    |
    grade                  | good             | -                | -                    |
    flags                  | overrun          | late-entry       | none                 |
    flags                  | late-entry       |                  |                      |
    flags                  | reversed-facts   |                  |                      |
    initial_budget         | 2500000.00       | 4000000.00       | 800000.00            | 7300000.00
    adjusted_budget        | 2800000.00       | 3500000.00       | 800000.00            | 7100000.00
    disbursed              | 1430000.00       | 2700000.00       | 501000.00            | 4631000.00
    transferred            | 0.00             | 1000000.00       | 0.00                 | 1000000.00
    recovered              | 0.00             | 0.00             | 0.00                 | 0.00
    available              | 1370000.00       | 800000.00        | 299000.00            | 2469000.00
    execution_rate         | 51.07            | 77.14            | 62.63                | 65.23
    execution_rate_initial | 57.20            | 67.50            | 62.63                | 63.44
    """),
    lines=table("""
                           | road-county | road-provincial
    adjusted_budget        | 800000.00   | 2000000.00
    disbursed              | 600000.00   | 830000.00
    available              | 200000.00   | 1170000.00
    execution_rate         | 75.00       | 41.50
    execution_rate_initial | 120.00      | 41.50
    flags                  | overrun     | reversed-facts
    """),
    evaluations=table("""
              | road-2023
    total     | 80.00
    grade     | good
    finalised | false
    """),
)

# Known: #1-#54, all dated in the year. New against 10 December: #50-#54.
#   #50 care home in use on 15 December, #53 accepted on 28 December: used before its acceptance
#   #51 takes the third score from 24 to 20: 17 + 15 + 20 + 24 = 76, fair; #52 makes it final
#   road      1,430 + 700 (#54, entered at 23:40 on 31 December) = 2,130;
#             2,130 / 2,800 = 76.0714... %, / 2,500 = 85.2 %; available 670
#   total     2,130 + 2,700 + 501 = 5,331; / 7,100 = 75.0845... %, / 7,300 = 73.0273... %;
#             available 670 + 800 + 299 = 1,769
#   sources   central 5,000 - 3,500 = 1,500 left; provincial 2,500 - 2,000 = 500;
#             county 2,000 - road 800 - care home 800 = 400; total 9,500 - 7,100 = 2,400
YEAR_END: Final = Answer(
    lesson="year end as known that night: 76.00 after the adjustment, final",
    as_of="2023-12-31",
    known_at="2023-12-31",
    position=54,
    closed=True,
    projects=table("""
                           | road             | farmland         | care-home              | total
    name                   | 柳林镇村村通公路 | 柳林镇高标准农田 | 柳林镇敬老院改造提升   |
    status                 | finally_accepted | completed        | finally_accepted       |
    score                  | 76.00            | -                | -                      |
    grade                  | fair             | -                | -                      |
    flags                  | overrun          | late-entry       | used-before-acceptance |
    flags                  | late-entry       |                  |                        |
    flags                  | reversed-facts   |                  |                        |
    initial_budget         | 2500000.00       | 4000000.00       | 800000.00              | 7300000.00
    adjusted_budget        | 2800000.00       | 3500000.00       | 800000.00              | 7100000.00
    disbursed              | 2130000.00       | 2700000.00       | 501000.00              | 5331000.00
    transferred            | 0.00             | 1000000.00       | 0.00                   | 1000000.00
    recovered              | 0.00             | 0.00             | 0.00                   | 0.00
    available              | 670000.00        | 800000.00        | 299000.00              | 1769000.00
    execution_rate         | 76.07            | 77.14            | 62.63                  | 75.08
    execution_rate_initial | 85.20            | 67.50            | 62.63                  | 73.03
    """),
    appropriations=table("""
                | central-2023 | provincial-2023 | county-2023 | total
    received    | 5000000.00   | 2500000.00      | 2000000.00  | 9500000.00
    allocated   | 3500000.00   | 2000000.00      | 1600000.00  | 7100000.00
    unallocated | 1500000.00   | 500000.00       | 400000.00   | 2400000.00
    disbursed   | 2700000.00   | 1530000.00      | 1101000.00  | 5331000.00
    recovered   | 0.00         | 0.00            | 0.00        | 0.00
    """),
    evaluations=table("""
              | road-2023
    total     | 76.00
    grade     | fair
    finalised | true
    """),
)

# The same year end, known a month later: #55-#56 are new.
#   #55 farmland recovery 200 to its appropriation, entered at 00:20 on 1 January (still 31 December
#       in UTC, but the ledger counts its own days): available 800 - 200 = 600, adjusted unchanged
#   #56 care home 239 of 5 December, recorded on 12 January: 38 days, a late entry;
#       501 + 239 = 740; 740 / 800 = 92.5 %; available 60
#   total     5,331 + 239 = 5,570; / 7,100 = 78.4507... %, / 7,300 = 76.3013... %;
#             available 670 + 600 + 60 = 1,330
#   sources   central allocated 3,500 - 200 = 3,300, left 1,700; total 6,900 and 2,600;
#             disbursed of the county source: road 600 + care home 740 = 1,340
YEAR_END_KNOWN_LATER: Final = Answer(
    lesson="the same year end a month later: a recovery and a late payment came in",
    as_of="2023-12-31",
    known_at="2024-01-31",
    position=56,
    closed=False,
    projects=table("""
                           | road             | farmland         | care-home              | total
    name                   | 柳林镇村村通公路 | 柳林镇高标准农田 | 柳林镇敬老院改造提升   |
    status                 | finally_accepted | completed        | finally_accepted       |
    score                  | 76.00            | -                | -                      |
    grade                  | fair             | -                | -                      |
    flags                  | overrun          | late-entry       | late-entry             |
    flags                  | late-entry       |                  | used-before-acceptance |
    flags                  | reversed-facts   |                  |                        |
    initial_budget         | 2500000.00       | 4000000.00       | 800000.00              | 7300000.00
    adjusted_budget        | 2800000.00       | 3500000.00       | 800000.00              | 7100000.00
    disbursed              | 2130000.00       | 2700000.00       | 740000.00              | 5570000.00
    transferred            | 0.00             | 1000000.00       | 0.00                   | 1000000.00
    recovered              | 0.00             | 200000.00        | 0.00                   | 200000.00
    available              | 670000.00        | 600000.00        | 60000.00               | 1330000.00
    execution_rate         | 76.07            | 77.14            | 92.50                  | 78.45
    execution_rate_initial | 85.20            | 67.50            | 92.50                  | 76.30
    """),
    appropriations=table("""
                | central-2023 | provincial-2023 | county-2023 | total
    received    | 5000000.00   | 2500000.00      | 2000000.00  | 9500000.00
    allocated   | 3300000.00   | 2000000.00      | 1600000.00  | 6900000.00
    unallocated | 1700000.00   | 500000.00       | 400000.00   | 2600000.00
    disbursed   | 2700000.00   | 1530000.00      | 1340000.00  | 5570000.00
    recovered   | 200000.00    | 0.00            | 0.00        | 200000.00
    """),
    evaluations=table("""
              | road-2023
    total     | 76.00
    grade     | fair
    finalised | true
    """),
)

ANSWERS: Final = (
    BEFORE_THE_REVERSAL,
    AFTER_THE_REVERSAL,
    BEFORE_THE_REVERSALS_DATE,
    HALF_YEAR,
    HALF_YEAR_WITH_LATE_ENTRY,
    BEFORE_THE_ADJUSTMENT,
    YEAR_END,
    YEAR_END_KNOWN_LATER,
)

LATE_ENTRIES: Final = {
    25: 49,  # started on 1 March, recorded on 19 April
    36: 60,  # paid on 19 May, recorded on 18 July
    56: 38,  # paid on 5 December, recorded on 12 January
}
LAST_DAY_THAT_IS_NOT_LATE: Final = {30: 31}  # transferred on 21 April, recorded on 22 May
