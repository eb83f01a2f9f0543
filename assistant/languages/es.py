"""Spanish."""

from assistant.core.commands import Notice
from assistant.languages.es_sight import SIGHT, SIGHTS
from assistant.languages.pack import Asking, Pack

PACK = Pack(
    code="es",
    name="Español",
    backchannels=(
        *("m", "mm", "mmm", "mhm", "mhmm", "mm-hmm", "hmm", "hm", "ajá", "aja", "ah", "oh"),
        *("ya veo", "entiendo", "interesante", "vaya", "anda", "guau", "genial", "qué bien"),
    ),
    assents=(
        *("sí", "si", "sí por favor", "vale", "okay", "ok", "claro", "por supuesto", "seguro"),
        *("no", "no gracias", "mejor no", "de acuerdo", "está bien", "exacto", "correcto"),
        *("eso es", "perfecto", "desde luego", "bueno"),
    ),
    stops=(
        *("para", "para ya", "basta", "basta ya", "alto", "stop", "silencio", "cállate"),
        *("calla", "ya basta", "ya está", "suficiente", "déjalo", "olvídalo", "da igual"),
        *("no importa", "espera", "espera un momento", "un momento", "detente", "deja de hablar"),
    ),
    cancels=("cancelar", "cancela", "cancela eso", "cancélalo", "anular", "anula", "anula eso"),
    courtesies=("por favor", "gracias", "muchas gracias", "ahora", "oye", "pues", "entonces"),
    fillers=("eh", "em", "este", "esto", "ehm", "mmh"),
    openers=frozenset(
        {
            *("el", "la", "los", "las", "un", "una", "unos", "unas", "mi", "mis", "tu", "tus"),
            *("su", "sus", "y", "e", "o", "u", "pero", "porque", "aunque", "que", "cuando"),
            *("nuestro", "nuestra", "muy", "cada", "sino", "mientras"),
        }
    ),
    dangling=frozenset(
        {
            *("de", "del", "a", "al", "en", "con", "por", "sin", "sobre", "entre", "hasta"),
            *("desde", "hacia", "según", "durante", "ha", "había", "será", "sería", "llamado"),
            *("debe", "puede", "podría", "cuyo", "cuya"),
        }
    ),
    heads=(
        *("puedes", "podrías", "quieres", "tienes", "eres", "puedo", "debo", "yo", "quiero"),
        *("necesito", "quisiera", "dime", "muéstrame", "dame", "recuérdame", "qué es", "quién es"),
        *("hola", "dónde está", "cómo", "qué", "cuándo", "pon", "poner", "apaga", "enciende"),
        *("sube", "baja", "abre", "busca", "llama", "toca", "cuánto", "cuántos", "cuántas"),
        *("cuánto tiempo", "qué hora", "hay", "añade", "agrega", "apunta"),
    ),
    notices={
        Notice.NOT_UNDERSTOOD: "Perdona, no te he entendido.",
        Notice.NOT_LISTENING: "Perdona, ahora mismo no te oigo.",
        Notice.MIND_SLOW: "Perdona, eso me lleva demasiado tiempo. Pregúntame otra vez.",
        Notice.MIND_FAILED: "Perdona, algo ha fallado mientras pensaba.",
        Notice.VOICE_FAILED: "Perdona, me he quedado sin voz un momento.",
    },
    digits=frozenset(
        {"cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"}
    ),
    numbers="es",
    espeak="es",
    asking=Asking(
        moment="Un momento.",
        still="Sigo en ello.",
        shall="¿Quieres que lo haga: {what}?",
        use="usar {tool}",
        use_with="usar {tool} con {values}",
        also=" y ",
        finished="{what}: listo.",
        done="Hecho.",
        failed="Lo siento, no he podido.",
        agrees=(
            *("sí", "si", "claro", "vale", "de acuerdo", "por supuesto", "hazlo", "adelante"),
        ),
        softens=frozenset({"por", "favor", "gracias", "lo", "eso", "ya", "el", "la"}),
        refuses=frozenset(
            {"no", "nunca", "espera", "luego", "pero", "para", "cancela", "primero"}
        ),
    ),
    sight=SIGHT,
    sights=SIGHTS,
)
