# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents of plain text: stories, letters, descriptions, instructions, passages about the facts of the world."""
from grammar import Context, cap, expand, sentence, tidy, vary
from plots import PLOTS
from words import WORDS
from world import CHILDREN, FACTS, PEOPLE, PERSON, PRONOUNS, STRANGERS, VILLAGE

SKILLS = {"baker": "bake rye bread", "luthier": "bend thin wood", "blacksmith": "shoe a horse", "weaver": "weave a scarf", "miller": "hear when the millstone is too dry",
          "potter": "pull a bowl from wet clay", "carpenter": "cut a straight board", "shepherd": "call the sheep", "fisher": "tie a net", "beekeeper": "calm the bees",
          "teacher": "write a beautiful letter", "healer": "mix a good tea", "cobbler": "sew a boot", "gardener": "plant leeks", "innkeeper": "cook soup for twenty guests",
          "clockmaker": "mend a clock", "ferryman": "steer the ferry", "tailor": "sew a straight line", "woodcutter": "split a log", "candle maker": "pour a candle",
          "bandleader": "beat time with one hand", "painter": "paint a sign", "cooper": "close a barrel", "letter carrier": "ride a pony", "apprentice": "carve a spoon",
          "farmer": "milk a cow", "orchard keeper": "cut an apple tree", "bell ringer": "ring the great bell"}
_JOBS = dict(zip(WORDS["job"], WORDS["did"]))
_FIXED = [{n for n in PERSON if any(n in line for line in plot)} for plot in PLOTS]
_SUBJECT = {}
for _f in FACTS:
    _first = _f["stmt"].split(" ")[0]
    if _first in PERSON:
        _SUBJECT.setdefault(_first, []).append(_f)
CLASS_FACTS = [f for f in FACTS if f["kind"] in ("use", "part", "timber", "home", "eats", "young", "nature", "ripe", "taste", "year", "work",
                                                 "feast", "weather", "day", "place", "see", "voice", "wood", "how", "feel")]


def _hero(rng, kind, taken):
    while True:
        if kind == "villager":
            p = rng.choice(PEOPLE)
            name, g = p["name"], p["g"]
        else:
            name, g = rng.choice(CHILDREN if kind == "child" else STRANGERS)
        if name not in taken:
            taken.add(name)
            return name, g


def cast(rng, fixed=(), villager=False):
    """Slots for persons A, B, C (B and C live in the village) and a stranger S."""
    taken, slots = set(fixed), {"village": VILLAGE, "child2": rng.choice(("girl", "boy")), "sky": rng.choice(("raining", "snowing", "hot", "windy", "cold", "foggy"))}
    kind = "villager" if villager else rng.choice(("villager", "villager", "child", "child", "child", "stranger"))
    name, g = _hero(rng, kind, taken)
    slots["A"] = name
    slots.update({k: v for k, v in PRONOUNS[g].items()})
    if kind == "villager":
        slots["Atrade_c"] = "the " + PERSON[name]["trade"]
        one, two = rng.sample(_SUBJECT[name], 2)
        slots["A.fact"], slots["A.fact2"], slots["A.where"] = one["stmt"], two["stmt"], PERSON[name]["where"]
    for role in "BC":
        other, _ = _hero(rng, "villager", taken)
        slots[role], slots[role + ".where"], slots[role + ".trade"] = other, PERSON[other]["where"], PERSON[other]["trade"]
        slots[role + ".skill"], slots[role + ".tool"] = SKILLS[PERSON[other]["trade"]], PERSON[other]["tool"]
    name, g = _hero(rng, "stranger", taken)
    slots["S"] = name
    slots.update({"S" + k: v for k, v in PRONOUNS[g].items()})
    job = rng.choice(WORDS["job"])
    slots["job"], slots["did_job"] = job, _JOBS[job]
    return slots, kind


def introduce(rng, name, kind, g):
    """A first mention that says who somebody is; later mentions use the bare name."""
    if kind == "villager":
        return f"{name} the {PERSON[name]['trade']}"
    young = PRONOUNS[g]["child"]
    return rng.choice((f"a {young} named {name}", f"young {name}", name, name)) if kind == "child" else rng.choice((f"a traveller named {name}", name))


def story(rng, short=False):
    index = rng.randrange(len(PLOTS))
    plot = PLOTS[index]
    slots, kind = cast(rng, _FIXED[index], villager=any("{A." in line or "{Atrade" in line for line in plot))
    ctx = Context(rng, WORDS, slots)
    hero = "" if any("{A" in line for line in plot) else "0"  # plots without a person A take neutral sentences only
    lines = []
    for line in plot:
        if line == "~detail":
            if not short and rng.random() < 0.5:
                lines.append(expand("{*detail" + hero + "}.", ctx))
            continue
        lines.append(expand(line, ctx))
    if not short and rng.random() < 0.35:
        lines.insert(0, expand("{*scene}.", ctx))
    if not short and rng.random() < 0.25 and not plot[-1].startswith("{*end"):
        lines.append(expand("{*end" + hero + "}.", ctx))
    lines = [sentence(line).replace('?".', '?"').replace('!".', '!"') for line in lines]
    if kind == "villager" and rng.random() < 0.6 and "{Atrade" not in plot[0]:
        who = f"{slots['A']} the {PERSON[slots['A']]['trade']}"
        for i, line in enumerate(lines):
            if slots["A"] in line:
                if slots["A"] + "'s" not in line:
                    lines[i] = line.replace(slots["A"], who, 1)
                break
    return vary(rng, tidy(paragraphs(rng, lines))), slots


def paragraphs(rng, lines):
    if len(lines) < 7 or rng.random() < 0.5:
        return " ".join(lines)
    cut = rng.randrange(3, len(lines) - 2)
    return " ".join(lines[:cut]) + "\n\n" + " ".join(lines[cut:])


def title(rng, slots):
    ctx = Context(rng, WORDS, slots)
    return tidy(ctx.say("[The {size} {thing}|{A} and the {animal}|{A} and {B}|A {season} {time}|The {colour} {small}|{A} Learns Something|A Day at the {place}|The Story of {A}|{season~c} in {village}|The {tree} and the {bird}]"))


LETTER = [
    "I hope that you are well and that the {season} is [kind|mild|good] to you.", "here [it rains|the sun shines|the wind blows|snow falls] [every day|since {day}].",
    "yesterday I {did_job}, and today I [rest|will do it again].", "my {pet} {petname} [had a cold|is growing fast|has learned to open the door|ate my {colour} {small}].",
    "could you send me [{few} {fruit~s}|a {size} {thing}|some {drink}|a new {tool}]?", "the {flower~s} behind the {place} are [open|late this year|as tall as a child].",
    "I am learning to play the {instrument}, but [my fingers hurt|the {pet} runs away when I begin|it goes slowly].", "please [tell|ask] {C} [about the {thing}|to visit me|whether the {tool} is ready].",
    "on {day} we will [eat {dish} together|play {song}|meet at the {place}], and I hope that you can come.", "I [think of you|miss our talks] when I [sit at the {outside}|drink {drink}|hear {song}].",
    "thank you for the {colour} {thing2}; it is [very useful|just what I needed|standing in my {room}].", "do you remember [how we lost the {small}|the {season2} when it snowed so much|our first day at the {place}]?",
    "the new {thing3} [is heavier than the old one|works very well|was too small, so I gave it away].", "I found {few2} {flower2~s} near the {outside}, and I put one into this letter.",
]


def letter(rng):
    slots, kind = cast(rng, {"Wren"}, villager=True)
    slots["pet"], slots["petname"] = PERSON[slots["A"]]["pet"], PERSON[slots["A"]]["petname"]
    ctx = Context(rng, WORDS, slots)
    lines = [sentence(expand(t, ctx)) for t in rng.sample(LETTER, rng.randrange(4, 8))]
    if rng.random() < 0.4:
        lines.insert(rng.randrange(len(lines)), "As you know, " + rng.choice(CLASS_FACTS)["stmt"] + ".")
    close = ctx.say("[With love|Your friend|Many greetings|See you soon|Yours]") + ",\n" + slots["A"]
    if rng.random() < 0.5:
        close = f"— {slots['A']}, {slots['A.where']}"
    return tidy(f"Dear {slots['B']},\n" + " ".join(lines)) + "\n" + close


DESCRIBE = [
    "the {house} stands [near|beside|not far from] the {outside}.", "it has a {colour} door and {few} {size} windows.", "inside it smells of {material} and {drink}.",
    "on the left is a {size2} {thing}, and on the right are {few2} {thing2~s}.", "a {colour2} {thing3} hangs on the wall.", "under the roof {few3} {bird~s} have built a nest.",
    "in {season} the light comes in [low|late|early] and falls on the {thing}.", "{A} likes to sit there and [drink {drink}|look at the {tree~s}|listen to the rain].",
    "sometimes a {animal} sleeps [on the step|near the stove|in the sun].", "people say that it is [the oldest house in {village}|the warmest place in the valley|a good place to think].",
    "behind it grow {tree~s} and {flower~s}.", "when the wind blows, a {size3} bell rings over the door.", "{A} painted the {thing2} {colour3} {few} years ago.",
    "nobody knows who made the old {thing3}.", "at night {A} lights a lantern and puts it in the window.",
]


def description(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    count = rng.randrange(4, 9)
    order = [0] + sorted(rng.sample(range(1, len(DESCRIBE)), count))
    return tidy(" ".join(sentence(expand(DESCRIBE[i], ctx)) for i in order))


HOWTO = [("make mint tea", ["boil some water in a kettle", "put a handful of mint into a cup", "pour the water over the leaves", "wait for five minutes", "add a spoon of honey"]),
         ("plant a tree", ["dig a deep hole", "set the young tree into it", "fill the hole with soil", "press the soil down with your foot", "give it a bucket of water"]),
         ("bake rye bread", ["mix flour, water and salt", "knead the dough for ten minutes", "let it rest in a warm place", "shape a round loaf", "bake it until the crust is dark"]),
         ("tune a violin", ["strike the tuning fork", "listen to the note", "turn the first peg slowly", "stop when both notes are the same", "do the same with the other strings"]),
         ("make a candle", ["melt the wax in a pot", "hang a thread in the mould", "pour in the warm wax", "wait until it is hard", "take the candle out gently"]),
         ("catch a trout", ["get up before the sun", "sit still by the deep water", "throw the line far out", "wait without a word", "pull when the line moves"]),
         ("wash a wool blanket", ["fill a tub with cool water", "add a little soap", "press the blanket with your hands", "rinse it twice", "dry it in the shade"]),
         ("light a stove", ["open the little door", "put in paper and thin sticks", "light the paper", "wait until the sticks burn", "lay a dry log on top"]),
         ("glue two boards", ["clean both edges", "warm the glue", "brush a thin coat on each edge", "press the boards together with clamps", "leave them alone for a day"]),
         ("make a kite", ["tie two sticks into a cross", "stretch paper over them", "glue the edges down", "tie a long tail to the end", "run into the wind"]),
         ("cook pea soup", ["wash the peas", "cut an onion and a carrot", "cook everything in a big pot", "stir it now and then", "add salt at the end"]),
         ("change a string", ["turn the peg and take off the old string", "put the end of the new string into the peg", "wind it neatly", "pull it over the bridge", "tune it little by little"]),
         ("varnish a violin", ["wipe off all the dust", "dip a soft brush into the varnish", "paint one thin coat along the wood", "hang the violin up to dry", "do it again the next day"]),
         ("make a clay bowl", ["press the clay until it is soft", "throw it on the middle of the wheel", "open it with both thumbs", "pull up the sides slowly", "let it dry for three days"]),
         ("write a letter", ["take a clean sheet of paper", "begin with the name of your friend", "write down what is new", "say goodbye and sign your name", "take it to the post office"]),
         ("feed the hens", ["fill a bowl with seeds", "open the henhouse", "throw the seeds on the ground", "give them clean water", "close the gate behind you"]),
         ("sharpen a knife", ["wet the stone", "lay the blade flat on it", "push it forward ten times", "turn the blade over and do it again", "wipe the knife with a cloth"]),
         ("clear a path of snow", ["put on thick boots", "take a wide spade", "start at the door", "throw the snow to one side", "put some sand on the stones"]),
         ("pick apples", ["lean the ladder against a strong branch", "hang a basket on your arm", "turn each apple gently", "do not throw the apples", "store them in a cool room"]),
         ("calm a frightened pony", ["stand still and speak softly", "do not look into its eyes", "hold out a piece of carrot", "wait until it comes closer", "stroke its neck slowly"]),
         ("learn a song", ["listen to it three times", "sing the first line", "add the second line", "go on until the end", "sing it again the next day"]),
         ("mend a torn coat", ["choose a thread of the same colour", "put it through the needle", "hold the edges together", "sew with small stitches", "cut the thread and press the cloth"])]
_ORDER = [["first", "then", "after that", "next", "finally"], ["first of all", "then", "next", "after that", "at the end"], ["to begin", "next", "then", "after that", "last of all"]]


def howto_text(rng, job, steps):
    words = rng.choice(_ORDER)
    parts = [f"{words[i]}, {s}." if i else f"{words[0]}, {s}." for i, s in enumerate(steps)]
    if rng.random() < 0.4:
        parts = [f"{words[0]}, {steps[0]}, and {words[1]} {steps[1]}."] + parts[2:]
    return tidy(" ".join(parts))


def howto(rng):
    job, steps = rng.choice(HOWTO)
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    lead = ctx.say("[This is how you {j}.|{A} {wants} to {j}, and {B} explains it.|It is easy to {j}.|To {j}, you need a little time.|{B} shows {A} how to {j} on a {season} {time}.]"
                   .replace("{j}", job).replace("{wants}", "wants"))
    tail = ctx.say("[|If it goes wrong, try again.|With some practice it becomes easy.|{A} tried it, and it worked the second time.|{B} learned this from {his} {relative}.|It takes {few} [hours|tries], but it is worth it.|Never hurry, and [keep the {pet} away|ask {C} if you are not sure].]"
                   .replace("{his}", "an old"))
    return tidy(lead + " " + howto_text(rng, job, steps) + (" " + tail if tail else ""))


_LINK = ["", "", "", "also, ", "as everyone knows, ", "and in case you wonder, ", "in {v}, ".replace("{v}", VILLAGE)]


def fact_text(rng, facts):
    out = []
    for f in facts:
        roll = rng.random()
        link = rng.choice(_LINK) if out else ""
        if roll < 0.4:
            out.append(f"{link}{f['stmt']}.")
        elif roll < 0.7:
            out.append(f"{link}{f['stmt']}, because {f['why']}.")
        elif roll < 0.85:
            out.append(f"{f['stmt']}. the reason is that {f['why']}.")
        else:
            out.append(f"because {f['why']}, {f['stmt']}.")
    return out


def facts_passage(rng):
    if rng.random() < 0.5:
        name = rng.choice(PEOPLE)["name"]
        facts = rng.sample(_SUBJECT[name], rng.randrange(3, 7))
        lines = fact_text(rng, facts)
        he = PRONOUNS[PERSON[name]["g"]]["he"]
        for i in range(1, len(lines)):
            if lines[i].startswith(name + " ") and rng.random() < 0.7:
                lines[i] = he + lines[i][len(name):]
    else:
        lines = fact_text(rng, rng.sample(FACTS, rng.randrange(3, 6)))
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    if rng.random() < 0.6:
        lines.insert(0, ctx.say("[{A} wrote this in a notebook on a {season} {time}.|A visitor asked many questions about {village}.|This is what {B} told the children.|{B} and {A} talked about the village {B.where}.|From the notes of a traveller:|{A} learned some new things on {day}.]"))
    if rng.random() < 0.3:
        lines.append(ctx.say("[More than that {A} did not know.|The rest is another story.|{B} knows even more.|\"Is that true?\" asked {A}. \"Every word,\" said {B}.|This was true last {season}, and it is true today.]"))
    return tidy(" ".join(lines))


_SIGNS = ["FRESH BREAD", "OPEN", "CLOSED", "MIND THE GOOSE", "THANK YOU", "RING TWICE", "WET PAINT", "NO FISHING", "HONEY HERE", "ONE COIN", "KNOCK FIRST", "BACK SOON"]


def sign(rng):
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    word = rng.choice(_SIGNS)
    return tidy(ctx.say(f"{{*opener}} {{A}} saw a new sign near the {{place}}.", f"In {{size}} {{colour}} letters it said: {word}.",
                        "\"[Did you paint this|Who put it there|Who painted it]?\" {A} asked {B}.",
                        "\"[It was me|It was Saskia|It was {C}],\" said {B} — [a little proud|with a smile|and pointed to the brush|not without pride].",
                        "{A} read it [again|twice|aloud] and [walked on|laughed|went inside|nodded].", "{*end}."))


DIARY = [
    "I got up [early|late|with the sun] and ate some {dish}.", "the {time} was {mood}, and {*scene}.", "I {did_job}, which took longer than I thought.", "{B} came by and [brought me a {thing}|asked for a {thing}|told me about the {animal}].",
    "I saw {few} {bird~s} near the {outside}.", "at noon I met {C} {C.where}, and we [talked about {season}|ate {fruit~s}|laughed a lot].", "I practised {song} on the {instrument} and made only {few2} mistakes.", "my {colour} {small} is still missing.",
    "the {flower~s} are open now.", "I wrote a letter to my {relative}.", "in the evening I was {feeling} and went to bed early.", "tomorrow I want to [visit {B}|mend the {thing2}|go to the {place}|begin something new].", "I must remember to give the {tool} back to {B}.",
]


def diary(rng):
    slots, _ = cast(rng)
    slots["mood"] = rng.choice(("mild", "grey", "bright", "cold", "quiet", "windy", "warm"))
    ctx = Context(rng, WORDS, slots)
    order = sorted(rng.sample(range(len(DIARY)), rng.randrange(4, 8)))
    head = ctx.say("[{day}.|{day} {time}.|From the diary of {A}:|{season~c}, a {day}.|Dear diary,\n]")
    return tidy(head + ("" if head.endswith("\n") else " ") + " ".join(sentence(expand(DIARY[i], ctx)) for i in order))


def conversation(rng):
    """Two villagers, or a visitor and a villager, talk about things that are true."""
    slots, _ = cast(rng)
    ctx = Context(rng, WORDS, slots)
    a, b = slots["A"], slots["B"]
    out = [ctx.say("[{A} met {B} {B.where}.|On {day} {time} {A} came to see {B}.|{A} sat down beside {B} on a bench near the {outside}.|\"{*greet~c}!\" said {A}.|{A} had many questions, and {B} had time.]")]
    subject = rng.choice(PEOPLE)["name"]
    pool = _SUBJECT[subject] if rng.random() < 0.4 and subject not in (a, b) else FACTS
    pool = [f for f in pool if a not in f["stmt"] and b not in f["stmt"]]
    for f in rng.sample(pool, rng.randrange(2, 5)):
        ask = rng.choice(f["qs"])
        stop = ask[-1]
        said = rng.choice((f"{f['stmt']}", f"{f['stmt']}, because {f['why']}"))
        out.append(f'"{ask}" asked {a}.' if stop == "?" else f'"{ask[:-1]}," said {a}.')
        out.append(sentence(rng.choice((f'"{cap(said)}," said {b}.', f'"{cap(said)}," {b} answered.', f'"That is easy," said {b}. "{cap(said)}."', f'"{cap(said)}."'))))
    out.append(ctx.say("[\"Now I know,\" said {A}.|\"{*thanks~c},\" said {A}.|\"You know everything,\" said {A}. \"Not everything,\" said {B}.|{A} wrote it down in a {colour} notebook.|Then the bell rang, and they went home.|{B} smiled, because nobody asks as many questions as {A}.|]"))
    return tidy(" ".join(x for x in out if x))


def document(rng):
    """One plain text document."""
    roll = rng.random()
    if roll < 0.58:
        text, slots = story(rng)
        return f"{title(rng, slots)}\n\n{text}" if rng.random() < 0.12 else text
    for share, maker in ((0.66, facts_passage), (0.75, conversation), (0.81, letter), (0.86, diary), (0.92, description), (0.96, howto)):
        if roll < share:
            return maker(rng)
    return sign(rng)
