"""The recipe: one TOML file that holds the settings of a whole run, read into typed, frozen sections.

An unknown key, a wrong type or an impossible value is an error that names the key and the file. Settings can be
overridden from the command line by their dotted names: `pretrain.steps=200 corpus.near_duplicates.threshold=0.7`.
"""

from stages.recipe.ablate import Ablate
from stages.recipe.augmentation import AUGMENTERS, Augmentation, Step
from stages.recipe.cleaning import Cleaning, Decontamination, PersonalDataKind, RepeatedText, Urls
from stages.recipe.corpus import (
    Corpus,
    Extraction,
    Isolation,
    Language,
    Limits,
    NearDuplicates,
    Priority,
    Screening,
    Split,
)
from stages.recipe.loading import load_recipe
from stages.recipe.loss import Loss
from stages.recipe.mixture import Curriculum, Mixture
from stages.recipe.model import Model
from stages.recipe.quality import (
    C4,
    Classifier,
    FineWeb,
    GopherQuality,
    GopherRepetition,
    LineCorrections,
    Perplexity,
    Quality,
)
from stages.recipe.quality_model import QualityModel
from stages.recipe.section import Section
from stages.recipe.sources import Http, Reading, Source
from stages.recipe.tokenizer import Packing, Tokenizer, TokenizerModel, TokenizerReport, TokenizerSample, TokenizerSweep
from stages.recipe.training import Generation, Pretrain, Quota
from stages.recipe.whole import Recipe, Sample

__all__ = [
    "AUGMENTERS",
    "C4",
    "Ablate",
    "Augmentation",
    "Classifier",
    "Cleaning",
    "Corpus",
    "Curriculum",
    "Decontamination",
    "Extraction",
    "FineWeb",
    "Generation",
    "GopherQuality",
    "GopherRepetition",
    "Http",
    "Isolation",
    "Language",
    "Limits",
    "LineCorrections",
    "Loss",
    "Mixture",
    "Model",
    "NearDuplicates",
    "Packing",
    "Perplexity",
    "PersonalDataKind",
    "Pretrain",
    "Priority",
    "Quality",
    "QualityModel",
    "Quota",
    "Reading",
    "Recipe",
    "RepeatedText",
    "Sample",
    "Screening",
    "Section",
    "Source",
    "Split",
    "Step",
    "Tokenizer",
    "TokenizerModel",
    "TokenizerReport",
    "TokenizerSample",
    "TokenizerSweep",
    "Urls",
    "load_recipe",
]
