"""Text sampled from a model."""

import torch
from torch import Tensor

from stages.recipe import Generation
from stages.tokenizer import Tokenizer
from trainer.model import Transformer


@torch.no_grad()
def generate(
    model: Transformer, tokenizer: Tokenizer, prompt: str, settings: Generation, window: int, seed: int
) -> str:
    """The prompt and its continuation, up to the end of the document or the number of tokens asked for.

    At most the last `window` tokens are read. Equal seeds give equal text on the same device.
    """
    device = model.embedding.weight.device
    generator = torch.Generator().manual_seed(seed)
    tokens = [tokenizer.bos_id, *tokenizer.encode(prompt).tolist()]
    for _ in range(settings.tokens):
        context = torch.tensor([tokens[-window:]], device=device)
        positions = torch.arange(context.shape[1], device=device)[None]
        logits = (model(context, positions)[0, -1] @ model.head.T).float().cpu()
        token = choose(logits, settings, generator)
        if token == tokenizer.eos_id:
            break
        tokens.append(token)
    return tokenizer.decode(tokens)


def choose(logits: Tensor, settings: Generation, generator: torch.Generator) -> int:
    """One token id from fp32 logits [vocabulary] on the CPU."""
    if settings.temperature == 0:
        return int(logits.argmax())
    if 0 < settings.top_k < len(logits):
        smallest = logits.topk(settings.top_k).values[-1]
        logits = logits.masked_fill(logits < smallest, -torch.inf)
    shares = torch.softmax(logits / settings.temperature, dim=-1)
    return int(torch.multinomial(shares, 1, generator=generator))
