"""An inverted index of the texts of users: which users have which trigrams.

A trigram is three bytes in a row of UTF-8, so that one Chinese character is one already. Each field has its own, since
what is rare in one may be common in another, as `com`; the two telephone numbers share theirs. Postings lie in segments
of some thousand users, and a user whose row names no segment has none. They only narrow a search: those of an earlier
text are compared in vain.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from models.store.client import BsonDict, Store

FIELD_MARKS = {"username": 1, "email": 2, "name": 3, "telephone": 4, "mobile": 4}
SEGMENT = "segment"  # of a user: the number of its segment
SEGMENT_INDEX = [(SEGMENT, 1), ("status", 1)]
SEGMENT_BITS = 24
FEW = 10_000  # rows that are read and compared in some 50 ms
MOST = 30_000  # users of a trigram whose ids are read
TRIED, READ = 8, 3  # trigrams of a part that are counted, and the rarest of them, which are read
Choice = tuple[int, ...]
"""Trigrams of which a user has at least one: the same three bytes in each field in which a condition may be met."""


def trigrams(folded: Mapping[str, str]) -> set[int]:
    """Return the trigrams of the case-folded texts of a user: integers below 2**27."""
    texts = {(folded.get(field, ""), mark) for field, mark in FIELD_MARKS.items()}
    return {each for text, mark in texts for each in _trigrams(text, mark)}


def trigram_choices(part: str, fields: Collection[str]) -> list[Choice]:
    """Return what is known of each user of whom one of the fields contains a part; nothing if no field has trigrams."""
    marks = sorted({FIELD_MARKS[field] for field in fields})
    return [*zip(*(sorted(_trigrams(part, mark)) for mark in marks), strict=True)]


def posting_row(trigram: int, segment: int, ids: list[int]) -> BsonDict:
    """The row of a trigram in a segment."""
    id = trigram << SEGMENT_BITS | segment
    return {"_id": id, SEGMENT: segment, "count": len(ids), "ids": array("q", ids).tobytes()}


async def find_candidates(
    store: Store, base: BsonDict, choices: list[Choice], session: Any = None, few: int = FEW
) -> list[int] | None:
    """Return the ids of the users who may meet all choices, or None if there are `few` or more of them."""
    # before the postings: a user who gets a segment meanwhile is among these
    without = await _find_without(store, base, few, session)
    if len(without) >= few:
        return None
    tried = choices[:: -(-len(choices) // TRIED) or 1]
    counts = await _count_users(store, tried)
    numbers = {choice: sum(counts[each] for each in choice) for choice in tried}
    rarest = [choice for choice in sorted(tried, key=numbers.__getitem__)[:READ] if numbers[choice] < MOST]
    if not rarest:
        return None
    ids = await _read_ids(store, rarest)
    found = set.intersection(*({id for each in choice for id in ids[each]} for choice in rarest)) | without
    return sorted(found) if len(found) < few else None


async def _find_without(store: Store, base: BsonDict, limit: int, session: Any) -> set[int]:
    rows = store.collection("users").find({SEGMENT: None, **base}, {"_id": 1}, session=session)
    return {row["_id"] for row in await rows.hint(SEGMENT_INDEX).limit(limit).to_list(None)}


async def _count_users(store: Store, choices: Collection[Choice]) -> Counter[int]:
    counts: Counter[int] = Counter()
    for row in await store.collection("postings").find(_postings_filter(choices), {"count": 1}).to_list(None):
        counts[row["_id"] >> SEGMENT_BITS] += row["count"]
    return counts


async def _read_ids(store: Store, choices: Collection[Choice]) -> dict[int, "array[int]"]:
    ids: defaultdict[int, array[int]] = defaultdict(lambda: array("q"))
    for row in await store.collection("postings").find(_postings_filter(choices), {"ids": 1}).to_list(None):
        ids[row["_id"] >> SEGMENT_BITS].frombytes(row["ids"])
    return ids


def _postings_filter(choices: Collection[Choice]) -> BsonDict:
    wanted = {each for choice in choices for each in choice}
    return {"$or": [{"_id": {"$gte": each << SEGMENT_BITS, "$lt": each + 1 << SEGMENT_BITS}} for each in wanted]}


def _trigrams(text: str, mark: int) -> set[int]:
    octets, high = text.encode(), mark << 24
    return {high | a << 16 | b << 8 | c for a, b, c in zip(octets, octets[1:], octets[2:], strict=False)}
