"""English."""

from assistant.core.commands import Notice
from assistant.languages.en_sights import SIGHTS
from assistant.languages.pack import Pack
from assistant.languages.sight import Field, SightWords

_SIGHT = SightWords(
    months=(
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
    fields={
        "total": Field(
            "amount",
            (
                *("grand total", "total due", "total amount due", "amount due", "balance due"),
                *("total to pay", "amount payable", "total payable", "invoice total"),
                *("order total", "total amount", "total price", "total", "to pay"),
            ),
        ),
        "subtotal": Field("amount", ("subtotal", "sub total", "net total", "net amount", "net")),
        "tax": Field("amount", ("sales tax", "tax", "vat", "gst")),
        "paid": Field("amount", ("amount paid", "paid", "cash", "card", "payment")),
        "change": Field("amount", ("change due", "change")),
        "date": Field(
            "date",
            (
                *("invoice date", "date of issue", "issue date", "issued on", "receipt date"),
                *("order date", "bill date", "date issued", "issued", "dated", "date"),
            ),
        ),
        "due": Field(
            "date",
            ("due date", "payment due", "date due", "pay by", "due by", "due on", "due"),
        ),
        "expires": Field(
            "date",
            (
                *("expiry date", "expiration date", "best before", "use by", "best by", "expires"),
                *("expiry", "exp date", "exp", "bbe", "use before"),
            ),
        ),
        "number": Field(
            "number",
            (
                *("invoice number", "invoice no", "invoice id", "receipt number", "receipt no"),
                *("bill number", "order number", "order no", "document number", "invoice"),
                *("receipt", "order", "number", "no"),
            ),
        ),
        "reference": Field(
            "number", ("payment reference", "your reference", "reference", "ref", "po number")
        ),
        "customer": Field(
            "text",
            (
                *(
                    "bill to",
                    "billed to",
                    "invoice to",
                    "sold to",
                    "ship to",
                    "customer",
                    "client",
                ),
                *("patient name", "patient", "name"),
            ),
        ),
        "vendor": Field(
            "text",
            (
                *("vendor", "seller", "supplier", "merchant", "sold by", "from", "remit to"),
                *("payable to",),
            ),
        ),
        "quantity": Field("number", ("quantity", "qty")),
        "phone": Field("number", ("telephone", "phone number", "phone", "tel", "mobile", "call")),
    },
    kinds={
        **dict.fromkeys(("date", "day", "on", "until", "expires", "expiry", "due"), "date"),
        **dict.fromkeys(("amount", "total", "price", "cost", "sum", "balance", "fee"), "amount"),
        **dict.fromkeys(
            ("number", "no", "id", "count", "qty", "quantity", "calories", "phone"), "number"
        ),
    },
    titles=(
        *("tax invoice", "invoice", "receipt", "sales receipt", "bill", "statement", "quote"),
        *("order confirmation", "purchase order", "delivery note", "credit note", "welcome"),
        *("thank you", "copy", "original", "page"),
    ),
    company=frozenset(
        {"inc", "corp", "corporation", "ltd", "limited", "llc", "llp", "plc", "co", "company"}
        | {"gmbh", "ag", "sa", "bv", "group", "pharmacy", "market", "store", "services"}
    ),
    sums=("subtotal", "sub total", "total", "tax", "vat", "grand total", "balance", "amount due"),
    go_on=("go on", "continue", "next", "read on", "carry on", "keep going", "more"),
    repeat=("repeat", "repeat that", "say that again", "again", "once more", "what was that"),
    back=("go back", "back", "previous", "the one before"),
    spell=("spell that", "spell it", "spell", "how do you spell", "how is that spelled"),
    asks={
        "codes": ("barcode", "bar code", "qr code", "qr", "code", "scan"),
        "light": ("light", "lights", "lamp", "dark", "bright", "brightness"),
        "motion": ("moved", "move", "moving", "motion", "changed", "different"),
        "faces": ("face", "faces", "people", "persons", "anybody", "anyone", "somebody"),
        "colours": ("colour", "color", "colours", "colors", "coloured", "colored"),
        "text": ("read", "say", "says", "written", "text", "letter", "page", "label", "sign"),
    },
    says={
        "read": "I can only read: {text}",
        "no text": "I see no text that I can read.",
        "cannot read": "I cannot read here.",
        "code": "A {kind}: {text}",
        "no code": "I see no barcode and no QR code.",
        "cannot scan": "I cannot read codes here.",
        "colours": "It is mostly {colours}.",
        "middle": "It is mostly {colours}; in the middle it is {middle}.",
        "dark": "It is dark: the light is off, or the camera is covered.",
        "dim": "It is dim: there is a little light.",
        "bright": "It is bright: the light is on, or the sun shines.",
        "lamp": "The room is dim, but something shines: a lamp or a screen is on.",
        "nobody": "I see no face.",
        "one face": "I see one face.",
        "faces": "I see {count} faces.",
        "cannot count": "I cannot look for faces: `assistant models pull yunet` adds that.",
        "first look": "I have not looked before, so I cannot tell what has changed.",
        "still": "Nothing has moved since I last looked.",
        "moved": "Something has changed {where} since I last looked.",
        "left": "on the left",
        "middle place": "in the middle",
        "right": "on the right",
        "everywhere": "everywhere",
        "no mind": "I have no mind that sees, so I can only tell this much.",
        "and": " and ",
        "read more": "Say “go on” for the rest.",
        "read end": "That is the end.",
        "read begin": "This is the beginning.",
        "nothing to spell": "There is nothing to spell.",
    },
    colours={
        name: name
        for name in (
            *("black", "grey", "white", "red", "orange", "yellow", "green", "turquoise"),
            *("blue", "purple", "pink", "brown", "beige"),
        )
    },
)

PACK = Pack(
    code="en",
    name="English",
    backchannels=(
        *("m", "mm", "mmm", "mhm", "mhmm", "mm-hmm", "m-hm", "uh-huh", "hmm", "hm", "huh", "aha"),
        *("ah", "oh"),
        *("wow", "really", "i see", "right", "cool", "nice", "great", "interesting"),
    ),
    assents=(
        *("yes", "yeah", "yep", "yup", "ya", "yes please", "okay", "ok", "k", "sure", "of course"),
        *("no", "nope", "nah", "no thanks", "no thank you", "all right", "alright", "fine"),
        *("got it", "sounds good", "exactly", "absolutely", "definitely", "that's right"),
    ),
    stops=(
        *("stop", "stop it", "stop that", "stop talking", "stop speaking", "stop there"),
        *("be quiet", "quiet", "silence", "shut up", "hush", "shush", "shh", "enough"),
        *("that's enough", "that is enough", "never mind", "nevermind", "forget it"),
        *("forget that", "that will do", "that'll do", "leave it", "wait", "wait a second"),
        *("wait a minute", "wait a moment", "hold on", "hang on", "hang on a second"),
    ),
    cancels=("cancel", "cancel that", "cancel it", "cancel this", "abort", "abort that"),
    courtesies=("please", "thanks", "thank you", "now", "hey", "just", "then", "so", "oh", "well"),
    fillers=("um", "umm", "uhm", "uh", "uhh", "er", "erm", "eh"),
    openers=frozenset(
        {
            *("a", "an", "the", "my", "your", "our", "their", "its"),
            *("and", "or", "but", "nor", "because", "if", "unless", "although", "whereas", "than"),
            *("every", "very", "i'm", "i'll", "i'd", "i've", "you're", "we're", "they're"),
            *("let's", "we'll", "you'll", "they'll", "he'll", "she'll", "gonna", "wanna", "whose"),
        }
    ),
    dangling=frozenset(
        {
            *("to", "for", "of", "at", "from", "with", "into", "by", "until", "till"),
            *("between", "during", "per", "as", "while", "which", "some", "his", "called"),
            *("has", "had", "will", "would", "could", "should", "must", "does", "did", "am"),
            *("what's", "who's", "where's", "how's", "there's", "it's", "that's", "he's"),
        }
    ),
    heads=(
        *("can you", "could you", "would you", "will you", "do you", "are you", "did you"),
        *("can i", "could i", "may i", "should i", "do i", "can we", "should we"),
        *("i", "i want", "i need", "i think", "i would like", "i'd like", "i mean", "i was"),
        *("tell me", "show me", "give me", "remind me", "play me", "let me", "what is", "who is"),
        *("please", "hey", "well", "so", "okay so", "wait", "hold on", "one moment", "where is"),
        *("set", "turn", "turn on", "turn off", "turn up", "turn down", "put", "add", "call"),
        *("play", "open", "find", "search", "look", "what time", "how many", "how much"),
        *("how long", "what kind", "which one", "how do i", "how do you", "is there"),
        *("are there", "book"),
    ),
    notices={
        Notice.NOT_UNDERSTOOD: "Sorry, I didn't catch that.",
        Notice.NOT_LISTENING: "Sorry, I can't hear you at the moment.",
        Notice.MIND_SLOW: "Sorry, that takes me too long. Please ask again.",
        Notice.MIND_FAILED: "Sorry, something went wrong while I was thinking.",
        Notice.VOICE_FAILED: "Sorry, I lost my voice for a moment.",
    },
    digits=frozenset(
        {*("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")}
    ),
    numbers="en",
    espeak="en-us",
    sight=_SIGHT,
    sights=SIGHTS,
)
