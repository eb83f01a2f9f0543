"""French."""

from assistant.core.commands import Notice
from assistant.languages.fr_sight import SIGHT, SIGHTS
from assistant.languages.pack import Asking, Pack

PACK = Pack(
    code="fr",
    name="Français",
    backchannels=(
        *("m", "mm", "mmm", "mhm", "mhmm", "mm-hmm", "hmm", "hm", "ah", "oh", "ah bon"),
        *("je vois", "je comprends", "intéressant", "vraiment", "super", "génial", "cool"),
        "bien",
    ),
    assents=(
        *("oui", "ouais", "oui s'il te plaît", "d'accord", "okay", "ok", "bien sûr", "volontiers"),
        *("non", "non merci", "entendu", "ça marche", "exactement", "tout à fait", "parfait"),
        *("c'est ça", "certainement", "absolument"),
    ),
    stops=(
        *("stop", "arrête", "arrête-toi", "arrête de parler", "ça suffit", "silence", "tais-toi"),
        *("chut", "assez", "c'est bon", "laisse tomber", "laisse", "oublie", "oublie ça"),
        *("peu importe", "attends", "attends un peu", "un instant", "une seconde", "un moment"),
    ),
    cancels=("annuler", "annule", "annule ça", "annule cela", "annule-le"),
    courtesies=("s'il te plaît", "s'il vous plaît", "merci", "maintenant", "hé", "alors", "donc"),
    fillers=("euh", "heu", "hum", "bah", "ben"),
    openers=frozenset(
        {
            *("le", "la", "les", "un", "une", "des", "mon", "ma", "mes", "ton", "ta", "tes"),
            *("son", "sa", "ses", "notre", "nos", "votre", "vos", "et", "ou", "mais", "car"),
            *("parce", "que", "si", "quoique", "lorsque", "très", "chaque"),
        }
    ),
    dangling=frozenset(
        {
            *("de", "du", "à", "au", "aux", "en", "avec", "pour", "par", "sans", "sur", "sous"),
            *("dans", "entre", "jusque", "depuis", "vers", "chez", "pendant", "appelé", "sera"),
            *("serait", "doit", "peut", "pourrait", "dont"),
        }
    ),
    heads=(
        *("peux-tu", "pourrais-tu", "veux-tu", "as-tu", "es-tu", "est-ce que", "puis-je"),
        *("je", "je veux", "je voudrais", "j'ai besoin", "dis-moi", "montre-moi", "donne-moi"),
        *("rappelle-moi", "c'est quoi", "qui est", "bonjour", "où est", "comment", "quand"),
        *("mets", "met", "règle", "allume", "éteins", "ouvre", "cherche", "appelle", "joue"),
        *("combien", "combien de", "combien de temps", "quelle heure", "il y a", "ajoute", "note"),
    ),
    notices={
        Notice.NOT_UNDERSTOOD: "Désolée, je n'ai pas compris.",
        Notice.NOT_LISTENING: "Désolée, je ne t'entends pas en ce moment.",
        Notice.MIND_SLOW: "Désolée, cela me prend trop de temps. Repose ta question.",
        Notice.MIND_FAILED: "Désolée, quelque chose a échoué pendant que je réfléchissais.",
        Notice.VOICE_FAILED: "Désolée, j'ai perdu ma voix un instant.",
    },
    digits=frozenset(
        {"zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"}
    ),
    numbers="fr",
    espeak="fr",
    asking=Asking(
        moment="Un instant.",
        still="J'y travaille encore.",
        shall="Dois-je {what} ?",
        use="utiliser {tool}",
        use_with="utiliser {tool} avec {values}",
        also=" et ",
        finished="{what} : c'est fini.",
        done="C'est fait.",
        failed="Désolé, je n'ai pas pu.",
        agrees=(*("oui", "d'accord", "bien sûr", "ok", "vas-y", "fais-le", "volontiers"),),
        softens=frozenset({"s'il", "te", "vous", "plaît", "merci", "ça", "le", "la", "les"}),
        refuses=frozenset(
            {"non", "pas", "jamais", "attends", "plus", "mais", "arrête", "annule", "sauf"}
        ),
    ),
    sight=SIGHT,
    sights=SIGHTS,
)
