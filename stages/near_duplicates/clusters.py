"""Grouping: positions with equal keys, and positions that edges connect."""

import numpy as np
import numpy.typing as npt


def bucket_groups(keys: npt.NDArray[np.uint64]) -> list[npt.NDArray[np.int64]]:
    """The positions (int64, ascending) of every key that occurs at least twice in uint64 [n], by ascending key."""
    order = np.argsort(keys, kind="stable").astype(np.int64)
    ordered = keys[order]
    starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1]))) if len(keys) else order
    groups = np.split(order, starts[1:])
    return [group for group in groups if len(group) > 1]


def connected_components(count: int, edges: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Labels int64 [count]: the smallest position that edges int64 [n, 2] connect each position with."""
    from scipy.sparse import coo_array, csgraph

    if count == 0:
        return np.zeros(0, np.int64)
    left, right = edges.reshape(-1, 2).T
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(count, count))
    _, components = csgraph.connected_components(graph, directed=False)
    _, first = np.unique(components, return_index=True)
    labels: npt.NDArray[np.int64] = first[components].astype(np.int64)
    return labels
