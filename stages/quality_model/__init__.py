"""What a text is like: a linear classifier and an n-gram language model, both trained by `make quality-model`.

Both read the same tokens (`tokens`). Their numbers are kept in fixed point, so that a score is a sum of integers: equal
on every machine, in every batch and process.
"""
