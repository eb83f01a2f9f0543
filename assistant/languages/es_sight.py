"""Spanish: which questions are about something that can be seen, and what is told of it."""

from assistant.languages.pack import Sights
from assistant.languages.sight import Field, SightWords

_THIS = r"(?:est[eoa]s?)"
_MY = r"(?:el|la|los|las|mis?|sus?)"
_HOLDER = (
    r"(?:imagen|foto|fotografía|etiqueta|botella|lata|caja|paquete|bolsa|frasco|bote|vaso|taza"
    r"|cuenco|plato|mesa|estante|pared|suelo|cartel|letrero|tarjeta|papel|página|hoja|sobre|carta"
    r"|libro|nota|póster|pizarra|recibo|factura|ticket|manos?|olla|sartén|horno|nevera"
    r"|armario|envase|tapa|autobús|puerta|camisa|habitación|silla|cama)"
)
_SPANS = (
    r"(?:mañana|tarde|noche|semana|fin de semana|mes|año|verano|invierno|primavera|otoño|vez"
    r"|momento|minuto|horas?|días?|instante|rato|tiempo|lunes|martes|miércoles|jueves|viernes"
    r"|sábado|domingo)"
)
_TALK = r"(?:canción|película|serie|palabra|frase|idea|ciudad|país|problema|tema|juego|casa)"
_STATE = (
    r"(?:encendid|apagad|abiert|cerrad|llen|vací|suci|limpi|madur|rot|mojad|sec|oscur|clar|rect"
    r"|torcid|quemad|peinad|vestid|roj|negr|blanc)[oa]s?"
)

_FELT = (
    r"(?:(?:muy|súper|tan|demasiado|realmente|un|una) (?:\w+ )?)?(?:\w+(?:ible|able|ante|ario|aria"
    r"|ástic[oa]|ífic[oa]|os[oa]|tid[oa])|genial|guay|verdad|ciert[oa]|mentira|todo|buen[oa]"
    r"|mal[oa]"
    r"|mejor|peor|bien|mal|risas|chiste|broma|vacile|vacilada|gracia|tontería|sinsentido|lío"
    r"|pena|lástima|suerte|sorpresa|flipante|molón|inocentada|problema|fácil|difícil|urgente)"
)
"""What is found of what was said, behind "that is"."""

SIGHTS = Sights(
    asides=(rf"\b{_THIS} {_SPANS}\b",),
    never=(
        rf"\b{_THIS} {_TALK}\b|\btodo esto\b|\bmira que\b|\bqué sentido\b|\besto funciona\b",
        rf"\b(?:est|es)[ao] (?:es|son) {_FELT}\b",
        (
            r"\bhay alguien (?:aquí|ahí)\b.* (?:para|con)\b|^hola (?:\w+ ){0,2}(?:hay alguien"
            r"|quién hay)\b"
        ),
        r"\bdescribe (?:tu|dónde|cómo)\b|\b(?:puedes|podrías) leer(?: un\w?(?: \w+)?)?$",
        r"\bver la temperatura\b|\bqué (?:tontería|estupidez|chorrada|broma) es es[ea]\b",
        r"\b(?:canción|música|tiempo (?:hace|hará)|alarma|temporizador|recuérdame|calendario)\b",
        r"\b(?:lista|noticias|titulares|tráfico|tele|televisión esta)\b",
        r"\b(?:deletre\w*|traduc\w*|repet\w*|repit\w*|favorit\w*|signific\w*)\b",
        r"\ba ver\b|\bvamos a ver\b|\b(?:te|os|le) parece\b",
    ),
    shown=(
        rf"\b(?:qué|quién|cuáles|cuál|cómo|cuánt\w+|cuándo|de qué)\b.* {_THIS}\b",
        rf"^(?:\w+ ){{0,2}}(?:es|son|está|están|tiene|tienen|hay) {_THIS}\b",
        rf"^(?:mira |oye |perdona )?{_THIS} \w+ (?:es|está|son|están|combina\w*|queda)\b",
        rf"\bestá \w+ {_THIS}\b",
        r"\b(?:qué|puedes|podrías|lo que) (?:ves|ver|leer|identificar|reconocer|describir)\b",
        r"\b(?:mira|describe|descríbeme|identifica)\b",
        (
            r"\b(?:tengo|llevo|sostengo|muestro|enseño|estoy (?:mostrando|sosteniendo|señalando))"
            r"\b.*\b(?:mano|manos|puesto|dedos|aquí|delante)\b"
        ),
        r"\bcuántos dedos\b|\b(?:delante de (?:mí|ti|nosotros)|tienes delante|a la cámara)\b",
        r"\bcómo (?:me queda|me veo|estoy vestid\w)\b|\bcombina(?:n)? (?:con|mi|la|el)\b",
        (
            r"\bqué (?:hay|pone|dice|está escrito|se ve|lleva|aparece|marca|número) .*"
            rf"\b(?:en|sobre|de|bajo|detrás de) {_MY} {_HOLDER}\b"
        ),
        rf"\b(?:hay|está|están|cuántas?|cuántos) .*\ben {_MY} {_HOLDER}\b",
        rf"\b(?:qué (?:dice|pone)) (?:en )?{_MY} {_HOLDER}\b|\bpone aquí\b|\bdice aquí\b",
        rf"\b(?:de )?qué (?:color|marca|talla|tamaño|sabor|raza|forma) (?:es|son|tiene) {_MY}\b",
        rf"^(?:está|están) (?:aún |ya |todavía )?{_STATE} {_MY} \w+$",
        rf"^(?:está|están) {_MY} \w+ (?:aún |ya |todavía )?{_STATE}$",
        (
            rf"^(?:sigue|siguen|estoy) (?:bien |mal )?{_STATE}\b|\ben (?:la cara|el pelo"
            r"|los dientes)\b"
        ),
        r"^está (?:muy )?(?:oscuro|claro) (?:aquí|ahí)\b",
        rf"\btienen? (?:una? )?(?:manchas?|agujeros?|rotos?|arañazos?) {_MY}\b",
        r"\bquién (?:está|hay) (?:ahí|aquí|en|delante)\b|\bhay alguien (?:aquí|ahí|en)\b",
        rf"\bl(?:ée|e)(?:me|nos)? (?:{_THIS}|eso|{_MY} {_HOLDER}|lo que)\b",
        r"\b(?:fecha de caducidad|código de barras|código qr|consumir preferentemente)\b",
        r"\bcuándo caduca(?:n)?\b",
        r"\bqué (?:marca|dice|indica) (?:la|el) (?:báscula|balanza|pantallita|termómetro)\b",
        rf"\bqué número (?:tiene|lleva) {_MY} {_HOLDER}\b",
        r"\bcuál de (?:est\w+|ell[oa]s)\b|\b(?:qué|cuál es el) botón\b",
        rf"\bleer(?:me|nos)? (?:{_THIS}|eso|lo que)\b|\bsegún (?:la|el) (?:balanza|{_HOLDER})\b",
        rf"^(?:ves|reconoces) (?!bien|por)\w+|^{_THIS} (?:es|son) .*\bo \w+",
        r"^(?:tengo (?:bien|mal|sucia?|algo en)|llevo (?:puest\w+|los|las|la|el))\b",
        rf"\bqueda(?:n)? \w+ en {_MY} {_HOLDER}\b",
        (
            r"\bqué (?:está haciendo|hace|lleva) (?:el|la) (?:hombre|mujer|niñ[oa]|perro|gato"
            r"|persona)\b"
        ),
        rf"\b(?:dime|decir\w*|leer\w*|ver|saber|se puede) .*\b{_THIS}\b",
        r"\bqué \w+(?: de \w+)? (?:es|son) es[eao]s?\b|\bqué (?:\w+ ){0,3}hay en es[eao]s? \w+\b",
        rf"\b(?:qué|quién|cuál\w*|cómo|de qué)\b.* (?:de|en|del|sobre|con) {_THIS}\b",
        (
            r"\bcuál(?: de \w+)? es (?:el |la )?(?:roj|verde|azul|negr|blanc|amarill|gris|marrón"
            r"|rosa|naranja)\w*\b"
        ),
        (
            rf"\bqué (?:dice|pone|muestra|indica|marca) (?:ahora )?(?:en )?(?:{_MY}|{_THIS}) "
            r"(?!noticia|tiempo|pronóstico|biblia|ley|horóscopo|gente|prensa)\w+$"
        ),
        rf"\b(?:texto|nombre|precio|título|número) (?:de|en|del) {_MY} {_HOLDER}\b",
        (
            r"\b(?:qué aspecto tengo|qué pinta tengo)\b|\b(?:combinan|pegan) (?:entre sí|bien"
            r"|juntos)\b|^pegan$"
        ),
    ),
    near=(r"\b(?:de )?qué (?:color|marca|sabor|talla|raza) (?:es|son|tiene)$",),
    vague=(
        (
            r"^(?:esto|eso|est[ea]|es[ea]) (?:es|son) (?!todo|verdad|cierto|mentira"
            r"|posible)(?:un\w? )?\w+(?: \w+){0,4}$|^es eso (?:un\w? )?\w+$"
        ),
        (
            r"\bcuál es (?:el|la) (?:título|texto|precio|marca|nombre|sabor|color|producto"
            r"|número)(?: por favor)?$"
        ),
        (
            r"\ba qué temperatura está(?: puesto)?$|\binstrucciones (?:de (?:preparación|cocción"
            r"|lavado|uso))(?: por favor)?$"
        ),
        r"^dónde (?:está|están|he puesto) mis? \w+$|^es (?:una? )?\w+ o (?:una? )?\w+$",
        r"^(?:y )?qué (?:es|son)(?: eso| esos)?$|^qué (?:dice|pone)$|^(?:de )?qué color$",
        r"^(?:de )?qué (?:color|marca|sabor|tipo) es(?: eso)?$",
    ),
    screen=(
        (
            r"\b(?:en|de|a) (?:la|mi|esta) pantalla\b|\bmi (?:pantalla|monitor|escritorio"
            r"|navegador)\b"
        ),
        r"\b(?:el|este) (?:mensaje de error|error que sale)\b|\bestá página web\b",
    ),
    file=(
        r"\b(?:adjunt\w+|pdf)\b",
        rf"\b(?:{_MY}|{_THIS}) (?:archivo|documento|fichero|escaneo|vídeo|video)\b",
    ),
    leads=(
        (
            r"hola|oye|vale|bueno|pues|y|perdona|perdón|por favor|gracias|ahora|entonces|sí|no|eh"
            r"|otra cosa|si"
        ),
        (
            r"(?:me )?(?:puedes|podrías|puede|podría) (?:decir|ayudar)\w*|dime|quiero saber"
            r"|quería saber|me pregunto|sabes"
        ),
        r"(?:tengo )?(?:una|otra) pregunta|me gustaría saber|ayúdame",
    ),
    reading=(
        (
            r"\b(?:lee\w*|léeme|leer|dice|pone|escrito|texto|etiqueta|carta|palabra|número|fecha"
            r"|precio|total|cartel|letrero|título|ingredientes|instrucciones|factura|recibo|página"
            r"|nombre|error|báscula|caduca\w*|medicina|medicamento|marca)\b"
        ),
    ),
    refers=(
        (
            r"^(?=(?:\S+ ?){1,8}$)(?!.*\b(?:hora|llover|verdad|tiempo)\b).*"
            r"\b(?:eso|ese|esa|él|ella|lo|la de|suyo|esto)\b"
        ),
        r"\b(?:la|esa) (?:imagen|foto|etiqueta)\b|\bel documento\b",
        r"^y (?:qué|quién|cuál|dónde|cómo|de qué|es|el|la|los|las)\b|^(?:qué|algo) más\b",
    ),
    excuses={
        "off": "Aquí no puedo usar ninguna cámara.",
        "blind": "No puedo ver: el modelo con el que pienso no acepta imágenes.",
        "camera": "No puedo ver nada: mi cámara no funciona en este momento.",
        "screen": "Ahora mismo no puedo mirar tu pantalla.",
        "covered": "La imagen es negra: o la lente está tapada, o está completamente oscuro.",
        "frozen": "Mi cámara muestra una imagen congelada, así que no sé qué hay ahora.",
        "file": "No puedo mirar ese archivo: {why}.",
        "none": "No distingo nada en esa imagen.",
    },
)

SIGHT = SightWords(
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"),
        *("septiembre", "octubre", "noviembre", "diciembre"),
    ),
    fields={
        "total": Field(
            "amount",
            (
                *("total a pagar", "importe total", "total factura", "total con iva"),
                *("a pagar", "total", "importe"),
            ),
        ),
        "subtotal": Field("amount", ("subtotal", "base imponible", "total neto", "neto")),
        "tax": Field("amount", ("cuota iva", "impuestos", "iva", "igic")),
        "paid": Field("amount", ("pagado", "entregado", "efectivo", "tarjeta")),
        "change": Field("amount", ("cambio", "su cambio")),
        "date": Field(
            "date", ("fecha de factura", "fecha factura", "fecha de emisión", "emitida", "fecha")
        ),
        "due": Field(
            "date", ("fecha de vencimiento", "vencimiento", "vence el", "pagar antes del")
        ),
        "expires": Field(
            "date",
            ("consumir preferentemente antes del", "fecha de caducidad", "caduca", "caducidad"),
        ),
        "number": Field(
            "number",
            (
                *("número de factura", "factura nº", "factura n", "n de factura"),
                *("número de pedido", "pedido", "factura", "recibo", "número", "núm"),
            ),
        ),
        "reference": Field("number", ("su referencia", "referencia", "ref")),
        "customer": Field("text", ("facturar a", "cliente", "destinatario", "paciente", "nombre")),
        "vendor": Field("text", ("vendedor", "proveedor", "emisor", "vendido por", "de")),
        "quantity": Field("number", ("cantidad", "cant", "unidades")),
        "phone": Field("number", ("teléfono", "tel", "móvil")),
    },
    kinds={
        **dict.fromkeys(("fecha", "día", "vence", "vencimiento", "caducidad", "date"), "date"),
        **dict.fromkeys(("importe", "total", "precio", "coste", "suma", "amount"), "amount"),
        **dict.fromkeys(("número", "núm", "cantidad", "calorías", "teléfono"), "number"),
    },
    titles=(
        *("factura", "recibo", "ticket", "factura simplificada", "presupuesto", "extracto"),
        *("albarán", "pedido", "confirmación de pedido", "copia", "original", "página"),
        *("gracias", "bienvenido"),
    ),
    company=frozenset(
        {"sl", "sa", "slu", "slp", "sc", "coop", "cia", "compañía", "grupo", "farmacia"}
        | {"mercado", "tienda", "servicios", "hermanos", "hijos"}
    ),
    sums=("subtotal", "total", "base imponible", "iva", "importe total", "total a pagar"),
    go_on=("sigue", "continúa", "siguiente", "adelante", "sigue leyendo", "más"),
    repeat=("repite", "repite eso", "otra vez", "de nuevo", "una vez más", "cómo has dicho"),
    back=("atrás", "vuelve atrás", "anterior", "el anterior"),
    spell=("deletrea eso", "deletréalo", "deletrea", "cómo se escribe"),
    asks={
        "codes": ("código de barras", "código qr", "código", "qr", "escanea"),
        "light": ("luz", "luces", "lámpara", "oscuro", "claro", "brillo"),
        "motion": ("movido", "mueve", "movimiento", "cambiado"),
        "faces": ("cara", "caras", "personas", "gente", "alguien"),
        "colours": ("color", "colores"),
        "text": (
            *("lee", "léeme", "leer", "dice", "pone", "escrito", "texto", "carta", "página"),
            *("etiqueta", "cartel", "letrero"),
        ),
    },
    says={
        "read": "Solo puedo leer: {text}",
        "no text": "No veo ningún texto que pueda leer.",
        "cannot read": "Aquí no puedo leer.",
        "code": "Un {kind}: {text}",
        "no code": "No veo ningún código de barras ni código QR.",
        "cannot scan": "Aquí no puedo leer códigos.",
        "colours": "Predomina: {colours}.",
        "middle": "Predomina: {colours}; en el centro: {middle}.",
        "dark": "Está oscuro: la luz está apagada, o la cámara está tapada.",
        "dim": "Hay poca luz.",
        "bright": "Hay claridad: la luz está encendida, o brilla el sol.",
        "lamp": "La habitación está en penumbra, pero algo brilla: una lámpara o una pantalla.",
        "nobody": "No veo ninguna cara.",
        "one face": "Veo una cara.",
        "faces": "Veo {count} caras.",
        "cannot count": "No puedo buscar caras: `assistant models pull yunet` lo añade.",
        "first look": "No había mirado antes, así que no sé qué ha cambiado.",
        "still": "Nada se ha movido desde que miré por última vez.",
        "moved": "Algo ha cambiado {where} desde que miré por última vez.",
        "left": "a la izquierda",
        "middle place": "en el centro",
        "right": "a la derecha",
        "everywhere": "por todas partes",
        "no mind": "No tengo un modelo que vea, así que solo puedo decir esto.",
        "and": " y ",
        "read more": "Di «sigue» y sigo leyendo.",
        "read end": "Ese es el final.",
        "read begin": "Este es el principio.",
        "nothing to spell": "No hay nada que deletrear.",
    },
    colours={
        "black": "negro",
        "grey": "gris",
        "white": "blanco",
        "red": "rojo",
        "orange": "naranja",
        "yellow": "amarillo",
        "green": "verde",
        "turquoise": "turquesa",
        "blue": "azul",
        "purple": "morado",
        "pink": "rosa",
        "brown": "marrón",
        "beige": "beige",
    },
)
