"""One page that shows a finished corpus: the funnel, the removals by rule, the values that rules measured, samples."""
