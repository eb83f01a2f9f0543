"""French: which questions are about something that can be seen, and what is told of it."""

from assistant.languages.pack import Sights
from assistant.languages.sight import Field, SightWords

_THIS = r"(?:ce|cet|cette|ces|ceci)"
_MY = r"(?:le |la |les |l'|mon |ma |mes |son |sa |ses )"
_HOLDER = (
    r"(?:image|photo|étiquette|bouteille|boîte|paquet|sac|bocal|pot|verre|tasse|bol|assiette|table"
    r"|étagère|mur|sol|panneau|carte|papier|page|feuille|enveloppe|lettre|livre|note|affiche"
    r"|tableau|reçu|facture|ticket|mains?|casserole|poêle|four|frigo|réfrigérateur|placard"
    r"|emballage|couvercle|bus|porte|chemise|pièce|chaise|lit)"
)
_SPANS = (
    r"(?:matin|midi|après midi|soir|soirée|nuit|semaine|week end|mois|années?|ans|été|hiver"
    r"|printemps|automne|fois|moment|minute|heures?|jours?|temps|temps ci|lundi|mardi|mercredi"
    r"|jeudi|vendredi|samedi|dimanche|instant)"
)
_TALK = (
    r"(?:chanson|film|série|mot|phrase|idée|ville|pays|problème|sujet|jeu|match|que|qui|sont"
    r"|qu'\w+|te|réponse|travail|boulot|job|métier|taf|question|histoire|blague|gens"
    r"|attitude|pièce|maison)"
)
_STATE = (
    r"(?:allumée?s?|éteinte?s?|ouverte?s?|fermée?s?|pleine?s?|plein|vides?|sales?|propres?|mûre?s?"
    r"|cassée?s?|mouillée?s?|sèche|sec|sombre|droite?|brûlée?s?|rouges?|noire?s?)"
)

_SEEN = (
    rf"(?:{_HOLDER}|couleurs?|marque|titre|texte|prix|nom|goût|parfum|numéro|logo|produit|objet"
    r"|motif|taille|type|truc|machin|date de|ingrédients|instructions|dessin|plante|fleur"
    r"|animal)\b"
)
"""What one asks the name of with it in the hand."""

SIGHTS = Sights(
    asides=(rf"\b{_THIS} {_SPANS}\b",),
    never=(
        (
            r"\bc'est (?:un |une |du |de la )?(?:vraie? |beau |bel |belle |bonn?e? |grande? )?"
            r"(?:plaisir|joie|réponse|honneur|blague|question|idée|travail|boulot|chance"
            r"|dommage)\b"
            r"|\bc'est (?:vrai|bien|bon|gentil|sympa|super|génial|cool|drôle|nul|possible|tout)$"
        ),
        r"\b(?:tu vois|vois tu) (?:qui|d'autres|l'assistant|siri|alexa|bixby|google)\b",
        r"\b(?:meilleure?s?|que (?:tu|vous) (?:préf\w+|aim\w+))\b|\bs'appelle t(?:on|a|es)\b",
        r"\b(?:chanson|musique|météo|alarme|minuteur|rappelle|calendrier|agenda)\b",
        r"\b(?:liste|nouvelles|actualités|infos|trafic|à la télé)\b",
        r"\b(?:épel\w*|épelle\w*|tradui\w*|répét\w*|répèt\w*|préférée?s?)\b",
        r"\b(?:veut dire|signifie)\b(?!.*(?:écran|panneau|voyant|erreur))|\bon verra\b|\bvoyons\b",
    ),
    shown=(
        (
            r"\b(?:quel\w*|qui|que|comment|combien|quand|est ce que|dans|sur|peux tu|de quoi)\b.* "
            rf"(?:cet|cette|ces|ce) (?!{_TALK})\w+"
        ),
        (
            r"\b(?:qu'est ce que c'est|c'est quoi|(?:dire|sais|voir"
            r"|lire) ce que c'est)\b"
            rf"(?:$| (?:que )?(?:ça|ceci|cela|là|ici|comme|dans|sur|sous|devant|qui|s'il"
            rf"|exactement)\b"
            rf"| (?:que )?{_THIS} (?!{_TALK})\w+| (?:le |la |l'|les |mon |ma |mes |sa "
            rf"|son ){_SEEN})"
        ),
        (
            r"\bc'est quel(?:le)?s? \w+|\bquel(?:le)?s? \w+ est ce$|\best ce que c'est (?:un|une"
            r"|du)\b"
        ),
        rf"\b(?:qu'est ce que|lequel|laquelle) (?:est )?(?:le |la |l')?{_THIS}\b",
        r"^(?:lequel|laquelle|lesquels) (?:est|sont|de ces)\b",
        r"\b(?:vois tu|tu vois|peux tu (?:\w+ )?(?:voir|lire|identifier|reconnaître|décrire))\b",
        r"^(?:et )?(?:regarde|décris|identifie)\b|\bdécris moi\b",
        (
            r"\b(?:je tiens|je porte|j'ai|je montre|je pointe)\b.*\b(?:mains?|doigts?|ici|là"
            r"|devant)\b"
        ),
        r"\bcombien de doigts\b|\b(?:devant (?:moi|toi|nous)|dans ma main|à la caméra)\b",
        r"\b(?:de quoi j'ai l'air|j'ai l'air|comment me va|me va(?:t)? (?:bien|ce|cette))\b",
        rf"\b(?:mon|ma|mes|{_THIS}) \w+ (?:va|vont)(?: elles?| ils?)? (?:bien )?avec\b",
        rf"^{_THIS} \w+ (?:est|sont) (?:elles?|ils?) \w+$|\bbrûle t (?:elle|il)\b",
        (
            r"\b(?:sur le visage|dans les cheveux|entre les dents)\b"
            r"|^suis je (?:(?:bien|mal) \w+|habillée?|coiffée?|maquillée?|rasée?|décoiffée?)$"
        ),
        r"\blire (?:ça|cela|ceci|ce qui)\b|\bpar terre\b|\bquel bouton\b|\bquelle touche\b",
        rf"\bd'après (?:l'|la |le )?(?:balance|{_HOLDER})\b|^(?:est ce que )?je porte\b",
        rf"\b(?:tu (?:vois|reconnais)|reconnais tu) (?:{_MY}|{_THIS} )(?!que)\w+",
        rf"\breste (?:t il )?(?:du|de la|des|de l'\w+) ?\w* ?(?:dans|sur) (?:{_MY})?{_HOLDER}\b",
        r"\bque (?:fait|porte) (?:l'homme|la femme|l'enfant|le chien|le chat|la personne)\b",
        (
            r"\b(?:qu'est ce qu'il y a|qu'y a t il|qu'est ce qui (?:est|se trouve)|que vois"
            r"|y a t il"
            r"|il y a quoi|qui est|qu'est ce que dit|que dit|que porte|que montre|combien"
            r"|quel\w*)\b"
            rf".*\b(?:sur|dans|sous|derrière|à|devant|dit) (?:{_MY}|{_THIS} ){_HOLDER}\b"
        ),
        rf"\bque (?:dit|dis|montre|porte) (?:{_MY}|{_THIS} ){_HOLDER}\b",
        (
            r"\bquel(?:le)? (?:couleur|marque|taille|forme|goût|parfum|race)"
            rf" (?:est|sont|a|ont) (?:{_MY}|{_THIS} )"
        ),
        rf"^(?:est ce que )?(?:{_MY})\w+ (?:est|sont)(?: ils?| elles?)? (?:encore )?{_STATE}$",
        rf"^(?:{_MY})\w+ (?:est|sont) (?:t )?(?:il|elle|ils|elles) (?:encore )?{_STATE}$",
        (
            r"\b(?:qu'il fait|fait il|il fait) (?:encore )?(?:sombre|noir|clair)\b(?: ici)?$"
            r"|\bsombre ici\b"
        ),
        r"\b(?:a t elle|a t il|a|ont) (?:une |un |des )(?:taches?|trous?|rayures?)\b",
        r"\bqui est (?:là|ici|à la porte|devant|dans la)\b|\bquelqu'un (?:ici|là|dans la|à la)\b",
        rf"\blis (?:moi |nous )?(?:{_THIS}|ça|ce qui|{_MY}{_HOLDER})\b",
        r"\b(?:date de péremption|code barres|code qr|à consommer avant)\b",
        r"\b(?:affiche|indique) (?:la|le) (?:balance|thermomètre|thermostat)\b",
        r"\bqu'(?:affiche|indique) (?:la|le)\b|\best écrit\b|\bécrit ici\b",
        rf"\b(?:dire|dis|lire|lis|sais|voir|montre) .* (?:cet|cette|ces|ce) (?!{_TALK})\w+",
        (
            r"(?<!est )\bce que c'est\b(?! que)|\bquel(?:le)?s? (?!heure|jour|date|temps|année"
            r"|mois)\w+(?: \w+)? c'est\b"
        ),
        (
            rf"\b(?:cet|cette|ces|ce) (?!{_TALK})\w+ (?:est|sont) de quelle\b|\b(?:lequel"
            r"|laquelle|lesquel\w+) (?:est|sont|de ces)\b"
        ),
        (
            r"\b(?:qu'est ce qu'il y a|qu'y a t il|il y a quoi|il y a) (?:dans|sur|sous) (?:cet"
            rf"|cette|ces|ce) (?!{_TALK})\w+"
        ),
        (
            r"\b(?:que dit|qu'affiche|qu'indique|que montre) (?:l'|le |la |ce |cette |cet |mon "
            r"|ma )(?!météo|actualité|presse|loi|bible)\w+(?: \w+)?$"
        ),
        (
            r"\bqui (?:fabrique|fait|produit) (?:ça|cet|cette|ces|ce)\b|\b(?:ça|ils|elles) (?:va"
            r"|vont)(?: bien)? ensemble\b"
        ),
        rf"\b(?:texte|nom|prix|titre|numéro) (?:sur|de) (?:{_MY}){_HOLDER}\b",
        (
            r"\bil y a (?:quoi|quel\w* \w+) (?:là dedans|dedans|là dessus|dessus)\b"
            r"|\bcomment je suis (?:habillée?|coiffée?)\b"
        ),
    ),
    near=(r"\b(?:de )?quelle (?:couleur|marque|taille) (?:est|sont) (?:il|elle|ils|elles)s?$",),
    vague=(
        (
            r"^(?:est ce que )?c'est (?:un|une|du|de la|des|de l'\w+)(?: \w+){0,5}$"
            r"|^comment ça se (?:prépare|cuit|lave|ouvre)$"
        ),
        (
            r"^quel(?:le)? est (?:le|la|l')? ?(?:titre|texte|prix|marque|nom|goût|couleur|produit"
            r"|numéro)(?: s'il te plaît)?$"
        ),
        (
            r"\binstructions de (?:cuisson|préparation|lavage)(?: s'il te plaît)?$"
            r"|\ble réglage de (?:la|l')? ?\w+$"
        ),
        (
            r"^c'est (?:du|de la|des|un|une) \w+ ou (?:du|de la|des|un|une)\b|^où (?:est"
            r"|sont) m\w+ \w+$"
        ),
        r"^(?:et )?(?:c'est quoi|qu'est ce que c'est)$|^quelle (?:couleur|marque)$",
    ),
    screen=(
        r"\b(?:sur|de|à) (?:l'|mon |cet |ton )?écran\b|\bl'écran\b|\bmon écran\b",
        r"\b(?:icônes?|fenêtres?|fichiers?)\b.*\bbureau\b",
        r"\b(?:le|ce) message d'erreur\b|\bcette page web\b|\bl'erreur\b.*\bécran\b",
    ),
    file=(
        r"\b(?:ci joint\w*|pièce jointe|pdf)\b",
        rf"\b(?:{_MY}|{_THIS} )(?:fichier|document|scan|vidéo)\b",
    ),
    leads=(
        (
            r"bonjour|salut|hé|ok|okay|d'accord|bon|bien|alors|et|mais|pardon|excuse moi"
            r"|excusez moi|merci|maintenant|oui|non|euh"
        ),
        (
            r"s'il te plaît|s'il vous plaît|(?:peux tu|tu peux|pourrais tu|tu pourrais) (?:me "
            r"|m')?(?:dire|aider)(?: si)?|dis moi|dites moi"
        ),
        (
            r"je (?:voudrais|veux|voulais|aimerais) savoir|je me demande|est ce que tu sais"
            r"|sais tu|tu sais|si"
        ),
        r"(?:j'ai )?(?:une|encore une) question|autre chose|aide moi",
    ),
    reading=(
        (
            r"\b(?:lis|lire|dit|écrit\w*|texte|étiquette|lettre|mot|numéro|date|prix|total|panneau"
            r"|titre|ingrédients|instructions|facture|reçu|page|nom|erreur|balance|péremption"
            r"|médicament|affiche)\b"
        ),
    ),
    refers=(
        (
            r"^(?=(?:\S+ ?){1,8}$)(?!.*\b(?:heure|pleuvoir|vrai|météo|vas tu)\b).*"
            r"\b(?:ça|cela|il|elle|ils|elles|celui|celle|en|c'est|dessus|dedans)\b"
        ),
        r"\b(?:l'image|la photo|l'étiquette|le document)\b",
        r"^et (?:que|quoi|qui|quel\w*|où|comment|est|le|la|les|de)\b|^(?:quoi|rien) d'autre\b",
    ),
    excuses={
        "off": "Je n'ai pas le droit d'utiliser une caméra ici.",
        "blind": "Je ne vois pas : le modèle avec lequel je pense ne prend pas d'images.",
        "camera": "Je ne vois rien : ma caméra ne fonctionne pas pour le moment.",
        "screen": "Je ne peux pas regarder ton écran pour le moment.",
        "covered": "L'image est noire : l'objectif est couvert, ou il fait complètement noir.",
        "frozen": "Ma caméra montre une image figée, je ne sais donc pas ce qu'il y a là.",
        "file": "Je ne peux pas regarder ce fichier : {why}.",
        "none": "Je ne distingue rien sur cette image.",
    },
)

SIGHT = SightWords(
    months=(
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
        *("septembre", "octobre", "novembre", "décembre"),
    ),
    fields={
        "total": Field(
            "amount",
            (
                *("total à payer", "montant total", "total ttc", "net à payer", "montant dû"),
                *("montant ttc", "à payer", "total", "montant"),
            ),
        ),
        "subtotal": Field("amount", ("sous total", "total ht", "montant ht")),
        "tax": Field("amount", ("montant tva", "tva", "taxes")),
        "paid": Field("amount", ("payé", "réglé", "espèces", "carte")),
        "change": Field("amount", ("rendu", "monnaie")),
        "date": Field("date", ("date de facture", "date d'émission", "émise le", "date")),
        "due": Field("date", ("date d'échéance", "échéance", "à payer avant le", "payable le")),
        "expires": Field(
            "date",
            ("à consommer de préférence avant le", "date de péremption", "expire le", "dlc"),
        ),
        "number": Field(
            "number",
            (
                *("numéro de facture", "facture n", "facture no", "numéro de commande"),
                *("commande", "facture", "reçu", "numéro", "no"),
            ),
        ),
        "reference": Field("number", ("votre référence", "référence", "réf")),
        "customer": Field("text", ("facturé à", "client", "destinataire", "patient", "nom")),
        "vendor": Field("text", ("vendeur", "fournisseur", "émetteur", "vendu par", "de")),
        "quantity": Field("number", ("quantité", "qté")),
        "phone": Field("number", ("téléphone", "tél", "portable")),
    },
    kinds={
        **dict.fromkeys(("date", "jour", "échéance", "péremption"), "date"),
        **dict.fromkeys(("montant", "total", "prix", "coût", "somme", "frais"), "amount"),
        **dict.fromkeys(("numéro", "no", "quantité", "calories", "téléphone"), "number"),
    },
    titles=(
        *("facture", "reçu", "ticket de caisse", "devis", "relevé", "bon de commande"),
        *("bon de livraison", "avoir", "copie", "original", "page", "merci", "bienvenue"),
    ),
    company=frozenset(
        {"sa", "sarl", "sas", "sasu", "eurl", "sci", "snc", "cie", "groupe", "pharmacie"}
        | {"marché", "magasin", "boulangerie", "services", "frères"}
    ),
    sums=("sous total", "total", "total ht", "total ttc", "tva", "net à payer"),
    go_on=("continue", "la suite", "suivant", "vas y", "lis la suite", "encore"),
    repeat=("répète", "répète ça", "encore une fois", "redis", "redis ça", "pardon"),
    back=("reviens", "retour", "précédent", "celui d'avant"),
    spell=("épelle ça", "épelle le", "épelle", "comment ça s'écrit"),
    asks={
        "codes": ("code barres", "code qr", "qr", "code", "scanne"),
        "light": ("lumière", "lumières", "lampe", "sombre", "clair", "luminosité"),
        "motion": ("bougé", "bouge", "mouvement", "changé"),
        "faces": ("visage", "visages", "personnes", "gens", "quelqu'un"),
        "colours": ("couleur", "couleurs"),
        "text": (
            *("lis", "lire", "dit", "écrit", "écrite", "texte", "lettre", "page"),
            *("étiquette", "panneau"),
        ),
    },
    says={
        "read": "Je peux seulement lire : {text}",
        "no text": "Je ne vois aucun texte que je puisse lire.",
        "cannot read": "Je ne sais pas lire ici.",
        "code": "Un {kind} : {text}",
        "no code": "Je ne vois ni code-barres ni code QR.",
        "cannot scan": "Je ne sais pas lire les codes ici.",
        "colours": "Couleurs dominantes : {colours}.",
        "middle": "Couleurs dominantes : {colours} ; au milieu : {middle}.",
        "dark": "Il fait sombre : la lumière est éteinte, ou la caméra est couverte.",
        "dim": "Il y a peu de lumière.",
        "bright": "Il fait clair : la lumière est allumée, ou le soleil brille.",
        "lamp": "La pièce est sombre, mais quelque chose brille : une lampe ou un écran.",
        "nobody": "Je ne vois aucun visage.",
        "one face": "Je vois un visage.",
        "faces": "Je vois {count} visages.",
        "cannot count": "Je ne sais pas chercher les visages : `assistant models pull yunet`.",
        "first look": "Je n'avais pas encore regardé, je ne sais pas ce qui a changé.",
        "still": "Rien n'a bougé depuis mon dernier regard.",
        "moved": "Quelque chose a changé {where} depuis mon dernier regard.",
        "left": "à gauche",
        "middle place": "au milieu",
        "right": "à droite",
        "everywhere": "partout",
        "no mind": "Je n'ai pas de modèle qui voit, je ne peux donc dire que cela.",
        "and": " et ",
        "read more": "Dis « continue » et je lis la suite.",
        "read end": "C'est la fin.",
        "read begin": "C'est le début.",
        "nothing to spell": "Il n'y a rien à épeler.",
    },
    colours={
        "black": "noir",
        "grey": "gris",
        "white": "blanc",
        "red": "rouge",
        "orange": "orange",
        "yellow": "jaune",
        "green": "vert",
        "turquoise": "turquoise",
        "blue": "bleu",
        "purple": "violet",
        "pink": "rose",
        "brown": "marron",
        "beige": "beige",
    },
)
