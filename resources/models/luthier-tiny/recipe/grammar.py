# SPDX-License-Identifier: GPL-3.0-or-later
"""Expands sentence templates.

A template is plain text with two constructs: `[a|b|c]` draws one branch (branches may nest and may be
empty), `{slot}` asks the context. `{slot~s}` is the plural, `{slot~c}` the capitalised form. Articles and capitals
after a full stop are repaired once per document by `tidy`, so templates always write plain `a`.
"""

import re

_ARTICLE = re.compile(r"\b([Aa]) (?=[aeioAEIO](?!ne\b)|u(?!se|ni|ku)|hour|honest)")
_START = re.compile(r"([.!?] \"?|\n\"?)([a-z])")
_CACHE = {}
_IRREGULAR = {
    "mouse": "mice",
    "goose": "geese",
    "sheep": "sheep",
    "trout": "trout",
    "leaf": "leaves",
    "loaf": "loaves",
    "knife": "knives",
    "shelf": "shelves",
    "calf": "calves",
    "child": "children",
    "foot": "feet",
    "tooth": "teeth",
    "man": "men",
    "woman": "women",
    "wolf": "wolves",
    "scarf": "scarves",
    "fish": "fish",
}


def plural(noun):
    """Plural of the last word of a noun phrase: 'bar of soap' changes 'bar'."""
    head, of, tail = noun.partition(" of ")
    front, space, last = head.rpartition(" ")
    if last in _IRREGULAR:
        last = _IRREGULAR[last]
    elif re.search(r"(s|x|z|ch|sh)$", last):
        last += "es"
    elif re.search(r"[^aeiou]y$", last):
        last = last[:-1] + "ies"
    else:
        last += "s"
    return front + space + last + of + tail


def cap(text):
    return text[:1].upper() + text[1:]


def tidy(text):
    text = _ARTICLE.sub(r"\1n ", text)
    text = _START.sub(lambda m: m.group(1) + m.group(2).upper(), text)
    return sentence(text)


def sentence(text):
    """Capitalises the first letter, past an opening quotation mark."""
    return '"' + cap(text[1:]) if text[:1] == '"' else cap(text)


def _parse(text, at, stop):
    """Returns (nodes, position). A node is a string, ('slot', name, op) or ('alt', [nodes, ...])."""
    nodes, plain = [], at
    while at < len(text) and text[at] not in stop:
        if text[at] == "{":
            if at > plain:
                nodes.append(text[plain:at])
            end = text.index("}", at)
            name, _, op = text[at + 1 : end].partition("~")
            nodes.append(("slot", name, op))
            at = plain = end + 1
        elif text[at] == "[":
            if at > plain:
                nodes.append(text[plain:at])
            branches = []
            while text[at] != "]":
                branch, at = _parse(text, at + 1, "|]")
                branches.append(branch)
            nodes.append(("alt", branches))
            at = plain = at + 1
        else:
            at += 1
    if at > plain:
        nodes.append(text[plain:at])
    return nodes, at


def _emit(nodes, ctx, out):
    for node in nodes:
        if node.__class__ is str:
            out.append(node)
        elif node[0] == "alt":
            branches = node[1]
            _emit(branches[int(ctx.random() * len(branches))], ctx, out)
        else:
            value = ctx.get(node[1])
            if node[2]:
                value = plural(value) if node[2] == "s" else cap(value)
            out.append(value)


def expand(template, ctx):
    nodes = _CACHE.get(template)
    if nodes is None:
        nodes = _CACHE[template] = _parse(template, 0, "")[0]
    out = []
    _emit(nodes, ctx, out)
    return "".join(out)


_SAME = [
    ("began to", "started to"),
    ("for a long time", "for a while"),
    ("Nobody", "No one"),
    ("nobody", "no one"),
    ("Somebody", "Someone"),
    ("somebody", "someone"),
    ("everyone", "everybody"),
    ("had to laugh", "could not help laughing"),
    ("was afraid", "was frightened"),
    (" wanted to", " wished to"),
    ("In the evening", "That evening"),
    ("At last", "In the end"),
    ("Soon ", "Before long "),
    (" a big ", " a large "),
    ("The next day", "The day after"),
    ("ran to", "hurried to"),
    ("saw that", "noticed that"),
    ("heard a", "suddenly heard a"),
    ("I am ", "I'm "),
    ("do not", "don't"),
    ("It is ", "It's "),
    ("you are", "you're"),
    ("did not", "didn't"),
    ("could not", "couldn't"),
    ("I will", "I'll"),
]


def vary(rng, text):
    """The same story in slightly other words."""
    random = rng.random
    for old, new in _SAME:
        if random() < 0.18 and old in text:
            text = text.replace(old, new)
    return text


class Context:
    """Slots of one document. A word drawn for a slot stays; `fruit` and `fruit2` never hold the same word.

    A slot that starts with `*` is drawn anew each time, and its words may be templates themselves.
    """

    def __init__(self, rng, words, slots=None):
        self.rng, self.random, self.words = rng, rng.random, words
        self.slots = dict(slots or {})

    def pick(self, options):
        return options[int(self.random() * len(options))]

    def get(self, name):
        value = self.slots.get(name)
        if value is not None:
            return value
        if name[0] == "*":
            return expand(self.pick(self.words[name]), self)
        base = name.rstrip("23456789")
        taken = {v for k, v in self.slots.items() if k.rstrip("23456789") == base}
        free = [w for w in self.words[base] if w not in taken] if taken else self.words[base]
        value = self.slots[name] = self.pick(free)
        return value

    def say(self, *templates):
        return " ".join(expand(t, self) for t in templates if t)
