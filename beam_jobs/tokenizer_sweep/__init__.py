"""The tokenizer sweep: tokenizers of several sizes and models, trained on one sample and measured on one text.

The sample and the text are those of the tokenizer job, made by its phases; `compare` trains and measures a tokenizer a
unit. `close` writes the table, `results.json` and `sweep.png`.
"""
