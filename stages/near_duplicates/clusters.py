"""Grouping: documents with equal keys as stars, and what stars connect.

A document is a 64-bit reference. A star joins the members of a group to the smallest of them, its centre: n - 1 edges
say what n (n - 1) / 2 pairs would. Components are joined by one call of scipy's, or for graphs that no machine holds by
rounds of two operations on stars (Kiveris et al. 2014, "Connected Components in MapReduce and Beyond"), of which each
needs only the edges of one node at a time. Both name a component by its smallest reference.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]
UInt64 = npt.NDArray[np.uint64]


def stars(keys: UInt64, references: UInt64) -> tuple[UInt64, UInt64]:
    """Centres and members, uint64 [members] each, of all groups of two or more references with an equal key.

    A centre is a member of its own star. `keys` and `references` are uint64 [n]; references differ from each other.
    """
    order = np.lexsort((references, keys))
    keys, references = keys[order], references[order]
    starts = np.flatnonzero(begins(keys))
    sizes = np.diff(starts, append=len(keys))
    shared = np.repeat(sizes > 1, sizes)
    centres = np.repeat(references[starts], sizes)
    return centres[shared], references[shared]


def connected_components(left: UInt64, right: UInt64) -> tuple[UInt64, UInt64]:
    """Nodes (ascending, each once) and labels, the smallest node of each one's component, of edges uint64 [n] each."""
    from scipy.sparse import coo_array, csgraph

    if len(left) == 0:
        return np.empty(0, np.uint64), np.empty(0, np.uint64)
    nodes = np.unique(np.concatenate([left, right]))
    ends = (np.searchsorted(nodes, left).astype(np.int32), np.searchsorted(nodes, right).astype(np.int32))
    graph = coo_array((np.ones(len(left), np.int8), ends), shape=(len(nodes), len(nodes)))
    _, components = csgraph.connected_components(graph, directed=False)
    first = np.full(int(components.max()) + 1, len(nodes), np.int64)
    np.minimum.at(first, components, np.arange(len(nodes)))
    return nodes, nodes[first[components]]


def large_star(nodes: UInt64, neighbours: UInt64) -> tuple[UInt64, UInt64]:
    """Joins the larger neighbours of each node to the smallest of itself and its neighbours.

    `nodes` and `neighbours` uint64 [edges] hold every edge of a node, in any order; so do they in the result, where
    each edge goes from the larger to the smaller end and is there once.
    """
    nodes, neighbours = _by_node(nodes, neighbours)
    smallest = np.minimum(nodes, _smallest_of_node(nodes, neighbours))
    larger = neighbours > nodes
    return unique_edges(neighbours[larger], smallest[larger])


def small_star(nodes: UInt64, neighbours: UInt64) -> tuple[UInt64, UInt64]:
    """Joins each node and its neighbours, all smaller than it, to the smallest of them.

    `nodes` and `neighbours` uint64 [edges] hold every edge from a node to a smaller one.
    """
    nodes, neighbours = _by_node(nodes, neighbours)
    smallest = _smallest_of_node(nodes, neighbours)
    ends, centres = np.concatenate([nodes, neighbours]), np.concatenate([smallest, smallest])
    apart = ends != centres
    return unique_edges(ends[apart], centres[apart])


def unique_edges(left: UInt64, right: UInt64) -> tuple[UInt64, UInt64]:
    """Edges in order, each once."""
    left, right = _by_node(left, right)
    new = begins(left) | begins(right)
    return left[new], right[new]


def begins(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a value differs from the one before it."""
    found = np.ones(len(values), np.bool_)
    found[1:] = values[1:] != values[:-1]
    return found


def _by_node(nodes: UInt64, neighbours: UInt64) -> tuple[UInt64, UInt64]:
    order = np.lexsort((neighbours, nodes))
    return nodes[order], neighbours[order]


def _smallest_of_node(nodes: UInt64, neighbours: UInt64) -> UInt64:
    """For each edge of sorted edges, the smallest neighbour of its node: the first one."""
    starts = np.flatnonzero(begins(nodes))
    return np.repeat(neighbours[starts], np.diff(starts, append=len(nodes)))
