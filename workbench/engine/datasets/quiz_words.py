"""The words that the quiz asks for. No word stands in two kinds, and no option can be defended beside the right one."""

from __future__ import annotations

from workbench.engine.datasets.words import pairs, words

KINDS = {
    "animal": words(
        "dog cat horse lion mouse rabbit eagle shark frog wolf bear goat duck whale snake tiger sheep monkey camel"
    ),
    "fruit": words("apple banana grape mango pear melon pineapple strawberry raspberry papaya pomegranate"),
    "vegetable": words("carrot onion potato cabbage spinach broccoli leek turnip lettuce radish"),
    "colour": words("red blue green yellow purple brown black white pink grey"),
    "tool": words("hammer saw chisel wrench pliers screwdriver shovel rake axe spanner"),
    "vehicle": words("car bus train bicycle truck tram lorry motorcycle van scooter"),
    "piece of clothing": words("shirt hat coat sock glove scarf jacket dress skirt sweater"),
    "musical instrument": words("piano violin flute guitar drum trumpet harp cello clarinet banjo"),
    "part of the body": words("hand foot knee elbow nose ear shoulder finger ankle chin"),
    "piece of furniture": words("chair table bed sofa desk stool wardrobe bench cupboard armchair"),
    "profession": words("doctor teacher farmer nurse pilot lawyer plumber tailor baker dentist"),
    "drink": words("water milk tea coffee juice lemonade cocoa"),
    "building": words("house church castle school hospital barn tower palace factory museum"),
}

OPPOSITES = pairs(
    "hot cold, big small, fast slow, old young, light dark, open closed, full empty, hard soft, early late, "
    "wet dry, loud quiet, rich poor, strong weak, near far, happy sad, clean dirty, thick thin, deep shallow, "
    "true false, brave cowardly, sweet bitter, cheap expensive, always never, begin end, buy sell, push pull, "
    "arrive leave, remember forget, laugh cry, win lose, up down, inside outside, left right"
)

SAME = pairs(
    "big large, begin start, quick fast, happy glad, angry furious, ill sick, smart clever, quiet silent, "
    "close shut, repair mend, shout yell, jump leap, odd strange, gift present, error mistake, street road, "
    "rock stone, rich wealthy, brave courageous, finish complete, choose select, rest relax, hide conceal, "
    "tired weary"
)

USES = [
    ("cut paper", "scissors"),
    ("sweep the floor", "a broom"),
    ("dig a hole", "a shovel"),
    ("tell the time", "a clock"),
    ("open a locked door", "a key"),
    ("write a letter", "a pen"),
    ("eat soup", "a spoon"),
    ("tidy your hair", "a comb"),
    ("stay dry in the rain", "an umbrella"),
    ("take a photograph", "a camera"),
    ("boil water", "a kettle"),
    ("look at distant stars", "a telescope"),
    ("measure a fever", "a thermometer"),
    ("sew on a button", "a needle"),
    ("wash your hands", "soap"),
    ("light a dark room", "a lamp"),
    ("brush your teeth", "a toothbrush"),
    ("measure the length of a table", "a ruler"),
    ("drive in a nail", "a hammer"),
    ("climb onto a roof", "a ladder"),
    ("find north", "a compass"),
    ("carry school books", "a backpack"),
    ("sleep outdoors", "a tent"),
    ("bake bread", "an oven"),
]

YOUNG = [
    ("puppy", "dog"),
    ("kitten", "cat"),
    ("calf", "cow"),
    ("foal", "horse"),
    ("lamb", "sheep"),
    ("piglet", "pig"),
    ("duckling", "duck"),
    ("fawn", "deer"),
    ("tadpole", "frog"),
    ("caterpillar", "butterfly"),
    ("gosling", "goose"),
    ("cygnet", "swan"),
    ("owlet", "owl"),
    ("leveret", "hare"),
]

STEPS = {"right after": 1, "right before": -1, "two {what}s after": 2}
"""Ways to go on from a day or a month, and how far."""
