"""`make detection-curve`: how likely the bands and rows of a recipe find a pair of similar documents."""
