# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that come with a passage: questions about it, and other ways to write it."""

from grammar import Context, expand, plural, tidy
from story import cast, story
from task import task
from words import WORDS


def passage(rng):
    """A question about a passage: the answer stands in it, names and things are free."""
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    g = ctx.get
    A, B, he = slots["A"], slots["B"], slots["he"]
    form = rng.randrange(7)
    if form == 0:
        text = ctx.say(
            "{*opener} {A} went to the {place} because {he} needed a {size} {thing}.",
            "[{B} was already there|{A} met {B} on the way|The {colour} door was open].",
            "[They talked about the {season}.|It cost {few} coins.|]",
        )
        qs = [
            (
                f"Where did {A} go?",
                f"to the {g('place')}",
                f"{A} went to the {g('place')}",
                f"{he} needed a {g('size')} {g('thing')}",
            ),
            (
                f"What did {A} need?",
                f"a {g('size')} {g('thing')}",
                f"{A} needed a {g('size')} {g('thing')}",
                "the text says so",
            ),
            (
                f"Why did {A} go to the {g('place')}?",
                f"{he} needed a {g('size')} {g('thing')}",
                f"{A} went there to get a {g('size')} {g('thing')}",
                f"{he} needed it",
            ),
        ]
    elif form == 1:
        text = ctx.say(
            "{B} gave {A} a {colour} {thing} on {day}.",
            "{A} was {feeling} because the {thing} was [very {good}|{good} and new].",
            "[{he~c} put it in the {room}.|{he~c} showed it to {C}.]",
        )
        qs = [
            (f"Who gave {A} the {g('thing')}?", B, f"{B} gave {A} the {g('thing')}", "the text says so"),
            (
                f"What colour was the {g('thing')}?",
                g("colour"),
                f"the {g('thing')} was {g('colour')}",
                "the text says so",
            ),
            (
                f"When did {A} get the {g('thing')}?",
                f"on {g('day')}",
                f"{A} got the {g('thing')} on {g('day')}",
                f"{B} gave it to {slots['him']} on that day",
            ),
            (
                f"How did {A} feel?",
                g("feeling"),
                f"{A} was {g('feeling')}",
                f"{B} gave {slots['him']} a {g('thing')}",
            ),
        ]
    elif form == 2:
        text = ctx.say(
            "{A} lost {his} {small} [near the {outside}|on the way to the {place}].",
            "{B} found it {hiding} and brought it back.",
            '"Thank you," said {A}.',
        )
        qs = [
            (
                f"What did {A} lose?",
                f"{slots['his']} {g('small')}",
                f"{A} lost {slots['his']} {g('small')}",
                "the text says so",
            ),
            (
                f"Where did {B} find the {g('small')}?",
                g("hiding"),
                f"{B} found the {g('small')} {g('hiding')}",
                "it had been there all the time",
            ),
            (f"Who found the {g('small')}?", B, f"{B} found the {g('small')}", f"{B} looked {g('hiding')}"),
        ]
    elif form == 3:
        text = ctx.say(
            "{A} has {few} {animal~s} and {few2} {pet2~s}.",
            "{he~c} [feeds them|looks after them] every {time}.",
            "[{B} helps {him} on {day}.|They live behind the {place}.]",
        )
        qs = [
            (
                f"How many {plural(g('animal'))} does {A} have?",
                g("few"),
                f"{A} has {g('few')} {plural(g('animal'))}",
                "the text gives this number",
            ),
            (
                f"How many {plural(g('pet2'))} are there?",
                g("few2"),
                f"there are {g('few2')} {plural(g('pet2'))}",
                "the text gives this number",
            ),
            (
                f"When does {A} look after the animals?",
                f"every {g('time')}",
                f"{A} looks after them every {g('time')}",
                f"they are hungry every {g('time')}",
            ),
        ]
    elif form == 4:
        text = ctx.say(
            "it was {sky} on {day}, so {A} stayed in the {room} and played the {instrument}.",
            "{B} [listened|came to listen|sat by the stove] and drank {drink}.",
        )
        qs = [
            (
                f"What did {A} play?",
                f"the {g('instrument')}",
                f"{A} played the {g('instrument')}",
                f"it was {slots['sky']}",
            ),
            (
                f"Why did {A} stay in the {g('room')}?",
                f"it was {slots['sky']}",
                f"{A} stayed in the {g('room')} because it was {slots['sky']}",
                f"it was {slots['sky']} on {g('day')}",
            ),
            (f"What did {B} drink?", g("drink"), f"{B} drank {g('drink')}", "the text says so"),
            (
                f"What was the weather like?",
                f"it was {slots['sky']}",
                f"it was {slots['sky']} on {g('day')}",
                "the text says so",
            ),
        ]
    elif form == 5:
        text = ctx.say(
            "the {animal} of {A} is called {petname}.",
            "{petname} is {size} and {colour} and likes to sleep {hiding}.",
            "[{B} brings it some bread.|Every {time} it runs to the {outside}.]",
        )
        qs = [
            (
                f"What is the name of the {g('animal')}?",
                g("petname"),
                f"the {g('animal')} is called {g('petname')}",
                f"{A} gave it this name",
            ),
            (
                f"Where does {g('petname')} sleep?",
                g("hiding"),
                f"{g('petname')} sleeps {g('hiding')}",
                "it likes this place",
            ),
            (
                f"What colour is {g('petname')}?",
                g("colour"),
                f"{g('petname')} is {g('colour')}",
                "the text says so",
            ),
        ]
    else:
        text = ctx.say(
            "{A} bought {few} {fruit~s} at the market for {few2} coins.",
            "[At home|Later] {he} made {cake} and shared it with {B}.",
        )
        qs = [
            (
                f"What did {A} buy?",
                f"{g('few')} {plural(g('fruit'))}",
                f"{A} bought {g('few')} {plural(g('fruit'))}",
                f"{he} wanted to make {g('cake')}",
            ),
            (
                f"How much did the {plural(g('fruit'))} cost?",
                f"{g('few2')} coins",
                f"they cost {g('few2')} coins",
                "this is what the text says",
            ),
            (
                f"Who got some of the {g('cake')}?",
                B,
                f"{A} shared the {g('cake')} with {B}",
                f"{A} likes to share",
            ),
            (
                f"What did {A} make?",
                g("cake"),
                f"{A} made {g('cake')}",
                f"{he} had {plural(g('fruit'))} from the market",
            ),
        ]
    text = tidy(text).strip()
    out = []
    for ask, short, stmt, why in rng.sample(qs, min(len(qs), 2)):
        out.append(
            task(
                ask,
                stmt + ".",
                short,
                f"{why}, {stmt}" if why != "the text says so" else f"the text says it, we know that {stmt}",
                "",
                text,
            )
        )
    return out


VERBS = [
    p.split("-")
    for p in "carries-carried opens-opened plays-played finds-found sees-saw buys-bought sells-sold brings-brought makes-made mends-mended takes-took washes-washed paints-painted loses-lost hides-hid holds-held breaks-broke needs-needed wants-wanted likes-liked".split()
]


def rewrite(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    g = ctx.get
    now, past = rng.choice(VERBS)
    rest = ctx.say(
        "the {size} {colour} {thing} [near the {outside}|on {day}|at the {place}|in the {room}|for {B}|]"
    ).strip()
    roll = rng.random()
    if roll < 0.35:
        a, b = f"{slots['A']} {now} {rest}.", f"{slots['A']} {past} {rest}."
        return task(
            rng.choice(
                (
                    "Put this sentence into the past.",
                    "Rewrite this in the past tense.",
                    "Say this as if it happened yesterday.",
                )
            ),
            b,
            b.rstrip("."),
            f'it happened before today, "{now}" becomes "{past}"',
            "",
            a,
        )
    if roll < 0.6:
        new = g("colour2")
        a, b = f"{slots['A']} {past} {rest}.", f"{slots['A']} {past} {rest}.".replace(
            f" {g('colour')} ", f" {new} "
        )
        return task(
            rng.choice(
                (
                    f"Change the colour to {new}.",
                    f"Rewrite this with the colour {new}.",
                    f"Make it {new} in this sentence.",
                )
            ),
            b,
            b.rstrip("."),
            f"you asked for another colour, {g('colour')} becomes {new}",
            "",
            a,
        )
    if roll < 0.8:
        new = slots["C"]
        tail = rest.replace(slots["B"], "Nora")
        a, b = f"{slots['A']} {past} {tail}.", f"{new} {past} {tail}."
        return task(
            rng.choice(
                (
                    f"Change the name to {new}.",
                    f"Write this sentence about {new}.",
                    f"Use {new} in this sentence.",
                )
            ),
            b,
            b.rstrip("."),
            f"the sentence is now about {new}, {slots['A']} is gone from it",
            "",
            a,
        )
    verb = rng.choice(("Give me", "Bring me", "Show me", "Lend me", "Send me"))
    thing = f"the {g('size')} {g('thing')}"
    b = rng.choice(
        (f"Could you please {verb.lower()} {thing}?", f"Would you {verb.lower()} {thing}, please?")
    )
    return task(
        rng.choice(("Make this polite.", "Say this in a kind way.", "Rewrite this so that it is polite.")),
        b,
        b,
        f"kind words open doors, a request needs a please",
        "",
        f"{verb} {thing}!",
    )


def about_story(rng):
    """A short story in the request; the answer says whom it is about or how it begins."""
    text, slots = story(rng, short=True)
    if slots["A"] not in text:
        return about_story(rng)
    text = " ".join(text.split())
    a = slots["A"]
    return task(
        rng.choice(
            ("Who is the story about?", "Which person is this story about?", "About whom do we read here?")
        ),
        f"the story is about {a}.",
        a,
        f"{a} is the one who does most of the things, the story is about {a}",
        "",
        text,
    )


def join(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    a, b = rng.choice(
        (
            ("{A} went home", "{he} was tired"),
            ("{A} lit a candle", "it was dark"),
            ("{A} opened the window", "it was hot"),
            ("{A} smiled", "{B} had brought {dish}"),
            ("{A} ran to the {place}", "it was raining"),
            ("{A} was [sad|angry|unhappy]", "the {thing} was broken"),
            ("{A} bought a {thing}", "the old one was gone"),
            ("{A} sang {song}", "{he} was {feeling}"),
            ("{A} took a coat", "it was cold"),
            ("{A} waited", "{B} was late"),
        )
    )
    a, b = expand(a, ctx), expand(b, ctx)
    return task(
        rng.choice(
            (
                "Join these two sentences with because.",
                "Make one sentence of these two.",
                "Connect the sentences with because.",
            )
        ),
        f"{a} because {b}.",
        f"{a} because {b}",
        "the second sentence gives the reason, because stands between them",
        "",
        tidy(f"{a}. {b}."),
    )
