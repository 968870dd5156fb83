"""How many parameters a model has, told from its settings, and how many of them its vocabulary costs."""

from dataclasses import dataclass

from stages.recipe import Model

FEED_FORWARD_STEP = 64


@dataclass(frozen=True)
class ModelSize:
    """Parameters of a decoder."""

    embedding: int
    """Vocabulary times width; twice that if input and output have matrices of their own."""
    all: int


def model_size(settings: Model, vocabulary_size: int) -> ModelSize:
    """The parameters of the decoder that `[pretrain.model]` describes, with a vocabulary of so many tokens."""
    width = settings.width
    key_value_width = settings.key_value_heads * (width // settings.heads)
    inner = settings.feed_forward or -(-8 * width // 3 // FEED_FORWARD_STEP) * FEED_FORWARD_STEP
    attention = 2 * width * width + 2 * width * key_value_width
    layer = attention + 3 * width * inner + 2 * width
    embedding = vocabulary_size * width * (1 if settings.tied_embeddings else 2)
    return ModelSize(embedding, embedding + settings.layers * layer + width)
