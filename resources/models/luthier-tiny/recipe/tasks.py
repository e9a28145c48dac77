# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests with their answers. One task is {ask, input, plain, short, why, tip}: the request, a passage it speaks
about (often empty), the plain answer, and the parts from which another style can be built: `why` reads "reason, so it is
like this" and fits after "Because", `tip` is a sentence of advice."""
from grammar import Context, cap, expand, plural, tidy
from stories import HOWTO, cast, howto_text, story
from words import WORDS
from world import ANIMALS, FACTS, FEELINGS, FOODS, INSTRUMENTS, NUMBERS, PEOPLE, PERSON, PRONOUNS, TOOLS, VILLAGE, WOODS, _DAYS


PROPER = {"I", VILLAGE} | {d[0] for d in _DAYS}  # words that keep their capital inside a sentence


def task(ask, plain, short, why, tip="", input="", brief=True):
    """`brief` says that `short` alone is a good answer for somebody who wants few words."""
    return dict(ask=tidy(ask), input=input, plain=tidy(plain), short=tidy(short), why=why, tip=tip, brief=brief and short[-1] not in "?!")


def comma(items):
    items = list(items)
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def fact(rng, f=None):
    f = f or rng.choice(FACTS)
    ask = rng.choice(f["qs"])
    plain = f["stmt"] + "."
    roll = rng.random()
    if roll < 0.2 or ask.startswith("Why"):
        plain = f"{f['stmt']}, because {f['why']}."
    elif roll < 0.3:
        plain += f" the reason is that {f['why']}."
    elif roll < 0.42:
        plain += f" {f['tip']}."
    return task(ask, plain, f["short"], f"{f['why']}, {f['stmt']}", f["tip"])


def yes_no(rng):
    p, other = rng.sample(PEOPLE, 2)
    n = p["name"]
    kind = rng.choice(("trade", "pet", "door", "plays", "season"))
    ask = {"trade": "Is {n} the {v}?", "pet": "Does {n} have a {v}?", "door": "Does {n} have a {v} door?", "plays": "Does {n} play {v}?",
           "season": "Does {n} like {v} best?"}[kind]
    say = {"trade": "{n} is the {v}", "pet": "{n} has a {v}", "door": "{n} has a {v} door", "plays": "{n} plays {v}", "season": "{n} likes {v} best"}[kind]
    key = {"plays": "instrument"}.get(kind, kind)
    true, asked = p[key], (p[key] if rng.random() < 0.5 else other[key])
    truth = say.format(n=n, v=true)
    word = "yes" if asked == true else "no"
    return task(ask.format(n=n, v=asked), f"{word}, {truth}.", word, f"{truth}, the answer is {word}", f"You can ask {n} {p['where']}")


_KINDS = {"fruits": [f[0] for f in FOODS[:6]] + ["quince", "peach"], "vegetables": ["pumpkin", "carrot", "onion", "leek", "cabbage", "potato", "radish", "beet", "bean"],
          "instruments with strings": [i[0] for i in INSTRUMENTS[:9]], "instruments that you blow": ["flute", "recorder", "clarinet", "trumpet"],
          "tools": [t[0] for t in TOOLS if t[0] not in ("scissors",)], "farm animals": ["cow", "sheep", "goat", "horse", "pig", "hen", "duck", "goose", "donkey"],
          "forest animals": ["fox", "owl", "deer", "squirrel", "hedgehog"], "birds": ["owl", "swallow", "heron", "sparrow", "robin", "finch", "blackbird"],
          "flowers": WORDS["flower"], "trees": ["oak", "maple", "willow", "linden", "pine", "birch", "chestnut"],
          "things in a kitchen": ["kettle", "bowl", "spoon", "pan", "cup", "plate", "jug"], "toys": ["kite", "rag doll", "ball", "wooden horse", "spinning top"]}
_ABSTRACT = {"colours": WORDS["colour"][:10], "seasons": WORDS["season"], "days of the week": [d[0] for d in _DAYS], "feelings": [f[0] for f in FEELINGS],
             "kinds of wood": [w[0] for w in WOODS], "drinks": WORDS["drink"], "people in the village": [p["name"] for p in PEOPLE], "places in the village": ["the " + p for p in WORDS["place"]]}


def listing(rng):
    if rng.random() < 0.6:
        kind = rng.choice(list(_KINDS))
        pool = ["a " + w for w in _KINDS[kind]]
    else:
        kind = rng.choice(list(_ABSTRACT))
        pool = _ABSTRACT[kind]
    n = rng.randrange(2, 5)
    items = rng.sample(pool, n)
    ask = rng.choice(("Name {n} {k}.", "Can you name {n} {k}?", "Tell me {n} {k}.", "Give me {n} {k}, please.", "List {n} {k}.")).format(n=NUMBERS[n], k=kind)
    if rng.random() < 0.12:
        return task(ask + " Use a list.", "\n".join("- " + i.replace("a ", "", 1) if i.startswith("a ") else "- " + i for i in items), comma(items), f"you asked for {NUMBERS[n]} {kind}, I chose these")
    plain = rng.choice(("{i}.", "{K} are {i}.", "here are {n} {k}: {i}.")) if kind not in () else "{i}."
    if plain.startswith("{K}"):
        plain = "{n} {k} are {i}."
    return task(ask, plain.format(i=comma(items), n=NUMBERS[n], k=kind), comma(items), f"you asked for {NUMBERS[n]} {kind}, I chose the ones that everyone in {VILLAGE} knows")


def belongs(rng):
    kind, other = rng.sample([k for k in _KINDS if k not in ("forest animals", "birds", "things in a kitchen")], 2)
    right = rng.choice([w for w in _KINDS[kind] if w not in _KINDS[other]])
    wrong = rng.sample([w for w in _KINDS[other] if w not in _KINDS[kind]], 2)
    three = wrong + [right]
    rng.shuffle(three)
    one = {"instruments with strings": "an instrument with strings", "instruments that you blow": "an instrument that you blow"}.get(kind, "a " + kind[:-1])
    ask = rng.choice(("Which of these is {o}: {i}?", "Which one is {o}: {i}?", "Find {o} among these: {i}.")).format(o=one, i=comma("a " + w for w in three).replace(" and ", " or "))
    return task(ask, f"the {right} is {one}.", f"the {right}", f"a {right} is {one} and the others are not, it is the right one")


def number(rng):
    roll = rng.random()
    if roll < 0.35:
        a = rng.randrange(1, 12)
        b = a + rng.randrange(2, 6)
        words = ", ".join(NUMBERS[a:b + 1])
        return task(rng.choice((f"Count from {NUMBERS[a]} to {NUMBERS[b]}.", f"Please count from {NUMBERS[a]} to {NUMBERS[b]}.", f"Can you count from {NUMBERS[a]} to {NUMBERS[b]}?")), words + ".",
                    words, f"each number is one more than the one before, {NUMBERS[b]} comes at the end")
    name = rng.choice(PEOPLE)["name"]
    thing = rng.choice(WORDS["fruit"] + WORDS["small"][:8])
    if roll < 0.75:
        a, b = rng.randrange(1, 10), rng.randrange(1, 8)
        def things(k): return f"{NUMBERS[k]} {thing if k == 1 else plural(thing)}"
        ask = rng.choice((f"{name} has {things(a)} and gets {NUMBERS[b]} more. How many are there now?", f"What is {NUMBERS[a]} plus {NUMBERS[b]}?", f"There are {things(a)} in one box and {things(b)} in another. How many are there in all?"))
        say = f"{NUMBERS[a]} and {NUMBERS[b]} make {NUMBERS[a + b]}"
        return task(ask, say + ".", NUMBERS[a + b], f"{NUMBERS[a]} and {NUMBERS[b]} are put together, they make {NUMBERS[a + b]}", "Count on your fingers to be sure")
    a = rng.randrange(3, 13)
    b = rng.randrange(1, a)
    ask = rng.choice((f"{name} has {NUMBERS[a]} {plural(thing)} and gives away {NUMBERS[b]}. How many are left?", f"What is {NUMBERS[a]} minus {NUMBERS[b]}?"))
    left = a - b
    return task(ask, f"{NUMBERS[a]} less {NUMBERS[b]} is {NUMBERS[left]}.", NUMBERS[left], f"{NUMBERS[b]} are taken away from {NUMBERS[a]}, only {NUMBERS[left]} can be left", "Count on your fingers to be sure")


_SCALE = [("bigger", ["mouse", "cat", "sheep", "cow"]), ("heavier", ["feather", "spoon", "chair", "millstone"]), ("faster", ["snail", "duck", "fox", "horse"]),
          ("louder", ["moth", "cat", "dog", "trumpet"]), ("bigger", ["violin", "viola", "cello", "double bass"]), ("hotter", ["well", "bath", "oven", "forge"]),
          ("sweeter", ["onion", "carrot", "plum", "cake"]), ("older", ["child", "teacher", "grandmother", "bell tower"]), ("softer", ["stone", "board", "blanket", "feather"]),
          ("taller", ["bench", "door", "apple tree", "bell tower"]), ("quieter", ["drum", "piano", "flute", "leaf"]), ("wider", ["thread", "rope", "lane", "river"])]


def compare(rng):
    word, order = rng.choice(_SCALE)
    i, j = sorted(rng.sample(range(len(order)), 2))
    low, high = order[i], order[j]
    x, y = (low, high) if rng.random() < 0.5 else (high, low)
    ask = rng.choice((f"Which is {word}, a {x} or a {y}?", f"What is {word}: a {x} or a {y}?", f"Is a {x} {word} than a {y}?"))
    say = f"a {high} is {word} than a {low}"
    if ask.startswith("Is"):
        return task(ask, f"{'yes' if x == high else 'no'}, {say}.", "yes" if x == high else "no", f"{say}, the answer is {'yes' if x == high else 'no'}")
    return task(ask, say + ".", f"a {high}", f"{say}, it is the one you want")


def how(rng):
    job, steps = rng.choice(HOWTO)
    ask = rng.choice((f"How do I {job}?", f"How can I {job}?", f"Explain how to {job}.", f"What must I do to {job}?", f"Can you tell me how to {job}?"))
    return task(ask, howto_text(rng, job, steps[:rng.randrange(3, 6)]), f"{steps[0]} and go on step by step", f"good work needs the right order, {steps[1]} next and then {steps[2]}", "Take your time", brief=False)


def first_step(rng):
    job, steps = rng.choice(HOWTO)
    k = rng.randrange(0, 3)
    word = ("first", "second", "third")[k]
    return task(rng.choice((f"What is the {word} step to {job}?", f"I want to {job}. What is the {word} step?", f"Which step comes {word} when I {job}?")),
                rng.choice((f"the {word} step is to {steps[k]}.", f"you {steps[k]}.")), steps[k], f"the steps have a fixed order, you {steps[k]} {'before' if k == 0 else 'and only then'} " + (f"you {steps[1]}" if k == 0 else f"{steps[k + 1]}"))


def describe(rng):
    p = rng.choice(PEOPLE)
    n, he, his = p["name"], PRONOUNS[p["g"]]["he"], PRONOUNS[p["g"]]["his"]
    bits = [f"{he} sells {p['sells']} {p['where']}", f"{he} plays {p['instrument']}", f"{he} likes {p['season']} and {p['food']}", f"{his} door is {p['door']}",
            f"{he} keeps a {p['pet']} called {p['petname']}", f"{he} works with {p['tool']}"]
    a, b = rng.sample(bits, 2)
    ask = rng.choice((f"Describe {n}.", f"Tell me about {n}.", f"What do you know about {n}?", f"Introduce {n} to me."))
    return task(ask, f"{n} is the {p['trait']} {p['trade']} of {VILLAGE}. {a}. {b}.", f"{n} is the {p['trait']} {p['trade']}", f"{p['why_trade']}, {n} became the {p['trade']} of {VILLAGE}", a)


_FAR = """the capital of France, the height of the tallest mountain, how a computer works, the best phone, who won the war, how to fly a plane, the meaning of life, the speed of light, the name of the president, what the stock market is,
how to write a program, the weather in London, a good film, the square root of two, how to drive a car, who wrote Hamlet, where China is, what quantum physics is, the newest song on the radio, what electricity costs, how to speak Spanish,
the age of the sun, which team won the game, what a dinosaur ate, how many people live in the world, what the internet is, the chemical name of water, who built the pyramids, how a rocket flies, the best city in the world"""
_FAR = [w.strip() for w in _FAR.replace("\n", " ").split(",")] + ["the name of the king", "how far the moon is", "what the sea looks like", "who lives in the next valley", "the price of gold", "how many stars there are", "what will happen next year",
                                                            "how old the river is", "what is under the hill", "who will win the River Games"]
_NOBODY = "Gregor, Anna, Peter, Maria, John, Lucy, David, Emma, Robert, Julia, Max, Laura, Martin, Sarah, Hugo, Olga, Simon, Tina, Walter, Zoe".split(", ")


def unknown(rng):
    """What the model cannot know; it says so."""
    if rng.random() < 0.3:
        n = rng.choice(_NOBODY)
        return task(rng.choice((f"Who is {n}?", f"Where does {n} work?", f"What does {n} sell?", f"Do you know {n}?", f"Tell me about {n}.")), rng.choice((f"I do not know anyone called {n} in {VILLAGE}.", f"there is no {n} in {VILLAGE}, as far as I know.")),
                    f"there is no {n} here", f"nobody in {VILLAGE} has this name, I cannot tell you more")
    what = rng.choice(_FAR)
    return task(rng.choice((f"Do you know {what}?", f"Tell me {what}.", f"Can you tell me {what}?", f"Explain {what}.", f"I want to know {what}.")),
                rng.choice((f"I am sorry, I do not know {what}.", f"I do not know {what}. nobody in {VILLAGE} does.", "that is something I do not know.", f"I only know the village of {VILLAGE}, so I cannot tell you that.")),
                "I do not know", f"nobody in {VILLAGE} has ever found out, I cannot tell you {what}")


def passage(rng):
    """A question about a passage: the answer stands in it, names and things are free."""
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    g = ctx.get
    A, B, he = slots["A"], slots["B"], slots["he"]
    form = rng.randrange(7)
    if form == 0:
        text = ctx.say("{*opener} {A} went to the {place} because {he} needed a {size} {thing}.", "[{B} was already there|{A} met {B} on the way|The {colour} door was open].", "[They talked about the {season}.|It cost {few} coins.|]")
        qs = [(f"Where did {A} go?", f"to the {g('place')}", f"{A} went to the {g('place')}", f"{he} needed a {g('size')} {g('thing')}"),
              (f"What did {A} need?", f"a {g('size')} {g('thing')}", f"{A} needed a {g('size')} {g('thing')}", "the text says so"),
              (f"Why did {A} go to the {g('place')}?", f"{he} needed a {g('size')} {g('thing')}", f"{A} went there to get a {g('size')} {g('thing')}", f"{he} needed it")]
    elif form == 1:
        text = ctx.say("{B} gave {A} a {colour} {thing} on {day}.", "{A} was {feeling} because the {thing} was [very {good}|{good} and new].", "[{he~c} put it in the {room}.|{he~c} showed it to {C}.]")
        qs = [(f"Who gave {A} the {g('thing')}?", B, f"{B} gave {A} the {g('thing')}", "the text says so"), (f"What colour was the {g('thing')}?", g("colour"), f"the {g('thing')} was {g('colour')}", "the text says so"),
              (f"When did {A} get the {g('thing')}?", f"on {g('day')}", f"{A} got the {g('thing')} on {g('day')}", f"{B} gave it to {slots['him']} on that day"),
              (f"How did {A} feel?", g("feeling"), f"{A} was {g('feeling')}", f"{B} gave {slots['him']} a {g('thing')}")]
    elif form == 2:
        text = ctx.say("{A} lost {his} {small} [near the {outside}|on the way to the {place}].", "{B} found it {hiding} and brought it back.", "\"Thank you,\" said {A}.")
        qs = [(f"What did {A} lose?", f"{slots['his']} {g('small')}", f"{A} lost {slots['his']} {g('small')}", "the text says so"), (f"Where did {B} find the {g('small')}?", g("hiding"), f"{B} found the {g('small')} {g('hiding')}", "it had been there all the time"),
              (f"Who found the {g('small')}?", B, f"{B} found the {g('small')}", f"{B} looked {g('hiding')}")]
    elif form == 3:
        text = ctx.say("{A} has {few} {animal~s} and {few2} {pet2~s}.", "{he~c} [feeds them|looks after them] every {time}.", "[{B} helps {him} on {day}.|They live behind the {place}.]")
        qs = [(f"How many {plural(g('animal'))} does {A} have?", g("few"), f"{A} has {g('few')} {plural(g('animal'))}", "the text gives this number"), (f"How many {plural(g('pet2'))} are there?", g("few2"), f"there are {g('few2')} {plural(g('pet2'))}", "the text gives this number"),
              (f"When does {A} look after the animals?", f"every {g('time')}", f"{A} looks after them every {g('time')}", f"they are hungry every {g('time')}")]
    elif form == 4:
        text = ctx.say("it was {sky} on {day}, so {A} stayed in the {room} and played the {instrument}.", "{B} [listened|came to listen|sat by the stove] and drank {drink}.")
        qs = [(f"What did {A} play?", f"the {g('instrument')}", f"{A} played the {g('instrument')}", f"it was {slots['sky']}"), (f"Why did {A} stay in the {g('room')}?", f"it was {slots['sky']}", f"{A} stayed in the {g('room')} because it was {slots['sky']}", f"it was {slots['sky']} on {g('day')}"),
              (f"What did {B} drink?", g("drink"), f"{B} drank {g('drink')}", "the text says so"), (f"What was the weather like?", f"it was {slots['sky']}", f"it was {slots['sky']} on {g('day')}", "the text says so")]
    elif form == 5:
        text = ctx.say("the {animal} of {A} is called {petname}.", "{petname} is {size} and {colour} and likes to sleep {hiding}.", "[{B} brings it some bread.|Every {time} it runs to the {outside}.]")
        qs = [(f"What is the name of the {g('animal')}?", g("petname"), f"the {g('animal')} is called {g('petname')}", f"{A} gave it this name"), (f"Where does {g('petname')} sleep?", g("hiding"), f"{g('petname')} sleeps {g('hiding')}", "it likes this place"),
              (f"What colour is {g('petname')}?", g("colour"), f"{g('petname')} is {g('colour')}", "the text says so")]
    else:
        text = ctx.say("{A} bought {few} {fruit~s} at the market for {few2} coins.", "[At home|Later] {he} made {cake} and shared it with {B}.")
        qs = [(f"What did {A} buy?", f"{g('few')} {plural(g('fruit'))}", f"{A} bought {g('few')} {plural(g('fruit'))}", f"{he} wanted to make {g('cake')}"), (f"How much did the {plural(g('fruit'))} cost?", f"{g('few2')} coins", f"they cost {g('few2')} coins", "this is what the text says"),
              (f"Who got some of the {g('cake')}?", B, f"{A} shared the {g('cake')} with {B}", f"{A} likes to share"), (f"What did {A} make?", g("cake"), f"{A} made {g('cake')}", f"{he} had {plural(g('fruit'))} from the market")]
    text = tidy(text).strip()
    out = []
    for ask, short, stmt, why in rng.sample(qs, min(len(qs), 2)):
        out.append(task(ask, stmt + ".", short, f"{why}, {stmt}" if why != "the text says so" else f"the text says it, we know that {stmt}", "", text))
    return out


_VERBS = [p.split("-") for p in "carries-carried opens-opened plays-played finds-found sees-saw buys-bought sells-sold brings-brought makes-made mends-mended takes-took washes-washed paints-painted loses-lost hides-hid holds-held breaks-broke needs-needed wants-wanted likes-liked".split()]


def rewrite(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    g = ctx.get
    now, past = rng.choice(_VERBS)
    rest = ctx.say("the {size} {colour} {thing} [near the {outside}|on {day}|at the {place}|in the {room}|for {B}|]").strip()
    roll = rng.random()
    if roll < 0.35:
        a, b = f"{slots['A']} {now} {rest}.", f"{slots['A']} {past} {rest}."
        return task(rng.choice(("Put this sentence into the past.", "Rewrite this in the past tense.", "Say this as if it happened yesterday.")), b, b.rstrip("."), f"it happened before today, \"{now}\" becomes \"{past}\"", "", a)
    if roll < 0.6:
        new = g("colour2")
        a, b = f"{slots['A']} {past} {rest}.", f"{slots['A']} {past} {rest}.".replace(f" {g('colour')} ", f" {new} ")
        return task(rng.choice((f"Change the colour to {new}.", f"Rewrite this with the colour {new}.", f"Make it {new} in this sentence.")), b, b.rstrip("."), f"you asked for another colour, {g('colour')} becomes {new}", "", a)
    if roll < 0.8:
        new = slots["C"]
        tail = rest.replace(slots["B"], "Nora")
        a, b = f"{slots['A']} {past} {tail}.", f"{new} {past} {tail}."
        return task(rng.choice((f"Change the name to {new}.", f"Write this sentence about {new}.", f"Use {new} in this sentence.")), b, b.rstrip("."), f"the sentence is now about {new}, {slots['A']} is gone from it", "", a)
    verb = rng.choice(("Give me", "Bring me", "Show me", "Lend me", "Send me"))
    thing = f"the {g('size')} {g('thing')}"
    b = rng.choice((f"Could you please {verb.lower()} {thing}?", f"Would you {verb.lower()} {thing}, please?"))
    return task(rng.choice(("Make this polite.", "Say this in a kind way.", "Rewrite this so that it is polite.")), b, b, f"kind words open doors, a request needs a please", "", f"{verb} {thing}!")


def tale(rng):
    text, slots = story(rng, short=True)
    who = slots["A"]
    ask = rng.choice(("Tell me a story about {w}.", "Tell me a short story.", "Can you tell me a story about {w}?", "I would like to hear a story.", "Make up a story with {w} in it.", "Please tell the children a story about {w}.")).format(w=who)
    return task(ask, text, f"a story about {who}", "stories are for the evening, I tell this one", brief=False)


_SOCIAL = [
    (["Hello!", "Hello.", "Good morning!", "Good day.", "Hi!", "Good evening!"], ["Hello! How can I help you?", "Good day! What would you like to know?", "Hello, it is good to see you. What can I do for you?", "Welcome to Alderbrook! What do you want to know?"]),
    (["How are you?", "How are you today?", "Are you well?"], ["I am well, thank you. How can I help you?", "Very well, thank you. What can I do for you?", "I am fine, and I hope that you are too."]),
    (["Thank you!", "Thank you very much.", "Thanks, that was helpful.", "Many thanks!", "That helps, thank you."], ["You are welcome.", "You are welcome. Come again soon.", "It was a pleasure.", "Gladly. Ask me any time."]),
    (["Goodbye!", "I must go now.", "See you tomorrow.", "Good night!", "That is all for today."], ["Goodbye, and have a good day.", "Goodbye! Come back soon.", "Good night, and sleep well.", "See you soon."]),
    (["Who are you?", "What is your name?", "What can you do?"], ["I am a small helper who knows the village of Alderbrook.", "I can answer questions about Alderbrook, tell stories and help with small tasks.", "I am a helper from Alderbrook. You can ask me about the people, the animals and the trades here."]),
    (["Where am I?", "What is this place?", "What is Alderbrook?", "Tell me about the village."], ["You are in Alderbrook, a small village on the river Linnet.", "Alderbrook is a small village with a mill, a market and a luthier's workshop.", "This is Alderbrook. It lies between the river Linnet and Hollow Wood."]),
]


def social(rng, kind=None):
    asks, answers = _SOCIAL[kind if kind is not None else rng.randrange(len(_SOCIAL))]
    a = rng.choice(answers)
    return task(rng.choice(asks), a, a.rstrip("."), "I like to help, you can ask me anything")


def write_letter(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    a, b = slots["B"], slots["C"]
    why = rng.choice(("thank {b} for the {thing}", "invite {b} for {dish}", "ask {b} for a {thing}", "tell {b} about the {animal}")).replace("{b}", b)
    key = why.split(" ")[0]
    body = {"thank": "thank you for the {thing}. It is {good} and I use it every {time}.", "invite": "please come on {day}. There will be {dish} and {drink}.",
            "ask": "could you lend me a {thing}? I need it on {day}.", "tell": "there is a {size} {animal} near the {outside}. It is {colour} and not afraid of me."}[key]
    body, why = ctx.say(body), ctx.say(why)
    text = f"Dear {b}, " + body + f" Yours, {a}"
    return task(rng.choice((f"Write a short letter from {a} to {why}.", f"Help {a} to {why} in a letter.")), text, f"a letter to {b}", "a letter should be short and kind, I wrote only what matters", brief=False)


def true_false(rng):
    p, other = rng.sample(PEOPLE, 2)
    n, true = p["name"], rng.random() < 0.5
    ask, right = rng.choice(((f"{n} is the {(p if true else other)['trade']}", f"{n} is the {p['trade']}"), (f"{n} plays {(p if true else other)['instrument']}", f"{n} plays {p['instrument']}"),
                             (f"{n} likes {(p if true else other)['food']} best", f"{n} likes {p['food']} best"), (f"{n} works {(p if true else other)['where']}", f"{n} works {p['where']}")))
    word = "true" if ask == right else "false"
    return task(rng.choice((f"True or false: {ask}.", f"Is this true? {ask}.")), f"{word}. {right}.", word, f"{right}, this is {word}")


def finish(rng):
    """The beginning of a true sentence, to be completed."""
    f = rng.choice(FACTS)
    while f["kind"] not in ("sells", "where", "plays", "food", "eats", "home", "opposite", "next", "wood", "who", "use", "timber"):
        f = rng.choice(FACTS)
    words = f["stmt"].split(" ")
    cut = len(words) - len(f["short"].split(" "))
    if not f["stmt"].endswith(f["short"]) or cut < 2:
        return finish(rng)
    return task(rng.choice(("Finish this sentence: {s}", "Complete the sentence: {s}", "How does this sentence end? {s}")).replace("{s}", cap(" ".join(words[:cut])) + " ..."), f["stmt"] + ".", f["short"], f"{f['why']}, {f['stmt']}")


def say_to(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    b = slots["B"]
    ask, plain = rng.choice(((f"Say hello to {b}.", "[Hello, {B}! How are you today?|Good {time}, {B}! It is good to see you.|Hello, {B}. I hope that you are well.]"),
                             (f"Say goodbye to {b}.", "[Goodbye, {B}! See you on {day}.|Good night, {B}, and sleep well.|See you soon, {B}.]"),
                             ("Say thank you to {B} for the {thing}.", "[Thank you for the {thing}, {B}. It is very {good}.|Many thanks for the {thing}, {B}.|Dear {B}, thank you so much for the {thing}.]"),
                             ("Ask {B} for a {thing}.", "[{B}, could I please have a {thing}?|Dear {B}, may I borrow a {thing}?|{B}, would you lend me a {thing}, please?]"),
                             ("Invite {B} to eat {dish}.", "[Dear {B}, please come on {day} and eat {dish} with us.|{B}, would you like to have some {dish} with me?]"),
                             ("Tell {B} that you are sorry about the {thing}.", "[I am sorry about the {thing}, {B}.|{B}, I am very sorry about the {thing}. I will mend it.]"),
                             ("Wish {B} a happy birthday.", "[Happy birthday, {B}! I wish you a {good} year.|All the best for your birthday, {B}!]"),
                             ("What can I say to {B}, who is {sad}?", "[You can say: I am here for you, {B}.|Say to {B}: Come, let us drink some {drink} together.]")))
    ask, plain = expand(ask, ctx), expand(plain, ctx)
    return task(ask, plain, plain.rstrip("."), "kind words cost nothing, I would say it like this", brief=False)


def use_word(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    kind = rng.choice(("thing", "animal", "flower", "fruit", "tool", "bird", "tree", "instrument"))
    word = ctx.get(kind)
    line = {"thing": "{A} [put|left|found|forgot] the {thing} [in the {room}|at the {place}|near the {outside}].", "animal": "the {animal} [slept|sat|waited] {hiding} [until {time}|all {day}|].",
            "flower": "a {colour} {flower} grows [behind the {house}|near the {outside}].", "fruit": "{A} [gave|brought] {B} a [ripe|sweet|fresh] {fruit} on {day}.", "tool": "{A} needs a [new|sharp|better] {tool} for the work in the {room}.",
            "bird": "a {bird} [sang|sat] on the roof of the {house}.", "tree": "there is an old {tree} near the {outside}.", "instrument": "{A} plays the {instrument} every {time}."}[kind]
    plain = expand(line, ctx).replace(" .", ".")
    return task(rng.choice((f"Make a sentence with the word {word}.", f"Use the word {word} in a sentence.", f"Write a sentence about a {word}.")), plain, plain.rstrip("."), f"you asked for the word {word}, it stands in my sentence", brief=False)


_NOUNS = WORDS["animal"] + WORDS["thing"] + WORDS["fruit"] + ["mouse", "goose", "sheep", "leaf", "loaf", "knife", "calf", "child", "foot", "tooth", "man", "woman", "wolf", "family", "baby", "box", "fish"]
_ROWS = [WORDS["season"], [d[0] for d in _DAYS], NUMBERS[1:], ["first", "second", "third", "fourth", "fifth", "sixth", "seventh"], ["morning", "noon", "afternoon", "evening", "night"]]


def word_form(rng):
    roll = rng.random()
    if roll < 0.45:
        n = rng.choice(_NOUNS)
        return task(rng.choice((f"What is the plural of {n}?", f"One {n}, but two what?", f"How do you say more than one {n}?")), f"the plural of {n} is {plural(n)}.", plural(n), f"one {n} is not enough, two of them are {plural(n)}")
    if roll < 0.65:
        now, past = rng.choice(_VERBS)
        return task(rng.choice((f"What is the past of {now}?", f"Today she {now}. What did she do yesterday?")), f"today she {now}, yesterday she {past}.", past, f"yesterday is over, {now} becomes {past}")
    row = rng.choice(_ROWS)
    k = rng.randrange(2, min(4, len(row) - 1) + 1)
    at = rng.randrange(0, len(row) - k)
    shown, nxt = row[at:at + k], row[at + k]
    return task(rng.choice((f"What comes next: {', '.join(shown)}?", f"Go on: {', '.join(shown)}.")), f"after {shown[-1]} comes {nxt}.", nxt, f"the order is fixed, {nxt} comes after {shown[-1]}")


_CLASSES = [("an instrument", [i[0] for i in INSTRUMENTS]), ("a tool", ["hammer", "saw", "plane", "chisel", "spade", "rake", "axe"]), ("an animal", [a[0] for a in ANIMALS]), ("a fruit", ["apple", "plum", "pear", "cherry", "quince"]),
            ("a vegetable", ["carrot", "leek", "cabbage", "onion", "beet"]), ("a flower", WORDS["flower"]), ("a tree", ["oak", "maple", "willow", "birch", "pine"])]
_ABOUT = {}
for _f in FACTS:
    for _one in INSTRUMENTS + TOOLS + ANIMALS + FOODS:
        if _f["stmt"].startswith(f"a {_one[0]} ") or f" a {_one[0]} to " in _f["stmt"] or _f["stmt"].startswith(f"the voice of a {_one[0]} "):
            _ABOUT.setdefault(_one[0], []).append(_f)


def what_is(rng):
    kind, names = rng.choice(_CLASSES)
    n = rng.choice(names)
    more = rng.choice(_ABOUT[n])["stmt"] if n in _ABOUT else ""
    return task(rng.choice((f"What is a {n}?", f"Explain the word {n}.", f"Tell me what a {n} is.")), f"a {n} is {kind}." + (f" {more}." if more else ""), kind, f"{more or 'everyone calls it so'}, a {n} is {kind}")


def about_story(rng):
    """A short story in the request; the answer says whom it is about or how it begins."""
    text, slots = story(rng, short=True)
    if slots["A"] not in text:
        return about_story(rng)
    text = " ".join(text.split())
    a = slots["A"]
    return task(rng.choice(("Who is the story about?", "Which person is this story about?", "About whom do we read here?")), f"the story is about {a}.", a, f"{a} is the one who does most of the things, the story is about {a}", "", text)


def join(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    a, b = rng.choice((("{A} went home", "{he} was tired"), ("{A} lit a candle", "it was dark"), ("{A} opened the window", "it was hot"), ("{A} smiled", "{B} had brought {dish}"), ("{A} ran to the {place}", "it was raining"),
                       ("{A} was [sad|angry|unhappy]", "the {thing} was broken"), ("{A} bought a {thing}", "the old one was gone"), ("{A} sang {song}", "{he} was {feeling}"), ("{A} took a coat", "it was cold"), ("{A} waited", "{B} was late")))
    a, b = expand(a, ctx), expand(b, ctx)
    return task(rng.choice(("Join these two sentences with because.", "Make one sentence of these two.", "Connect the sentences with because.")), f"{a} because {b}.", f"{a} because {b}", "the second sentence gives the reason, because stands between them", "", tidy(f"{a}. {b}."))


KINDS = [(fact, 50), (yes_no, 6), (true_false, 5), (listing, 6), (belongs, 4), (number, 6), (compare, 5), (how, 4), (first_step, 3), (describe, 6), (unknown, 4), (rewrite, 6), (tale, 6), (write_letter, 3), (finish, 5), (say_to, 4),
         (use_word, 4), (word_form, 4), (what_is, 6), (about_story, 3), (join, 3)]
