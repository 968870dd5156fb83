"""Chance without a state: numbers that depend on what they are about, and on nothing that came before."""

import hashlib


def draw(document_id: int, seed: int, purpose: str) -> int:
    """A 64-bit number that depends on the document, the seed and the purpose alone (BLAKE2b)."""
    data = f"{purpose}:{seed}:{document_id}".encode()
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
