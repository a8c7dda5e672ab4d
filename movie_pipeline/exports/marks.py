"""Yes or no, and seen or not, as people and services write it.

What belongs here: pure functions from a cell to True, False or None (it does not tell), in the
languages of which headings are read. What does not: which column holds what (``formats``), and
what a cell means that does not tell (``sections``).
"""

import re
import unicodedata

from movie_pipeline.exports.headings import words

_YES = words(
    "yes y true t 1 1.0 x ✓ ✔ ✅ ☑ ☒ 🗹 👁 👀 ja oui si sí sim tak da jah igen evet kyllä ano "
    "áno да так "
    "ναι はい 是 有 ○ ◯ 예 네 نعم हाँ हां checked liked loved "
    "❤ ♥ 💜 💙 watched seen done completed gesehen vu visto vista set"
)
_NO = words(
    "no n false f 0 0.0 - – — nein non não nao nee nie nej nei ei ne nem hayır hayir nu нет ні όχι "
    "いいえ 否 × 아니요 아니오 لا नहीं unchecked unliked "
    "unwatched unseen ✗ ✘ ❌ ☐ ⬜ 🔲 none null nan"
)
_BLANK = words("n/a na ? ?? tbd tba / … 0000-00-00") | {""}


def _word(text: str) -> str:
    """The text without case, variants of symbols and what surrounds it."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text).replace("\ufe0f", "").replace("İ", "i")
    return " ".join(text.casefold().strip(" !.[]()").split())


def truth(text: str) -> bool | None:
    """Read yes or no, in common languages and symbols; None for anything else."""
    word = _word(text)
    if word in _YES:
        return True
    return False if word in _NO or text.strip() == "[ ]" else None


# Whole words (or phrases) that say that a film was seen: English, Spanish, Portuguese, French,
# German, Italian, Dutch, the Nordic languages, Polish, Czech, Slovak, Turkish, Hungarian, Romanian,
# Russian, Ukrainian, Greek.
_SEEN = re.compile(
    r"(?:.*\b)?(?:(?:re-?)?watched|(?:re-?)?seen|viewed|finished|completed?|done|rewatch(?:ing)?|"
    r"watching|dropped|consumed|"
    r"vist[oa]s?|completad[oa]s?|terminad[oa]s?|finalizad[oa]s?|acabad[oa]s?|"
    r"assistid[oa]s?|assisti|conclu[ií]d[oa]s?|"
    r"vue?s?|regardée?s?|terminée?s?|finie?s?|complétée?s?|visionnée?s?|achevée?s?|"
    r"gesehen|angesehen|geschaut|angeschaut|geguckt|abgeschlossen|fertig|beendet|erledigt|"
    r"guardat[oaie]|completat[oaie]|finit[oaie]|terminat[oaie]|conclus[oaie]|"
    r"gezien|bekeken|gekeken|voltooid|afgerond|"
    r"sedda?|sett|klar|slutförd|avslutad|færdig|afsluttet|gennemført|ferdig|fullført|"
    r"katsottu|katsonut|nähty|valmis|"
    r"obejrzan[aey]|obejrzał[ea]m|ukończon[aey]|zakończon[aey]|widzian[aey]|widział[ea]m|"
    r"viděn[oýa]?|viděla?|(?:s|z)hlédnut[oýa]?|dokončen[oýaé]?|hotovo|videné|pozreté|dokončené|"
    r"izlendi|izledim|izlenmiş|izlenen|tamamlandı|bitti|görüldü|"
    r"láttam|megnézve|megnéztem|megnézett|befejezve|befejezett|kész|"
    r"văzute?|vizionate?|finalizate?|"
    r"просмотрен\w*|досмотрен\w*|пересмотрен\w*|(?:по|про|до|пере)?смотрел[аи]?|видела?|завершен\w*|завершён\w*|"
    r"переглянут\w*|(?:по|пере)?дивив?(?:ся|лася)|бачив|бачила|завершено|"
    r"(?:το )?είδα|(?:έχω )?δει|ολοκληρώθηκε|ολοκληρωμέν\w*)(?:\b.*)?"
)
# Parts of words: Japanese, Chinese, Korean, Arabic, Hindi.
_SEEN_PARTS = re.compile(
    "視聴済|鑑賞済|観た|見た|みた|視聴完了|鑑賞完了|^完了|^済|看过|看過|已看|已观看|已觀看|看完|已完成|^完成|在看|"
    "봤|시청함|시청 ?완료|관람함|관람 ?완료|감상 ?완료|^완료|^봄$|본 ?영화|شاهدت|شوهد|"
    "تمت المشاهدة|مكتمل|"
    "देखा|देखी|देख ली|पूर्ण"
)
_UNSEEN = re.compile(
    r"plan|watch ?list|wish|want|\bto[ -_]?(?:be )?(?:re)?(?:watch|see)|unwatched|unseen|"
    r"\b(?:not|never|n[o']t|haven'?t|didn'?t)\b.*\b(?:watch|seen|start|view|finish)|\bnot ?yet|"
    r"not ?(?:watched|seen|started|interest|viewed|finished|completed)|unfinished|incomplete|"
    r"interested|"
    r"queue|backlog|pending|\bnext\b|\bto-? ?do\b|upcoming|\blater\b|someday|\bwait|"
    r"por ver|pendient|para ver|quiero|planead|no vist|sin ver|desead|"
    r"quero|assistir|pendente|não |nao |\ba ver\b|"
    r"[àa] (?:re)?(?:voir|regarder)|prévu|envie|pas (?:encore |vu)|non vu|en attente|"
    r"ungesehen|nicht|noch|merkliste|wunschliste|watchlist|will |möchte|zu sehen|ausstehend|"
    r"\boffen\b|"
    r"da (?:ri)?(?:vedere|guardare)|pianificat|non |in attesa|voglio|"
    r"te (?:zien|kijken|bekijken)|nog |gepland|niet |wil |ongezien|"
    r"att se|vill|osedd|inte |\bej |skal |planlagt|ikke |usett|uset\b|"
    r"katsottava|haluan|suunni|\bei |katsomat|näkemät|"
    r"do obejrz|chcę|nieobejrz|\bnie |oczekuj|chci|chcem|nevid|nez?hléd|nepozret|k vidění|na vid|"
    r"izlenecek|izlemek|izlenmedi|izlemedim|sırada|beklem|"
    r"megnézend|\bnem |terv|várólist|de văzut|de vizionat|nevăzut|vreau|"
    r"план|хочу|буду|посмотреть|отлож|\bне |непросм|неперегл|подивитис|відклад|очеред|"
    r"θέλω|σχεδι|\bδεν |αργότερα|"
    "見たい|観たい|みたい|未|これから|予定|気になる|後で|想看|待看|没看|沒看|計劃|计划|打算|稍后|稍後|想要|"
    "보고 ?싶|볼 ?예정|안 ?봄|안 ?봤|못 ?봄|미시청|미관람|찜|예정|أريد|لم |للمشاهدة|لاحق|"
    "देखना|देखनी|नहीं"
)


def seen_status(text: str) -> bool | None:
    """Read a status such as ``completed`` or ``plantowatch``: seen, not seen, or None."""
    answer = truth(text)
    word = _word(text)
    if answer is not None or word in _BLANK:
        return answer
    try:
        return float(word) > 0  # how often it was watched
    except ValueError:
        pass
    word = word.replace("_", " ")
    if _UNSEEN.search(word):
        return False
    return True if _SEEN.fullmatch(word) or _SEEN_PARTS.search(word) else None


def listed(text: str) -> bool | None:
    """Read whether a film is only on a watchlist: False (not seen) if so, else mostly None."""
    answer = truth(text)
    if answer is None:
        return seen_status(text)
    return False if answer and not _SEEN.fullmatch(_word(text)) else None


def event(text: str) -> bool | None:
    """Read TV Time's kind of event: only a viewing says that the film was seen."""
    return {"watch": True, "rewatch": True, "towatch": False}.get(text.strip())


def plays(text: str) -> int | None:
    """Read how often a film was watched."""
    text = text.strip()
    return int(float(text)) if re.fullmatch(r"\d{1,5}(?:\.0+)?", text) else None


def day_tells(text: str) -> bool | None:
    """Whether the cell of a day says that a film was seen, although the day can't be read."""
    if len(text) > 7 and text[0].isdigit() and text != "0000-00-00":
        return True  # a day, without looking closer
    answer = seen_status(text)
    return True if answer is None and _word(text) not in _BLANK else answer


def thumb(text: str) -> bool | None:
    """Read a thumb: up (Netflix's 2 and 3) is a like, down (its 1) is none."""
    word = _word(text).replace("_", " ")
    if "👍" in word or word in {"thumbs up", "thumb up", "up", "like", "2", "3"}:
        return True
    return False if "👎" in word or word in {"thumbs down", "thumb down", "down", "1"} else None
