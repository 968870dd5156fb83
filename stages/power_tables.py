"""Powers of a base mod 2^64: what hashes of all stretches of a sequence are computed from, by prefix sums."""

import numpy as np
import numpy.typing as npt

UInt64 = npt.NDArray[np.uint64]


def power_tables(base: int, count: int) -> tuple[UInt64, UInt64]:
    """An odd base to the powers 0 to count - 1, and their inverses, mod 2^64."""
    return _powers(base, count), _powers(pow(base, -1, 1 << 64), count)


def _powers(base: int, count: int) -> UInt64:
    factors = np.full(count, base, np.uint64)
    factors[0] = 1
    return np.multiply.accumulate(factors)
