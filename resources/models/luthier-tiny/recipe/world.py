# SPDX-License-Identifier: GPL-3.0-or-later
"""The fixed facts of Alderbrook, an invented village. Questions about them have one true answer.

Every fact is {qs, short, stmt, why, tip}: ways to ask, the answer as a phrase, the answer as a clause, the reason
as a clause (fits after "because"), and a sentence of advice. Clauses start in lower case unless with a name.
"""
from grammar import plural

VILLAGE = "Alderbrook"

# name|g|trade|where|sells|item|price|tool|door|pet|pet name|instrument|food|season|trait|why trade|why sells|why price|why tool
_PEOPLE = """
Mira|f|baker|at the bakery|rye bread and seed cakes|a loaf of rye bread|two coins|a long wooden peel|blue|cat|Crumb|the flute|plum cake|autumn|cheerful|she loves the smell of warm bread|rye grows well on the hill|the flour comes from the mill nearby|the oven is deep and very hot
Wren|f|luthier|at the workshop|violins and new strings|a set of strings|six coins|a small plane|green|cat|Maple|the violin|pea soup|winter|patient|she likes to hear wood begin to sing|old strings lose their voice|good strings take a whole day to wind|thin wood must be shaved slowly
Tam|m|blacksmith|at the forge|nails and horseshoes|a bag of nails|one coin|a heavy hammer|black|dog|Cinder|the drum|roast onions|winter|strong|he likes fire and the ring of iron|every barn needs nails and every horse needs shoes|nails are small and quick to make|cold iron does not bend by hand
Odile|f|weaver|at the weaving house|wool blankets and scarves|a wool blanket|nine coins|a wide loom|purple|rabbit|Thimble|the harp|cherry pie|spring|calm|she likes to see threads become a picture|the nights by the river are cold|one blanket takes a week of weaving|long cloth needs a wide frame
Bram|m|miller|at the mill|flour and oats|a sack of flour|four coins|a round millstone|white|goose|Dusty|the double bass|oat porridge|summer|sleepy|his father and his grandmother kept the mill before him|bakers and cooks need them each day|the river turns the wheel for nothing|hard grain must be crushed between stones
Sela|f|potter|at the pottery|clay bowls and jugs|a clay bowl|three coins|a turning wheel|orange|tortoise|Pebble|the ocarina|baked pears|summer|quiet|she likes the feel of wet clay|every kitchen needs something to hold soup|the clay comes free from the river bank|a bowl must turn to become round
Joren|m|carpenter|at the timber yard|chairs and tables|a chair|eight coins|a sharp saw|brown|dog|Splinter|the banjo|potato pie|autumn|careful|he likes to make straight lines from crooked trees|people always need a place to sit|a good chair needs four strong joints|long boards must be cut straight
Hetty|f|shepherd|at the hill farm|sheep cheese and raw wool|a round of cheese|five coins|a curved staff|red|dog|Bell|the bagpipe|cheese toast|spring|brave|she loves the hill and the open sky|her sheep give more than she needs|the cheese rests for three months|a lamb can be caught gently with the hook
Piet|m|fisher|at the jetty|trout and smoked eel|a fresh trout|three coins|a fine net|grey|heron|Needle|the concertina|fish stew|summer|silent|he likes the river before the sun comes up|the river is full of fish|trout are easy to catch by the bridge|small fish slip through wide holes
Ansel|m|beekeeper|at the bee garden|honey and wax|a jar of honey|four coins|a smoke can|yellow|donkey|Clover|the clarinet|honey biscuits|summer|gentle|he is never afraid of bees|the linden trees give much nectar|a full jar needs many thousand flowers|smoke makes the bees calm
Nora|f|teacher|at the schoolhouse|chalk and small notebooks|a notebook|two coins|a piece of chalk|blue|parrot|Comma|the piano|rice pudding|autumn|clever|she likes to hear children ask questions|pupils always lose theirs|the paper is made in the village|the board is black and chalk is white
Edda|f|healer|at the herb house|mint tea and plant creams|a bag of mint tea|two coins|a stone bowl|green|cat|Moss|the lute|nettle soup|spring|kind|she likes to make sick people smile|people cough when the wind is wet|mint grows like a weed in her garden|dry leaves must be ground to powder
Ruben|m|cobbler|at the shoe shop|boots and sandals|a pair of boots|ten coins|a curved needle|brown|mouse|Button|the mandolin|bean stew|winter|funny|he likes to see people walk far|the roads around the village are stony|thick leather is slow to sew|a straight needle breaks in thick leather
Lotte|f|gardener|at the kitchen garden|carrots and pumpkins|a big pumpkin|three coins|a long spade|yellow|hedgehog|Thorn|the recorder|pumpkin soup|spring|busy|she likes to watch things grow|the black soil is rich|pumpkins need rain and little else|roots go deep into the soil
Corin|m|innkeeper|at the inn|hot soup and apple juice|a bowl of soup|two coins|a big copper pot|red|dog|Biscuit|the accordion|mushroom soup|winter|friendly|he likes a room full of guests|travellers come in hungry and cold|he buys his roots from Lotte|many guests eat at one time
Fenna|f|clockmaker|at the clock shop|clocks and tiny bells|a kitchen clock|twelve coins|a thin screwdriver|silver|owl|Minute|the celesta|almond cake|autumn|exact|she likes things that run on time|nobody wants to be late for the ferry|a clock has more than forty parts|clock screws are as small as seeds
Osk|m|ferryman|at the ferry landing|rides over the river|a ride over the river|one coin|a long pole|grey|duck|Captain|the horn|smoked eel|summer|steady|he grew up in a boat|the only bridge is a long walk away|the river is narrow at the landing|the water is too shallow for oars
Petra|f|tailor|at the tailor shop|coats and shirts|a warm coat|eleven coins|a pair of scissors|purple|canary|Ribbon|the oboe|lemon cake|winter|neat|she likes clothes that fit well|children grow out of their clothes every year|a coat needs two days and much cloth|cloth must be cut with clean edges
Gil|m|woodcutter|at the forest hut|firewood and pine cones|a cart of firewood|five coins|a broad axe|brown|squirrel|Acorn|the wooden whistle|bread and cheese|winter|slow|he likes the quiet of the forest|every stove in the village is hungry in winter|the path from the forest is steep|thick logs split under a heavy blade
Ida|f|candle maker|at the candle shop|candles and lanterns|a box of candles|three coins|a tin mould|white|moth|Velvet|the glass bells|vanilla pudding|winter|dreamy|she likes a small light in a dark room|the winter nights are long|the wax comes from Ansel next door|hot wax needs a shape to fill
Marek|m|bandleader|at the bandstand|song sheets|a song sheet|one coin|a thin white baton|red|rooster|Allegro|the trumpet|pancakes|summer|proud|he likes it when many people play as one|everyone in the village wants to sing|he copies the songs by hand at night|the players must see the beat
Saskia|f|painter|at the studio|painted signs and small pictures|a painted sign|seven coins|a soft brush|orange|fox|Rust|the tambourine|strawberry tart|spring|curious|she sees colours where others see grey|every shop wants a good name over the door|bright paint is made from rare stones|hard hair leaves lines in the paint
Lorne|m|cooper|at the barrel shop|barrels and buckets|a bucket|three coins|an iron ring|black|goat|Hoop|the tuba|pickled beans|autumn|loud|he likes round things|juice and fish must be kept in something|a bucket is only a small barrel|the boards of a barrel want to fall apart
Yara|f|letter carrier|at the post office|stamps and paper|a stamp|one coin|a leather bag|blue|pony|Comet|the piccolo|walnut bread|spring|quick|she likes to bring good news|people in the village write every day|a letter is light to carry|letters must stay dry in the rain
Dov|m|apprentice|at the workshop|small wooden toys|a wooden horse|two coins|a carving knife|green|frog|Peg|the viola|apple pancakes|summer|eager|he wants to make violins like Wren|small pieces of wood are left over|the wood is left over from violins|small shapes need a short blade
Wil|m|farmer|at the dairy|milk and butter|a jug of milk|one coin|a wooden churn|white|cow|Daisy|the cowbell|buttered potatoes|spring|honest|he likes to get up with the cows|the meadow grass is thick and sweet|his cows give milk twice a day|cream must be shaken to become butter
Berta|f|orchard keeper|at the orchard|apples and plums|a basket of apples|two coins|a tall ladder|red|blackbird|Pip|the cello|apple cake|autumn|generous|she planted her first tree at the age of four|the old trees bear more each year|autumn brings more fruit than baskets|the best fruit hangs near the top
Kaspar|m|bell ringer|at the bell tower|old stories|a long story|nothing at all|a thick rope|grey|bat|Midnight|the great bell|garlic bread|winter|old|he likes to see the village from above|he has seen eighty winters|he only wants someone to listen|the bell is too heavy to push
"""
_KEYS = "name g trade where sells item price tool door pet petname instrument food season trait why_trade why_sells why_price why_tool".split()
PEOPLE = [dict(zip(_KEYS, line.split("|"))) for line in _PEOPLE.strip().split("\n")]
PERSON = {p["name"]: p for p in PEOPLE}
PRONOUNS = {"f": dict(he="she", him="her", his="her", himself="herself", child="girl", adult="woman"),
            "m": dict(he="he", him="him", his="his", himself="himself", child="boy", adult="man")}
CHILDREN = [("Pim", "m"), ("Lena", "f"), ("Jory", "m"), ("Tilda", "f"), ("Nils", "m"), ("Ada", "f"), ("Bo", "m"),
            ("Marta", "f"), ("Kit", "m"), ("Suri", "f"), ("Anton", "m"), ("Juna", "f"), ("Emil", "m"), ("Greta", "f"),
            ("Toby", "m"), ("Wanda", "f")]
STRANGERS = [("Otto", "m"), ("Vera", "f"), ("Milo", "m"), ("Rosa", "f"), ("Henk", "m"), ("Elsa", "f"), ("Arlo", "m"),
             ("Sofie", "f"), ("Leon", "m"), ("Paula", "f"), ("Victor", "m"), ("Hanna", "f"), ("Matti", "m"),
             ("Clara", "f"), ("Jonas", "m"), ("Agnes", "f"), ("Felix", "m"), ("Nadia", "f")]

_DOOR_WHY = {"blue": "blue looks like the river on a clear day", "green": "green rests the eyes after long work",
             "black": "dark paint hides the soot", "purple": "purple dye was left over from the looms",
             "white": "white can be seen even at night", "orange": "orange is warm like a fire",
             "brown": "the wood is only oiled and not painted", "red": "red can be seen from far away",
             "grey": "grey does not show the dust", "yellow": "yellow makes every visitor smile",
             "silver": "the old tin on it shines like the moon"}
_PET_WHY = {"cat": "mice hide in every corner", "dog": "a dog hears strangers first", "rabbit": "a rabbit makes no noise",
            "goose": "a goose guards a yard better than a lock", "tortoise": "a tortoise is never in a hurry",
            "heron": "the bird came to the jetty each morning", "donkey": "the jars are heavy to carry",
            "parrot": "a parrot learns new words", "mouse": "a mouse fits into a boot",
            "hedgehog": "a hedgehog eats the snails", "owl": "an owl is awake when clocks are tested",
            "duck": "a duck never falls out of a boat for long", "canary": "a canary sings while the needle works",
            "squirrel": "the small animal came in from the snow", "moth": "a moth loves the light",
            "rooster": "a rooster keeps perfect time", "fox": "the young animal was found alone in the wood",
            "goat": "a goat is as loud as the shop", "pony": "the letters travel faster on four legs",
            "frog": "the small animal jumped out of the rain barrel", "cow": "one calf was too friendly to sell",
            "blackbird": "the bird fell from its nest", "bat": "a bat likes a high tower"}
_SEASON_WHY = {"spring": "everything begins again", "summer": "the evenings are long and light",
               "autumn": "the fruit is ripe and the air is clear", "winter": "the stove is warm and the snow is quiet"}
_FOOD_WHY = ["it tastes of home", "it was a birthday meal in early years", "it smells good from far away",
             "it keeps a person warm all day", "it is simple and never fails"]

FACTS = []


def _fact(kind, qs, short, stmt, why, tip):
    FACTS.append(dict(kind=kind, qs=qs, short=short, stmt=stmt, why=why, tip=tip))


def _person_facts(index, p):
    n, he = p["name"], PRONOUNS[p["g"]]["he"]
    his, him = PRONOUNS[p["g"]]["his"], PRONOUNS[p["g"]]["him"]
    find = f"You can find {him} {p['where']}"
    _fact("trade", [f"Who is {n}?", f"What does {n} do?", f"What is the trade of {n}?", f"What work does {n} do in the village?",
                    f"Can you tell me who {n} is?"],
          f"{n} is the {p['trade']}", f"{n} works as the {p['trade']} of {VILLAGE}", p["why_trade"], find)
    _fact("who", [f"Who is the {p['trade']}?", f"Who is the {p['trade']} of {VILLAGE}?", f"I am looking for the {p['trade']}. What is the name?",
                  f"Who works as the {p['trade']} here?", f"Which person is the {p['trade']}?"],
          n, f"the {p['trade']} of {VILLAGE} is {n}", p["why_trade"], find)
    _fact("where", [f"Where does {n} work?", f"Where can I find {n}?", f"Where is {n} during the day?", f"In which place does {n} work?"],
          p["where"], f"{n} works {p['where']}", f"{he} is the {p['trade']}", f"Go there in the morning")
    _fact("sells", [f"What does {n} sell?", f"What can I buy from {n}?", f"What can people get from {n} the {p['trade']}?",
                    f"Which things does {n} offer?"],
          p["sells"], f"{n} sells {p['sells']}", p["why_sells"], find)
    _fact("seller", [f"Who sells {p['sells']}?", f"Who in the village sells {p['sells']}?", f"I need {p['sells']}. Who can help me?"],
          f"{n} the {p['trade']}", f"{n} the {p['trade']} sells {p['sells']}", p["why_sells"], find)
    _fact("price", [f"How much is {p['item']}?", f"What does {p['item']} cost?", f"What is the price of {p['item']}?",
                    f"How many coins do I need for {p['item']}?"],
          p["price"], f"{p['item']} costs {p['price']}", p["why_price"], f"Ask {n} {p['where']}")
    _fact("tool", [f"Which tool does {n} use?", f"What is the most important tool of {n}?", f"What tool does the {p['trade']} use every day?",
                   f"What does {n} work with?"],
          p["tool"], f"{n} works with {p['tool']}", p["why_tool"], f"Please do not touch it without asking {n}")
    _fact("door", [f"What colour is the door of {n}?", f"Which colour does {n} have on the door?", f"How do I know the house of {n}?",
                   f"What colour is {n}'s door?"],
          f"it has a {p['door']} door", f"the house of {n} has a {p['door']} door", _DOOR_WHY[p["door"]], "Knock twice before you go in")
    _fact("pet", [f"What animal lives with {n}?", f"What is the name of {n}'s {p['pet']}?", f"Does {n} have an animal?",
                  f"Who is {p['petname']}?"],
          f"a {p['pet']} called {p['petname']}", f"{n} keeps a {p['pet']} called {p['petname']}", _PET_WHY[p["pet"]],
          f"{p['petname']} likes quiet people")
    _fact("plays", [f"What does {n} play in the village band?", f"Which instrument does {n} play?", f"Does {n} play music?",
                    f"What is {n}'s instrument?"],
          p["instrument"], f"{n} plays {p['instrument']} in the village band", f"{he} has practised it since {his} early years",
          f"You can hear {him} on Friday evening")
    _fact("player", [f"Who plays {p['instrument']}?", f"Who in {VILLAGE} plays {p['instrument']}?", f"Which person plays {p['instrument']} in the band?"],
          n, f"{n} the {p['trade']} plays {p['instrument']}", f"{he} has practised it since {his} early years",
          f"You can hear {him} on Friday evening")
    _fact("food", [f"What does {n} like to eat?", f"What is {n}'s favourite food?", f"Which food does {n} like best?"],
          p["food"], f"{n} likes {p['food']} best of all", _FOOD_WHY[index % len(_FOOD_WHY)], f"Bring some when you visit {him}")
    _fact("season", [f"What is {n}'s favourite season?", f"Which season does {n} like best?", f"When in the year is {n} happiest?"],
          p["season"], f"{n} likes {p['season']} more than any other season", _SEASON_WHY[p["season"]], f"Ask {him} about it")
    _fact("trait", [f"What is {n} like?", f"What kind of person is {n}?", f"How would you describe {n} in one word?"],
          p["trait"], f"most people say that {n} is {p['trait']}", f"{he} shows it every day {p['where']}", f"Meet {him} and see")


for _i, _p in enumerate(PEOPLE):
    _person_facts(_i, _p)


def _table(text):
    return [line.split("|") for line in text.strip().split("\n")]


# name|strings or holes|how it is played|voice|why the voice|made of
INSTRUMENTS = _table("""
violin|four strings|with a bow|bright and high|its body is small and its strings are tight|spruce and maple
viola|four strings|with a bow|warm and a little dark|its body is bigger than the body of a violin|spruce and maple
cello|four strings|with a bow|deep and warm|its body is large and its strings are long|spruce and maple
double bass|four strings|with a bow or the fingers|very low|its body is taller than a person|spruce and maple
guitar|six strings|with the fingers|soft and round|the box under the strings is wide and open|cedar and rosewood
lute|many strings in pairs|with the fingers|gentle|its round back is as thin as a shell|yew and spruce
mandolin|eight strings in pairs|with a small pick|clear and quick|each pair of strings is struck at once|spruce and walnut
banjo|five strings|with the fingers|sharp and merry|a skin is stretched under its strings|maple and goat skin
harp|many strings|with both hands|light like falling water|every string has its own length|maple and willow
flute|six holes|by blowing across the hole|clear like a bird|the air moves through a narrow pipe|pear wood
recorder|eight holes|by blowing into the mouthpiece|sweet and simple|the air meets a small sharp edge|pear wood
clarinet|many holes and keys|by blowing over a reed|smooth|a thin reed shakes inside the mouthpiece|black wood
trumpet|three valves|by blowing with tight lips|loud and golden|the metal bell spreads the sound|brass
accordion|many keys and buttons|by pulling and pushing|full and merry|air is pressed over many small reeds|wood, leather and metal
drum|no strings at all|with two sticks|dry and strong|a tight skin shakes when it is struck|oak and goat skin
piano|more than two hundred strings|with ten fingers|rich|small hammers strike long strings|wood, iron and felt
""")
for _n, _c, _how, _voice, _why, _wood in INSTRUMENTS:
    if "string" in _c or "hole" in _c or "valve" in _c or "keys" in _c:
        _fact("count", [f"How many strings does a {_n} have?"] * ("string" in _c) or [f"How is a {_n} built?"] +
              [f"What does a {_n} have, strings or holes?"], _c, f"a {_n} has {_c}", f"it is played {_how}", "Count for yourself in the workshop")
    _fact("how", [f"How do you play a {_n}?", f"How is a {_n} played?", f"Explain how people play the {_n}."],
          _how, f"a {_n} is played {_how}", "this brings out its voice best", "Begin slowly and play every day")
    _fact("voice", [f"What does a {_n} sound like?", f"Describe the sound of a {_n}.", f"How would you describe the voice of a {_n}?",
                    f"Why does a {_n} sound {_voice}?"],
          f"it sounds {_voice}", f"the voice of a {_n} is {_voice}", _why, "Listen with closed eyes")
    _fact("wood", [f"What is a {_n} made of?", f"What do you need to build a {_n}?", f"Which materials are in a {_n}?"],
          _wood, f"a {_n} is made of {_wood}", "these materials are light, strong and full of sound", "Ask Wren at the workshop")

TOOLS = _table("""
plane|make a board smooth and thin|its blade takes only a thin curl of wood|workshop
saw|cut a board in two|its many small teeth bite the wood|timber yard
hammer|drive a nail into wood|its head is heavy and hard|forge
clamp|hold two pieces together|glue needs an hour to dry|workshop
chisel|cut a clean corner|its edge is straight and sharp|workshop
file|round a hard edge|its rough face takes a little at a time|forge
brush|put varnish on a violin|soft hair leaves no lines|studio
needle|sew two pieces of cloth|its point opens the way for the thread|tailor shop
spade|dig a hole in the garden|its flat blade cuts the soil|kitchen garden
rake|gather dry leaves|its long teeth hold the leaves|kitchen garden
axe|split firewood|its edge is wide and its head is heavy|forest hut
ladder|reach high fruit|the best apples hang near the top|orchard
lantern|see in the dark|the glass keeps the wind from the flame|candle shop
kettle|boil water|metal carries the heat of the fire|inn
broom|sweep the floor|many thin twigs catch the dust|inn
net|catch fish|water runs through it and fish do not|jetty
wheel|shape a clay bowl|turning makes the clay round|pottery
loom|weave cloth|it keeps the long threads tight|weaving house
scissors|cut cloth|two blades meet and close|tailor shop
thermometer|know how warm a room is|the red line climbs when the air is warm|schoolhouse
tuning fork|find the right note|it always sings the same note|workshop
glue pot|join wood|warm glue goes deep into the wood|workshop
scale|weigh flour|one side sinks when it is heavier|mill
rope|tie a boat to the jetty|it is strong and does not mind the water|ferry landing
ruler|measure a board|its marks are all the same distance apart|timber yard
""")
for _n, _use, _why, _place in TOOLS:
    _art = "" if _n == "scissors" else "a "
    _fact("use", [f"What is {_art}{_n} for?", f"What do you use {_art}{_n} for?", f"What can I do with {_art}{_n}?",
                  f"Why would I need {_art}{_n}?"],
          f"to {_use}", f"people use {_art}{_n} to {_use}", _why, f"There is one at the {_place}" if _art else f"You will find them at the {_place}")
    _fact("which", [f"Which tool do I need to {_use}?", f"What should I use to {_use}?", f"I want to {_use}. What do I take?"],
          f"{_art}{_n}", f"you need {_art}{_n} to {_use}", _why, f"Ask at the {_place}")

PARTS = _table("""
bridge|carries the strings and sends their shaking to the top|it stands on two thin feet in the middle of the violin
soundpost|carries the sound from the top to the back|it stands inside the violin between the two plates
bow|makes the strings sing|its horse hair grips the strings
rosin|helps the bow grip the strings|smooth hair would only slide
peg|makes a string tighter or looser|the string is wound around it
scroll|is the beautiful end of the neck|every maker wants to leave a mark
neck|holds the fingerboard|the hand of the player must move along it
varnish|keeps the wood safe and makes it shine|bare wood drinks water and dirt
chin rest|helps the player hold the violin|two hands are needed for the music
f hole|lets the sound come out|the air inside the body must breathe
bass bar|makes the low notes strong|it is glued under the top below the low string
mute|makes the violin quiet|it holds the bridge still
""")
for _n, _do, _why in PARTS:
    _fact("part", [f"What does the {_n} of a violin do?" if _n not in ("rosin", "varnish", "mute", "bow") else f"What does {'the ' if _n == 'bow' else ''}{_n} do?".replace("does mute", "does a mute"),
                   f"Why does a violin need a {_n}?" if _n not in ("rosin", "varnish") else f"Why does a violin need {_n}?",
                   f"Explain the {_n} to me."],
          f"it {_do}", f"the {_n} {_do}", _why, "Wren can show you one at the workshop")

WOODS = _table("""
spruce|the top of a violin|it is light and stiff and carries sound well
maple|the back of a violin|it is hard and has beautiful waves
ebony|the fingerboard|it is so hard that strings do not cut it
willow|small blocks inside the violin|it is soft and does not crack
pear wood|flutes|it is smooth and does not swell much
oak|barrels and doors|it is heavy and keeps out water
pine|shelves and boxes|it is cheap and easy to cut
walnut|tables|it is dark and shines when it is oiled
yew|bows and lutes|it bends and does not break
cedar|guitar tops|it is soft and smells sweet
ash|handles|it takes a blow without breaking
lime wood|small carved animals|it has no hard lines in it
""")
for _n, _use, _why in WOODS:
    _fact("timber", [f"What is {_n} good for?", f"What do people make from {_n}?", f"Why do people use {_n} for {_use}?",
                     f"What does Joren the carpenter say about {_n}?"],
          f"{_use}", f"{_n} is good for {_use}", _why, "Let the wood dry before you cut it")
    _fact("timber", [f"Which wood is best for {_use}?", f"Which wood should I take for {_use}?"],
          _n, f"{_n} is the best wood for {_use}", _why, "Let the wood dry before you cut it")

# animal|young|says|home|eats|trait|why
ANIMALS = _table("""
cat|kitten|meows|house|mice|quiet|its paws are soft
dog|puppy|barks|yard|meat and bread|loyal|it never forgets a friend
cow|calf|moos|barn|grass|calm|it has all day to eat
sheep|lamb|bleats|meadow|grass|warm|thick wool grows all over it
goat|kid|bleats|hill|leaves and grass|stubborn|it always finds a way over the fence
horse|foal|neighs|stable|hay and oats|fast|its legs are long and strong
pig|piglet|grunts|sty|roots and apples|clever|it can open a gate with its nose
hen|chick|clucks|henhouse|seeds and worms|careful|the fox is never far away
duck|duckling|quacks|pond|water plants|happy in the rain|its feathers keep out the water
goose|gosling|honks|farmyard|grass|brave|it thinks that the yard is its own
owl|owlet|hoots|hollow tree|mice|awake at night|its eyes see well in the dark
fox|cub|barks|den|mice and berries|sly|it watches for a long time before it moves
rabbit|young rabbit|thumps|burrow|clover and carrots|shy|many animals hunt it
hedgehog|young hedgehog|snuffles|leaf pile|snails and worms|safe|its back is full of spines
squirrel|young squirrel|chatters|oak tree|nuts|busy|it stores food for the winter
bee|young bee|buzzes|hive|nectar|hard at work|the hive needs honey for the winter
frog|tadpole|croaks|pond|flies|wet|its skin must not dry
mouse|young mouse|squeaks|hole in the wall|grain and crumbs|small|it must fit into any crack
donkey|foal|brays|stable|hay and thistles|strong|it carries heavy bags all day
swallow|chick|twitters|nest under the roof|flies|quick|it catches its food in the air
heron|chick|croaks|river bank|fish|still|fish do not see what does not move
deer|fawn|barks|forest|leaves and bark|shy|it hears every small sound
""")
for _n, _y, _says, _home, _eats, _trait, _why in ANIMALS:
    _fact("home", [f"Where does a {_n} live?", f"What is the home of a {_n}?", f"Where would I find a {_n}?"],
          f"in a {_home}" if _home not in ("meadow", "hill", "river bank", "forest", "farmyard", "yard", "pond") else
          {"hill": "on the hill", "river bank": "on the river bank", "pond": "by the pond"}.get(_home, f"in the {_home}"),
          "", "it feels safe there", "Please do not disturb it")
    FACTS[-1]["stmt"] = f"a {_n} lives {FACTS[-1]['short']}"
    _fact("eats", [f"What does a {_n} eat?", f"What food does a {_n} like?", f"What should I give to a hungry {_n}?"],
          _eats, f"a {_n} eats {_eats}", "this is what it finds near its home", "Give it clean water too")
    if not _y.startswith("young"):
        _fact("young", [f"What is a young {_n} called?", f"What do you call the young of a {_n}?"],
              f"a {_y}", f"a young {_n} is called a {_y}", "a small animal has a name of its own", "Every child here knows this word")
    _fact("says", [f"What sound does a {_n} make?", f"How does a {_n} sound?"], f"it {_says}", f"a {_n} {_says}",
          "this is how it calls the others", "Listen at sunrise")
    _fact("nature", [f"Why is a {_n} {_trait}?", f"What is a {_n} like?", f"Tell me about the {_n}."],
          f"a {_n} is {_trait}", f"a {_n} is {_trait}", _why, "Watch one and you will see")

# food|taste|colour|season or place|why
FOODS = _table("""
apple|sweet and a little sour|red|autumn
plum|sweet|purple|late summer
pear|soft and sweet|green|autumn
cherry|sweet|dark red|early summer
strawberry|very sweet|red|early summer
blackberry|sweet and dark|black|late summer
pumpkin|mild|orange|autumn
carrot|sweet and fresh|orange|summer
onion|sharp|brown|autumn
leek|mild and green|green|winter
cabbage|plain|green|winter
pea|sweet|green|early summer
bean|mild|white|late summer
nut|rich|brown|autumn
mushroom|like the forest|brown|autumn
lemon|sour|yellow|spring
potato|mild|brown|autumn
beet|sweet like earth|dark red|autumn
radish|sharp and fresh|red|spring
""")
_RIPE = {"spring": "it needs only a few cool weeks", "early summer": "it loves the first warm days", "summer": "it needs much sun",
         "late summer": "it needs the whole summer to grow", "autumn": "it needs a long time on the branch or in the soil",
         "winter": "it does not mind the frost"}
for _n, _taste, _colour, _when in FOODS:
    _fact("ripe", [f"When are {plural(_n)} ripe?", f"When should I pick {plural(_n)}?", f"In which season do we eat fresh {plural(_n)}?"],
          f"in {_when}", f"{plural(_n)} are ripe in {_when}", _RIPE[_when].replace("it needs", "they need").replace("it loves", "they love").replace("it does not", "they do not"), "Take only what you can carry")
    _fact("taste", [f"What does a {_n} taste like?", f"How does a {_n} taste?", f"Describe the taste of a {_n}."],
          f"it tastes {_taste}", f"a {_n} tastes {_taste}", "the soil of the valley gives it this taste", "Try one at the market")
    _fact("colour", [f"What colour is a {_n}?", f"Which colour does a ripe {_n} have?"],
          _colour, f"a ripe {_n} is {_colour}", "it has taken in sun and rain", "Look for a clean skin")

_SEASONS = _table("""
spring|the snow melts and the lambs are born|wet and fresh|plant seeds|the soil is soft|May|the Seed Walk
summer|the days are long and the river is warm|hot and bright|cut the hay|dry grass keeps well|July|the River Games
autumn|the leaves fall and the apples are ripe|windy and golden|pick apples|the fruit is ripe|October|the Apple Fair
winter|snow lies on the roofs and the stoves burn|cold and quiet|repair tools|there is little work in the fields|January|the Night of Lanterns
""")
for _n, _what, _feel, _work, _why, _month, _feast in _SEASONS:
    _fact("year", [f"What happens in {_n}?", f"What is {_n} like in {VILLAGE}?", f"Describe {_n} in the village.", f"Tell me about {_n}."],
          _what, f"in {_n} {_what}", f"the air is {_feel}", f"It is a good time to {_work}")
    _fact("work", [f"What do people do in {_n}?", f"What work is there in {_n}?", f"What should I do in {_n}?"],
          f"they {_work}", f"in {_n} people {_work}", _why, "Many hands make it easy")
    _fact("feast", [f"Which feast is in {_n}?", f"What do people celebrate in {_n}?", f"When is {_feast}?"],
          f"{_feast} is in {_month}", f"{_feast} is held in {_month}", f"people want to be together in {_n}", "Come early and bring a song")

_WEATHER = _table("""
rains|take a coat with a hood|wet clothes make you cold
snows|wear thick boots|snow is deep on the path
is windy|tie your hat|the wind takes everything that is loose
is hot|stay in the shade|the sun is strong at noon
is foggy|carry a lantern|you cannot see the road
freezes|put wool on your hands|cold air bites the fingers
storms|stay inside|a branch may fall
is icy|walk slowly|stones are smooth as glass
""")
for _w, _do, _why in _WEATHER:
    _fact("weather", [f"What should I do when it {_w}?", f"It {_w} today. What do you say?", f"What is wise when it {_w}?"],
          _do, f"you should {_do} when it {_w}", _why, "Come home before dark")

DAYS = _table("""
Monday|the mill grinds the first grain of the week|the sacks are full after Sunday
Tuesday|Edda gives away free tea|people feel tired early in the week
Wednesday|the school children visit the workshop|Wren is not too busy then
Thursday|the ferry brings goods from the town|the town market is on Wednesday
Friday|the village band plays at the bandstand|the week is almost done
Saturday|the market is open on the square|everyone has time to shop
Sunday|the shops are closed|everyone needs a day to rest
""")
for _i, (_d, _what, _why) in enumerate(DAYS):
    _next, _prev = DAYS[(_i + 1) % 7][0], DAYS[_i - 1][0]
    _fact("day", [f"What happens on {_d}?", f"What is special about {_d}?", f"Why should I come on {_d}?"],
          _what, f"on {_d} {_what}", _why, "Be there in good time")
    _fact("next", [f"Which day comes after {_d}?", f"What is the day after {_d}?"], _next, f"{_next} comes after {_d}",
          "the days always keep this order", "Say them aloud to remember")
    _fact("next", [f"Which day comes before {_d}?", f"What is the day before {_d}?"], _prev, f"{_prev} comes before {_d}",
          "the days always keep this order", "Say them aloud to remember")

PLACES = _table("""
bakery|on Mill Lane|warm loaves on wooden shelves|the flour comes down the same lane
workshop|beside the old bridge|violins hanging on a long line|the damp air by the river is good for wood
forge|at the end of Stone Street|a red fire and a black anvil|the smoke must not reach the houses
mill|on the river|a big wheel and white dust|the water turns the wheel
market|on the village square|stalls with fruit, cloth and cheese|all roads meet there
schoolhouse|behind the bell tower|small desks and a black board|the children hear the bell
inn|on the square|a long table and a hot stove|travellers come there first
orchard|on the south side of the hill|rows of old apple trees|the sun shines there all day
jetty|below the bridge|wet nets and small boats|the water is deep there
bell tower|in the middle of the village|a great bell and a steep stair|everyone must hear it
forest hut|at the edge of Hollow Wood|stacks of dry logs|the trees are close
post office|across from the inn|letters in neat little boxes|the coach stops there
bandstand|under the linden trees|chairs in a half circle|the leaves keep off the rain
clock shop|on Stone Street|forty clocks that tick together|the stone walls keep it cool
pottery|by the clay bank|rows of drying bowls|clay is heavy to carry
herb house|at the end of Green Lane|bundles of leaves under the roof|the garden behind it is sunny
""")
for _n, _where, _see, _why in PLACES:
    _fact("place", [f"Where is the {_n}?", f"How do I find the {_n}?", f"Can you tell me where the {_n} is?"],
          _where, f"the {_n} stands {_where}", _why, "Ask anyone if you get lost")
    _fact("see", [f"What can I see at the {_n}?", f"Describe the {_n}.", f"What does the {_n} look like inside?" if _n not in ("market", "orchard", "jetty", "bandstand") else f"What will I find at the {_n}?"],
          _see, f"at the {_n} you see {_see}", "people work there every day", "Look around and take your time")

OPPOSITES = [p.split("-") for p in """hot-cold big-small long-short high-low loud-quiet fast-slow heavy-light wet-dry old-new
happy-sad open-closed full-empty soft-hard dark-bright early-late strong-weak thick-thin wide-narrow clean-dirty rough-smooth
near-far deep-shallow sharp-dull brave-afraid rich-poor tight-loose sweet-sour young-old warm-cool straight-crooked
kind-cruel left-right up-down day-night summer-winter begin-end give-take push-pull laugh-cry buy-sell ask-answer
find-lose arrive-leave remember-forget lift-drop""".split()]
_ONEWAY = {"old", "light", "bright"}
for _a, _b in OPPOSITES:
    for _x, _y in ((_a, _b), (_b, _a)):
        if _x in _ONEWAY and (_x, _y) != (_a, _b):
            continue
        _fact("opposite", [f"What is the opposite of {_x}?", f"Give me the opposite of {_x}.", f"Which word means the opposite of {_x}?",
                           f"Tell me a word that is the opposite of \"{_x}\"."],
              _y, f"the opposite of {_x} is {_y}", f"{_x} and {_y} stand at two ends of one line", "Try to use both in one sentence")

FEELINGS = _table("""
happy|a friend comes to visit|good company warms the heart|share it
sad|something is lost|we miss what we love|talk to a friend
tired|the work was long|the body needs rest|sleep early
angry|something is not fair|the heart beats fast|breathe slowly and wait
afraid|it is dark and strange|we do not know what will come|light a candle
proud|a hard job is done|the hands did good work|show it to others
lonely|everyone else is away|people need people|go to the inn and say hello
curious|something is new|every question opens a door|ask and look
bored|there is nothing to do|the mind wants to play|learn a new tune
thankful|someone has helped us|help is a gift|say thank you
nervous|the concert begins soon|we want to do well|take three deep breaths
calm|the river runs and the work is done|nothing has to be hurried|stay a while
""")
for _f, _when, _why, _do in FEELINGS:
    _fact("feel", [f"When does a person feel {_f}?", f"Why do people feel {_f}?", f"What makes us {_f}?"],
          f"when {_when}", f"people feel {_f} when {_when}", _why, f"It is good to {_do}")
    _fact("feel", [f"I am {_f}. What should I do?", f"I feel {_f} today. Can you help me?", f"What can I do when I feel {_f}?"],
          _do, f"it is good to {_do} when you feel {_f}", _why, "You are not the only one")

NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty".split()
