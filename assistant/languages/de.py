"""German."""

from assistant.core.commands import Notice
from assistant.languages.de_sight import SIGHT, SIGHTS
from assistant.languages.pack import Asking, Pack

PACK = Pack(
    code="de",
    name="Deutsch",
    backchannels=(
        *("m", "mm", "mmm", "mhm", "mhmm", "mm-hmm", "hmm", "hm", "aha", "ah", "oh", "ach"),
        *("ach so", "achso", "verstehe", "interessant", "wow", "echt", "wirklich", "schön"),
        *("toll", "prima", "super", "klasse", "cool"),
    ),
    assents=(
        *("ja", "jo", "jawohl", "ja bitte", "ja gerne", "gerne", "okay", "ok", "klar", "sicher"),
        *("na klar", "natürlich", "nein", "nö", "nee", "nein danke", "lieber nicht", "gut"),
        *("alles klar", "in ordnung", "genau", "richtig", "stimmt", "auf jeden fall"),
    ),
    stops=(
        *("stopp", "stop", "halt", "halt an", "aufhören", "hör auf", "hör auf zu reden", "ruhe"),
        *("sei still", "sei ruhig", "still", "schluss", "schluss jetzt", "genug", "es reicht"),
        *("das reicht", "schon gut", "vergiss es", "egal", "lass es", "lass gut sein", "warte"),
        *("warte mal", "moment", "moment mal", "einen moment", "pst", "psst", "klappe"),
    ),
    cancels=("abbrechen", "abbruch", "brich ab", "brich das ab", "das abbrechen"),
    courtesies=("bitte", "danke", "danke schön", "jetzt", "hey", "mal", "doch", "dann", "so"),
    fillers=("äh", "ähm", "öh", "öhm", "em", "ehm", "äm"),
    openers=frozenset(
        {
            *("der", "die", "das", "den", "dem", "des", "ein", "eine", "einen", "einem", "einer"),
            *("mein", "meine", "meinen", "meinem", "meiner", "dein", "deine", "unser", "unsere"),
            *("und", "oder", "aber", "weil", "dass", "wenn", "ob", "obwohl", "sondern", "als"),
            *("sehr", "jede", "jeden", "jedes", "damit", "sodass", "denn"),
        }
    ),
    dangling=frozenset(
        {
            *("für", "mit", "von", "zu", "zum", "zur", "nach", "bei", "beim", "bis", "aus", "im"),
            *("in", "am", "um", "über", "unter", "zwischen", "während", "pro", "seit", "gegen"),
            *("namens", "hat", "hatte", "wird", "würde", "könnte", "sollte", "muss", "welche"),
        }
    ),
    heads=(
        *("kannst du", "könntest du", "würdest du", "hast du", "bist du", "willst du"),
        *("kann ich", "darf ich", "soll ich", "ich", "ich will", "ich möchte", "ich brauche"),
        *("sag mir", "zeig mir", "gib mir", "erinnere mich", "erinner mich", "was ist", "wer ist"),
        *("hallo", "also", "wo ist", "wie", "was", "wann", "stell", "stelle", "mach", "schalte"),
        *("spiel", "spiele", "öffne", "such", "suche", "setz", "setze", "ruf", "wie viel"),
        *("wie viele", "wie lange", "wie spät", "gibt es", "füge", "schreib", "welcher"),
    ),
    notices={
        Notice.NOT_UNDERSTOOD: "Entschuldigung, das habe ich nicht verstanden.",
        Notice.NOT_LISTENING: "Entschuldigung, ich höre dich gerade nicht.",
        Notice.MIND_SLOW: "Entschuldigung, das dauert mir zu lange. Frag bitte noch einmal.",
        Notice.MIND_FAILED: "Entschuldigung, beim Nachdenken ging etwas schief.",
        Notice.VOICE_FAILED: "Entschuldigung, mir hat es kurz die Stimme verschlagen.",
    },
    digits=frozenset(
        {
            *("null", "eins", "zwei", "zwo", "drei", "vier", "fünf", "sechs", "sieben", "acht"),
            "neun",
        }
    ),
    numbers="de",
    espeak="de",
    asking=Asking(
        moment="Einen Moment.",
        still="Ich bin noch dabei.",
        shall="Soll ich {what}?",
        use="{tool} benutzen",
        use_with="{tool} mit {values} benutzen",
        also=" und ",
        finished="{what} ist fertig.",
        done="Erledigt.",
        failed="Das konnte ich leider nicht.",
        agrees=(
            *("ja", "klar", "sicher", "natürlich", "okay", "ok", "gern", "gerne", "in ordnung"),
            *("mach das", "mach es", "tu das"),
        ),
        softens=frozenset(
            {"bitte", "danke", "das", "es", "so", "jetzt", "nur", "die", "den", "der"}
        ),
        refuses=frozenset(
            {
                *("nein", "nicht", "nie", "kein", "keine", "nö", "warte", "später", "aber"),
                *("stattdessen", "stopp", "abbrechen", "außer", "wenn", "erst"),
            }
        ),
    ),
    sight=SIGHT,
    sights=SIGHTS,
)
