"""What the glyphs of the NetHack Learning Environment mean to one who walks over the map."""

from enum import IntEnum
from functools import cache

import numpy as np

from words_and_images.neural.arrays import IntegerArray


class Symbol(IntEnum):
    """What a place shows, as far as walking is concerned."""

    UNKNOWN = 0  # blank: never seen, or solid rock
    WALL = 1
    FLOOR = 2
    CORRIDOR = 3
    DOORWAY = 4  # without a door, or with a broken one: diagonals are free
    OPEN_DOOR = 5
    CLOSED_DOOR = 6
    STAIRS_DOWN = 7
    TRAP = 8
    OBJECT = 9
    BOULDER = 10
    BARRED = 11  # water, lava, trees, iron bars
    PET = 12
    MONSTER = 13
    DANGEROUS = 14  # monsters that hurt who touches them, and do not come after anybody


MAP_SYMBOLS = {  # by their numbers in NetHack's table of symbols
    Symbol.WALL: range(1, 12), Symbol.DOORWAY: [12], Symbol.OPEN_DOOR: [13, 14],
    Symbol.CLOSED_DOOR: [15, 16], Symbol.BARRED: [17, 18, 32, 34, 37, 38, 41],
    Symbol.CORRIDOR: [21, 22], Symbol.STAIRS_DOWN: [24, 26],
    Symbol.TRAP: range(42, 65), Symbol.UNKNOWN: [0],
}
DANGEROUS_MONSTERS = {"floating eye", "acid blob", "brown mold", "yellow mold", "green mold",
                      "red mold", "blue jelly", "spotted jelly", "gas spore", "cockatrice"}


@cache
def symbol_table() -> IntegerArray:
    """The symbol of every glyph, (glyphs,): what is no other thing is floor."""
    from nle import nethack

    table = np.full(nethack.MAX_GLYPH + 1, Symbol.FLOOR, np.uint8)
    for symbol, numbers in MAP_SYMBOLS.items():
        table[[nethack.GLYPH_CMAP_OFF + number for number in numbers]] = symbol
    for glyph in range(nethack.MAX_GLYPH):
        if nethack.glyph_is_pet(glyph):
            table[glyph] = Symbol.PET
        elif nethack.glyph_is_monster(glyph):
            name = nethack.permonst(nethack.glyph_to_mon(glyph)).mname
            table[glyph] = Symbol.DANGEROUS if name in DANGEROUS_MONSTERS else Symbol.MONSTER
        elif nethack.glyph_is_object(glyph) or nethack.glyph_is_statue(glyph):
            table[glyph] = Symbol.OBJECT
    table[nethack.GLYPH_INVISIBLE] = Symbol.MONSTER
    boulder = next(number for number in range(nethack.NUM_OBJECTS)
                   if nethack.OBJ_NAME(nethack.objclass(number)) == "boulder")
    table[nethack.GLYPH_OBJ_OFF + boulder] = Symbol.BOULDER
    return table
