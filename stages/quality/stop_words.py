"""Function words of the languages, which prose has and lists, menus and keywords have not.

Gopher (Rae et al. 2021, arXiv 2112.11446, section A.1.1) asks for two of eight English words. The English list is its
own; the others are eight of the most frequent function words of their language, of the same kinds: articles,
conjunctions, prepositions, particles, forms of `be`. Serbian has eight in each script, and Cantonese those of written
Chinese beside its own. Korean attaches its particles to the words before them; its list has free words. A language
without a list has no such rule: those of which we are not sure, and Lao, Khmer, Burmese and Dzongkha, whose texts are
not cut into words (segmentation.py).
"""

from collections.abc import Iterable, Mapping
from typing import Literal

_WORDS = """
af die en van is in het nie om
am ነው እና ላይ ውስጥ ወደ ነበር ግን ጋር
an de a en o que y por os
ar في من على إلى أن عن هذا التي
ary في من على إلى أن عن هذا التي
az və bu bir ilə üçün də da olan
be і у на не што з да па
bg и на в да за се от не
bn এবং ও করে এই জন্য থেকে না একটি
br ar an ha a e eus da hag
bs i u je da na se za od
ca el la de que i en els per
cs a se na je že to v s
cy y yn a ac o i ar mae
da og at det en til er af som
de der die das und ist nicht von mit
el και το να του η της που με
en the be to of and that have with
eo la de kaj en estas al ne por
es el la de que y en los con
et ja on ei et see ka kui mis
eu eta da ez bat dira du edo ere
fa و در به از که این را با
fi ja on ei se että oli hän mutta
fo og í at er á til sum av
fr le la les de des et que est
fy de en it fan is in yn foar
ga an na agus ar go le is ag
gl o a de que e en do da
gu અને છે આ માટે પણ એક તે કે
he של את על לא הוא עם כי גם
hi के में है की और से को का
hr i u je da na se za od
ht nan yo la ki pou se li ak
hu a az és hogy nem is egy van
hy և է են որ մի ու այս հետ
id yang dan di dengan untuk ini dari itu
is og að í er sem á ekki til
it il la di che e un per non
ja の に は を が と で も
ka და არის რომ ეს არ იყო თუ უფრო
kk және бұл мен үшін бір деп да де
kn ಮತ್ತು ಒಂದು ಈ ಅಥವಾ ಆ ಎಂದು ಇದು ಅವರು
ko 수 이 그 있는 다른 또는 및 더
ku û di de ji ku bi li ne
ky жана менен бул бир үчүн деп да эле
la et in est ad non cum ut quod
lb de an den vun ass mat fir op
lt ir kad į su iš yra tai kaip
lv un ir ar no uz par ka kas
mk и на во да се за од не
ml ഒരു ഈ എന്ന ആണ് ഇത് എന്നു നിന്ന് ഉള്ള
mn нь юм байна энэ гэж ба болон дээр
mr आणि आहे व हे या ही हा तो
ms yang dan di dengan untuk ini dari pada
ne र छ पनि यो हो भने गर्ने तथा
nl de het een en van is dat niet
nn og å det som ein på er til
no og å det som en på er til
oc de la lo e que los un per
pa ਦੇ ਦੀ ਵਿੱਚ ਹੈ ਨੂੰ ਅਤੇ ਤੋਂ ਦਾ
pl w na z się że do nie jest
pt o a de que e do da em
ro și de în la cu care este pe
ru и в не на что с по как
sk a sa na je že to v s
sl in je v na se da za ki
sq të e në dhe që për me është
sr и у је да на се за од i u je da na se za od
sv och att det som en på är av
sw na ya wa kwa ni katika la za
ta ஒரு மற்றும் இந்த என்று அல்லது என உள்ள அந்த
te మరియు ఒక ఈ కూడా నుండి లో అని ఆ
tg ва дар аз ба ки бо ин аст
th ที่ และ ใน ของ เป็น ได้ ให้ มี
tl ang ng sa na at mga ay ni
tr ve bir bu da de için ile çok
tt һәм бу белән өчен бер дә да ул
uk і в не на що з до та
ur کے میں ہے کی اور سے کو کا
uz va bu bilan uchun bir ham da deb
vi và của là có cho không được các
wuu 的 了 是 在 和 有 不 中
yue 的 了 是 在 和 有 不 中 嘅 係 喺 咗 唔 同 呢 佢
zh 的 了 是 在 和 有 不 中
"""
"""A language a line: its code and its words, in small letters."""

STOP_WORDS: Mapping[str, tuple[str, ...]] = {
    language: tuple(words) for language, *words in map(str.split, _WORDS.strip().splitlines())
}

_SETS = {language: frozenset(words) for language, words in STOP_WORDS.items()}


def stop_words_found(words: Iterable[str], language: str, reference: Literal["papers", "datatrove"]) -> int | None:
    """How many different stop words of a language are among words; None: there is no list for the language.

    `papers`: in any case. `datatrove`: Gopher's eight English words in every language, in small letters only.
    """
    if reference == "datatrove":
        return len(_SETS["en"].intersection(words))
    listed = _SETS.get(language)
    if listed is None:
        return None
    return len(listed.intersection(map(str.lower, words)))
