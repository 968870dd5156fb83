"""The sections of a recipe that make variants of documents."""

from typing import Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from stages.recipe.languages import known_languages
from stages.recipe.section import Section

Augmenter = Literal[
    "keyboard",
    "ocr",
    "character_insert",
    "character_substitute",
    "character_swap",
    "character_delete",
    "homophone",
    "spelling",
    "split",
    "word_swap",
    "word_delete",
    "word_crop",
    "synonym",
    "antonym",
    "tf_idf",
    "contextual",
    "back_translation",
    "sentence_shuffle",
    "sentence_delete",
    "span_mask",
    "plugin",
    "sequence",
]
WITHOUT_RATE = ("back_translation", "plugin", "sequence")
"""They change a text as a whole."""
SUBJECTS: dict[str, tuple[str, ...]] = {
    "span_words": ("span_mask",),
    "mask": ("span_mask",),
    "model": ("contextual", "back_translation"),
    "back_model": ("back_translation",),
    "function": ("plugin",),
    "steps": ("sequence",),
}
"""Keys that only some augmenters read."""
NEEDED: dict[str, tuple[str, ...]] = {
    "contextual": ("model",),
    "back_translation": ("model", "back_model"),
    "plugin": ("function",),
    "sequence": ("steps",),
}


class Step(Section):
    """One way to change a text."""

    augmenter: Augmenter
    rate: float = Field(default=0.05, gt=0.0, le=1.0)
    """The share of the words of prose that are changed; of the sentences for those that change sentences."""
    span_words: float = Field(default=3.0, ge=1.0)
    """span_mask: the mean length of a masked span (T5, Raffel et al. 2020: 3)."""
    mask: str = Field(default="<mask>", min_length=1)
    """span_mask: what stands for a span."""
    model: str = ""
    """contextual: the folder of a masked language model; back_translation: of a model into another language."""
    back_model: str = ""
    """back_translation: the folder of the model that translates back."""
    function: str = Field(default="", pattern=r"^([A-Za-z_]\w*(\.[A-Za-z_]\w*)+)?$")
    """plugin: the dotted name of a function from text to text, `package.module.function`."""

    @model_validator(mode="after")
    def _settings_have_their_subject(self) -> Self:
        if self.augmenter == "sequence" and not hasattr(self, "steps"):
            raise ValueError("a sequence holds no other sequence; list its steps instead")
        fields = type(self).model_fields
        given = {key for key, field in fields.items() if getattr(self, key) != field.default}
        for key, augmenters in SUBJECTS.items():
            if key in given and self.augmenter not in augmenters:
                raise ValueError(f"{key} goes with {' or '.join(augmenters)}, not with {self.augmenter}")
        if "rate" in given and self.augmenter in WITHOUT_RATE:
            raise ValueError(f"{self.augmenter} has no rate")
        for key in NEEDED.get(self.augmenter, ()):
            if not getattr(self, key):
                raise ValueError(f"{self.augmenter} needs {key}")
        return self

    @property
    def needs_wordnet(self) -> bool:
        """Whether it looks words up in WordNet."""
        return self.augmenter in ("synonym", "antonym")

    @property
    def name(self) -> str:
        """The augmenter with the settings that it reads, as `keyboard(rate=0.05)`."""
        settings = [] if self.augmenter in WITHOUT_RATE else [f"rate={self.rate:g}"]
        settings += [
            f"{key}={getattr(self, key)}"
            for key, augmenters in SUBJECTS.items()
            if self.augmenter in augmenters and key != "steps"
        ]
        return f"{self.augmenter}({', '.join(settings)})"


class Augmentation(Step):
    """One kind of variant, made of a share of the training documents."""

    share: float = Field(default=0.05, ge=0.0, le=1.0)
    """The share of the training documents that get such a variant."""
    languages: tuple[str, ...] = ()
    """Only documents in these languages; empty: in all."""
    steps: tuple[Step, ...] = ()
    """sequence: what is done, one after the other."""

    _codes_are_known = field_validator("languages")(known_languages)

    @property
    def name(self) -> str:
        """The augmenter with the settings that it reads; of a sequence, all steps."""
        if self.augmenter == "sequence":
            return f"sequence({', '.join(step.name for step in self.steps)})"
        return super().name

    @property
    def own_steps(self) -> tuple[Step, ...]:
        """What is done to a text, in order."""
        return self.steps if self.augmenter == "sequence" else (self,)


AUGMENTERS: tuple[str, ...] = get_args(Augmenter)
