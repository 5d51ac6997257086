"""Names and things that the generators speak of; none of them is taken from another data set."""

from __future__ import annotations


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


def pairs(text: str) -> list[tuple[str, ...]]:
    """The pairs of words of a text, a comma between two pairs."""
    return [words(pair) for pair in text.split(",")]


NAMES = words(
    "Ada Amir Anya Ben Bruno Carla Cleo Dana Dario Edna Emil Erik Fara Farid Fiona Greta Gus Hana Hugo Ida Igor Ines "
    "Jonas Jun Kai Kira Lars Leo Lina Luca Maya Milo Mona Nadia Nils Nora Olga Omar Otto Paula Pia Quinn Rafi Rosa "
    "Ruth Sami Selma Sofia Tara Theo Uma Vera Viktor Wanda Yara Yusuf Zara Zeno"
)
FIRST_NAMES = words(
    "Alma Anselm Beatrix Boris Celia Clemens Dorian Dunja Edda Elias Felix Flora Gilda Gregor Hedda Henrik Irma Ivo "
    "Jasper Josefa Katya Konrad Lorenz Lydia Magnus Mirta Nestor Odile Oskar Petra Piet Ramona Rufus Sabina Stefan "
    "Thea Tobias Ursula Valentin"
)
LAST_NAMES = words(
    "Abelson Arden Bellweather Brandt Castell Corvin Dahl Drummond Ekdal Ellery Falk Fairburn Grove Hallam Holm Ister "
    "Jansen Kestrel Kovacs Lindqvist Lund Marek Moreau Nash Norling Oster Pemberton Prior Quist Ravn Rosen Salter "
    "Sandoval Thorne Tremaine Ulmer Varga Wexley Winter Yates"
)
TOWNS = words(
    "Aldermoor Ashwick Brennick Bramport Caldstone Corley Dunvale Drakeford Eastmere Elmsby Fenwick Farholt Grayport "
    "Greenlaw Hollin Harrowgate Irondale Ingleby Jarrowfield Kestwick Kingsmere Lowmarsh Larkhill Millbrook Maplecross "
    "Northam Nettleby Oakhaven Overton Pinewold Redcliffe Rookhurst Silverdale Stonebeck Thornbury Uplyme Yarrow"
)
MONTHS = words("January February March April May June July August September October November December")
DAYS = words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")
FRUIT = words("apples pears mangoes apricots onions carrots potatoes tomatoes lemons cucumbers")
SMALL_THINGS = words(
    "pens pencils stickers marbles shells buttons stamps beads cards badges candles ribbons magnets erasers"
)
BAKED = words("muffins cookies rolls pancakes biscuits waffles pretzels")
