# SPDX-License-Identifier: GPL-3.0-or-later
"""Story plots: each is a list of sentences that hold together. A is the main person, B and C are others.

Sentences in a plot come in order; `~detail` marks places where a free sentence may stand.
"""
D = "~detail"

PLOTS = [
    # a lost thing is found
    ["{*opener} {A} [noticed|saw|found out] that {his} {colour} {small} was [gone|missing|not in its place].",
     "{he~c} [looked|searched] in the {room} and [behind|under] the [bed|stove|cupboard], but [the {small} was not there|there was no {small}].", D,
     "\"[Have you seen|Did you see|Do you know anything about] my {small}?\" {A} asked {B}.", "\"[No|Not today], but [I will help you|we can look together],\" said {B}.",
     "they [looked everywhere|asked the neighbours|went from room to room] [until noon|for an hour|until the bell rang].",
     "[At last|In the end|Finally] {B} found the {small} {hiding}.", "[A {animal} had carried it there|It had fallen from a pocket|Someone had put it there by mistake].",
     "\"{*thanks},\" said {A}, and [laughed|smiled|held the {small} tight].", "{*feelA}."],
    # helping at work
    ["{*opener} {A} came to {B} {B.where} [to help|because {he} wanted to learn|with nothing to do].",
     "\"[What can I do|Is there something to do|How can I help]?\" {A} asked.", "\"[You can {job}|Please {job}|First {job}],\" said {B}, \"and [then you can rest|then we will eat|after that we will see].\"", D,
     "{A} worked {adverb} [until {his} arms were tired|for two hours|without a pause].",
     "[Once {he} made a mistake, but {B} only smiled|{B} showed {him} an easier way|{B} sang {song} while they worked].",
     "[In the evening|In return|After that] {B} gave {him} {dish} and a cup of {drink}.",
     "\"{*thanks},\" said {A}.", "{*end}."],
    # building an instrument
    ["{A} [wanted|wished] to have a {stringed} [of {his} own|that sounded like the river|for the feast].",
     "so {he} went to Wren at the workshop [on {day}|one {season} {time}|with {his} savings].",
     "Wren chose a [light|dry|fine] piece of spruce and knocked on it [with one finger|twice].", "the wood [rang|answered] like a [small bell|glass|clear voice].", D,
     "[Day after day|For {few} weeks] Wren [cut|planed], [bent|shaved] and glued the wood, while {A} [swept up the curls|held the lamp|watched and learned].",
     "[At last|One morning] the {stringed} was ready, but it had no strings.", "Wren [put them on one by one|took them from a drawer] and turned the pegs {adverb}.",
     "when {A} played the first note, [the whole workshop was silent|even the cat looked up|Wren closed her eyes].",
     "\"It [sounds|sings] like [the river|you],\" said Wren.", "{*feelA}."],
    # repairing
    ["{*opener} {A} [dropped|broke] {his} {stringed} [on the stairs|on the way home|before the concert].",
     "[There was a long crack in the top|A string was broken and the bridge had fallen|The neck had come loose].", "{A} was {sad}, because [the concert was near|it had belonged to {his} {relative}|{he} loved it very much].",
     "{he~c} [wrapped it in a blanket|put it into a sack|laid it in a basket] and [carried|brought] it to the workshop.", "Wren looked at it [for a long time|from all sides].", "\"[It can be mended|Do not worry|I have seen worse],\" she said. \"Come back [on {day}|in {few} days].\"", D,
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
     "\"You can have it for less,\" said {B}, \"if you {job} for me.\"", "\"{*answer},\" said {A}.", "so {A} {did_job}, and [in return {B} gave {him} the {thing}|{B} gave {him} the {thing}|an hour later the {thing} was {his}].", "{*end}."],
    # weather
    ["{*opener} [dark clouds came over the hill|the wind began to blow|it started to rain hard].", "{A} was [still at the {outside}|on the way to the {place}|alone on the road] without a coat.",
     "{he~c} ran to the {house} and knocked at the door.", "\"Come in [quickly|at once],\" said {B}. \"You are [wet|cold] through and through.\"",
     "{B} hung {A}'s hat [by the stove|on a nail] and [put the kettle on|made some {drink}].", D, "they sat at the window and [listened to the rain|talked about {season}|watched the storm].",
     "[After an hour|Toward evening|When the tea was gone] the rain stopped and [the sun came out|a rainbow stood over the river|the stars came out].", "\"{*thanks},\" said {A}. \"[Your house is warm|You saved me].\"", "{*end}."],
    # a present
    ["{B} had a birthday on {day}, and {A} [did not know what to give|wanted to make a present|had been thinking about it for days].",
     "{A} had [no money|only one coin|little time], but {he} had [good hands|an idea|a piece of {material}].", "so {he} made a {size} {toy} [from {material}|and painted it {colour}] [in secret|at night].", D,
     "it was not easy: [the paint would not dry|the first one broke|{he} cut {his} finger|{he} had to begin three times].", "on {day}, {A} wrapped it in [paper|a cloth|a {colour} ribbon] and brought it to {B}.",
     "{B} opened it {adverb}.", "\"[Did you make this yourself|Is this really for me]?\" asked {B}.", "\"Yes,\" said {A}. \"[Do you like it?|I hope you like it.]\"",
     "\"[It is the best present of all|I will keep it for ever|Nothing could make me happier],\" said {B}."],
    # contest
    ["at the {season} feast there was a prize for the [best {dish}|biggest {vegetable}|fastest runner|finest song].", "[{A} and {B} both wanted to win it|both {A} and {B} hoped to win|{A} wanted to win it, and so did {B}].", "{A} practised [every day|in secret|for {few} weeks], and {B} did the same.", D,
     "on the day of the feast, {A} was so nervous that {he} [forgot {his} hat|could not eat|spoke to nobody].", "[The judges|The three judges] took a long time.", "in the end [the prize went to both of them|{B} won by very little|{A} won by very little|an old man whom nobody knew won].",
     "\"Well done,\" said {A} to {B}, and they shook hands.", "[They shared some {dish2}|Then they danced with the others|That was worth more than the prize]."],
    # lie and truth
    ["{A} [broke|dropped] a {thing} that belonged to {B}.", "{he~c} was afraid and hid [the pieces|it] {hiding}.", "\"Where is my {thing}?\" asked {B} the next day.", "\"I do not know,\" said {A}, but {he} [could not look up|turned red|felt bad].", D,
     "[that night {A} could not sleep|all night {A} lay awake|{A} ate nothing that evening].", "[in the morning|before breakfast|as soon as it was light] {he} went to {B} and [told the truth|told everything].", "\"I am sorry,\" {A} said. \"[I broke it and I was afraid|It was me|I should have told you at once].\"", "\"[A {thing} can be mended|I am glad that you told me],\" said {B}. \"[Trust is harder to mend|The truth is worth more].\"",
     "together they [mended it with glue|made a new one|bought another at the market].", "{A} [never lied to {B} again|felt light again|was very thankful]."],
    # learning
    ["{A} wanted to learn [to play the {instrument}|how to {B.skill}|how to {B.skill}|how to {B.skill}].", "\"It is [not easy|slow work],\" said {B}, \"but I can show you.\"", "the first time it [went badly|was terrible|did not work at all].",
     "[{A} wanted to give up|{A} grew angry|{A} almost cried].", "\"Again,\" said {B}, \"but {adverb}.\"", D, "{A} tried again [the next day, and the day after that|every {time}|on {day} and on {day2}].", "after {few} weeks {he} [could do it|did it well|did it without thinking].",
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
    ["in spring {A} planted {few} {flower} seeds [behind the {house}|in a box|near the wall].", "{he~c} [gave them water|looked at them] every {time}.", "for {few2} weeks nothing happened.", "\"Maybe they are [dead|asleep],\" said {A}.", "\"Wait,\" said {B}. \"[Seeds have their own clock|Good things are slow].\"", D,
     "then, [after a night of rain|on a mild {time}|one {day}], a [small green leaf stood in the soil|tiny green point looked out of the soil].", "in summer there were {many} {flower~s}, {colour} and {colour2}.", "{A} [gave one to every neighbour|brought the first one to {B}|put one in a glass on the table]."],
    # sharing food
    ["{A} baked {cake} for the first time.", "[There was too much of it|It smelled wonderful|It was a little burned at the edge], so {he} [took it to the square|shared it|invited the neighbours].", "first came {B}, then {C}, and then a [hungry|curious] {pet}.", D,
     "{B} brought {drink} and {C} brought {few} {fruit~s}.", "they ate and [talked|laughed] until [the bell rang|it was dark|nothing was left].", "\"[What did you put in it|Who taught you this]?\" asked {C}.", "\"[Only flour, milk and time|My {relative} did|That is a secret],\" said {A}.", "{*end}."],
    # night noise
    ["one night {A} woke up because of a [strange noise|loud knock|scratching sound] in the {room}.", "[Was it a thief|Was it the wind|Was it a ghost]?", "{A} [lit a candle|took {his} lantern] and went down the stairs {adverb}.", "{his~c} heart beat [fast|like a drum].", D,
     "{he~c} opened the door and saw [a {animal}|a {animal} with a piece of bread|nothing but an open window and a {animal}].", "\"So it was you,\" {A} said and had to laugh.", "the {animal} [looked at {him} and went on eating|ran away into the night|sat down as if the house was its own].", "the next day {A} told {B}, who [did not believe a word|laughed for a long time|came to see it]."],
    # two friends quarrel
    ["{A} and {B} had [been friends for years|always worked side by side], but on {day} they quarrelled about a {thing}.", "\"It is mine,\" said {A}.", "\"No, it is mine,\" said {B}.", "after that they did not speak for {few} days.", D,
     "{A} was {sad}, and so was {B}.", "then {C} [asked both of them for supper|needed help with a heavy box|said that a {thing} is only a {thing}].", "[There they sat at one table|There they stood, face to face], and [nobody knew what to say|both had to smile].", "\"You can have the {thing},\" said {A}.", "\"No, let us share it,\" said {B}.", "and so they did[| from that day on|, and the quarrel was over]."],
    # ferry crossing
    ["{A} had to cross the river to [visit {his} {relative}|bring a {thing} to {B}|fetch a sack of flour].", "Osk the ferryman [was already waiting|held the boat] at the landing.", "\"One coin, please,\" said Osk.", "the river was [high|fast|dark], and the boat [rocked|turned] a little.", D,
     "in the middle {A} [lost {his} hat|was afraid|saw a big fish].", "\"[Hold on|Sit still],\" said Osk. \"[The river is only playing|We are nearly there].\"", "he pushed with his long pole, and [soon they reached the other side|a little later they were on the other side].", "{A} [thanked him and stepped out|jumped out and waved].", ],
    # school day
    ["on Wednesday Nora the teacher took the children to the {place}.", "{A} [had never been there|was the first at the gate|held a notebook in one hand].", "\"Look at everything and ask questions,\" said Nora.", D, "{A} asked [how a {thing} is made|why the {tool} is so [useful|old|heavy]|how long the work takes].",
     "{B} [explained it|answered] {adverb} and showed them a {size} {thing}.", "every child was allowed to [try the {tool}|hold the {thing}|touch the {material}].", "back at school, {A} drew a picture of it with a {colour} pencil.", "Nora [hung the picture on the wall|showed it to the others|liked it very much], and {A} was {feeling}."],
    # snow / season
    ["the first snow fell on a {day}.", "{A} [ran outside without shoes|looked out of the window for a long time|could not find {his} mittens].", "everything was white: the roofs, the {outside} and the old bridge.", "{A} and {B} [made a snowman|built a small house of snow|cleared the path] near the {place}.",
     "they gave it a {colour} [hat|scarf] and a {vegetable}.", D, "when their fingers were cold, they went in and drank {drink}.", "in the night it [grew warm|rained], and in the morning only the {vegetable} was left.", "\"[It will snow again|Winter is long],\" said {B}."],
    # generous
    ["a traveller named {S} came to {village} with [an empty bag|a tired pony|holes in both boots].", "{S} had lost [the way|all {Shis} money|a {small}] on the road.", "{A} was the first to see {Shim}.", "\"You look tired,\" said {A}. \"[Come and eat something|Sit down and rest].\"", D,
     "{A} gave {S} {dish}, and Corin the innkeeper gave {Shim} a bed.", "in the evening {S} took out a {instrument} and played {song}.", "nobody in {village} had ever heard [it so beautiful|anything like it|such a voice].", "in the morning {S} was gone, but on the table lay [a {small}|a note with the word THANKS|a golden coin]."],
    # puzzle broken clock
    ["the big clock of {village} stopped at [noon|midnight|{few} o'clock].", "nobody knew what time it was, so [the baker baked too late|the school began too early|the ferry waited for nobody].", "Fenna the clockmaker climbed up with {A} to look at it.", D, "they [looked at every wheel|took out the wheels one by one].", "then {A} saw a {small} between two teeth.",
     "[A crow had dropped it there|The wind must have blown it in].", "Fenna took it out with a thin screwdriver, and the clock began to tick.", "\"[Good eyes|Well seen],\" said Fenna to {A}.", "{*feelA}."],
    # short day description
    ["{A} {Atrade_c} gets up [early|before the sun|when the bell rings] every day.", "first {he} [drinks a cup of {drink}|eats some {dish}|opens the window], and then {he} [goes to work|starts to work|walks through the village].", "{A.fact}.", "in the [afternoon|evening] {he} likes to [sit by the river|play a tune|talk to {B}|read a book|walk to the {outside}].", "{A.fact2}.", "before {he} goes to bed, {he} [looks at the stars|locks the door|feeds the animals|writes a few words in a notebook]."],
    # coin choice
    ["{A} had one coin and could buy [either a {fruit} or a {fruit2}|either a {toy} or a {small}].", "{he~c} stood [in front of the stall|there] and [thought for a long time|could not decide].", "\"Hurry up,\" said {B}, \"it is getting late.\"", "then {A} saw {C}, who [had lost a purse|was crying|had no money at all].", "{A} [gave the coin to {C}|bought some bread and shared it with {C}].", D, "\"Now you have nothing,\" said {B}.", "\"I have a friend,\" said {A}."],
    # boat trip
    ["{A} and {B} built a boat from [an old door|{few} boards|a barrel].", "they painted it {colour} and called it {petname}.", "on {day} they carried it down to the [pond|river|ford|landing].", "at first it [floated well|turned in a circle|leaned to one side].", D, "then water came in through a [crack|hole].", "\"[We are sinking|Get the bucket]!\" cried {A}.", "but the water was [not deep|only up to their knees], so they [walked back|stood up and laughed].", "\"The next one will be better,\" said {B}."],
    # fox/hen fable
    ["a {animal} and a {animal2} lived near the {outside}.", "the {animal} was [proud|clever|lazy], and the {animal2} was [quiet|busy|kind].", "\"I never have to work,\" said the {animal}. \"[Food comes to me|The summer is long].\"", "the {animal2} said nothing and [gathered food|built a warm nest|worked on].", D, "then winter came, and there was snow on every branch.", "the {animal} was cold and hungry and knocked at the door of the {animal2}.", "\"Please let me in,\" it said. \"I was [wrong|foolish].\"", "the {animal2} opened the door, because [it was kind|nobody should be alone in winter].", "in spring they [worked side by side|gathered food together]."],
    # fog guide
    ["[thick|white] fog lay over the {outside}, and {A} could not see [{his} own feet|the road].", "{he~c} stood still and listened.", "[Somewhere a bell rang|Far away somebody played a {instrument}|From one side came the sound of the river].", "\"If I follow the sound, I will get home,\" thought {A}.", D, "{he~c} walked {adverb}, step by step.", "[soon|after a while] {he} saw a [small yellow light|light that moved].", "it was {B} with a lantern.", "\"I thought that you might need this,\" said {B}.", "\"{*thanks},\" said {A}."],
    # apprenticeship Dov
    ["Dov the apprentice [cut|planed] a piece of [maple|spruce|willow] for the first time.", "his hands shook a little, because the wood was [old|rare|very thin].", "Wren stood beside him and [said nothing|watched].", "suddenly there was a [crack|bad sound], and the wood [split|broke].", D, "\"I have spoiled it,\" said Dov.", "\"No,\" said Wren. \"[Now it is a bridge for a small violin|Now you know how much is too much|From this we can make {few} pegs].\"", "Dov [took a new piece|sharpened the plane] and tried again.", "this time the curl of wood was as thin as paper."],
    # bees
    ["one of Ansel's hives was empty, because the bees had flown away.", "{A} saw them first: they hung in a {tree} like a brown [bag|hat].", "\"Do not run,\" said Ansel. \"They are [full of honey|not angry today].\"", "he held a basket under the branch, and {A} [shook the branch {adverb}|held the ladder].", D, "the bees fell into the basket with a soft sound.", "[not one of them stung|nobody was stung|only one of them stung, and that was Ansel's own fault].", "for the help, {A} got a jar of honey.", "at home {he} ate it on warm bread with {B}."],
    # theft of pie
    ["{B} put {cake} on the window sill to cool.", "an hour later it was gone.", "\"Who took it?\" asked {B}.", "{A} [looked at the ground and saw small footprints|found some crumbs on the path].", "they followed [them|the trail] past the {place} to the {outside}.", D, "there sat a {pet} called {petname}, [round and happy|asleep in the sun|with crumbs on its nose].", "\"There is our thief,\" said {A}.", "{B} wanted to be angry but had to laugh.", "the next time {B} closed the window."],
    # first day of work
    ["{A} had [never worked before|just turned twelve], and on {day} {he} began to help {B} {B.where}.", "{he~c} got up too early and ate nothing.", "\"First you only watch,\" said {B} the {B.trade}.", "{A} watched how {B} used {B.tool}.", D,
     "[After an hour|At noon] {A} was allowed to try it.", "it was [heavier|harder|easier] than it looked.", "\"[Not so fast|Hold it lower|Use both hands],\" said {B}.", "in the evening {his} hands [hurt|were black|were tired], but {he} [was proud|smiled all the way home].", "\"[Tomorrow I will come again|I have learned something],\" {A} told {his} {relative}."],
    # forgotten recipe
    ["{A} wanted to cook {dish} as {his} {relative} had made it.", "but [nobody had written the recipe down|the old paper was lost|{he} did not know all of it].", "{he~c} tried it with [more salt|less water|an onion|a {fruit}], and it tasted [of nothing|too sharp|like wet straw].", D, "\"What is missing?\" {A} asked {B}.",
     "{B} took a spoon and thought.", "\"[Time|A little honey|Some mint|A bay leaf],\" said {B} at last.", "{A} tried again, and the {room} began to smell like [the old days|home].", "{he~c} wrote the recipe on the wall so that nobody would forget it again."],
    # the stubborn goat
    ["{B}'s goat stood on the bridge and did not move.", "on one side waited {A} with a cart full of {fruit~s}.", "on the other side waited {C} with {few} sacks.", "{A} pushed, and {C} pulled.", "the goat [looked at the water|chewed|closed its eyes] and stayed where it was.", D,
     "then a child came by and held out a {vegetable}.", "the goat walked off the bridge as if nothing had happened.", "\"It only wanted to be asked,\" said the child.", "{A} and {C} [looked at each other and laughed|had to laugh|said nothing for the rest of the way]."],
    # race to save something from flood
    ["it had rained for {few} days, and the river was rising.", "{A} saw that the water had reached the door of the {house}.", "{he~c} ran to the bell tower and rang the bell.", "[soon everyone came|within minutes the whole village came] with [buckets and sacks of sand|spades and sacks of sand].", D, "{B} and {C} carried the {thing~s} to the upper floor.",
     "{A} stood in the water up to the knees and passed one sack after another.", "[at midnight|toward morning|after long hours] the rain stopped.", "the wall of sand held.", "\"Without you we would have slept through it,\" said {B} to {A}."],
    # mending friendship by music
    ["{A} could not play the {instrument} any more, because {he} had hurt {his} hand.", "so the {instrument} hung on the wall and grew dusty.", "one {time} {B} came by and asked for it.", "\"You may play it,\" said {A}, \"but only here.\"", D,
     "{B} came every {day} and played, and {A} listened with closed eyes.", "after some time {A} began to [hum|sing] along.", "then {he} moved {his} fingers, a little more each week.", "in {season} they played {song} together for the first time."],
    # a new neighbour
    ["a family moved into the empty house near the {outside}.", "{A} watched how they carried in a {thing}, a {thing2} and {few} {size} boxes.", "the {child2} of the family sat on the step and looked {sad}.", "{A} took a {fruit} and went over.", "\"I am {A},\" {he} said. \"Do you like {fruit~s}?\"",
     "the {child2} nodded.", D, "{A} showed the {child2} the {place}, the best tree for climbing and the spot where the {animal~s} sleep.", "by the evening they [had a secret sign|were friends|had made a plan for the next day].", "two weeks later nobody could remember the house without them."],
    # wrong letter
    ["by mistake {A} got a letter that was meant for {B}.", "\"Dear friend,\" it said, \"I will come on {day} and bring the {thing}.\"", "{A} waited all {day} and even [baked {cake}|cleaned the {room}].", "nobody came.", D, "at the same time a stranger stood before the door of {B}, who knew nothing.",
     "in the evening {A} saw the name on the envelope and turned red.", "{he~c} ran to {B} with the letter and the cake.".replace("and the cake", "in {his} hand"), "\"So that is who you are!\" said {B} to the stranger.", "all three sat down and [ate together|laughed until late|drank {drink}]."],
    # scarecrow
    ["the {bird~s} were eating all the seeds in {B}'s field.", "so {A} built a scarecrow from [old {thing~s}|straw and a {colour} coat].", "it had a {vegetable} for a nose.", "on the first day the {bird~s} were afraid.", "on the second day they [came closer|sat on the fence].", D, "on the third day a {bird} built its nest in the hat.",
     "\"[That did not work|Well],\" said {A}, \"now we have a {bird} with a house.\"", "{B} laughed and [planted twice as much|let it stay].", "in {season2} the scarecrow was the best friend of all the birds."],
    # dark forest walk with song
    ["{A} had to walk through Hollow Wood at night.", "every {tree} looked like a [giant|man with a hat|wolf].", "to be less afraid, {he} sang {song}.", "[Suddenly|After the third line] somebody sang the second voice.", "{A} stood still.", D, "between the trees a lantern moved.", "it was {B}, who was just as afraid.",
     "they walked on side by side and [sang as loud as they could|sang every song they knew].", "when they saw the lights of {village}, they began to laugh."],
    # the apple tree
    ["{A} and {B} shared one apple tree, because it stood between their gardens.", "one half bore red apples, and the other half [bore green ones|only green ones].", "\"The red ones are better,\" said {A}.", "\"The green ones keep longer,\" said {B}.", D, "one {season} a storm broke the [red|green] half.",
     "\"Now I have nothing,\" said the one, and the other said: \"Now we share.\"", "they put a stick under the tree and tied the branch with rope.", "the next year it bore [more than ever|red and green apples on one branch]."],
    # a violin with a cold
    ["Wren took an old violin from the wall and played a note.", "it sounded [like a cold|hollow and dull].", "\"What is wrong with it?\" asked Dov.", "\"[Look inside|Take the small mirror],\" said Wren.", "Dov looked through the f hole with a candle.", D, "\"The soundpost has fallen,\" he said.",
     "Wren smiled, because he was right.", "with a bent wire she set it up again[, a little to the right of the middle|, as quietly as a thief|, which took a long time].", "she played the same note, and now the whole room was full of it.", "\"Such a small stick,\" said Dov, \"and such a big voice.\""],
    # choosing wood in forest
    ["on a cold {time} Wren and Gil went into Hollow Wood to choose a tree.", "Gil knocked on the trunk with his axe, and Wren put her ear to the bark.", "\"Too young,\" she said at the first tree.", "\"Too wet,\" she said at the second.", D, "at the third tree she said nothing for a long time.",
     "\"This one,\" she said at last. \"It is already singing.\"", "Gil cut it down, and a horse pulled it to the workshop.", "there it must [dry|rest] for {few} years.", "\"Good wood teaches you to wait,\" said Wren."],
    # bell ringer's helper
    ["Kaspar the bell ringer had a sore back, so {A} had to ring the bell at noon.", "\"Pull and let go,\" said Kaspar, \"and do not count too late.\"", "{A} climbed the {many} times {few} steps of the tower.".replace("the {many} times {few} steps of", "all the steps of"), "[At the top|Up there] the wind was strong, and the village looked like a toy.", D, "{he~c} pulled the rope with all {his} strength.",
     "the great bell moved, slowly at first, and then it rang.", "{A} counted: eleven, twelve, thirteen.", "\"Thirteen!\" cried {B} down in the square. \"We have won an hour!\"", "Kaspar laughed so much that [his back was well again|he forgot his back|the {bird~s} flew up]."],
    # lantern night
    ["on the Night of Lanterns every child in {village} carries a light to the river.", "{A} had made a lantern from {colour} paper, but the wind blew it out.", "without a light {he} could not [walk with the others|see the path].", "\"Take some of mine,\" said {B} and held out a candle.", D, "now both lanterns burned, and {B}'s light had not grown smaller.",
     "they set them on the water and watched them float away.", "far down the river the lights looked like [stars|a row of small windows].", "\"Where do they go?\" asked {A}.", "\"To the next village,\" said {B}, \"and there somebody is glad.\""],
    # the proud rooster
    ["Allegro the rooster believed that the sun came up because he crowed.", "one {season} night he caught a cold and lost his voice.", "he tried and tried, but there was only a small croak.", "\"Now it will stay dark,\" he thought, and he hid {hiding}.", D, "but the sun came up all the same.", "\"How did you do that without me?\" he asked it.",
     "the sun said nothing and warmed his feathers.", "since then Allegro crows a little more quietly."],
    # photograph/picture
    ["Saskia wanted to paint {A}, but {A} could not sit still.", "first {he} scratched {his} nose, then {he} looked at a {bird}.", "\"Please, only one minute,\" said Saskia.", "\"I am trying,\" said {A}.", D, "then {B} came in and began to play {song}.", "{A} listened and forgot to move.", "Saskia painted as fast as she could.",
     "in the picture {A} [looks dreamy|smiles], and nobody knows that it was the music.", "it hangs [over the stove of the inn|in the studio|in the schoolhouse] to this day."],
    # cheese rolling
    ["Hetty's biggest cheese fell from the cart and rolled down the hill.", "\"Stop it!\" cried Hetty.", "{A} jumped to one side, and {B} jumped to the other.", "the cheese rolled past the {place}, over the square and between the legs of {C}.", D, "a {animal} ran after it, and {few} children ran after the {animal}.",
     "at last it fell into the river with a great splash.", "Osk pulled it out with his pole.", "\"Now it is [washed|salted] too,\" he said.", "they cut it on the spot, and everyone who had run got a piece."],
    # hiccups
    ["{A} had the hiccups and could not stop.", "{B} said that {he} should drink a cup of water.", "{C} said that {he} should stand on one leg.", "nothing helped, and the {animal} ran away at every hic.", D, "{A} went through the whole village and asked for advice.", "\"Hold your breath,\" said one, and \"Count to twenty,\" said another.",
     "then {A} saw that {he} had lost {his} {small}, and {he} was so surprised that the hiccups stopped.", "the {small} lay {hiding}.", "\"Both problems are solved,\" said {B}."],
    # the well
    ["{A} dropped {his} {small} into the well behind the {house}.", "it was so deep that [nobody heard it fall|the sound came back late|they could not see the water].", "\"[Tie a spoon to a string|We need a long rope],\" said {B}.", "they let down a bucket and pulled it up again: only water.", D, "they did it {few} times, and each time {A} looked into the bucket.",
     "on the last try something shone in it.", "it was not the {small}, it was [an old coin|a silver spoon|a key that nobody knew].", "\"The well has [given you something else|changed it for you],\" said {B}.", "{A} keeps it in a box and wonders whose it was."],
    # winter birds
    ["it was the coldest {day} of the winter.", "{A} saw {few} {bird~s} on the fence that did not fly away.", "they were too hungry and too cold.", "{he~c} took [seeds|crumbs|bits of {fruit}] and put them on the window sill.", "the birds did not dare to come.", D, "so {A} went inside and [hid behind the curtain|closed the door].",
     "[first one came, and then all of them|first came the bravest, and then the others|one by one they came].", "every morning {A} put out a little more.", "in spring they were gone, but on the sill lay a {colour} feather."],
    # measuring
    ["{A} wanted to build a shelf and measured the wall {adverb}.", "then {he} cut the board, but it was too short.", "{he~c} cut a second one, and it was too long.", "\"How can that be?\" {he} asked {B}.", "{B} looked at the ruler and smiled.", D, "\"You held it the wrong way round,\" said {B}. \"Measure twice and cut once.\"",
     "the third board [fit|was just right].", "from the short one they made a [stool|box], and from the long one they made a [bench|sledge].", "so nothing was lost, and {A} had learned two things."],
    # secret singer
    ["every {time} somebody sang in the {house}, but nobody knew who it was.", "{A} thought that it was {B}.", "{B} thought that it was {C}.", "{C} had a very bad voice and only laughed.", D, "one {day} {A} hid {hiding} and waited.", "the door opened, and in came Osk the ferryman, who never says much.",
     "he put down his pole, closed his eyes and sang {song}.", "{A} did not move until it was over.", "nobody will ever hear the secret from {him}[|, not even {B}]."],
    # tea for a sick friend
    ["{B} was ill and had to stay in bed.", "{A} went to Edda at the herb house and asked for help.", "\"Two spoons of mint and a little honey,\" said Edda, \"and no hurry.\"", "{A} carried the bag home under {his} coat, because it was {sky}.", D, "{he~c} boiled the water, poured it over the leaves and waited.", "\"It tastes [like a meadow|green],\" said {B}.",
     "{A} sat by the bed and told a story until {B} fell asleep.", "[the next day the fever was gone|two days later {B} could get up again|in the morning {B} was hungry, and that was a good sign].", "\"Was it the tea or the story?\" asked {B}."],
    # trading chain
    ["{A} wanted a {toy} but had only a {small}.", "{B} needed a {small} and gave a {fruit} for it.", "{C} was hungry and gave a {tool} for the {fruit}.", D, "Joren had lost his {tool} and gave a smooth board for it.", "Wren could use the board and asked what {A} would like.", "\"A {toy},\" said {A}.", "Wren asked Dov, and Dov made one from a small piece of wood.",
     "so a {small} became a {toy} in a single day.", "\"You could become a merchant,\" said Dov."],
    # bad tooth / fear
    ["{A} was afraid of [the dark|thunder|deep water|geese|the high ladder].", "[{he~c} had never told anyone|nobody knew about it|{he~c} always found an excuse].", "one {time} {B} said: \"I am afraid too, but of {flower~s}.\"", "\"Of {flower~s}?\" asked {A} and had to laugh.", "\"A bee sat in one,\" said {B}.", D, "after that it was easier to talk about it.",
     "they made a plan: {A} would [hold|pick] the {flower~s}, and {B} would stand by {A}.", "it took [{few} weeks|a whole {season}|longer than they thought].", "now both are still a little afraid, but never alone."],
]
