"""Searches for the parameters that score best, whatever is trained with them.

A space says which values parameters may take; a search tries some, learns from what they score,
and asks in the end whether the best are better than the defaults by more than the chance of the
seed. The sampling is Optuna's; how a set of values scores is the caller's.
"""
