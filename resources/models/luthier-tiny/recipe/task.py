# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests with their answers. One task is {ask, input, plain, short, why, tip}: the request, a passage it speaks
about (often empty), the plain answer, and the parts from which another style can be built: `why` reads "reason, so it is
like this" and fits after "Because", `tip` is a sentence of advice."""

from grammar import tidy
from world import VILLAGE, DAYS

PROPER = {"I", VILLAGE} | {d[0] for d in DAYS}  # words that keep their capital inside a sentence


def task(ask, plain, short, why, tip="", input="", brief=True):
    """`brief` says that `short` alone is a good answer for somebody who wants few words."""
    return dict(
        ask=tidy(ask),
        input=input,
        plain=tidy(plain),
        short=tidy(short),
        why=why,
        tip=tip,
        brief=brief and short[-1] not in "?!",
    )


def comma(items):
    items = list(items)
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]
