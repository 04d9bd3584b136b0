"""Texts of our own writing, to be copied, cut and told again."""

from __future__ import annotations

HARBOUR = (
    "The harbour commission of Port Ellery voted on Monday to deepen the main channel by two metres, ending a dispute of nine years between "
    "shipping lines and the fishing fleet. Seven of the eleven members were in favour, the chairwoman, Ilse Varga, told reporters after the "
    "meeting. Dredging is to begin in October and to last for fourteen months.\n\n"
    "The fleet's union had asked for a study of the eel grass beds north of the breakwater, where half of its catch is spawned. The commission "
    "promised one, but will not wait for its result. The union's secretary called the vote a mistake that the town would pay for twice.\n\n"
    "Port Ellery handles a fifth of the country's grain, and larger ships have had to unload in part at sea since 2019. The work will cost 84 "
    "million crowns, of which the state pays two thirds."
)
LIBRARY = (
    "A library that was thought lost when the river rose in 1954 has been found in the cellar of a brewery at Lindow, the town's archivist said "
    "on Friday. Masons who were laying a drain broke through a wall and saw shelves. Some 1,200 volumes are dry and whole, among them a herbal "
    "with coloured plates of which three copies were known.\n\nWho walled them in, nobody can say. The brewery's books for that year are lost."
)
HAVEN = (
    "港口委员会周一投票决定将主航道加深两米，结束了航运公司与渔民之间长达九年的争端。委员会主席在会后对记者说，十一名成员中有七名赞成。"
    "疏浚工程将于十月开始，持续十四个月。工程耗资八千四百万克朗，其中三分之二由国家承担。"
)


def auction(day: str, sold: str, bid: str, firm: str) -> str:
    """One of a series of reports, made from one form."""
    return (
        f"The treasury sold {sold} million crowns of short-term bills at its {day} auction, the debt office said in its regular statement. "
        f"Bids came to {bid} million crowns, and the largest buyer was {firm}. The bills fall due in ninety days and bear no coupon. "
        "The debt office holds such auctions twice a week to cover the needs of the state for cash between the dates at which taxes are paid."
    )
