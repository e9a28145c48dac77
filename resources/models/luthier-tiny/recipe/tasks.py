# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of requests: what makes one, and how often it is drawn for a chat."""

from fact_tasks import describe, fact, finish, first_step, how, true_false, unknown, what_is, yes_no
from passage_tasks import about_story, join, rewrite
from talk_tasks import say_to, tale, write_letter
from word_tasks import belongs, compare, listing, number, use_word, word_form

KINDS = [
    (fact, 50),
    (yes_no, 6),
    (true_false, 5),
    (listing, 6),
    (belongs, 4),
    (number, 6),
    (compare, 5),
    (how, 4),
    (first_step, 3),
    (describe, 6),
    (unknown, 4),
    (rewrite, 6),
    (tale, 6),
    (write_letter, 3),
    (finish, 5),
    (say_to, 4),
    (use_word, 4),
    (word_form, 4),
    (what_is, 6),
    (about_story, 3),
    (join, 3),
]
