# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of plain text, mixed from stories and the other kinds."""

from fact_texts import conversation, facts_passage
from howtos import howto
from notes import description, diary, letter, sign
from story import story, title


def document(rng):
    """One plain text document."""
    roll = rng.random()
    if roll < 0.58:
        text, slots = story(rng)
        return f"{title(rng, slots)}\n\n{text}" if rng.random() < 0.12 else text
    for share, maker in (
        (0.66, facts_passage),
        (0.75, conversation),
        (0.81, letter),
        (0.86, diary),
        (0.92, description),
        (0.96, howto),
    ):
        if roll < share:
            return maker(rng)
    return sign(rng)
