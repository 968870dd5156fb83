"""Which documents are held out of training: whole clusters of similar documents, chosen by hash."""

import hashlib

from stages.recipe import Split

SPLITS = ("train", "validation", "test")


def assign_split(cluster: int, seed: int, settings: Split) -> str:
    """The split of every document in a cluster: a pure function of the cluster's number and the seed.

    BLAKE2b places the cluster in [0, 1). The validation split takes its share from the bottom and the test split from
    the top, so that a larger share only moves documents out of training.
    """
    if settings.validation == settings.test == 0:
        return "train"
    digest = hashlib.blake2b(f"split {seed} {cluster}".encode(), digest_size=8).digest()
    place = int.from_bytes(digest, "little") / 2**64
    if place < settings.validation:
        return "validation"
    if place >= 1.0 - settings.test:
        return "test"
    return "train"
