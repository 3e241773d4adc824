"""What can happen: openings and plots.

A plot is a list of slots, a slot a list of paraphrases. `[x|y]` picks one; `{A}` and `{B}` are the
two characters, `{child}` and `{bchild}` girl or boy, `{he} {him} {his}` the first one's pronouns
and `{bhe} {bhim} {bhis}` the second one's, `{k} {o}` the tracked object with its kind, `{p}` and
`{q}` the places, `{time}` a time of day and `{bond}` one of the bonds below.
"""

TRAIT = "[kind|quiet|brave|cheerful|curious|clever|gentle|friendly|patient|lively]"
DAY = "[sunny|bright|windy|cold|warm|cloudy|misty|quiet|frosty]"
TIME = "[morning|afternoon|day|evening]"

# Both characters are named here and nobody else ever is.
OPENINGS = [
    f"Once upon a time, there was a {TRAIT} {{child}} named {{A}}. {{bond}}",
    f"Once upon a time, a {TRAIT} {{child}} named {{A}} lived near the {{p}}. {{bond}}",
    f"Once upon a time, there lived a {TRAIT} {{child}} named {{A}}. {{bond}}",
    "Once upon a time, {A} and {B} lived [in a small town|in a quiet valley|on a little hill] near the {p}.",
    "Once upon a time, there were two [friends|neighbors|good friends] named {A} and {B}.",
    f"Once upon a time, on a {DAY} {TIME}, {{A}} and {{B}} met at the {{p}}.",
    f"One {TIME}, {{A}} and {{B}} [met|were sitting|were talking|were playing] at the {{p}}.",
    f"One {DAY} {TIME}, {{A}} went to the {{p}} with {{his}} [friend|cousin|neighbor] {{B}}.",
    f"Long ago, a {TRAIT} {{child}} named {{A}} lived near the {{p}}. {{bond}}",
    f"There once was a {TRAIT} {{child}} named {{A}}. {{bond}}",
    f"In a [small|little|tiny|cozy] house near the {{p}} lived a {{child}} named {{A}}. {{bond}}",
    f"On a {DAY} {TIME}, {{A}} walked to the {{p}} to meet {{B}}.",
    "{A} and {B} were [good friends|best friends|neighbors|cousins] who lived near the {p}.",
    f"{{A}} was a {TRAIT} {{child}} who lived near the {{p}}. {{bond}}",
]

BONDS = [
    "{He} had a [good|dear|close] friend named {B}.",
    "{His} best friend was a {bchild} named {B}.",
    f"{{His}} best friend, {{B}}, was a {TRAIT} {{bchild}}.",
    "{B}, {his} [best friend|cousin|neighbor], lived [next door|across the road|down the lane].",
    "{He} and {his} [friend|cousin|neighbor] {B} did everything together.",
    "Every day {he} played with {his} [friend|neighbor|cousin] {B}.",
]

LOST = [
    [
        "{A} had a {k} {o} that {he} [loved|liked] more than anything.",
        "{A} owned a {k} {o}, and {he} took it [everywhere|along every day].",
        "The thing {A} loved most was a {k} {o} from {his} [grandmother|grandfather|aunt|uncle].",
        "For {his} birthday, {A} had been given a {k} {o}.",
    ],
    [
        "One day the {o} was gone.",
        "But one {time}, the {k} {o} was [gone|missing].",
        "Then one {time} {A} could not find the {o} anywhere.",
        "One {time} {A} came home and saw that the {o} was [missing|gone].",
    ],
    [
        '"Where is my {o}?" [cried|asked] {A}.',
        '"I have lost my {k} {o}," {A} told {B} [sadly|with a sigh|in tears].',
        "{A} looked under the bed and behind the door, but the {o} was not there.",
        "{A} sat down on the step and [cried|felt very sad].",
    ],
    [
        '"Do not worry," said {B}. "I will help you look for the {o}."',
        "{B} heard about it and [came at once|came running] to help.",
        '{B} took {his} hand. "Let us look for it together," {bhe} said.',
        '"Where did you have it last?" asked {B}. "At the {q}," said {A}.',
    ],
    [
        "So they walked to the {q} and looked [everywhere|in every corner|behind every stone].",
        "{A} and {B} went to the {q} and searched [all day|for an hour|until noon].",
        "Together they [ran|hurried|walked] all the way to the {q}.",
    ],
    [
        "At last {B} saw something {k} in the [tall grass|leaves|bushes], and it was the {o}!",
        "There, [under a bench|behind a rock|beside a tree], {B} found the {k} {o}.",
        'Suddenly {B} shouted, "Here it is!" and held up the {o}.',
        "In the end it was {B} who found the {o} [near the path|under some leaves|beside a wall].",
    ],
    [
        "{A} [hugged|thanked] {B} and held the {o} tight.",
        '"Thank you, {B}!" said {A}, and {he} [laughed|smiled] with joy.',
        "{A} was so happy that {he} [danced|sang|jumped] all the way home.",
    ],
    [
        "From that day on, {A} took good care of the {k} {o}.",
        "After that, {A} never left the {o} behind again.",
        "That night the {o} was back in its place, and {A} slept well.",
        "And {A} knew that a good friend is worth more than any {o}.",
    ],
]

GIFT = [
    [
        "{B} was going to have a birthday soon, and {A} wanted to give {bhim} a {k} {o}.",
        "It was almost the birthday of {B}, and {A} thought of a {k} {o}.",
        "{A} knew that {B} had always [wished for|wanted] a {k} {o}.",
        '"I wish I had a {k} {o}," {B} said one {time}, and {A} remembered it.',
    ],
    [
        "But {A} had only [two|three|four|five] coins, and that was not enough.",
        "{A} counted {his} coins, but there were too few.",
        "{A} had no money, so {he} had to find some work.",
    ],
    [
        "So {he} worked at the {q} for [a week|ten days|many days], [sweeping the floor|carrying water|feeding the hens].",
        "Every {time} {he} went to the {q} and helped [an old man|an old woman|the people there].",
        "So {A} went to the {q} and [picked apples|washed windows|carried wood] until {he} had earned enough.",
    ],
    [
        "With the money, {A} bought the {k} {o} and [wrapped it in paper|hid it under the bed].",
        "Soon {he} could buy the {o}, and {he} [wrapped it with care|tied a string around it].",
        "At the end of the week {A} came home with the {o} under {his} arm.",
    ],
    [
        '"This is for you," said {A} [softly|proudly|with a smile] when {B} opened the door.',
        "On the birthday, {A} gave the [present|gift] to {B}.",
        '{A} ran to {B} and said, "Close your eyes and hold out your hands!"',
    ],
    [
        "{B} opened it and [laughed|gasped|smiled] when {bhe} saw the {k} {o}.",
        '"A {o}!" cried {B}. "It is just what I wanted!"',
        "{B} could not believe {bhis} eyes. It was the {k} {o}!",
    ],
    [
        '"You worked so hard for me," said {B}, and {bhe} hugged {A}.',
        "{B} hugged {A} and thanked {him} [again and again|many times].",
        '"Thank you, {A}," said {B}. "You are the best friend in the world."',
    ],
    [
        "{B} kept the {o} for many years and always thought of {A}.",
        "{A} felt warm inside, for giving the {o} was better than having it.",
        "From then on, {B} used the {o} every day, and {A} was glad.",
        "They drank warm tea and looked at the {k} {o} together.",
    ],
]

TRADE = [
    [
        "{B} had a {k} {o}, and {A} liked it very much.",
        "One {time} {B} came to the {q} with a {k} {o} to [trade|swap].",
        "{B} owned a {k} {o} that {bhe} [did not need|hardly used] anymore.",
        "At the {q}, {B} was showing everyone a {k} {o}.",
    ],
    [
        '"What would you take for the {o}?" asked {A}.',
        '"I would love to have that {o}," said {A}. "Will you trade it with me?"',
        "{A} looked at the {o} for a long time and asked if {B} would trade it.",
    ],
    [
        '{B} thought for a moment. "Bring me something [good|nice|special]," {bhe} said.',
        '"I am hungry," said {B}. "What do you have at home?"',
        '"Perhaps," said {B}. "But it must be a fair trade."',
    ],
    [
        "{A} ran home and came back with [a jar of jam|a bag of nuts|a pot of soup|some fresh bread].",
        "So {A} [filled a bag with apples|filled a sack with berries|filled a jar with plums] and brought it to {B}.",
        "{A} offered [a jar of jam|six fresh eggs|a bag of nuts], but {he} was afraid it was too little.",
    ],
    [
        '"That is fair," said {B} [happily|with a nod|at once].',
        '{B} [smiled|nodded] and said, "It is a deal!"',
        "{B} was delighted, for that was just what {bhe} needed.",
    ],
    [
        "They shook hands, and {A} took the {k} {o} home.",
        "{B} gave the {o} to {A}, and both of them [laughed|smiled].",
        "So the {k} {o} now belonged to {A}.",
    ],
    [
        "The next day {A} let {B} use the {o} whenever {bhe} missed it.",
        '"If you ever miss the {o}, come and visit it," said {A}.',
        "{A} cleaned the {o} until it [shone|looked like new].",
    ],
    [
        "{A} and {B} were both happy with the trade.",
        "And so each of them had what they wanted, and they stayed friends.",
        "It was a good trade, because both friends went home [happy|smiling|singing].",
    ],
]

MEND = [
    [
        "{B} had a {k} {o} that had belonged to {bhis} [grandmother|grandfather].",
        "On a shelf in the house of {B} stood a {k} {o}.",
        "{B} was very proud of {bhis} {k} {o}.",
        "{B} let {A} hold {bhis} {k} {o} [for a moment|for a while].",
    ],
    [
        "One {time} {A} [tripped|slipped|stumbled], and the {o} fell and broke.",
        "But {A} was careless and dropped the {o}, and it [broke|cracked].",
        "While they were playing, {A} bumped into the {o}, and it broke.",
    ],
    [
        "{A} was [afraid|ashamed] and wanted to hide the pieces.",
        "For a moment {A} thought of running away.",
        "{A} looked at the broken {o}, and {his} eyes filled with tears.",
    ],
    [
        'But {he} told the truth. "I broke your {o}," said {A}. "I am so sorry."',
        '"I am sorry, {B}," {A} said [quietly|bravely]. "The {o} is broken, and it was me."',
        "Then {A} took a deep breath and told {B} [everything|the truth|what had happened].",
    ],
    [
        '{B} was sad, but {bhe} said, "Thank you for telling me."',
        '"Anyone can drop a {o}," said {B}. "Let us mend it."',
        "{B} was quiet for a while, and then {bhe} nodded and took the hand of {A}.",
    ],
    [
        "They carried the pieces to the {q}, where an old [man|woman] gave them some glue.",
        "At the {q} they found [glue and string|wire and glue|some strong glue], and they got to work.",
        "So they sat down at the {q} and put the {o} together, piece by piece.",
    ],
    [
        "{A} held the pieces and {B} [tied|glued] them, and soon the {k} {o} was whole again.",
        "It took [all day|a long time|two hours], but in the end the {o} was mended.",
        "When they were done, the {k} {o} looked almost like new.",
    ],
    [
        '"Now I like it even more," said {B}, "because we mended it together."',
        "There was still a small crack in the {o}, but {B} did not mind.",
        "{B} put the {o} back in its place, and {A} was always careful after that.",
    ],
]

RACE = [
    [
        "There was a big race at the {q}, and the prize was a {k} {o}.",
        "One {time} they heard about a race to the {q}. The winner would get a {k} {o}.",
        '"There will be a race to the {q}," said {B}. "The winner gets a {k} {o}."',
    ],
    [
        "{A} was [not very fast|small], but {he} wanted to win the {o}.",
        "{A} practiced every day, because {he} dreamed of the {k} {o}.",
        "{A} wanted the {o} very much, and so did {B}.",
    ],
    [
        '"[Ready|One, two, three], go!" someone [shouted|called], and they began to run.',
        "The race began, and {A} and {B} ran as fast as the wind.",
        "When the [horn sounded|flag fell], everyone ran down the road.",
    ],
    [
        "{A} was in front, and {he} could already see the {q}.",
        "Soon {A} was far ahead of {B} and close to the {q}.",
        "Halfway there, {A} [passed|was ahead of] {B} and smiled.",
    ],
    [
        "Then {he} heard a cry. {B} had [fallen|slipped] and hurt {bhis} [knee|foot|leg].",
        "But then {B} [slipped on a stone|fell into the mud] and could not get up.",
        "Suddenly {B} [fell|stumbled] behind {him} and began to cry.",
    ],
    [
        "{A} stopped and went back to help {B}.",
        "{A} forgot about the {o} and turned around at once.",
        '"You matter more than a {o}," said {A}, and {he} helped {B} up.',
    ],
    [
        "Arm in arm, {A} and {B} walked to the {q} and came in last.",
        "{B} leaned on {A}, and together they [walked|limped] to the end.",
        "Slowly they went on together, and [everyone clapped|all the people cheered].",
    ],
    [
        "The judge saw it all and gave the {k} {o} to both of them.",
        "{A} got the {k} {o} after all, as a prize for a kind heart.",
        "In the end {A} and {B} won the {o} together, and they shared it.",
    ],
]

STORM = [
    [
        "They were on the way to the {q} with a {k} {o} when the sky turned dark.",
        "{A} was carrying a {k} {o} to the {q}, and {B} came along.",
        "One {time} {A} and {B} set out for the {q} to deliver a {k} {o}.",
    ],
    [
        "Suddenly the wind began to howl and [rain poured down|hail fell from the sky].",
        "Thunder rolled over the hills, and it started to [rain|pour].",
        "[Dark|Heavy] clouds came up, and soon there was a [great|terrible|mighty] storm.",
    ],
    [
        '"I am scared," said {B}, and {bhe} [shook|trembled].',
        '"We must find shelter!" [cried|shouted|called] {A}.',
        "{B} was [afraid of the thunder|frightened], so {A} took {bhis} hand.",
    ],
    [
        "They ran to the {q} and [found an open door|crept under its roof].",
        "At last they reached the {q} and slipped inside.",
        "Soon they saw the {q} through the rain and hurried in.",
    ],
    [
        "{A} held the {k} {o} close so that it stayed [dry|safe].",
        "The {o} was a little wet, but it was not harmed.",
        "{A} put the {o} between them and dried it with {his} sleeve.",
    ],
    [
        "To pass the time, {A} told a story about a {o} that could [talk|fly|sing].",
        "{B} looked at the {o} and sang a [soft|little|merry] song.",
        "They made up a funny song about the {k} {o} and forgot their fear.",
    ],
    [
        "After [an hour|a while|some time] the storm was over, and the sun came out.",
        "When the rain stopped, there was a rainbow in the sky.",
        "Then the clouds drifted away, and birds began to sing.",
    ],
    [
        "{A} and {B} took the {o} and walked home, no longer afraid.",
        '"Storms are not so bad with a friend," said {B}.',
        "Ever since, the {k} {o} has reminded {A} and {B} of the storm.",
        "{A} gave the {o} to {B} so that {bhe} would remember how brave {bhe} had been.",
    ],
]

BAKE = [
    [
        "One {time} {A} wanted to bake a {k} {o} for the [party|feast|fair] at the {q}.",
        '"Let us bake a {k} {o}," said {A} to {B} one {time}.',
        "There was going to be a [party|feast|fair] at the {q}, so {A} and {B} decided to bake a {k} {o}.",
    ],
    [
        "{A} mixed the flour and the eggs, and {B} [stirred|added sugar].",
        "{B} brought flour and butter, and {A} lit the oven.",
        "They washed their hands, and {B} read the recipe aloud.",
    ],
    [
        "But they talked so much that the first {o} [burned|was black as coal].",
        "But {B} used salt and not sugar, and the first {o} tasted [awful|terrible].",
        "But {A} forgot the time, and the first {o} burned.",
    ],
    [
        '"Oh no, our {o}!" cried {A}.',
        "{A} looked at the {o} and almost cried.",
        "Smoke filled the kitchen, and {A} opened the window.",
    ],
    [
        '"We can try again," said {B}. "This time I will watch the oven."',
        '{B} only laughed. "Nobody gets it right the first time," {bhe} said.',
        '"It is not so bad," said {B}. "We still have flour for one more."',
    ],
    [
        "So they started over, and soon the house smelled of {k} {o}.",
        "They worked slowly, and the second {o} came out perfect.",
        "This time {A} tasted everything, and the {k} {o} was just right.",
    ],
    [
        "They carried the warm {o} to the {q} [with great care|on a big plate].",
        "At the {q}, everyone wanted a piece of the {k} {o}.",
        "Then {A} and {B} took the {o} to the {q} and cut it into pieces.",
    ],
    [
        '"This is the best {k} {o} in the world," said [an old man|an old woman|the baker].',
        "In a few minutes there was nothing left of the {o} but crumbs.",
        "{A} smiled at {B}, and they shared the last piece of the {o}.",
    ],
]

TREASURE = [
    [
        "One {time} {A} found an old map [in the attic|inside a book|under the floor].",
        "{B} had found an old map, and {bhe} showed it to {A}.",
        "One {time} an old sailor gave a map to {A} and {B}.",
    ],
    [
        "It showed the way to a treasure near the {q}.",
        "On the map there was a cross beside the {q}.",
        '"Look," said {A}, "there is a treasure at the {q}!"',
    ],
    [
        "So {A} and {B} took a shovel and [went|walked|set off] to the {q}.",
        "The next {time} they [walked|hurried] to the {q} with a shovel.",
        "They packed some bread and cheese, and off they went to the {q}.",
    ],
    [
        "{A} dug and dug while {B} [held the map|counted the steps|kept watch].",
        "They took turns digging, and {B} [sang|whistled a tune|told jokes].",
        "{B} counted ten steps from a tall tree, and there {A} began to dig.",
    ],
    [
        "At last the shovel hit something hard. It was a wooden chest!",
        "After an hour they found [a small chest|an iron chest|an old chest] in the ground.",
        "Deep in the ground was [a dusty|an old|a heavy] chest.",
    ],
    [
        "{A} opened it, and inside was a {k} {o}.",
        "There was no gold inside, only a {k} {o}.",
        "{B} lifted the lid, and there lay a {k} {o}.",
    ],
    [
        '"A {o}!" laughed {B}. "Who would hide a {o}?"',
        '"It is beautiful," [whispered|said] {A}, and {he} touched the {o} [gently|softly].',
        "With the {o} was a note that said: for two good friends.",
    ],
    [
        "They took the {k} {o} home and shared it, one week each.",
        "{A} said that {B} should keep the {o}, and {B} said that {A} should.",
        "To {A} and {B}, the {o} was worth more than gold.",
        "The {o} still has its place in the house of {A}, and {B} visits it often.",
    ],
]

BORROW = [
    [
        '"May I borrow your {k} {o}?" {A} asked {B} one {time}.',
        "One {time} {A} needed a {k} {o}, and {B} had one.",
        "{B} had a fine {k} {o}, and {A} asked to borrow it.",
    ],
    [
        '"Of course," said {B}. "But bring the {o} back by [Sunday|Friday|Monday]."',
        '"Yes," said {B}, "but please be careful with it."',
        "{B} was happy to help and gave {him} the {o}.",
    ],
    [
        "{A} took the {k} {o} to the {q} and used it all day.",
        "{A} carried the {o} to the {q} and showed it to everyone there.",
        "At the {q}, the {k} {o} was just what {A} needed.",
    ],
    [
        "But in the evening {he} was tired and left the {o} at the {q}.",
        "On the way home {A} saw that {his} hands were empty. The {o} was still at the {q}!",
        "Then {A} went home and forgot the {o} at the {q}.",
    ],
    [
        "{A} lay in bed and could not sleep.",
        '"I promised to be careful," thought {A}, and {he} felt [bad|sad|ashamed].',
        "At night {A} woke up and thought of {B} and the {o}.",
    ],
    [
        "Before sunrise {he} [ran|hurried] back to the {q}, and there was the {k} {o}.",
        "So {A} took a light and went all the way back, and the {o} was still there.",
        "Early the next day {A} [ran|rushed] to the {q} and found the {o} where {he} had left it.",
    ],
    [
        "{A} brought the {o} back to {B} and told {bhim} [everything|what had happened].",
        '"Here is your {o}," said {A}. "I almost lost it, and I am sorry."',
        "{A} cleaned the {k} {o} and returned it to {B} with a [flower|kind note|bag of nuts].",
    ],
    [
        '"You kept your promise," said {B}. "You may borrow the {o} any time."',
        "{B} [smiled|laughed] and was glad to have such an honest friend.",
        "{B} trusted {A} even more after that, and they often used the {o} together.",
    ],
]

SHARE = [
    [
        "At the {q}, a man was giving away a {k} {o}.",
        "One {time} {A} and {B} saw a {k} {o} at the {q}, and it was for sale.",
        "On the road to the {q}, {A} and {B} came upon a {k} {o} that belonged to nobody.",
    ],
    [
        '"I want the {o}!" said {A}. "No, I saw it first!" said {B}.',
        "{A} wanted the {o}, but {B} wanted it too.",
        "Both {A} and {B} reached for the {o} at the same time.",
    ],
    [
        "{A} pulled on one side and {B} pulled on the other.",
        "They began to argue, and {B} [stamped {bhis} foot|turned red].",
        "They quarreled about the {k} {o} until it was almost dark.",
    ],
    [
        "{B} was so [angry|upset] that {bhe} went home alone.",
        "In the end they took the {o} home, but they did not speak a word.",
        '"Then I will not play with you," said {B}, and {bhe} walked away.',
    ],
    [
        "That night {A} looked at the {o}, but it gave {him} no joy.",
        "{A} sat alone with the {k} {o} and felt [lonely|sad|empty].",
        "Without {B}, the {o} was no fun at all.",
    ],
    [
        "The next {time} {A} [knocked at the door of|went to see] {B} and said sorry.",
        '"I am sorry," {A} said to {B} the next {time}. "Let us share the {o}."',
        "So {A} took the {o} to {B} and said, \"You can have it today.\"",
    ],
    [
        '"I am sorry too," said {B}. "It can be our {o}."',
        "{B} smiled, and the quarrel was forgotten.",
        "{B} gave {A} a hug, and they went out to play with the {o}.",
    ],
    [
        "After that they took turns, and the {k} {o} made both of them happy.",
        "{A} had the {o} on even days, and {B} had it on odd days.",
        "And {A} and {B} found that a shared {o} is twice as nice.",
    ],
]

PLOTS = {
    "lost": LOST,
    "gift": GIFT,
    "trade": TRADE,
    "mend": MEND,
    "race": RACE,
    "storm": STORM,
    "bake": BAKE,
    "treasure": TREASURE,
    "borrow": BORROW,
    "share": SHARE,
}
