"""The words that a story keeps track of: who, what and where."""

GIRLS = """
Mara Lily Nora Anna Ella Clara Zoe Ruby Ivy Hazel Tessa Lena Maya Nina Rosa Sara Emma Lucy Alice
Jane Molly Polly Greta Heidi Ingrid Freya Elsa Astrid Petra Sonja Vera Olga Tanya Mila Yuki Hana
Aiko Mei Priya Asha Leila Amina Zara Fatima Nadia Salma Carmen Lucia Elena Sofia Paula Marta
Bianca Chiara Celia Flora Stella Wendy Edith Agnes
""".split()

BOYS = """
Tom Ben Sam Max Leo Finn Jack Oscar Hugo Otto Felix Anton Karl Emil Lars Nils Sven Erik Oliver
Henry George Peter Simon David Daniel Adam Noah Jonas Lukas Milo Theo Arlo Toby Ravi Arjun Kiran
Omar Yusuf Karim Hassan Idris Kofi Kwame Jabari Diego Pablo Mateo Carlos Luis Marco Dario Bruno
Nico Ivan Boris Pavel Kenji Hiro Jin Wei
""".split()

NAMES = GIRLS + BOYS

# Hard things can break; soft ones cannot. No plot uses any of these nouns but as its tracked object.
HARD = """
kite lantern drum whistle basket compass teapot violin flute clock mirror bell vase bucket
mug jug doll puppet trumpet guitar wagon sled lamp bottle spoon bowl stool globe rattle
""".split()
SOFT = "scarf blanket hat pillow cloak ribbon coat rug shawl quilt cushion".split()
FOODS = "cake pie loaf pudding tart pancake bun pastry".split()
OBJECTS = HARD + SOFT + FOODS

COLORS = "red blue green yellow white black silver golden brown purple gray pink".split()
FLAVORS = "plum cherry honey lemon pear walnut carrot pumpkin".split()
KINDS = COLORS + FLAVORS

PLACES = """
mill river lake barn orchard market harbor bridge garden lighthouse school library station castle
beach farm bakery pond windmill chapel fountain playground tower inn
""".split()

PRONOUNS = {
    "girl": {"he": "she", "him": "her", "his": "her"},
    "boy": {"he": "he", "him": "him", "his": "his"},
}
