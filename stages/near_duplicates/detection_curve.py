"""How likely locality-sensitive hashing finds a pair of similar documents."""


def detection_probability(similarity: float, bands: int, rows: int) -> float:
    """The probability that two texts of a given Jaccard similarity agree in at least one band: 1 - (1 - s^r)^b.

    Each of a band's `rows` values agrees with probability `similarity` (Broder 1997); a band needs all of them, a pair
    one of `bands` bands (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4.2).
    """
    return 1.0 - (1.0 - similarity**rows) ** bands


def similarity_found(probability: float, bands: int, rows: int) -> float:
    """The Jaccard similarity at which a pair is found with a given probability below 1."""
    return float((1.0 - (1.0 - probability) ** (1.0 / bands)) ** (1.0 / rows))
