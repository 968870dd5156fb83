"""How many parameters a model has, told from its settings, and how many of them its vocabulary costs."""

from dataclasses import dataclass

from stages.recipe import Model


@dataclass(frozen=True)
class ModelSize:
    """Parameters of a Transformer."""

    embedding: int
    """Vocabulary times width; twice that if input and output have matrices of their own."""
    all: int


def model_size(settings: Model, vocabulary_size: int) -> ModelSize:
    """The parameters of the model that `[pretrain.model]` describes, with a vocabulary of so many tokens."""
    width = settings.width
    attention = 2 * width * width + 2 * width * settings.key_value_heads * settings.head_size
    feed_forward = (3 if settings.activation == "swiglu" else 2) * width * settings.feed_forward_width
    norms = 2 * width + (2 * settings.head_size if settings.qk_norm else 0)
    embedding = vocabulary_size * width * (1 if settings.tied_embeddings else 2)
    positions = settings.maximum_positions * width
    return ModelSize(embedding, embedding + positions + settings.layers * (attention + feed_forward + norms) + width)
