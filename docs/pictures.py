"""Draw the pictures of the chapters, check that they are current, show how to insert.

    python docs/pictures.py build      # write docs/images/pictures/*.svg
    python docs/pictures.py check      # exit code 1 if one is not current
    python docs/pictures.py markdown   # the line that shows each in a chapter

Never edit the files by hand: `docs/drawings/` draws them.
"""

import argparse
import sys
from pathlib import Path

from drawings import PICTURES
from drawings.canvas import Picture

FOLDER = Path(__file__).resolve().parent / "images" / "pictures"


def markdown(picture: Picture) -> str:
    """Return the line that shows a picture in a markdown cell of a chapter.

    It is one line, however long: `##은` must not begin one.
    """
    path = f"../docs/images/pictures/{picture.name}.svg"
    return f"# ![{picture.description}]({path})"


def drawn() -> list[Picture]:
    """Draw all pictures, in the order of the chapters."""
    return [draw() for draw in PICTURES]


def stale() -> list[Path]:
    """Return the files that are missing, outdated, or drawn by nothing."""
    expected = {FOLDER / f"{picture.name}.svg": picture.svg for picture in drawn()}
    found = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*")}
    paths = expected.keys() | found.keys()
    return sorted(path for path in paths if expected.get(path) != found.get(path))


def main() -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=["build", "check", "markdown"])
    command = parser.parse_args().command
    if command == "markdown":
        for picture in drawn():
            print(markdown(picture), end="\n\n")
    elif command == "check":
        for path in (paths := stale()):
            print(f"{path.name}: run docs/pictures.py build")
        return 1 if paths else 0
    else:
        FOLDER.mkdir(parents=True, exist_ok=True)
        texts = {f"{picture.name}.svg": picture.svg for picture in drawn()}
        for path in stale():
            path.unlink(missing_ok=True)
            if path.name in texts:
                path.write_text(texts[path.name], encoding="utf-8")
            print(path.name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
