"""English: which questions are about something that can be seen.

How well they do on questions that nobody here wrote is measured by `scripts/measure_sight.py`; see
docs/eyes.md.
"""

from assistant.languages.pack import Sights

_SPANS = (
    r"(?:(?:last|past|coming|next|very|fine|late|early) )?(?:morning|afternoon|evening"
    r"|night|day|week"
    r"|weekend|month|year|quarter|semester|season|summer|winter|spring|fall|autumn"
    r"|christmas|time"
    r"|moment|point|minute|hour|second|instant|monday|tuesday|wednesday|thursday|friday"
    r"|saturday"
    r"|sunday|january|february|march|april|may|june|july|august|september|october|november"
    r"|december|decade|century|days)"
)
"""Behind "this", no thing that could be shown."""
_TALK = (
    r"(?:song|track|music|tune|playlist|band|podcast|word|phrase|sentence|question"
    r"|conversation"
    r"|chat|joke|alarm|timer|reminder|list|meeting|appointment|event|trip|flight|area|city"
    r"|town"
    r"|country|state|neighborhood|region|place|restaurant|location|world|account"
    r"|transaction"
    r"|payment|charge|loan|order|reservation|call|volume|language|setting|mode|life|planet"
    r"|idea"
    r"|company|universe|ai|bank|credit|insurance|vacation|street"
    r"|person talking"
    r"|process|purchase|(?:date|bus|train|ship)(?! (?:pass|card|ticket|stop)))"
)
"""The same of what is talked about."""
_THOUGHT = (
    r"(?:method|change|effect|drug|movement|concept|theor(?:y|ie)|topic|news|statement|response"
    r"|e ?mail|subject|treatment|technolog(?:y|ie)|disease|matter|issue|problem|situation"
    r"|polic(?:y|ie)"
    r"|law|fact|conflict|war|presidency|series|episode|benefit)"
)
"""The same behind "these", too."""
_TITLED = r"(?:game|movie|film)"
"""The same, unless one asks what it is: then it may be a box in the hand."""
_HERE = r"(?:this|these|that|those|the|my|your|our|his|her|it|its)"
_HOLDER = (
    r"(?:pictures?|photos?|photograph|image|shot|camera|label|bottle|can|box|boxes|package"
    r"|packet|pack"
    r"|packaging|bag|jar|carton|container|tin|tube|cup|mug|glass|bowl|plate|tray|shelf"
    r"|shelves|table"
    r"|desk|counter|floor|wall|ceiling|sign|card|paper|page|sheet|envelope|letter|mail"
    r"|book|booklet"
    r"|magazine|newspaper|cover|menu|receipt|ticket|tag|sticker|note|whiteboard|blackboard"
    r"|board"
    r"|poster|chart|diagram|graph|shirt|sweater|t-shirt|cap|lid|back|front|top|bottom|side"
    r"|left|right"
    r"|hand|pot|pan|oven|fridge|refrigerator|freezer|microwave|washer|dryer|display|dial"
    r"|scale"
    r"|thermostat|meter|machine|router|modem|keyboard|knob|button|notice|cd|dvd|product|item"
    r"|object"
    r"|thing|one)"
)
_DEVICE = (
    r"(?:thermostat|thermometer|dial|needle|gauge|meter|scale|display|remote(?: control)?|oven"
    r"|stove|microwave|dishwasher|washer|dryer|washing machine|air conditioner|clock|watch)"
)
"""What shows how it is set."""
_TRAIT = (
    r"(?:colou?rs?|flavou?rs?|brands?|breed|kinds?|types?|sorts?|make|size|shape|scent"
    r"|model|species"
    r"|pattern|denomination)"
)
_SEEN = r"(?:colou?rs?|flavou?rs?|brands?|breed|scent|pattern|denomination)"
"""Traits of things at hand only."""
_END = r"(?: (?:please|thanks|thank you|for me|now|here|over there|there|called|then))*$"
_SHOWN = (
    r"(?:pictures?|photos?|images?|labels?|bottles?|cans?|box(?:es)?|packages?|packets?"
    r"|packs?|bags?"
    r"|jars?|cartons?|containers?|tins?|tubes?|cups?|mugs?|bowls?|trays?|shel(?:f|ves)"
    r"|tables?|desks?"
    r"|counters?|floor|walls?|ceiling|signs?|envelopes?|tags?|stickers?|buttons?|knobs?|dials?"
    r"|switch(?:es)?|jacks?|plugs?|cables?|keys?|pills?|tablets?|cds?|dvds?|coins?|bills?"
    r"|dollar bills?"
    r"|shirts?|t-shirts?|pants|trousers|socks?|shoes?|dress(?:es)?|jackets?|sweaters?|ties?"
    r"|skirts?"
    r"|sweatshirts?|display|keyboards?|remotes?|candles?|towels?|napkins?|coupons?|stamps?"
    r"|burners?)"
)
"""What eyes tell apart, and nothing that is talked about with a bank."""
_CLOTHES = (
    r"(?:pants|trousers|jeans|shorts|skirt|dress|shirt|t-shirt|blouse|top|sweater|jacket|coat"
    r"|socks?|shoes?|hat|tie|belt|scarf|gloves?|suit|bracelet|necklace)"
)
_NO_SIGHT = (
    r"(?:an?|the|for|possible|true|ok|okay|safe|time|going|raining|rainy|snowing|snowy|sunny"
    r"|cloudy|windy|warm|cold|hot|cool|humid|right|wrong|correct|good|bad|fine|all|your|my|real"
    r"|legal|illegal|normal|common|free|dangerous|healthy|expensive|cheap|important|available"
    r"|easy|hard|difficult|worth|better|because|to|in|on|at|not|so|too"
    r"|supposed|gonna|really|what|how|why|when|where|who|it|that|this|you|monday|tuesday"
    r"|wednesday|thursday|friday|saturday|sunday|today|tomorrow|everything|late|early)\b"
)
"""Behind "is it", nothing that eyes would tell."""
SIGHTS = Sights(
    asides=(rf"\bthis {_SPANS}(?:'s)?\b|\bthese days\b",),
    never=(
        r"\blet(?:'s| us)(?: all)? (?:take|have) a look\b",
        (
            r"\bread (?:me |out )*(?:the|my) (?:latest |last |new |text )*(?:news|headlines"
            r"|messages?"
            r"|e ?mails?|story)\b"
        ),
        rf"\bthis (?:\w+ )?{_TALK}s?\b|\b(?:this|these) (?:\w+ )?{_THOUGHT}s?\b",
        rf"(?<!what is )(?<!what's )(?<!whats )(?<!name of )\bthis (?:\w+ )?{_TITLED}s?\b",
        rf"\bthis (?:\w+ )?{_TITLED}s? (?:about|on|in|with|from|rated|playing|start|end)\b",
        r"\b(?:what|which) (?:song|artist|band|album)\b|\bwho (?:sings|sang|plays)\b",
        (
            r"\b(?:weather|forecast|traffic|alarm|timer|remind|reminders?|calendar|schedule"
            r"|playlist)\b"
        ),
        (
            r"\b(?:gas|fuel|flights?|airlines?|luggage|ratings?|reviews?|tax(?:es)?"
            r"|check engine)\b"
        ),
        (
            r"\b(?:transactions?|order was|my (?:list|order|iphone|phone|card|account)|citibank"
            r"|visa)\b(?! is this\b)"
        ),
        (
            r"\b(?:mpg|octane|unleaded|apr|pto|w2|interest rate|credit (?:card|score|limit)"
            r"|balance)\b(?! is this\b)"
        ),
        (
            r"\b(?:spell|pronounce|synonym|translate(?! (?:this|the) (?:sign|label|menu|letter"
            r"|page))|definition|stand for)\b|\bmean(?:s|ing|t)?\b"
        ),
        r"^(?:what|where|how|why|when)(?:'s| is| are| was)? (?:that|this|it) (?:about|for)$",
        r"\bwhat (?:time|day|date|year|month) is (?:it|this|today)\b",
        r"\b(?:shopping|grocery|to do|todo|wish) list\b|\bon my list\b",
        r"\byour (?:favou?rite|name|age|birthday|job|boss|pets?|hobb\w+)\b|\bfavou?rite\b",
        r"\b(?:repeat|say|explain) (?:that|this|it)\b",
    ),
    shown=(
        # this, these: something is there
        (
            r"\b(?:is|are|was|'s|what's|who's|whats|where's) (?:this"
            rf"|these)(?: [\w'-]+){{0,4}}{_END}"
        ),
        (
            r"^(?:hi |hello |please |so |and |okay |ok |now |hey )*(?:is|are|does|do|did|has|have"
            r"|was) (?:this|these)\b"
        ),
        (
            r"^(?=.*\b(?:what\S*|which|who\S*|where\S*|how|when|is|are|am|can|could|do|does|did"
            r"|will|tell|read|see|say|describe|identify|help|please|need|want|like|know|find"
            r"|look)\b)"
            r".*\b(?:in|on|of|inside|with|from|at|does|do|describe|identify|read|see|tell"
            r"|called) (?:me )?(?:this|these)\b(?! way)"
        ),
        (
            r"\b(?:what|which|who|how)\b.* (?:this|these)(?: [\w'-]+)? (?:is|are|says?|said|looks?"
            r"|shows?|reads?|has|have|contains?)\b"
        ),
        r"\b(?:what|which|whats|who)\b.* (?:this|these)(?: [\w'-]+){0,3}$",
        (
            r"^(?:hi |hello |please |so |and |okay |ok |yes |now |hey )*(?:what |what's )?(?:this"
            r"|these)(?! (?:is|are|was|were|will|has|can|should|would|looks?|sounds?|seems?"
            r"|makes?|brings?|isn't|answer|needs?|left|one is|only)\b) [\w'-]+"
        ),
        (
            r"\b(?:what|who|which)(?:'s| is| are) (?:this|these) (?:and|or|i|i'm|please|for|here"
            r"|say)\b"
        ),
        r"\b(?:this|it|these) (?:[\w'-]+ ){1,4}(?:says?|is for|is from)\b.*\?*$",
        (
            r"\bwhen (?:does|do|will|did) (?:this|that|the|my|these) (?!card"
            r"|credit)(?:\w+ ){0,2}expire\b|\btell (?:if|whether) (?:this|these|it)\b"
        ),
        r"\b(?:cook|make|made|sells?|use|open|find|buy) (?:this|these)\b|\bif this is\b",
        (
            r"\bwhat (?:is|are|'s) (?:the|that|he|she|they|my)(?: [\w'-]+){0,5} (?:doing|riding"
            r"|wearing|holding|eating|drinking|carrying|looking at|pointing (?:at|to)|set (?:to|at"
            r"|on)|made of)\b"
        ),
        (
            r"\b(?:can|could|how|what|where|who|if|does|(?<!i )do)\b.* (?:this|these)"
            r"(?: two| three)? [\w'-]+"
        ),
        r"\b(?:this|it) is an? .*\b(?:can you tell|tell me|what(?:'s| is)|is it)\b",
        (
            r"\b(?:what|which) colou?rs? (?!(?:is|are)(?: (?:it|that|they)\b|$)|(?:do|does|should"
            r"|would"
            r"|will|can|did) (?:you|i|we)\b)\S+"
        ),
        r"\bcolou?rs? (?:of|please)\b|\btell (?:me )?the colou?rs?\b",
        # what eyes are asked for by name
        (
            r"\b(?:can|could) (?:you|someone|anyone|somebody) (?:guys |all )?(?:still |even "
            r"|please )?"
            r"(?:see|read|describe|recogni[sz]e|identify|look at)\b"
            r"|\bdo you (?:guys |all )?(?:still |even )?(?:see|recogni[sz]e)\b"
            r"|\bare you able to (?:see|read|tell|make out|recogni[sz]e|identify)\b"
        ),
        (
            r"\bwhat (?:do|can|could) you (?:guys )?see\b|\bwhat you (?:can )?see\b"
            r"|\bin (?:the )?view\b"
        ),
        (
            r"\bwhat (?:am i|i'm|i am|do i have|have i got|is he|is she) (?:holding|wearing|wearin"
            r"|looking at|pointing|touching|carrying|showing|eating|in my)\b"
        ),
        (
            r"\bi(?:'m| am) (?:holding|wearing|looking at|pointing|showing)\b|\bi have (?:here"
            r"|a \w+ here)\b"
        ),
        (
            r"\b(?:over|right) here\b|\b(?:outside|out|through) (?:this|the|my"
            r"|of the)(?: \w+){0,2} window\b"
        ),
        (
            r"\b(?:in|on|near|behind|around|under) (?:my (?:left |right )?(?:hands?|arm|head|face"
            r"|lap|desk|table|shirt|plate)|front of (?:me|you|us|it|the camera)|the camera)\b"
        ),
        (
            r"\b(?:take|have|taking) (?:a |another )?(?:close |closer |good |quick )?(?:look|photo"
            r"|picture)\b"
        ),
        (
            r"\blook (?:at (?:this|that|these|it|what|my|me)|here|closely|again)\b"
            r"|\bdescribe (?:to me |for me )?(?:what|this|these|it|me|my"
            rf"|(?:the|that) (?:\w+ )?(?:{_HOLDER}|{_CLOTHES}|scene|view|room|person|place"
            rf"|colou?rs?"
            r"|screen|painting|drawing|design|pattern|animal|dog|cat|people))\b(?! job| benefits)"
            rf"|\bdescribe(?: please)?$|^(?:please )?identify\b"
        ),
        (
            rf"\b(?:in|on|of|from|into|at) {_HERE} (?:\w+ )?(?:pictures?|photos?|photograph|image"
            r"|shot|camera)\b"
        ),
        (
            r"\b(?:did|do) (?:i|my camera|my phone) (?:just )?(?:take|get) (?:a "
            r"|any )?(?:good )?picture\b"
        ),
        (
            r"\bhow (?:do|does|did) (?:i|my|the|this|it)(?: [\w'-]+){0,3} look\b(?! (?:after|for"
            r"|up|into))"
        ),
        r"\bdoes (?:my|the|it|that|he|she) (?:[\w'-]+ ){0,3}(?:look|match|fit|go with)\b",
        (
            r"\bwhat (?:does|do|did) (?:he|she|they|it|that|the|my"
            r"|a)(?: [\w'-]+){0,4} look like\b"
        ),
        # writing
        r"\bwhat(?:'s| is| are|ever)? (?:written|printed|displayed|shown|visible|standing)\b",
        (
            r"\b(?:written|printed|displayed|shown|visible|showing|pictured)(?: (?:here|there|in"
            rf"|on|at)\b.*)?{_END}"
        ),
        (
            r"\bwhat (?:does|do|did) (?!your|the (?:news|bible|law|report|review"
            r"|constitution))(?:it|this|that|these|those|the|my|his|her"
            r"|a)(?: [\w'-]+){0,5} (?:say|says|read|show)\b"
        ),
        r"\bwhat (?:it|that|the(?: \w+){1,3}) (?:says?|reads?|shows?)\b",
        (
            r"(?<!\bi )(?<!ve )(?<!n't )(?<!not )(?<!you )(?<!will )(?<!who )(?<!to )\bread it\b"
            r"|\b(?:can|could|will|would) you (?:please |just )*read it\b"
            r"|\bread (?:out|aloud|to me|me (?:this|that|the|what)|the (?:\w+ )?(?:text|label"
            r"|sign|letter|card|writing|note|page|menu|instructions?|ingredients?|title|back|front"
            r"|bottle|box|can|display|mail|recipe|envelope|directions?|first|last|top))\b"
        ),
        r"\b(?:expir(?:y|ation)|use by|sell by|best by|best before) date\b(?!.* card)",
        (
            r"\b(?:license|licence|number) plate\b|\bbar ?code\b|\bqr code\b|\bhand ?writ\w+\b"
            r"|\bserial number\b"
        ),
        # things and their traits
        (
            r"\bwhat(?:'s| is| are)? (?:in|on|inside|at|under|behind|next to) (?:the|this|these"
            rf"|that|those|my|front|top)(?: [\w'-]+){{0,2}} ?{_HOLDER}\b(?! sale)"
        ),
        (
            r"\b(?:what|which|whats|tell me)(?: the| exact)? colou?rs?(?: \w+)? (?:is|are|of|am|do"
            r"|does|did|on|in) (?:my|that|those|these|this|the|his|her|its|any|i)\b"
        ),
        (
            r"^(?:\S+ ){0,3}(?<!why )(?:is|are) (?:my|the|that|those)(?: [\w'-]+){1,3}"
            r" (?:red|blue|green|black|white|brown|yellow|orange|pink|purple"
            r"|gr[ae]y|dirty|clean|dark|light|ripe|burnt|stained"
            r"|wrinkled|empty|full|visible)\b"
        ),
        (
            rf"\b(?:what|which|whose)(?: [\w'-]+){{0,2}} {_TRAIT}(?: of)?(?: [\w'-]+){{0,3}} (?:is"
            r"|are|'s) (?:that|those|these|this)\b"
        ),
        r"\b(?:what|which) [\w'-]+(?: [\w'-]+)? (?:is|are) (?:this|these|those)\b",
        rf"\b(?:what|which|who)(?:'s| is| are)? (?:that|those) (?:\w+ )?{_HOLDER}\b",
        rf"\bwhat(?:'s| is| are) the {_TRAIT} (?:of|on|in) (?:the|my|that|those)\b",
        (
            r"\bthe (?:name|title|brand|price|total|number|text|heading|logo|writing|picture|word"
            r"|words|name|directions|instructions|ingredients) (?:of|on|in|at|for) (?:the|my"
            rf"|that) (?:\w+ )?{_HOLDER}\b"
        ),
        (
            r"\bhow (?:many|much)(?: [\w'-]+){1,4} (?:are|is"
            r"|do you see)(?: there)?(?: left)? (?:in|on"
            rf"|at) (?:the|my|that|those) (?:\w+ )?{_HOLDER}\b"
        ),
        (
            r"\b(?:is|are|was) (?:there )?(?:a|an|any|anything|anyone|anybody|something|someone"
            r"|somebody|one)\b.* (?:in|on|at|behind|under|here|visible) ?(?:here|there|(?:the|my"
            rf"|this|that) (?:\w+ )?(?:{_HOLDER}|door|doorway|room|road|roof|chair|couch|sofa|bed"
            r"|window|background|garden|yard))\b"
        ),
        (
            r"\bon (?:the|this|that) (?:\w+ )?(?:label|bottle|box|package|sign|whiteboard|plate"
            r"|shelf|carton|jar|display|envelope|packet|tag|sticker|dial)\b"
        ),
        (
            r"\baccording to the (?:picture|chart|label|photo|image|sign|diagram|graph|table"
            r"|map)\b"
        ),
        r"\bin the (?:foreground|background|picture|photo|image)\b",
        r"\bwhich (?:button|one of these|one is the|of these|of those|side)\b",
        (
            r"\b(?:what|which) (?:\w+ ){1,4}(?:is|are) (?:in|on|at) (?:the|my"
            r"|that) (?:\w+ )?(?:text"
            rf"|{_HOLDER})\b"
        ),
        r"\b(?:on|at) (?:the|my) (?:[\w'-]+ ){1,4}(?:and [\w'-]+ )?boxes\b",
        (
            r"\bthe (?:text|writing|words?|label)\b.*\bplease\b|\bname of that\b"
            r"|\bpiece of (?:paper|mail)\b"
        ),
        (
            r"\b(?:what|which) (?:brand|breed|flavou?r|denomination|scent|pattern|make) (?:is|are)"
            r" (?:the|my|that|those)\b"
        ),
        (
            r"\bhow (?:full|empty) (?:is|are) (?:my|the|this)\b|\bwhich (?:button|cable|plug|key"
            r"|bus) is\b"
        ),
        r"^translate (?:this|the) (?:sign|label|menu|letter|page)\b",
        r"\bhow many fingers\b|^am i (?:holding|wearing|pointing)\b|\bwhat page am i on\b",
        r"\bwhich way (?:up|round)\b|\bset (?:to|at|on)$|\bexpiration on (?:the|this|my)\b",
        (
            rf"\b(?:find|see|spot) (?:my|the)(?: [\w'-]+){{1,3}} (?:on|in|under|behind) (?:the|my)"
            rf" {_HOLDER}\b"
        ),
        r"\bthe number on the (?:\w+ )?(?:door|bus|house)\b|\b(?:on|in) my (?:face|hair|teeth)\b",
        rf"\b(?:the|that|my) {_HOLDER} says?\b|\bcaptchas?\b|\bverification (?:text|code)$",
        (
            r"\b(?:tell|see|say|know) (?:me )?(?:if|whether|when) you (?:can |could )?see\b"
            r"|\b(?:explain|about|is|of|in) (?:the|my) (?:picture|photo|image)\b"
        ),
        (
            r"\b(?:what|who) did i (?:just )?(?:take|photograph|snap)$"
            r"|\b(?:i|i've) (?:just )?(?:took|taken|take) a (?:picture|photo)\b"
        ),
        (
            r"^(?:please )?(?:can you |could you )?(?:please )?read (?:me )?(?:the|that|those)"
            r" (?:name|money|bill|number|numbers|code|price|\w+ (?:name|number))$"
        ),
        (
            r"^(?!.* (?:one|thing|side|back|left|right|top|bottom|front)$)"
            r"(?:\w+ ){0,2}this is (?:a|an|my|the) (?:[\w'-]+ ){0,2}"
            rf"(?:{_HOLDER}|{_DEVICE})$"
        ),
        r"\bis there (?:\w+ )?(?:in|on) my (?:way|path)\b|^how much (?:is )?this$",
        rf"\b(?:is|are) (?:[\w'-]+ )?on my (?:{_CLOTHES})\b|^do i have on\b",
        (
            rf"\b(?:what|which)(?: other)? (?:\w+ )?{_TRAIT} (?:is|are) (?:in|on) (?:the|my|that)"
            r" [\w'-]+"
        ),
        r"^(?:and |so |it's |its )*the colou?r\b",
        # what is set or measured
        (
            r"\b(?:what|which|tell me|read|how (?:much|many))\b.*\bon (?:the|my|that)"
            rf" (?:\w+ )?{_DEVICE}(?: is| says?)?{_END}"
        ),
        (
            r"\b(?:what|which)(?: [\w'-]+){1,3} (?:is|are) (?:the|my|that)(?: \w+){1,3}"
            r" (?:pointing (?:at|to)|set (?:at|to|on)|turned to)$"
        ),
        rf"\b(?:what|which) (?:\w+ ){{1,2}}is (?:the|my|that) (?:\w+ )?{_DEVICE} on$",
        rf"\b{_DEVICE} (?:readings?|information|displays?)\b",
        # how things are
        r"^(?:is|are) my (?:hair|face|nails|teeth|beard|tie)\b",
        (
            r"^(?:is|are) (?:the|my|that|those)(?: [\w'-]+){1,2} (?:boiling|burning|smoking"
            r"|flashing"
            r"|blinking|glowing|leaking|dripping|melting|charging|plugged in|upside down|crooked"
            r"|level|straight)$"
        ),
        (
            r"^(?:is|are) (?:the|my|that|those) (?:\w+ )?(?:doors?|windows?|gate|drawer|lid|fridge"
            r"|oven|curtains?|blinds?|shutters?|box|garage) (?:open|closed|shut|locked)"
            r"(?: or (?:\w+ )?\w+)?$"
        ),
        (
            r"\bdid i leave (?:the|my) (?:[\w'-]+ )?(?:lights?|lamp|stove|oven|iron|tap|door"
            r"|window"
            r"|tv|heater)\b"
        ),
        r"\b(?:upside down|right side up|right way (?:up|round))\b",
        # traits, labels and directions: of a thing at hand even in mid-conversation
        (
            r"\b(?:baking|cooking|heating|preparation|preparing|oven|microwave|microwaving"
            r"|washing|care|mixing|cookie|cake) (?:instructions?|directions?)"
            rf"(?: (?:is|are))?{_END}"
        ),
        r"\bwhat the (?:package|label|item|product|box) is\b",
        (
            rf"\bwhat(?:'s| is| are) the (?:{_SEEN}|product|brand|item|object|logo|label|price tag"
            rf"|heading|serving size|dosage){_END}"
        ),
        rf"\b(?:blood pressure|thermometer|thermostat)(?: readings?)?{_END}",
        (
            r"\bwhat(?: [\w'-]+){0,3} am i (?:looking at|recording|seeing|holding|wearing|eating"
            r"|drinking|touching|sitting on|pointing at|showing)\b"
        ),
        r"\bname (?:this|these)\b|\b(?:what|which)(?: \w+)? (?:letters|digits|characters)\b",
        r"\b(?:what|which)(?:'s| is| are) (?:that|those) (?:on|in|at|under|behind) (?:the|my)\b",
        (
            r"^(?:is|are) (?:the|my|that|those)(?: [\w'-]+){1,2} (?:wet|dry|mou?ldy|rotten|torn"
            r"|broken|cracked|rusty|dusty|matching)\b"
        ),
        (
            r"\b(?:this|it|these) (?:is|are) (?:an?|the|my) .*\b(?:can you|could you|tell me|what"
            r"|which)\b"
        ),
        (
            r"\bthe (?:[\w'-]+ ){1,3}(?:name|price|number|code|text|writing|words?|letters?) (?:on"
            rf"|at|in) (?:the|my|that) (?:\w+ )?{_HOLDER}\b"
        ),
        # what is printed, chosen or shown by machines
        (
            r"\b(?:cooking|baking|heating|preparation|oven|microwave|washing|care|mixing)"
            r" (?:instructions?|directions?) (?:for|on|of) (?:the|this|my|that|these)\b"
        ),
        (
            r"\b(?:is|are) (?:\w+ )?(?:selected|highlighted|checked|ticked|lit up|labell?ed"
            r"|pressed"
            r"|facing up)\b"
        ),
        (
            r"\bletters?\b.*\b(?:type|enter)\b|\b(?:left to right|top to bottom|serving size"
            r"|per serving|(?:one|a|each) serving)\b"
        ),
        (
            r"\b(?:there|have|has|see|any) (?:any |some )?(?:writing|text|print|lettering)\b"
            r"(?! messages?)|\b(?:model|serial|model and serial) numbers?\b"
        ),
        (
            rf"\b(?:what|which|tell me|read|confirm|check)\b.*\b(?:{_DEVICE}|crock ?pot"
            rf"|slow cooker"
            r"|conventional oven|dryer|heater|fan)(?:'s)? (?:\w+ )?settings?\b"
        ),
        (
            rf"\b{_DEVICE} (?:is |be )?(?:set\b|settings?{_END})"
            rf"|\b(?:temperature|setting|mode|reading) (?:is|of|on) (?:the|my) {_DEVICE}\b"
        ),
        (
            rf"\bwhich(?: one| ones)?(?: of)?(?: the| these| those)?(?: \w+)? {_SHOWN}s?"
            r" (?:is|are|has|have|contains?)\b"
            r"|\bwhich (?:one |\w+ )?(?:is|are) (?:the )?"
            r"(?:red|blue|green|black|white|brown|yellow|orange|pink|purple|gr[ae]y)\b"
        ),
        (
            r"^(?:what(?:'s| is| are) )?(?:the )?(?:contents?|names?|titles?|kinds?|types?"
            r"|brand|colou?rs?"
            r"|flavou?r|price|number|text|label|expir\w+ date) (?:of|on|in|for|from) (?:this|these"
            rf"|(?:the |my |that )?(?:\w+ )?{_SHOWN})\b"
        ),
        r"^(?:in|on|inside|of|from|with) (?:this|these) [\w'-]+$",
        (
            rf"\bwhat(?:'s| is| are|was) (?:in|on|inside|at|under|behind) (?:the|this|that"
            rf"|my) {_SHOWN}\b"
        ),
        (
            r"\bwhat(?:'s| is| are| was) the (?:[\w'-]+ ){1,3}(?:on|in|at|under) (?:the|this|my"
            rf"|that) (?:[\w'-]+ )?{_SHOWN}\b"
        ),
        (
            r"\b(?:what|which|how much|how many)\b.* (?:did i|have i|i) (?:just )?(?:get|got"
            r"|take|took"
            r"|pull|pulled|pick|picked) (?:out|up|from|off)\b"
        ),
        (
            r"\b(?:i know|i think|i believe|hopefully|i'm pretty sure) (?:that )?(?:this|these|it)"
            r" (?:is|are)\b.*\b(?:what|which|is it|does it|whether|if)\b"
        ),
        (
            r"\b(?:turned|flipped|moved|held|pulled) (?:it|the (?:\w+ )?(?:camera|phone|card|box"
            r"|bottle|can|package)) (?:over|around|back|closer|farther|further|away|up)\b"
            r"|\b(?:in focus|out of focus|blurry)\b|\bis (?:my|the) camera\b"
        ),
        r"\bwould (?:this|these)\b|^(?:tell me (?:about )?|what is )the (?:picture|photo|image)\b",
        (
            r"\b(?:can|could) you (?:please )?(?:tell|read|see|make out)\b.*\b(?:what the|the)"
            r" (?:\w+ )?(?:label|box|bottle|can|package|packet|screen|display|sign|picture)\b"
        ),
        (
            r"\b(?:what|which) (?:buttons?|keys?|knobs?|switch|option|letters?) (?:is|are|do i"
            r"|should i|to|did i|am i)\b"
        ),
        (
            r"\b(?:what|which|read|tell|see|where|is|are)\b.* (?:top|bottom|upper|lower) (?:left"
            r"|right)\b|\b(?:left|right) hand (?:side|corner)\b"
            rf"|\bback of (?:this|the|that|my) (?:\w+ )?{_SHOWN}\b"
        ),
        (
            r"\bdescription of (?:this|the|that|what)\b.*\b(?:image|picture|photo|chart|layout"
            r"|view|screen)\b|\bi (?:just |have |already )?(?:photographed|took a picture)\b"
        ),
        (
            r"^(?:please |can you |could you )*read (?:me )?(?:the|these|those|all)\b"
            r"(?!.*\b(?:books?|chapter|recipe|list|article|poem|bible|quran|next|last"
            r"|previous|rest"
            r"|reports?|scores?|results?|emails?|mails?|texts?)\b)"
        ),
        (
            r"\bwhich (?:one|ones) (?:is|are)\b(?! (?:the )?(?:better|best|cheap\w*|more popular"
            r"|most|closest|nearest|recommended|your|you|fast\w*|worst|health\w*|right|it|that)\b)"
        ),
        r"^(?:is|are|how many|which)\b.*\blights? (?:is |are )?(?:turned |switched )?(?:on|off)\b",
        r"\b(?:do|how do|how am|what do) i look(?: like)?(?: now| today)?$",
        # light, and who is there
        (
            r"\bis (?:it|the room) (?:still )?(?:dark|bright|lit)\b|\bhow (?:dark|bright"
            r"|light) is\b"
        ),
        (
            r"\b(?:is|are|was|were|if) (?:the|my|a|any|that|your) (?:[\w'-]+ )?(?:lights?"
            r"|lamps?|tv|television|fan|oven|stove|burner"
            r"|radio|screen|kettle|computer|monitor|led|bulb|hose|tap) (?:turned |still"
            r" |switched )?(?:on"
            r"|off|lit)\b|^the lights? (?:\w+ ){0,4}on or off$"
        ),
        (
            r"\bwho(?:'s| is) (?:here|there|at the door|standing|sitting|in the (?:room|picture"
            r"|photo|kitchen))\b"
        ),
    ),
    pointing=(
        rf"^(?:\w+ ){{0,4}}what(?:'s| is| are|s) (?:it|that|they|those)(?: called)?{_END}",
        rf"^what (?:it|that|they) (?:is|are){_END}",
    ),
    near=(
        (
            r"\b(?:which|what) (?!time|day|date|year|month|season|language|place|song)[\w'-]+"
            rf" is that{_END}|\bwhat(?:'s| is| are) the (?:\w+ ){{1,2}}(?:number|code)$"
        ),
        (
            r"\bwhat(?:'s| is| are)(?: the| its| their| name of(?: the)?)*"
            r"(?: name of(?: the)?| exact| main)? colou?rs?\b(?! blind| of the (?:sky|year))"
        ),
        (
            r"\bdoes (?:it|that|the [\w'-]+) (?:say|have any (?:writing|text)|show)\b"
            r"|\bhow (?:much|many) [\w'-]+(?: [\w'-]+)? does it (?:contain|have)$"
        ),
        (
            rf"\b(?:what|which) {_TRAIT}(?: of)?(?: [\w'-]+){{0,3}} (?:it|that|they|those)"
            r" (?:is|are)\b"
        ),
        (
            rf"\b(?:what|which) {_SEEN}(?: of)?(?: [\w'-]+){{0,3}} (?:is|are) (?:it|that|they"
            rf"|those){_END}|^(?:what|which) {_SEEN}(?: of [\w'-]+)?{_END}"
        ),
        (
            r"\b(?:what|which) (?:kinds?|types?|sorts?) of [\w'-]+(?: [\w'-]+)?"
            rf" (?:(?:is|are) (?:it|that|they|those){_END}|(?:am i|do i have)\b)"
        ),
    ),
    vague=(
        rf"^(?:what|which) {_TRAIT}(?: of [\w'-]+)?$",
        r"\b(?:what|who)(?: the \w+)? (?:is|are|was) (?:that|those|these)(?: [\w'-]+)?$",
        rf"\bwhat(?:'s| is| are) (?:on|in) (?:that|those|the [\w'-]+(?: [\w'-]+)?){_END}",
        r"\bis (?:that|it) (?:an?|the|for) [\w'-]+(?: or .*)?$|\b(?:caf|decaf)\w* or \w+$",
        rf"\bwhat(?:'s| is) the (?:logo|price tag|text|writing){_END}",
        (
            r"^(?:\w+ ){0,4}(?:what|who)(?:'s| is| was|s)? (?:it|that|they|those"
            rf"|there)(?: called)?{_END}"
        ),
        rf"\bwhat (?:it|that|they) (?:is|are){_END}",
        (
            rf"\b(?:what|which) (?:{_TRAIT}|product|object|animal|bird|building|food|drink"
            r"|medicine"
            r"|plant|flower|fruit|number|letter)(?: of)?(?: [\w'-]+){0,2} (?:is|are|was) (?:it"
            rf"|that|they|those){_END}"
        ),
        rf"^(?:and |so |it's |its )*the (?:{_TRAIT}|{_CLOTHES}|label|tag)$",
        rf"^(?:is|was) (?:that|it) (?!{_NO_SIGHT})[\w'-]+(?: yet| now)?(?: or .*)?$",
        r"^(?:is|are) (?:that|those) [\w'-]+ or [\w'-]+(?: [\w'-]+)?$",
        r"^(?!yes|no|true|heads|trick|now|more)[\w'-]+(?: [\w'-]+)? or [\w'-]+(?: [\w'-]+)?$",
        (
            rf"\bis (?:that|it) (?:an?|the) (?!{_NO_SIGHT}|nice|great|beautiful|problem|holiday"
            r"|big)[\w'-]+(?: [\w'-]+){0,3}$"
        ),
        rf"^what are the (?:directions|instructions|letters|numbers|ingredients){_END}",
        (
            r"\b(?:what|which) (?!time|day|date|year|month|season|holiday|weather"
            r"|temperature|place"
            r"|language|song)[\w'-]+(?: [\w'-]+)? (?:is|are) (?:it|that|they|those)"
            rf"{_END}|^(?:how|what) about now$"
        ),
        rf"\bwhat(?:'s| is) (?:in|inside) (?:it|there){_END}",
        rf"\bdescription of (?:it$|(?:the|that) (?:\w+ )?{_HOLDER}\b)",
        (
            r"\bwhat(?:'s| is| are) (?:the|my) (?:\w+ )?(?:cereal|soup|drink|food|snack"
            r"|spice|medicine|medication|pills?|item|cds?|dvds?|books?|letter|picture|image|photo"
            r"|bottle|can|jar|packet|amount|denomination|blood pressure|thermometer|thermostat"
            rf"|room temperature|serving size|dosage|ingredients)(?: readings?)?{_END}"
        ),
        r"\b(?:do|does) (?:the|those) (?:sky|clouds?|trees?|flowers?|people|shoes|clothes) look\b",
        (
            rf"\bwhat(?:'s| is| are) the (?:{_TRAIT}|name|product|brand|heading|title|item|object"
            rf"|price|label|cooking (?:instructions?|directions?)){_END}"
        ),
        r"\bwhat(?:'s| is| are) the (?:\w+ ){1,2}(?:name|display)$",
        rf"\bhow many (?:[\w'-]+ ){{1,3}}(?:are|do you see)(?: (?:there|here|left))?{_END}",
        rf"\bwhere(?:'s| is| are| did i (?:put|leave)) (?:the|my) [\w'-]+{_END}",
    ),
    screen=(
        (
            r"^(?:\S+ ){0,5}(?:is|has|have|what|which|where|did"
            r"|does)\b.*\b(?:dialog(?: box)?|cursor"
            r"|boot menu|progress bar|disk check|setup wizard|task ?bar|start menu|web ?site menu"
            r"|formatting|system restore|startup repair)\b"
        ),
        (
            r"\b(?:computer|laptop|pc|tv|phone|blank|previous|next|lock|login|whole) ?screen\b"
            r"|\bonscreen\b"
        ),
        (
            r"\bwhat (?:the |my )?error(?: message)? (?:is|says)\b|\b(?:progress"
            r"|percent\w*)\b.*\b(?:install"
            r"|format|download|updat|scan|restor|complet|process|boot)\w*"
        ),
        (
            r"\b(?:on|at|of|from|in) (?:the|my|this|your|that) (?:\w+ )?(?:screen|monitor|desktop"
            r"|laptop|browser|web ?page|website|window|tab|terminal|app window)\b(?!.* (?:of"
            r"|on) (?:the|my) (?:phone|ipad|dryer|oven|keurig|camera|thermostat))"
        ),
        (
            r"\b(?:my|the|this) (?:computer |laptop )?(?:screen|monitor|desktop|browser"
            r"|web ?page)(?:'s)? (?:say|show|read|display)\w*\b|\bon screen\b"
        ),
        (
            r"\bwhat(?:'s| is) (?:this|that|the) (?:error|dialog|pop ?up|warning|message"
            r"|notification)(?: message| box)?\b|\b(?:error|warning|message) (?:does|do) (?:the"
            r"|this|my) (?:page|screen|program|app)\b"
        ),
        (
            r"\b(?:summari[sz]e|explain|read) (?:me )?(?:this|the) (?:web ?page|article|page|tab"
            r"|window|screen)\b"
        ),
    ),
    file=(
        r"\b(?:attached|attachment|pdf)\b",
        r"\b(?:the|this|that|my) (?:file|document|scan|screenshot|video|clip)\b(?! on)",
        (
            r"\b(?:picture|photo|image|document|file|invoice|video) (?:that )?(?:i|we)(?:'ve"
            r"| have)? (?:just )?(?:sent|gave|given|shared|uploaded|attached|showed)\b"
        ),
    ),
    leads=(
        (
            r"hi|hello|hey|okay|ok|alright|all right|right|so|well|now|then|um|uh|hmm|oh|and|but"
            r"|please|sorry|actually|listen|look|thanks|thank you|excuse me|by the way|also|again"
            r"|yes|no|yeah|this time|next|anyway"
        ),
        r"(?:hi |hello |hey )?(?:there|everyone|guys)|good (?:morning|afternoon|evening)",
        r"(?:i have |i've got )?(?:a |one |another |just )*(?:quick )?question",
        (
            r"(?:one|another) (?:more )?(?:thing|question)"
            r"|(?:let|can) (?:me|i) ask(?: you)?(?: something)?"
        ),
        (
            r"(?:can|could|would|will) you (?:please |just |maybe )*(?:tell me"
            r"|help me(?: out)?(?: here)?|say|check|find out)"
        ),
        (
            r"(?:please )?(?:just )?tell (?:me|us)|do me a favou?r(?: and tell me)?"
            r"|i need (?:your |some )?help|you know(?: what)?|let me (?:think|see)"
            r"|one (?:moment|second)"
        ),
        (
            r"i(?: was|'m| am)? (?:just )?(?:wonder(?:ing|ed)?|need(?:ed)? to know"
            r"|want(?:ed)? to know|would (?:like|love) to know)"
        ),
        (
            r"(?:i'd|we'd) (?:like|love) to know|do you (?:know|happen to know)|if|whether"
            r"|the question is"
        ),
    ),
    reading=(
        (
            r"\b(?:read|says?|written|writing|text|label|letter|word|words|number|date|price|total"
            r"|sign|title|heading|ingredients|instructions|directions|invoice|receipt|menu|page"
            r"|plate|code|name|error|chart|document|mail|address|calories|brand|how much|display"
            r"|dial|scale|thermostat|meter)\b"
        ),
    ),
    refers=(
        (
            r"^(?=(?:\S+ ?){1,9}$)(?!it |it's |that's |yes|no\b|correct|play |send |thanks)"
            r"(?!.*\b(?:is it (?:possible|ok|okay|acceptable|safe|time|going|true)"
            r"|(?:does|will|did|has|would) it (?:take|be|been|rain|snow|cost|have been)"
            r"|do (?:that|it) again|that i)\b).*"
            r"\b(?:it|its|they|them|their|this|those|these|that|he|him|she)\b"
        ),
        r"\b(?:the|that|this) (?:picture|photo|image|label|document|bottle|box|background)\b",
        r"^(?:and|so|but) (?:what|who|which|where|how|is|are|the|on)\b|^read (?:it|on|more|the)\b",
        r"^(?:what about|how about) (?:the|his|her|its|their|this|that)\b",
        r"^(?:what|anything) else\b",
    ),
    excuses={
        "off": "I may not use a camera here.",
        "blind": "I can't see: the mind that I think with takes no pictures.",
        "camera": "I can't see anything: my camera doesn't work at the moment.",
        "screen": "I can't look at your screen at the moment.",
        "covered": "The picture is black: either the lens is covered, or it is completely dark.",
        "frozen": "My camera shows a frozen picture, so I can't tell what is there now.",
        "file": "I can't look at that file: {why}.",
        "none": "I can't make anything out in that picture.",
    },
)
