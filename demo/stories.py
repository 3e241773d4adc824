"""Tells stories from a grammar of our own, and reads them back.

A story has two characters, one object and two places, chosen first; every sentence speaks of these
and of nobody else. `story(random)` tells one; `inspect(text)` finds from the text alone whether its
characters and its object stay the same to the end.
"""

import random
import re
from dataclasses import dataclass

import plots
import words

SEED = 20261124
TRAINING_STORIES = 250_000
END = "The end."
TIMES = ["morning", "afternoon", "day", "evening"]

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_WORD = re.compile(r"[A-Za-z]+")


@dataclass(frozen=True)
class Story:
    text: str
    names: tuple
    object: str
    places: tuple
    plot: str


def story(rng):
    """The next story of this random generator."""
    a, b = rng.sample(words.NAMES, 2)
    plot = rng.choice(list(plots.PLOTS))
    things = {"bake": words.FOODS, "mend": words.HARD}.get(plot, words.HARD + words.SOFT)
    kinds = words.FLAVORS if plot == "bake" else words.COLORS
    p, q = rng.sample(words.PLACES, 2)
    child, bchild = ("girl" if n in words.GIRLS else "boy" for n in (a, b))
    values = {"A": a, "B": b, "child": child, "bchild": bchild, "p": p, "q": q}
    values |= {"k": rng.choice(kinds), "o": rng.choice(things)}
    values |= words.PRONOUNS[child]
    values |= {k.capitalize(): v.capitalize() for k, v in words.PRONOUNS[child].items()}
    values |= {"b" + k: v for k, v in words.PRONOUNS[bchild].items()}
    opening = rng.choice(plots.OPENINGS).replace("{bond}", rng.choice(plots.BONDS))
    sentences = [opening] + [rng.choice(slot) for slot in plots.PLOTS[plot]] + [END]
    text = " ".join(_tell(s, rng, values) for s in sentences)
    return Story(text, (a, b), values["o"], (p, q), plot)


def _tell(sentence, rng, values):
    while _CHOICE.search(sentence):
        sentence = _CHOICE.sub(lambda m: rng.choice(m[1].split("|")), sentence, count=1)
    values["time"] = rng.choice(TIMES)
    told = sentence.format(**values)
    return told[0].upper() + told[1:]


def training_set():
    """The stories that the model is trained on, in order."""
    rng = random.Random(SEED)
    for _ in range(TRAINING_STORIES):
        yield story(rng)


def _grammar_words():
    every = plots.OPENINGS + plots.BONDS + [END]
    every += [s for plot in plots.PLOTS.values() for slot in plot for s in slot]
    every = [re.sub(r"{\w+}", " ", s) for s in every]
    every += words.NAMES + words.OBJECTS + words.KINDS + words.PLACES
    every += [w for p in words.PRONOUNS.values() for w in p.values()]
    every += words.PRONOUNS.keys() | set(TIMES)
    return {w.lower() for s in every for w in _WORD.findall(s)}


_KNOWN = _grammar_words()


def inspect(text):
    """What is wrong with a story, one line each; an empty list for a consistent one."""
    faults = []
    text = text.strip()
    found = _WORD.findall(text)
    opening = " ".join(re.split(r"(?<=[.!?]) ", text)[:2])
    introduced = {w for w in _WORD.findall(opening) if w in words.NAMES}
    used = {w for w in found if w in words.NAMES}
    if len(introduced) != 2:
        faults.append(f"introduces {sorted(introduced)}, not two characters")
    for stranger in sorted(used - introduced):
        faults.append(f"{stranger} was never introduced")
    for odd in sorted({w for w in found if w.lower() not in _KNOWN}):
        faults.append(f"{odd} is no word of the grammar")
    things = sorted({w for w in found if w in words.OBJECTS})
    if len(things) != 1:
        faults.append(f"the object is {things or 'missing'}")
    kinds = sorted({k for k in words.KINDS for o in things if f" {k} {o}" in text})
    if len(kinds) > 1:
        faults.append(f"the object is {' and '.join(kinds)}")
    if not text.endswith(END):
        faults.append("does not end")
    return faults


def places(text):
    """The places that a story names: two at most, if it keeps track of them."""
    return sorted({w for w in _WORD.findall(text) if w in words.PLACES})


if __name__ == "__main__":
    source = random.Random()
    for _ in range(3):
        print(story(source).text, end="\n\n")
