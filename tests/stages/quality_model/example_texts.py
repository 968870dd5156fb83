"""Texts of two kinds that a model can tell apart: sentences, and menus of shops."""

import random

_WHO = [
    "the king",
    "a farmer",
    "my sister",
    "the old doctor",
    "one of the students",
    "the city",
    "her brother",
    "the army",
]
_DID = [
    "went to",
    "wrote about",
    "remembered",
    "built",
    "had never seen",
    "wanted to leave",
    "was born in",
    "described",
]
_WHAT = [
    "the house by the river",
    "a small village",
    "the war of 1812",
    "his first book",
    "the northern coast",
    "their garden",
]
_ITEMS = [
    "login",
    "cart",
    "buy now",
    "sale",
    "free shipping",
    "home",
    "contact",
    "next page",
    "price",
    "add to basket",
    "50% off",
    "newsletter",
]


def sentences(number: int) -> str:
    """A text of sentences."""
    source = random.Random(f"sentences {number}")
    parts = [f"{source.choice(_WHO)} {source.choice(_DID)} {source.choice(_WHAT)}" for _ in range(12)]
    return ". ".join(part[0].upper() + part[1:] for part in parts) + "."


def menu(number: int) -> str:
    """A text of menu items."""
    source = random.Random(f"menu {number}")
    return "\n".join(source.choice(_ITEMS) for _ in range(60))


def shuffled(text: str, number: int = 0) -> str:
    """The words of a text in another order."""
    words = text.split()
    random.Random(number).shuffle(words)
    return " ".join(words)


def noise(number: int) -> str:
    """Letters without sense."""
    source = random.Random(f"noise {number}")
    return "".join(source.choice("abcdefghijklmnopqrstuvwxyz    ") for _ in range(400))
