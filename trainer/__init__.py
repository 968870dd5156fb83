"""Pretrains a compact Transformer on packed shards: the only room that imports torch.

`pretrain` is the command, and light: it imports torch only when there is something to train. `run` is the whole run
from top to bottom. In the order of the data: `inputs` opens what the tokenizer job left, `loader` makes batches of it,
`model` with `attention` turns them into hidden states, `loss` into a number, `training` takes a step with `precision`,
`optimizer` and `schedule`, `evaluation` measures, `metrics` and `checkpoint` keep what was reached, `generation`
samples text, `export` writes the model for Hugging Face, and `report` tells a person. `device`, `interrupts` and
`folders` deal with the machine.

`ablate` is the command that compares many small models: `ablation_pool` trains several at a time, `ablation_models` is
one of them, `ablation_statistics` says how sure a difference is, `ablation_results` and `ablation_plot` tell it.
"""
