"""Training of the linear classifier with scikit-learn: the same texts in the same order give the same weights."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stages.quality_model.linear import BUCKET_BITS, WEIGHT_STEPS, LinearModel, feature_blocks

FEATURE_SCALE = 30.0
"""What the shares of a text's features are multiplied by, so that steps of gradient descent have a size that learns."""
REGULARIZATION = 1e-5
EPOCHS = 10
"""Over the sample, ten epochs, these two numbers and their neighbours (a factor of ten) give an equal AUC to 0.0005."""

CALIBRATION_DECIMALS = 3


class Labelled(NamedTuple):
    """Texts, and for each whether it is of the positive set."""

    texts: Sequence[str]
    positive: NDArray[np.bool_]


def train_linear(training: Labelled, calibration: Labelled, seed: int) -> LinearModel:
    """A classifier trained on texts of both sets and calibrated on others.

    Averaged stochastic gradient descent on the logistic loss, a fixed number of epochs: it takes no decision by the
    value of a float and uses no threads, so that machines agree but for last bits, which the fixed point rounds off.
    """
    # Training alone needs these packages.
    from scipy.sparse import csr_array
    from sklearn.linear_model import SGDClassifier

    buckets = [np.concatenate([*feature_blocks(text), np.empty(0, np.intp)]) for text in training.texts]
    lengths = np.array([len(one) for one in buckets], np.int64)
    stops = np.concatenate(([0], np.cumsum(lengths)))
    values = np.repeat(FEATURE_SCALE / np.maximum(lengths, 1), lengths)
    shape = (len(buckets), 1 << BUCKET_BITS)
    features = csr_array((values, np.concatenate(buckets).astype(np.int32), stops.astype(np.int32)), shape=shape)
    features.sum_duplicates()
    learner = SGDClassifier(
        loss="log_loss",
        alpha=REGULARIZATION,
        max_iter=EPOCHS,
        tol=None,
        average=True,
        random_state=seed,
    )
    learner.fit(features, training.positive)
    weights = np.rint(learner.coef_[0] * FEATURE_SCALE * WEIGHT_STEPS)
    limits = np.iinfo(np.int32)
    uncalibrated = LinearModel(np.clip(weights, limits.min, limits.max).astype(np.int32), 1.0, 0.0)
    slope, intercept = _calibrated(uncalibrated, calibration)
    return LinearModel(uncalibrated.weights, slope, intercept)


def _calibrated(model: LinearModel, calibration: Labelled) -> tuple[float, float]:
    """Slope and intercept of the log-odds, fitted to texts that the weights have not seen.

    Platt 1999, "Probabilistic outputs for support vector machines", section 2.2: a text counts as (n + 1) / (n + 2) of
    its own set, so that sets which a line parts wholly give no infinite slope.
    """
    from sklearn.linear_model import LogisticRegression

    means = np.array([model.mean_weight(text) or 0.0 for text in calibration.texts])[:, None]
    positive = calibration.positive
    own = np.where(positive, np.sum(positive), np.sum(~positive))
    target = np.where(positive, own + 1, 1) / (own + 2)
    fit = LogisticRegression(C=np.inf, max_iter=1_000, tol=1e-10)
    fit.fit(
        np.concatenate((means, means)),
        np.repeat([True, False], len(means)),
        sample_weight=np.concatenate((target, 1 - target)),
    )
    return round(float(fit.coef_[0, 0]), CALIBRATION_DECIMALS), round(float(fit.intercept_[0]), CALIBRATION_DECIMALS)
