"""Checks generated stories: does each keep its names and its object, and is it new?

    python3 demo/check.py story-*.txt        # one story per file
    python3 demo/check.py < stories.txt      # stories with a line `---` between them

Exits with 1 when more than a tenth of the stories change a name or the object or do not end, or
more than a twentieth equal a training story: of 20 stories, 18 must be consistent and one may be a
copy. Stories that stray to a third place are counted too, but do not fail the check.
"""

import pathlib
import re
import sys

import stories

INCONSISTENT_SHARE = 1 / 10
COPIED_SHARE = 1 / 20


def read(paths):
    if paths:
        return {path: pathlib.Path(path).read_text() for path in paths}
    parts = re.split(r"^---$", sys.stdin.read(), flags=re.MULTILINE)
    return {f"story {i}": part for i, part in enumerate((p for p in parts if p.strip()), 1)}


def normal(text):
    """One line, without the mark that some programs print at the end."""
    return " ".join(re.sub(r"\[end of text\]|</?s>", " ", text).split())


def main():
    told = {label: normal(text) for label, text in read(sys.argv[1:]).items()}
    if not told:
        sys.exit("no stories: name files, or give stories on standard input")
    known = {s.text for s in stories.training_set()}
    inconsistent = copied = strayed = 0
    for label, text in told.items():
        notes = stories.inspect(text)
        inconsistent += bool(notes)
        if len(stories.places(text)) > 2:
            strayed += 1
            notes.append(f"strays: {', '.join(stories.places(text))}")
        if text in known:
            copied += 1
            notes.append("equals a training story")
        print(f"{label}: {'; '.join(notes) or 'consistent'}")
    count = len(told)
    print(f"names and object consistent in {count - inconsistent} of {count}")
    print(f"places consistent in {count - strayed} of {count}")
    print(f"equal to a training story: {copied} of {count}")
    if inconsistent > INCONSISTENT_SHARE * count or copied > COPIED_SHARE * count:
        sys.exit(1)


if __name__ == "__main__":
    main()
