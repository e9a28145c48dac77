# SPDX-License-Identifier: GPL-3.0-or-later
"""Story plots: each is a list of sentences that hold together. A is the main person, B and C are others.

Sentences in a plot come in order; `~detail` marks places where a free sentence may stand.
"""
D = "~detail"

PLOTS = [
    # a lost thing is found
    ["{*opener} {A} [noticed|saw|found out] that {his} {colour} {small} was [gone|missing|not in its place].",
     "{he~c} [looked|searched] in the {room} and [behind|under] the [bed|stove|cupboard], but [the {small} was not there|there was no {small}].", D,
     "\"Have you seen my {small}?\" {A} asked {B}.", "\"[No|Not today], but [I will help you|we can look together],\" said {B}.",
     "they [looked everywhere|asked the neighbours|went from room to room] [until noon|for an hour|until the bell rang].",
     "[At last|In the end|Finally] {B} found the {small} {hiding}.", "[A {animal} had carried it there|It had fallen from a pocket|Someone had put it there by mistake].",
     "\"{*thanks},\" said {A}, and [laughed|smiled|held the {small} tight].", "{*feelA}."],
    # helping at work
    ["{*opener} {A} came to {B} {B.where} [to help|because {he} wanted to learn|with nothing to do].",
     "\"What can I do?\" {A} asked.", "\"You can {job},\" said {B}, \"and then you can rest.\"", D,
     "{A} worked {adverb} [until {his} arms were tired|for two hours|without a pause].",
     "[Once {he} made a mistake, but {B} only smiled|{B} showed {him} an easier way|{B} sang {song} while they worked].",
     "[In the evening|When the work was done|After that] {B} gave {him} {dish} and a cup of {drink}.",
     "\"{*thanks},\" said {A}.", "{*end}."],
    # building an instrument
    ["{A} [wanted|wished] to have a {stringed} [of {his} own|that sounded like the river|for the feast].",
     "so {he} went to Wren at the workshop [on {day}|one {season} {time}|with {his} savings].",
     "Wren chose a [light|dry|fine] piece of spruce and knocked on it [with one finger|twice].", "the wood [rang|answered] like a [small bell|glass|clear voice].", D,
     "[Day after day|For {few} weeks] Wren [cut|planed], [bent|shaved] and glued the wood, while {A} [swept up the curls|held the lamp|watched and learned].",
     "[At last|One morning] the {stringed} was ready, but it had no strings.", "Wren put them on one by one and turned the pegs {adverb}.",
     "when {A} played the first note, [the whole workshop was silent|even the cat looked up|Wren closed her eyes].",
     "\"It [sounds|sings] like [the river|you],\" said Wren.", "{*feelA}."],
    # repairing
    ["{*opener} {A} [dropped|broke] {his} {stringed} [on the stairs|on the way home|before the concert].",
     "[There was a long crack in the top|A string was broken and the bridge had fallen|The neck had come loose].", "{A} was {sad}, because [the concert was near|it had belonged to {his} {relative}|{he} loved it very much].",
     "{he~c} wrapped it in a blanket and carried it to the workshop.", "Wren looked at it [for a long time|from all sides].", "\"[It can be mended|Do not worry|I have seen worse],\" she said. \"Come back [on {day}|in {few} days].\"", D,
     "Wren warmed the glue, closed the crack and put {few} small clamps on it.", "when {A} came back, the {stringed} [was whole again|sounded better than before|shone like new].",
     "\"How much do I owe you?\" asked {A}.", "\"[One good song|{few} coins|A loaf of rye bread],\" said Wren."],
    # animal in trouble
    ["{*opener} {A} heard a [strange|small|sad] sound [near the {outside}|behind the {place}].", "it was a {animal} that [had caught its foot in the fence|had fallen into a hole|could not get out of the bucket|was lost].",
     "the {animal} was [wet and cold|afraid|shaking], and {A} spoke to it {adverb}.", D, "{he~c} [lifted it out|set it free] and wrapped it in {his} {colour} scarf.",
     "at home {he} gave it [warm milk|some water and a piece of {fruit}|a bed of straw].", "{B} [said|thought] that the {animal} [would soon be well|needed only rest|was very young].",
     "after {few} days the {animal} [was strong again|could run again|began to eat well].", "[{A} opened the door, and it ran back to the {outside}|It did not want to leave, so {A} called it {petname}|It came back every {time} to say hello]."],
    # market
    ["on Saturday {A} went to the market with {few} coins in {his} pocket.", "{he~c} wanted to buy {few2} {fruit~s} and a {size} {thing}.", D,
     "the {fruit~s} were [fresh|sweet|cheap], but the {thing} cost [too much|more than {he} had].", "{A} [counted {his} coins twice|looked sad|scratched {his} head].",
     "\"You can have it for less,\" said {B}, \"if you {job} for me.\"", "\"{*answer},\" said {A}.", "so {A} {did_job}, and {B} gave {him} the {thing}.", "{*end}."],
    # weather
    ["{*opener} [dark clouds came over the hill|the wind began to blow|it started to rain hard].", "{A} was [still at the {outside}|on the way to the {place}|alone on the road] without a coat.",
     "{he~c} ran to the {place2} and knocked at the door.", "\"Come in [quickly|at once],\" said {B}. \"You are [wet|cold] through and through.\"",
     "{B} hung {A}'s hat [by the stove|on a nail] and [put the kettle on|made some {drink}].", D, "they sat at the window and [listened to the rain|talked about {season}|watched the storm].",
     "[After an hour|Toward evening|When the tea was gone] the rain stopped and [the sun came out|a rainbow stood over the river|the stars came out].", "\"{*thanks},\" said {A}. \"[Your house is warm|You saved me].\"", "{*end}."],
    # a present
    ["{B} had a birthday on {day}, and {A} [did not know what to give|wanted to make a present|had been thinking about it for days].",
     "{A} had [no money|only one coin|little time], but {he} had [good hands|an idea|a piece of {material}].", "so {he} made a {size} {toy} [from {material}|and painted it {colour}] [in secret|at night].", D,
     "it was not easy: [the paint would not dry|the first one broke|{he} cut {his} finger|{he} had to begin three times].", "on {day}, {A} wrapped it in [paper|a cloth|a {colour} ribbon] and brought it to {B}.",
     "{B} opened it {adverb}.", "\"[Did you make this yourself|Is this really for me]?\" asked {B}.", "\"Yes,\" said {A}. \"[Do you like it?|I hope you like it.]\"",
     "\"It is the best present of all,\" said {B}."],
    # contest
    ["at the {season} feast there was a prize for the [best {dish}|biggest {vegetable}|fastest runner|finest song].", "{A} and {B} both wanted to win it.", "{A} practised [every day|in secret|for {few} weeks], and {B} did the same.", D,
     "on the day of the feast, {A} was so nervous that {he} [forgot {his} hat|could not eat|spoke to nobody].", "[The judges|The three judges] took a long time.", "in the end [the prize went to both of them|{B} won by very little|{A} won by very little|an old man whom nobody knew won].",
     "\"Well done,\" said {A} to {B}, and they shook hands.", "[They shared some {dish2}|Then they danced with the others|That was worth more than the prize]."],
    # lie and truth
    ["{A} [broke|dropped] a {thing} that belonged to {B}.", "{he~c} was afraid and hid [the pieces|it] {hiding}.", "\"Where is my {thing}?\" asked {B} the next day.", "\"I do not know,\" said {A}, but {he} [could not look up|turned red|felt bad].", D,
     "that night {A} could not sleep.", "in the morning {he} went to {B} and told the truth.", "\"I am sorry,\" {A} said. \"I broke it and I was afraid.\"", "\"[A {thing} can be mended|I am glad that you told me],\" said {B}. \"[Trust is harder to mend|The truth is worth more].\"",
     "together they [mended it with glue|made a new one|bought another at the market].", "{A} [never lied to {B} again|felt light again|was very thankful]."],
    # learning
    ["{A} wanted to learn [to play the {instrument}|how to [bake bread|tie a net|shoe a horse|carve a spoon|weave a scarf]].", "\"It is [not easy|slow work],\" said {B}, \"but I can show you.\"", "the first time it [went badly|was terrible|did not work at all].",
     "[{A} wanted to give up|{A} grew angry|{A} almost cried].", "\"Again,\" said {B}, \"but {adverb}.\"", D, "{A} tried again the next day, and the day after that.", "after {few} weeks {he} [could do it|did it well|did it without thinking].",
     "\"[You see|There]!\" said {B}. \"[You only had to go on|Now you can teach someone else].\"", "{*feelA}."],
    # journey/letter delivery
    ["Yara the letter carrier was ill, so {A} carried the letters on {day}.", "the first letter was for {B} {B.where}.", "the second letter was for {C} {C.where}.", D, "[The road was long|It was {sky}|A {animal} followed {him} all the way], but {A} did not stop.",
     "{B} read the letter and [laughed|smiled|cried a little].", "\"It is from my {relative},\" said {B}. \"[All is well at home|The baby is born|The wedding is in {season}].\"", "{C} gave {A} a {fruit} for the road.",
     "in the evening Yara thanked {him} and said that {he} [had done it well|was a real letter carrier now]."],
    # concert
    ["{*opener} the village band [met at the bandstand|wanted to practise|was getting ready for the feast].", "Marek raised his baton, but [one player was missing|there was no drum|the {instrument} was out of tune].", "\"Where is {A}?\" asked {B}.", D,
     "{A} was [still in the {room}|at the {place}] and [had forgotten the time|was looking for the song sheet|was mending a string].", "{he~c} ran [across the square|down the lane] as fast as {he} could.",
     "\"I am sorry,\" {A} said, [out of breath|red in the face].", "\"[You are here now|Better late than never],\" said Marek. \"From the beginning, please.\"", "then they played {song}, and [the whole square danced|nobody spoke until the end|even the geese were quiet]."],
    # garden growth
    ["in spring {A} planted {few} {flower} seeds [behind the {place}|in a box|near the wall].", "{he~c} [gave them water|looked at them] every {time}.", "for {few2} weeks nothing happened.", "\"Maybe they are [dead|asleep],\" said {A}.", "\"Wait,\" said {B}. \"[Seeds have their own clock|Good things are slow].\"", D,
     "then, after a night of rain, a small green leaf stood in the soil.", "in summer there were {many} {flower~s}, {colour} and {colour2}.", "{A} [gave one to every neighbour|brought the first one to {B}|put one in a glass on the table]."],
    # sharing food
    ["{A} baked {cake} for the first time.", "[There was too much of it|It smelled wonderful|It was a little burned at the edge], so {he} [took it to the square|shared it|invited the neighbours].", "first came {B}, then {C}, and then a [hungry|curious] {pet}.", D,
     "{B} brought {drink} and {C} brought {few} {fruit~s}.", "they ate and [talked|laughed] until [the bell rang|it was dark|nothing was left].", "\"[What did you put in it|Who taught you this]?\" asked {C}.", "\"[Only flour, milk and time|My {relative} did|That is a secret],\" said {A}.", "{*end}."],
    # night noise
    ["one night {A} woke up because of a [strange noise|loud knock|scratching sound] in the {room}.", "[Was it a thief|Was it the wind|Was it a ghost]?", "{A} [lit a candle|took {his} lantern] and went down the stairs {adverb}.", "{his~c} heart beat [fast|like a drum].", D,
     "{he~c} opened the door and saw [a {animal}|a {animal} with a piece of bread|nothing but an open window and a {animal}].", "\"So it was you,\" {A} said and had to laugh.", "the {animal} [looked at {him} and went on eating|ran away into the night|sat down as if the house was its own].", "the next day {A} told {B}, who [did not believe a word|laughed for a long time|came to see it]."],
    # two friends quarrel
    ["{A} and {B} had [been friends for years|always worked side by side], but on {day} they quarrelled about a {thing}.", "\"It is mine,\" said {A}.", "\"No, it is mine,\" said {B}.", "after that they did not speak for {few} days.", D,
     "{A} was {sad}, and so was {B}.", "then {C} [asked both of them for supper|needed help with a heavy box|said that a {thing} is only a {thing}].", "[There they sat at one table|There they stood, face to face], and [nobody knew what to say|both had to smile].", "\"You can have the {thing},\" said {A}.", "\"No, let us share it,\" said {B}.", "and so they did."],
    # ferry crossing
    ["{A} had to cross the river to [visit {his} {relative}|bring a {thing} to {B}|fetch a sack of flour].", "Osk the ferryman [was already waiting|held the boat] at the landing.", "\"One coin, please,\" said Osk.", "the river was [high|fast|dark], and the boat [rocked|turned] a little.", D,
     "in the middle {A} [lost {his} hat|was afraid|saw a big fish].", "\"[Hold on|Sit still],\" said Osk. \"[The river is only playing|We are nearly there].\"", "he pushed with his long pole, and soon they reached the other side.", "{A} [thanked him and stepped out|jumped out and waved].", ],
    # school day
    ["on Wednesday Nora the teacher took the children to the {place}.", "{A} [had never been there|was the first at the gate|held a notebook in one hand].", "\"Look at everything and ask questions,\" said Nora.", D, "{A} asked [how a {thing} is made|why the {tool} is so sharp|how long the work takes].",
     "{B} [explained it|answered] {adverb} and showed them a {size} {thing}.", "every child was allowed to [try the {tool}|hold the {thing}|touch the {material}].", "back at school, {A} drew a picture of it with a {colour} pencil.", "Nora hung the picture on the wall, and {A} was {feeling}."],
    # snow / season
    ["the first snow fell on a {day}.", "{A} [ran outside without shoes|looked out of the window for a long time|could not find {his} mittens].", "everything was white: the roofs, the {outside} and the old bridge.", "{A} and {B} [made a snowman|built a small house of snow|cleared the path] near the {place}.",
     "they gave it a {colour} [hat|scarf] and a {vegetable}.", D, "when their fingers were cold, they went in and drank {drink}.", "in the night it [grew warm|rained], and in the morning only the {vegetable} was left.", "\"[It will snow again|Winter is long],\" said {B}."],
    # generous
    ["a traveller named {S} came to {village} with [an empty bag|a tired pony|holes in both boots].", "{S} had lost [the way|all {Shis} money|a {small}] on the road.", "{A} was the first to see {Shim}.", "\"You look tired,\" said {A}. \"[Come and eat something|Sit down and rest].\"", D,
     "{A} gave {S} {dish}, and Corin the innkeeper gave {Shim} a bed.", "in the evening {S} took out a {instrument} and played {song}.", "nobody in {village} had ever heard it so beautiful.", "in the morning {S} was gone, but on the table lay [a {small}|a note with the word THANKS|a golden coin]."],
    # puzzle broken clock
    ["the big clock of {village} stopped at [noon|midnight|{few} o'clock].", "nobody knew what time it was, so [the baker baked too late|the school began too early|the ferry waited for nobody].", "Fenna the clockmaker climbed up with {A} to look at it.", D, "they [looked at every wheel|took out the wheels one by one].", "then {A} saw a {small} between two teeth.",
     "[A crow had dropped it there|The wind must have blown it in].", "Fenna took it out with a thin screwdriver, and the clock began to tick.", "\"[Good eyes|Well seen],\" said Fenna to {A}.", "{*feelA}."],
    # short day description
    ["{A} {Atrade_c} gets up [early|before the sun|when the bell rings] every day.", "first {he} [drinks a cup of {drink}|eats some {dish}|opens the window], and then {he} [goes to work|starts to work|walks through the village].", "{A.fact}.", "in the [afternoon|evening] {he} likes to [sit by the river|play a tune|talk to {B}|read a book|walk to the {outside}].", "{A.fact2}.", "before {he} goes to bed, {he} [looks at the stars|locks the door|feeds the animals|writes a few words in a notebook]."],
    # coin choice
    ["{A} had one coin and could buy [either a {fruit} or a {fruit2}|either a {toy} or a {small}].", "{he~c} stood in front of the stall and thought for a long time.", "\"Hurry up,\" said {B}, \"it is getting late.\"", "then {A} saw {C}, who [had lost a purse|was crying|had no money at all].", "{A} [gave the coin to {C}|bought some bread and shared it with {C}].", D, "\"Now you have nothing,\" said {B}.", "\"I have a friend,\" said {A}."],
    # boat trip
    ["{A} and {B} built a boat from [an old door|{few} boards|a barrel].", "they painted it {colour} and called it {petname}.", "on {day} they carried it down to the {outside}.", "at first it [floated well|turned in a circle|leaned to one side].", D, "then water came in through a [crack|hole].", "\"[We are sinking|Get the bucket]!\" cried {A}.", "but the water was [not deep|only up to their knees], so they [walked back|stood up and laughed].", "\"The next one will be better,\" said {B}."],
    # fox/hen fable
    ["a {animal} and a {animal2} lived near the {outside}.", "the {animal} was [proud|clever|lazy], and the {animal2} was [quiet|busy|kind].", "\"I never have to work,\" said the {animal}. \"[Food comes to me|The summer is long].\"", "the {animal2} said nothing and [gathered food|built a warm nest|worked on].", D, "then winter came, and there was snow on every branch.", "the {animal} was cold and hungry and knocked at the door of the {animal2}.", "\"Please let me in,\" it said. \"I was [wrong|foolish].\"", "the {animal2} opened the door, because [it was kind|nobody should be alone in winter].", "in spring they [worked side by side|gathered food together]."],
    # fog guide
    ["[thick|white] fog lay over the {outside}, and {A} could not see [{his} own feet|the road].", "{he~c} stood still and listened.", "[Somewhere a bell rang|Far away somebody played a {instrument}|From one side came the sound of the river].", "\"If I follow the sound, I will get home,\" thought {A}.", D, "{he~c} walked {adverb}, step by step.", "soon {he} saw a small yellow light.", "it was {B} with a lantern.", "\"I thought that you might need this,\" said {B}.", "\"{*thanks},\" said {A}."],
    # apprenticeship Dov
    ["Dov the apprentice [cut|planed] a piece of [maple|spruce|willow] for the first time.", "his hands shook a little, because the wood was [old|rare|very thin].", "Wren stood beside him and [said nothing|watched].", "suddenly there was a [crack|bad sound], and the wood [split|broke].", D, "\"I have spoiled it,\" said Dov.", "\"No,\" said Wren. \"[Now it is a bridge for a small violin|Now you know how much is too much|From this we can make {few} pegs].\"", "Dov [took a new piece|sharpened the plane] and tried again.", "this time the curl of wood was as thin as paper."],
    # bees
    ["one of Ansel's hives was empty, because the bees had flown away.", "{A} saw them first: they hung in a {tree} like a brown [bag|hat].", "\"Do not run,\" said Ansel. \"They are [full of honey|not angry today].\"", "he held a basket under the branch, and {A} [shook the branch {adverb}|held the ladder].", D, "the bees fell into the basket with a soft sound.", "not one of them stung.", "for the help, {A} got a jar of honey.", "at home {he} ate it on warm bread with {B}."],
    # theft of pie
    ["{B} put {cake} on the window sill to cool.", "an hour later it was gone.", "\"Who took it?\" asked {B}.", "{A} [looked at the ground and saw small footprints|found some crumbs on the path].", "they followed [them|the trail] past the {place} to the {outside}.", D, "there sat a {pet} called {petname}, [round and happy|asleep in the sun|with crumbs on its nose].", "\"There is our thief,\" said {A}.", "{B} wanted to be angry but had to laugh.", "the next time {B} closed the window."],
]
