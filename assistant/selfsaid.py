"""What the assistant says of its own minds, by language."""

_REFUSAL = {
    "en": "I'd rather not answer that.",
    "de": "Darauf möchte ich nicht antworten.",
    "es": "Prefiero no responder a eso.",
    "fr": "Je préfère ne pas répondre à cela.",
}
_LOCAL = {
    "en": "I am thinking locally now.",
    "de": "Ich denke jetzt auf diesem Gerät.",
    "es": "Ahora pienso en este aparato.",
    "fr": "Je réfléchis maintenant sur cet appareil.",
}
_OTHER = {
    "en": "I am thinking with {name} now.",
    "de": "Ich denke jetzt mit {name}.",
    "es": "Ahora pienso con {name}.",
    "fr": "Je réfléchis maintenant avec {name}.",
}
_UNSEEN = {
    "en": "(There was a picture here; you cannot see it.)",
    "de": "(Hier war ein Bild; du kannst es nicht sehen.)",
    "es": "(Aquí había una imagen; no puedes verla.)",
    "fr": "(Il y avait une image ici ; tu ne peux pas la voir.)",
}


def refusal(language: str) -> str:
    """Return what is said when a mind will not answer."""
    return _in(_REFUSAL, language)


def taken_over(name: str, language: str, *, local: bool) -> str:
    """Return what is said once when another mind has taken over."""
    return _in(_LOCAL if local else _OTHER, language).format(name=name)


def unseen(language: str) -> str:
    """Return what stands for a picture where a mind cannot see."""
    return _in(_UNSEEN, language)


def _in(sentences: dict[str, str], language: str) -> str:
    return sentences.get(language.partition("-")[0], sentences["en"])
