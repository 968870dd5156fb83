"""Text to tokens and back, without loss: SentencePiece trained, loaded, and told to Hugging Face.

training      text to lines, lines to a model
model_file    the stored model: its pieces, and what is changed in it after training
cutting       texts into chunks that can be encoded each by itself
encoding      the tokenizer: `encode_batch`, `decode`, the ids of its special tokens
hugging_face  the same vocabulary as `tokenizer.json`
"""

from stages.tokenizer.encoding import HUGGING_FACE_FILES, MODEL_FILE, Tokenizer
from stages.tokenizer.training import MAXIMUM_LINE_BYTES, train_tokenizer, training_lines

__all__ = [
    "HUGGING_FACE_FILES",
    "MAXIMUM_LINE_BYTES",
    "MODEL_FILE",
    "Tokenizer",
    "train_tokenizer",
    "training_lines",
]
