"""NetHack by planning and by learning: in come seeds of games, out go shares that reach the stairs.

Run it with `make nethack`. `glyphs` says what a symbol on the map means, `games` plays, `level_map`
remembers, `planner` plans, `policy` learns: from the planner in `imitation`, from its own games in
`policy_gradient`. Only `glyphs` and `games` import the NetHack Learning Environment.
"""
