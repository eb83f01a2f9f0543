"""What is said of the home, by language; a language that is not here gets English."""

from collections.abc import Mapping

Phrases = Mapping[str, str]

_EN = {
    "on": "Turning on {name}.",
    "off": "Turning off {name}.",
    "open": "Opening {name}.",
    "close": "Closing {name}.",
    "stop": "Stopping {name}.",
    "activate": "Activating {name}.",
    "level": "Setting {name} to {number} percent.",
    "colour": "Changing the colour of {name}.",
    "temperature": "Setting {name} to {number} degrees.",
    "many": "{count} devices",
    "many_in": "{count} devices in {area}",
    "is_on": "{name} is on.",
    "is_off": "{name} is off.",
    "is_open": "{name} is open.",
    "is_closed": "{name} is closed.",
    "is_warm": "{name}: {number} degrees.",
    "unknown": "I do not know the state of {name}.",
    "nothing": "I found nothing like that in the home.",
    "cannot": "{name} cannot do that.",
    "unreachable": "I cannot reach the home now.",
    "which": "There are {count} devices called {name}: {options}. Which one?",
    "which_of": "I found {count}: {options}. Which one?",
    "alike": "There are {count} devices called {name}, and I cannot tell them apart. "
    "Give them different names.",
    "or": "or",
    "light": "the light",
    "switch": "the switch",
    "fan": "the fan",
    "cover": "the cover",
    "climate": "the thermostat",
    "scene": "the scene",
    "all": "all both everything",
}
_DE = {
    "on": "Ich schalte {name} ein.",
    "off": "Ich schalte {name} aus.",
    "open": "Ich öffne {name}.",
    "close": "Ich schließe {name}.",
    "stop": "Ich halte {name} an.",
    "activate": "Ich aktiviere {name}.",
    "level": "Ich stelle {name} auf {number} Prozent.",
    "colour": "Ich ändere die Farbe von {name}.",
    "temperature": "Ich stelle {name} auf {number} Grad.",
    "many": "{count} Geräte",
    "many_in": "{count} Geräte in {area}",
    "is_on": "{name} ist an.",
    "is_off": "{name} ist aus.",
    "is_open": "{name} ist offen.",
    "is_closed": "{name} ist zu.",
    "is_warm": "{name}: {number} Grad.",
    "unknown": "Ich weiß nicht, wie es um {name} steht.",
    "nothing": "So etwas habe ich im Haus nicht gefunden.",
    "cannot": "{name} kann das nicht.",
    "unreachable": "Ich erreiche das Haus gerade nicht.",
    "which": "Es gibt {count} Geräte namens {name}: {options}. Welches?",
    "which_of": "Ich habe {count} gefunden: {options}. Welches?",
    "alike": "Es gibt {count} Geräte namens {name}, und ich kann sie nicht unterscheiden. "
    "Gib ihnen verschiedene Namen.",
    "or": "oder",
    "light": "das Licht",
    "switch": "der Schalter",
    "fan": "der Ventilator",
    "cover": "der Rollladen",
    "climate": "der Thermostat",
    "scene": "die Szene",
    "all": "alle beide alles",
}
_ES = {
    "on": "Enciendo {name}.",
    "off": "Apago {name}.",
    "open": "Abro {name}.",
    "close": "Cierro {name}.",
    "stop": "Detengo {name}.",
    "activate": "Activo {name}.",
    "level": "Pongo {name} al {number} por ciento.",
    "colour": "Cambio el color de {name}.",
    "temperature": "Pongo {name} a {number} grados.",
    "many": "{count} dispositivos",
    "many_in": "{count} dispositivos en {area}",
    "is_on": "{name}: encendido.",
    "is_off": "{name}: apagado.",
    "is_open": "{name}: abierto.",
    "is_closed": "{name}: cerrado.",
    "is_warm": "{name}: {number} grados.",
    "unknown": "No conozco el estado de {name}.",
    "nothing": "No he encontrado nada así en la casa.",
    "cannot": "{name} no puede hacer eso.",
    "unreachable": "Ahora no puedo conectar con la casa.",
    "which": "Hay {count} dispositivos llamados {name}: {options}. ¿Cuál?",
    "which_of": "He encontrado {count}: {options}. ¿Cuál?",
    "alike": "Hay {count} dispositivos llamados {name} y no puedo distinguirlos. "
    "Dales nombres distintos.",
    "or": "o",
    "light": "la luz",
    "switch": "el interruptor",
    "fan": "el ventilador",
    "cover": "la persiana",
    "climate": "el termostato",
    "scene": "la escena",
    "all": "todos todas ambos ambas todo",
}
_FR = {
    "on": "J'allume {name}.",
    "off": "J'éteins {name}.",
    "open": "J'ouvre {name}.",
    "close": "Je ferme {name}.",
    "stop": "J'arrête {name}.",
    "activate": "J'active {name}.",
    "level": "Je règle {name} à {number} pour cent.",
    "colour": "Je change la couleur de {name}.",
    "temperature": "Je règle {name} à {number} degrés.",
    "many": "{count} appareils",
    "many_in": "{count} appareils dans {area}",
    "is_on": "{name} : allumé.",
    "is_off": "{name} : éteint.",
    "is_open": "{name} : ouvert.",
    "is_closed": "{name} : fermé.",
    "is_warm": "{name} : {number} degrés.",
    "unknown": "Je ne connais pas l'état de {name}.",
    "nothing": "Je n'ai rien trouvé de tel dans la maison.",
    "cannot": "{name} ne peut pas faire cela.",
    "unreachable": "Je ne peux pas joindre la maison maintenant.",
    "which": "Il y a {count} appareils nommés {name} : {options}. Lequel ?",
    "which_of": "J'en ai trouvé {count} : {options}. Lequel ?",
    "alike": "Il y a {count} appareils nommés {name}, et je ne peux pas les distinguer. "
    "Donnez-leur des noms différents.",
    "or": "ou",
    "light": "la lumière",
    "switch": "l'interrupteur",
    "fan": "le ventilateur",
    "cover": "le volet",
    "climate": "le thermostat",
    "scene": "la scène",
    "all": "tous toutes tout les deux",
}
_ALL: Mapping[str, Phrases] = {"en": _EN, "de": _DE, "es": _ES, "fr": _FR}


def phrases(language: str) -> Phrases:
    """Return what is said in a language; `language` may name a region, too."""
    return _ALL.get(language.partition("-")[0], _EN)


def listed(options: list[str], said: Phrases) -> str:
    """Join what one may choose from, as it is said."""
    *front, last = options
    return f"{', '.join(front)} {said['or']} {last}" if front else last
