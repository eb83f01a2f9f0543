"""German: which questions are about something that can be seen, and what is told of it."""

from assistant.languages.pack import Sights
from assistant.languages.sight import Field, SightWords

_THIS = r"(?:diese[rsnm]?|dies)"
_MY = r"(?:der|die|das|den|dem|mein(?:e[rnms]?)?|sein(?:e[rnms]?)?|ihr(?:e[rnms]?)?)"
_HOLDER = (
    r"(?:bild|foto|aufnahme|etikett|flasche|dose|schachtel|packung|tüte|glas|tasse|becher"
    r"|schüssel|teller|tisch|regal|wand|boden|schild|karte|papier|seite|blatt|umschlag|brief|buch"
    r"|zettel|plakat|tafel|kassenbon|rechnung|quittung|display|anzeige|hand|händen|topf|pfanne"
    r"|ofen|herd|kühlschrank|schrank|verpackung|deckel|bus|tür|hemd|kleid|hose|jacke)"
)
_TRAIT = r"(?:farbe|marke|sorte|geschmack|rasse|größe|art|form|muster|nummer)"
_SPANS = (
    r"(?:(?:\w+ )?(?:morgen|vormittag|mittag|nachmittag|abend|nacht|tage?|woche|wochenende"
    r"|monat|jahr|sommer|winter|frühling|herbst|mal|moment|minute|stunde))"
)
_STATE = (
    r"(?:voll|leer|schmutzig|dreckig|sauber|reif|kaputt"
    r"|nass|trocken|dunkel|hell|gerade|schief|verbrannt|fertig|rot|grün|blau)"
)
_SWITCHED = r"(?:an|aus|offen|geöffnet|zu|geschlossen|abgeschlossen)"
_THING = (
    r"(?:licht|lampe|fernseher|herd|ofen|tür|fenster|schrank|kühlschrank|vorhang|rollo|kerze"
    r"|bildschirm|glas|flasche|tasse|dose|hemd|hose|kleid|schuhe|jacke|banane|apfel|topf)"
)

SIGHTS = Sights(
    asides=(rf"\b{_THIS} {_SPANS}\b",),
    never=(
        r"\b(?:lied|song|band|musik|playlist|wetter|termin|kalender|wecker|timer|erinner\w*)\b",
        r"\b(?:einkaufsliste|einkaufszettel|liste|aktie|verkehr|nachrichten|schlagzeilen)\b",
        r"\b(?:buchstabier\w*|übersetz\w*|wiederhol\w*|lieblings\w*)\b",
        r"^was (?:bedeutet|heißt) (?!.*(?:bildschirm|schild|zeichen|lampe|meldung))",
        r"\bwie sieht es (?:mit|bei)\b|\bmal sehen\b|\bschauen wir mal\b",
    ),
    shown=(
        (
            r"\b(?:was|welche[rsnm]?|wer|wie|ist|sind|hat|wann|woraus|passt|kannst)\b.*\b"
            rf"{_THIS} (?!problem|frage|wort|idee|film|serie|spiel|stadt|land|thema|firma)\w+"
        ),
        r"\b(?:was|wer) (?:ist|sind) (?:das|dies|die)(?: (?:hier|da|dort|für \w+(?: \w+)?))?$",
        r"\b(?:was|wer|welche[rsnm]? \w+) (?:das|dies) (?:ist|sind)\b",
        rf"\bwelche[rsnm]? (?:\w+ )?(?:ist|sind|hat) {_THIS}\b|\bwelche[rs]? davon\b",
        r"^(?:\w+ ){0,2}welche[rsnm]? \w+ (?:ist|sind) das(?: hier| da)?$",
        r"\bwas für (?:ein|eine|einen|einer) \w+ (?:ist|sind) (?:das|dies)\b",
        r"\b(?:siehst|erkennst) du\b|\bkannst du (?:\w+ )*(?:sehen|erkennen|vorlesen)\b",
        r"\b(?:schau|guck|sieh) (?:mal|dir|hin|dich)\b|\bbeschreib\w*\b",
        r"\b(?:halte|habe|zeige) ich\b.*\b(?:hand|händen|hoch|vor mir|an)\b",
        r"\bwie viele finger\b|\b(?:vor (?:mir|dir|uns)|in meiner hand|in die kamera)\b",
        r"\bwie (?:sehe ich|seh ich|sieht (?:mein\w*|das|er|sie)(?: \w+)?) aus\b|\bsteht mir\b",
        r"\bpass(?:t|en) (?:das|die|der|mein\w*) \w+ (?:zu|zum|zur)\b",
        (
            r"\bwas (?:steht|ist|liegt|hängt|klebt|zeigt|sieht man|befindet sich) (?:\w+ )?"
            rf"(?:auf|in|im|unter|hinter|neben|an|am)\b.*\b{_HOLDER}\b"
        ),
        rf"\b(?:auf|in|an|hinter|unter|neben) {_MY} {_HOLDER}\b|\b(?:im|am|vom) {_HOLDER}\b",
        rf"\b{_TRAIT} (?:hat|haben) (?:{_MY}|{_THIS})\b",
        rf"\bwelche {_TRAIT} (?:ist|sind) (?:das|dies|{_MY})\b",
        (
            rf"^(?:ist|sind|steht|hängt|liegt) (?:{_MY}|hier|da) \w+ (?:noch |schon "
            rf"|ganz )?{_STATE}\b"
        ),
        rf"\b(?:ist|sind) {_MY} {_THING} (?:noch |schon )?(?:{_STATE}|{_SWITCHED})\b",
        r"\b(?:das|dies|es) (?:für mich |mir )?(?:vor)?lesen\b|\bhinsiehst\b|\bsitzt mein\w*\b",
        (
            r"\blaut (?:etikett|schild|anzeige|verpackung|packung)\b|\bwelcher knopf\b"
            r"|\bwelche taste\b"
        ),
        r"^(?:trage|habe) ich (?:.* an|zwei .*|.* (?:socken|schuhe)|da was .*)$",
        r"^ist es (?:hier |noch |schon )*(?:dunkel|hell)\b",
        r"\bbrenn(?:t|en) (?:das|die|der) (?:licht|lampe|kerzen?|herd)\b|\bim gesicht\b",
        r"^(?:ist|sind) meine? (?:haare|frisur|zähne|nägel|krawatte)\b",
        rf"\b(?:hat|ist|sind) (?:{_MY}|da) .*\b(?:flecke?n?|riss|loch|kratzer)\b",
        r"\bwer (?:ist|steht|sitzt) (?:da|hier|dort|vor|an|im|auf)\b|\bist (?:da|hier) jemand\b",
        r"\bist jemand (?:im|in|an|vor|hier|da)\b",
        rf"\blies (?:mir |uns |bitte )*(?:das|den|die|{_THIS}|diesen|vor was)\b",
        r"\b(?:haltbarkeitsdatum|verfallsdatum|mindesthaltbar\w*|strichcode|qr code)\b",
        r"\bwann (?:läuft|laufen) (?:die|das|der|mein\w*) \w+ ab\b",
        r"\bwas (?:zeigt|sagt) (?:die|das|der) (?:waage|display|anzeige|thermometer|thermostat)\b",
        r"\b(?:steht|ist|sind|hier|da)\b.*\b(?:geschrieben|gedruckt|abgebildet|zu sehen)\b",
        r"\bwas (?:ist|sind) (?:das|dies) (?:hier |da )?für (?:ein\w*|\w+)\b",
        r"\bwas (?:das|dies) (?:hier |da )?für (?:ein\w* )?\w+(?: \w+)? (?:ist|sind)\b",
        (
            r"\bwas für (?:ein\w* )?(?:\w+ ){1,3}(?:ist|sind|habe|hab|halte|trage) (?:das|dies\w*"
            r"|ich|in|auf)\b"
        ),
        (
            r"\bwas steht (?:\w+ )?(?:auf|an|in|unter|über) (?:de[mnr]|mein\w+|dies\w+) "
            r"(?!programm|tagesordnung|agenda|plan|börse)\w+"
        ),
        (
            r"\bwelche[rsnm]? (?:davon |von \w+ )?(?:ist|sind) (?:rot|grün|blau|schwarz|weiß|gelb"
            r"|braun|rosa|lila|grau|orange)\b"
        ),
        (
            r"\b(?:was|wer|wie|ist|sind|welche\w*|kannst|woraus|wofür)\b.*\b(?:das|die|der|dies"
            r"|den) hier\b(?! in)"
        ),
        r"\b(?:von welcher|welche) marke\b.*\b(?:das|dies\w*)\b|\bwie heißt dies\w+\b",
        r"\bpass(?:t|en) (?:das|die|dies\w*)(?: beiden| zwei)?(?: \w+)? zusammen\b",
        r"\bwas zeigt (?:der|die|das|mein\w*) \w+ (?:\w+ )?an\b",
        rf"\b(?:text|titel|name|preis|nummer) (?:auf|von|in|an) (?:dies\w+|{_MY} {_HOLDER})\b",
        (
            r"\b(?:kann|können) (?:man|sie|du) .*\blesen,? was\b|\bwas (?:da|hier|dort|darauf"
            r"|drauf) (?:steht|ist)\b"
        ),
        r"\bwie (?:bereitet|kocht|macht|benutzt|öffnet) man das hier\b",
    ),
    near=(rf"\b(?:welche[rsnm]?|was für (?:ein\w*)?) ?{_TRAIT} (?:hat|ist) (?:es|das|er|sie)\b",),
    vague=(
        (
            r"^(?:ist|sind) (?:das|dies|es|die) .*\boder\b|^ist (?:das|dies|es) (?:hier "
            r"|da )?(?:ein\w*|der|die) \w+$"
        ),
        (
            r"\b(?:wie lautet|was ist|wie heißt) (?:der|die|das) (?:titel|überschrift|marke|preis"
            r"|name|text|produkt|sorte|geschmack)(?: bitte)?$"
        ),
        (
            r"\bwer (?:stellt|macht|produziert) (?:das|die|dies\w*)(?: \w+)?(?: her)?$"
            r"|\beingestellt(?: ist| sind)?$"
        ),
        r"\b(?:zubereitung|zubereitungs\w+|koch\w*anleitung|waschanleitung)(?: bitte)?$",
        (
            r"^ist (?:das|es|dies) (?:ein\w* )?\w+ oder (?:ein\w* )?\w+$|^wo (?:ist|sind|liegt"
            r"|liegen) mein\w* \w+$"
        ),
        r"^was (?:ist|sind) (?:es|das|die)$",
        rf"^welche {_TRAIT}$|^was steht (?:da|hier|dort|drauf)$",
    ),
    screen=(
        (
            r"\b(?:bildschirm|monitor|desktop|browser|webseite|fenster auf|tab)\b.*\b"
            r"(?:steht|sagt|zeigt|bedeutet|lies|siehst)\b"
        ),
        (
            r"\b(?:auf|an|von) (?:dem|meinem|diesem) (?:bildschirm|monitor|desktop)\b"
            r"|\bam bildschirm\b"
        ),
        r"\b(?:fehlermeldung|dialogfenster)\b",
    ),
    file=(
        r"\b(?:angehängt\w*|anhang|pdf)\b",
        rf"\b(?:{_MY}|{_THIS}) (?:datei|dokument|scan|video|screenshot)\b",
    ),
    leads=(
        (
            r"also|hallo|hey|hi|he|ok|okay|gut|ja|nein|und|aber|bitte|entschuldigung|danke"
            r"|übrigens|äh|ähm|nun|so|jetzt|noch"
        ),
        (
            r"(?:kannst|könntest|würdest) du (?:mir |uns )?(?:bitte |mal |vielleicht )*(?:sagen"
            r"|verraten|helfen|zeigen)"
        ),
        (
            r"sag(?: mir| mal| bitte)*|ich (?:möchte|will|wollte|würde) (?:gerne? |nur )*wissen"
            r"|ich frage mich|weißt du|ob"
        ),
        (
            r"(?:ich habe |noch )?(?:noch |mal |nur )*eine (?:kurze )?frage"
            r"|(?:noch )?etwas anderes|hilf mir(?: bitte| mal)*"
        ),
    ),
    reading=(
        (
            r"\b(?:lies|lesen|vorlesen|steht|geschrieben|text|etikett|brief|wort|nummer|datum"
            r"|preis"
            r"|summe|schild|überschrift|zutaten|anleitung|rechnung|quittung|seite|name|fehler\w*"
            r"|display|waage|anzeige|haltbar\w*|läuft|medizin|medikament)\b"
        ),
    ),
    refers=(
        (
            r"^(?=(?:\S+ ?){1,8}$)(?!.*\b(?:wie spät|regne\w*|geht es|gibt es|wetter)\b).*"
            r"\b(?:es|er|sie|ihn|das|dies|davon|darauf|daneben|dahinter)\b"
        ),
        r"\b(?:das|dem|diesem) (?:bild|foto|etikett|dokument)\b",
        r"^und (?:was|wer|welche\w*|wo|wie|ist|sind|die|der|das)\b|^was (?:noch|sonst)\b",
    ),
    excuses={
        "off": "Ich darf hier keine Kamera benutzen.",
        "blind": "Ich kann nicht sehen: Das Modell, mit dem ich denke, nimmt keine Bilder.",
        "camera": "Ich kann nichts sehen: Meine Kamera funktioniert gerade nicht.",
        "screen": "Ich kann mir deinen Bildschirm gerade nicht ansehen.",
        "covered": "Das Bild ist schwarz: Die Linse ist verdeckt, oder es ist völlig dunkel.",
        "frozen": "Meine Kamera zeigt ein Standbild, also weiß ich nicht, was jetzt da ist.",
        "file": "Diese Datei kann ich mir nicht ansehen: {why}.",
        "none": "Auf diesem Bild kann ich nichts erkennen.",
    },
)

SIGHT = SightWords(
    months=(
        *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August"),
        *("September", "Oktober", "November", "Dezember"),
    ),
    fields={
        "total": Field(
            "amount",
            (
                *("gesamtbetrag", "rechnungsbetrag", "zu zahlender betrag", "zahlbetrag"),
                *("endbetrag", "bruttobetrag", "gesamtsumme", "zu zahlen", "gesamt", "summe"),
                "total",
            ),
        ),
        "subtotal": Field("amount", ("zwischensumme", "nettobetrag", "summe netto", "netto")),
        "tax": Field("amount", ("mehrwertsteuer", "umsatzsteuer", "mwst", "ust")),
        "paid": Field("amount", ("bezahlt", "gezahlt", "gegeben", "bar", "karte")),
        "change": Field("amount", ("rückgeld",)),
        "date": Field(
            "date", ("rechnungsdatum", "ausstellungsdatum", "bestelldatum", "belegdatum", "datum")
        ),
        "due": Field("date", ("fälligkeitsdatum", "zahlbar bis", "fällig am", "fällig bis")),
        "expires": Field(
            "date", ("mindestens haltbar bis", "haltbar bis", "verfallsdatum", "gültig bis", "mhd")
        ),
        "number": Field(
            "number",
            (
                *("rechnungsnummer", "rechnungs nr", "rechnung nr", "belegnummer", "beleg nr"),
                *("bestellnummer", "auftragsnummer", "rechnung", "nummer", "nr"),
            ),
        ),
        "reference": Field("number", ("verwendungszweck", "ihr zeichen", "referenz")),
        "customer": Field("text", ("rechnung an", "kunde", "kundin", "empfänger", "name")),
        "vendor": Field("text", ("verkäufer", "lieferant", "händler", "absender", "von")),
        "quantity": Field("number", ("menge", "anzahl")),
        "phone": Field("number", ("telefonnummer", "telefon", "tel", "mobil")),
    },
    kinds={
        **dict.fromkeys(("datum", "tag", "bis", "fällig", "date"), "date"),
        **dict.fromkeys(("betrag", "summe", "preis", "kosten", "gebühr", "amount"), "amount"),
        **dict.fromkeys(("nummer", "nr", "anzahl", "menge", "kalorien", "telefon"), "number"),
    },
    titles=(
        *("rechnung", "quittung", "kassenbon", "beleg", "kontoauszug", "angebot", "mahnung"),
        *("auftragsbestätigung", "bestellung", "lieferschein", "gutschrift", "kopie", "seite"),
        *("vielen dank", "willkommen"),
    ),
    company=frozenset(
        {"gmbh", "ag", "kg", "ohg", "gbr", "ug", "ev", "eg", "mbh", "se", "co"}
        | {"apotheke", "markt", "laden", "bäckerei", "stadtwerke", "versicherung"}
    ),
    sums=("zwischensumme", "summe", "gesamt", "gesamtbetrag", "netto", "brutto", "mwst"),
    go_on=("weiter", "mach weiter", "lies weiter", "fahr fort", "nächster", "mehr"),
    repeat=("wiederhole", "wiederhole das", "noch einmal", "noch mal", "nochmal", "wie bitte"),
    back=("zurück", "geh zurück", "der davor", "vorheriger"),
    spell=("buchstabiere das", "buchstabiere", "buchstabier", "wie schreibt man das"),
    asks={
        "codes": ("barcode", "strichcode", "qr code", "qr", "code", "scanne", "scan"),
        "light": ("licht", "lampe", "dunkel", "hell", "helligkeit"),
        "motion": ("bewegt", "bewegung", "verändert", "geändert"),
        "faces": ("gesicht", "gesichter", "leute", "personen", "menschen", "jemand"),
        "colours": ("farbe", "farben", "farbig"),
        "text": (
            *("lies", "lesen", "vorlesen", "steht", "geschrieben", "text", "brief", "seite"),
            *("etikett", "schild"),
        ),
    },
    says={
        "read": "Ich kann nur lesen: {text}",
        "no text": "Ich sehe keinen Text, den ich lesen kann.",
        "cannot read": "Hier kann ich nicht lesen.",
        "code": "Ein {kind}: {text}",
        "no code": "Ich sehe weder einen Strichcode noch einen QR-Code.",
        "cannot scan": "Hier kann ich keine Codes lesen.",
        "colours": "Es ist überwiegend {colours}.",
        "middle": "Es ist überwiegend {colours}; in der Mitte ist es {middle}.",
        "dark": "Es ist dunkel: Das Licht ist aus, oder die Kamera ist verdeckt.",
        "dim": "Es ist dämmrig: Es gibt nur wenig Licht.",
        "bright": "Es ist hell: Das Licht ist an, oder die Sonne scheint.",
        "lamp": "Der Raum ist dämmrig, aber etwas leuchtet: eine Lampe oder ein Bildschirm.",
        "nobody": "Ich sehe kein Gesicht.",
        "one face": "Ich sehe ein Gesicht.",
        "faces": "Ich sehe {count} Gesichter.",
        "cannot count": "Gesichter kann ich nicht suchen; `assistant models pull yunet` hilft.",
        "first look": "Ich habe vorher nicht hingesehen und weiß nicht, was anders ist.",
        "still": "Seit ich zuletzt hingesehen habe, hat sich nichts bewegt.",
        "moved": "Seit ich zuletzt hingesehen habe, hat sich {where} etwas verändert.",
        "left": "links",
        "middle place": "in der Mitte",
        "right": "rechts",
        "everywhere": "überall",
        "no mind": "Ich habe kein Modell, das sehen kann; mehr als das kann ich nicht sagen.",
        "and": " und ",
        "read more": "Sag „weiter“, dann lese ich weiter.",
        "read end": "Das ist das Ende.",
        "read begin": "Das ist der Anfang.",
        "nothing to spell": "Es gibt nichts zu buchstabieren.",
    },
    colours={
        "black": "schwarz",
        "grey": "grau",
        "white": "weiß",
        "red": "rot",
        "orange": "orange",
        "yellow": "gelb",
        "green": "grün",
        "turquoise": "türkis",
        "blue": "blau",
        "purple": "lila",
        "pink": "rosa",
        "brown": "braun",
        "beige": "beige",
    },
)
