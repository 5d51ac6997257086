"""The texts of the arithmetic word problems, by kind; ``arithmetic`` fills their slots."""

from __future__ import annotations

OPENINGS = (
    "It is {day} morning, and {name} has come to the {place} early.",
    "{name} and {other} meet at the {place} on {day}.",
    "On {day}, {name} is helping {other} at the {place}.",
    "{name} writes everything down in a small notebook.",
    "This happened last {day} near the old {place}.",
    "{name} is getting ready for a party next {day}.",
    "{other} asks {name} a riddle on the way to the {place}.",
    "It rains all {day}, so {name} stays indoors and counts.",
    "{name} wants to be sure about a number before {day}.",
    "The {place} is busy this {day}, and {name} is there too.",
    "{name} tells {other} about a day at the {place}.",
    "{other} watches what {name} does on {day}.",
)

ONE_STEP_TEXTS = {
    "add": (
        "{name} has {a} {things}, and then {other} brings {b} more. How many {things} does {name} have now?",
        "There are {a} {things} on the table and {b} {things} in the {box}. How many {things} are there in all?",
        "{name} buys {a} {things} first and {b} {things} later. How many {things} does {name} buy altogether?",
        "{name} finds {a} {things} and {other} finds {b}. How many {things} do the two of them find together?",
        "A {box} holds {a} {things}. {name} puts {b} more {things} into it. How many {things} are in the {box} now?",
        "{other} counted {a} {things} before lunch and {b} after lunch. How many {things} did {other} count?",
        "One shelf has {a} {things} and another has {b} {things}. What is the total number of {things}?",
    ),
    "take away": (
        "{name} has {a} {things} and gives {b} of them to {other}. How many {things} does {name} have left?",
        "A seller has {a} {things} and sells {b} of them. How many {things} remain?",
        "There were {a} {things} in the {box}, but {b} were lost. How many {things} are still there?",
        "{name} had {a} {things} and used {b} of them. How many {things} are left over?",
        "{other} owns {a} {things} and lends {b} of them to {name}. How many {things} does {other} keep?",
        "Of {a} {things} in a {box}, {b} are old and the others are new. How many {things} are new?",
    ),
    "still needed": (
        "{name} needs {a} {things} and already has {b}. How many more {things} does {name} need?",
        "{name} has {a} {things} and {other} has {b} {things}. How many more {things} does {name} have than {other}?",
        "{other} must pack {a} {things} and has packed {b} so far. How many {things} still have to be packed?",
        "There is room for {a} {things}, and {b} are there already. How many more {things} can be added?",
    ),
    "multiply": (
        "{name} fills {b} {boxes} with {a} {things} each. How many {things} is that in total?",
        "One {box} holds {a} {things}. How many {things} do {b} full {boxes} hold?",
        "{name} buys {b} {boxes}, and every {box} has {a} {things} in it. How many {things} does {name} get?",
        "{name} uses {a} {things} every day. How many {things} does {name} use in {b} days?",
        "There are {b} tables with {a} {things} on each of them. How many {things} are on the tables?",
        "Each of {b} children brings {a} {things}. How many {things} do the children bring together?",
        "{other} lays the {things} out in {b} rows of {a}. How many {things} are there?",
    ),
    "share": (
        "{name} shares {a} {things} equally among {b} friends. How many {things} does each friend get?",
        "{other} puts {a} {things} into {b} {boxes}, the same number in each. How many {things} are in one {box}?",
        "{a} {things} are to be divided fairly between {b} families. How many {things} does one family receive?",
        "{name} lays out {a} {things} in {b} equal rows. How many {things} are in each row?",
        "{b} children pick {a} {things}, all of them the same number. How many {things} does each child pick?",
    ),
    "times as many": (
        "{name} has {a} {things}, and {other} has {times} as many. How many {things} does {other} have?",
        "A small {box} holds {a} {things}, and a large one holds {times} as many. How many {things} fit into the large one?",
        "{other} sold {a} {things} yesterday and {times} as many today. How many {things} did {other} sell today?",
    ),
}

HARD_TEXTS = {
    "change": (
        "{name} buys {a} {things} at {b} dollars each and pays with {c} dollars. How many dollars does {name} get back?",
        "With {c} dollars, {name} pays for {a} {things} that cost {b} dollars each. How many dollars are left?",
        "{other} has {c} dollars and spends {b} dollars on each of {a} {things}. How many dollars does {other} still have?",
    ),
    "gather": (
        "{name} starts with {a} {things} and gets {c} more on each of the next {b} days. How many {things} does {name} "
        "have in the end?",
        "There are {a} {things} in a store room. Then {b} {boxes} with {c} {things} each are delivered. How many {things} "
        "are there now?",
        "{other} has {a} {things}. Each of {b} friends brings {other} another {c}. How many {things} does {other} have now?",
    ),
    "sell the good": (
        "A truck brings {a} {boxes} of {b} {things}. {c} of the {things} are spoiled, and the others are sold for {d} "
        "dollars each. How many dollars do they bring?",
        "{name} makes {a} {boxes} with {b} {things} in each, keeps {c} {things}, and sells all the rest for {d} dollars "
        "apiece. How many dollars does {name} take in?",
    ),
    "share the rest": (
        "{name} has {a} {things}, keeps {b} of them, and divides the rest equally among {c} friends. How many {things} "
        "does each friend get?",
        "Out of {a} {things}, {b} are thrown away. The others go into {c} {boxes}, the same number into each. How many "
        "{things} are in one {box}?",
    ),
    "both": (
        "{name} has {a} {things}, and {other} has {b} more than {name}. How many {things} do they have together?",
        "On the first day {a} {things} are sold, on the second day {b} more than on the first. How many {things} are "
        "sold on the two days?",
    ),
    "lengths": (
        "{name} walks {a} kilometres, then {b} kilometres, and at last {c} kilometres. How many kilometres does {name} "
        "walk in all?",
        "Three parcels weigh {a}, {b} and {c} kilograms. How many kilograms do they weigh together?",
        "{other} pours {a}, {b} and {c} litres of water into a tank that was empty. How many litres are in it?",
    ),
    "price": (
        "One ticket costs {b} dollars. How many dollars does {name} pay for {a} tickets?",
        "{name} buys {a} {things} for {b} dollars each. How many dollars does that cost?",
        "{other} is paid {b} dollars for each of {a} short jobs. How many dollars does {other} earn?",
    ),
    "average": (
        "{name} counts {a} visitors on one day, {b} on the next and {c} on the last. What is the average number of "
        "visitors a day?",
        "Three {boxes} hold {a}, {b} and {c} {things}. What is the average number of {things} in a {box}?",
    ),
    "fence": (
        "A rectangular field is {a} metres long and {b} metres wide. How many metres of fence does {name} need to go all "
        "the way around it?",
        "{name} walks once around a rectangular pool of {a} by {b} metres, along its edge. How many metres is that?",
    ),
    "percent": (
        "A coat costs {a} dollars, but today everything is {b} percent cheaper. How many dollars does {name} pay for it?",
        "There were {a} {things}, and {b} percent of them have been sold. How many {things} are left?",
    ),
    "speed": (
        "A train travels {b} hours at {a} kilometres per hour and then another {c} kilometres. How many kilometres does "
        "it travel in total?",
        "{other} drives at {a} kilometres per hour for {b} hours and has {c} kilometres still to go. How many kilometres "
        "long is the whole trip?",
    ),
}
