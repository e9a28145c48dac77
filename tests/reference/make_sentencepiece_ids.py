#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes sentencepiece_ids.json: nasty strings with the ids and the text that sentencepiece gives for the bundled tokenizer.

  cases   text that spells a special token is that token, the rest is sentencepiece's; checked here against transformers
  plain   the strings with special spellings, read as text throughout: sentencepiece alone
Each entry: "text", "ids" (nothing added), "decoded" (of the ids, special tokens left out).
"""

import random
import re

from reference import HERE, ROOT, write_json

import sentencepiece
import transformers

MODEL = ROOT / "resources" / "models" / "luthier-tiny"

# Written by hand: a kind of nastiness a group.
GROUPS = {
    "spaces": ["", " ", "  ", "   ", "a", " a", "a ", "  a", "a  ", " a b ", "a  b", "a   b    c", " " * 17 + "x",
               "x" + " " * 33, "Hello world", "Hello  world", " Hello", "hello ", ". .", "- - -", "word\u00a0word",
               "\u00a0", "thin\u2009space", "wide\u3000space", "\u2028line", "\u2029para", "\u1680ogham", "\u2007figure",
               "\u202fnarrow", "\u205fmath"],
    "lines": ["\n", "\n\n", "\n\n\n", "\t", "\t\t", "\r", "\r\n", "a\nb", "a\n\nb", "\na", "a\n", "a\tb", "\ta", " \n ",
              "\n ", " \t ", "line one\nline two\n", "a\r\nb\r\n", "a\vb", "a\fb", "\u0085next", "tabs\t\tand  spaces\n\tmixed"],
    "the space's own piece": ["\u2581", "\u2581\u2581", "a\u2581b", " \u2581 ", "\u2581a", "a\u2581", "\u2581\n\u2581"],
    "controls": ["\0", "a\0b", "\0\0\0", "end\0", "\x01\x02\x03", "\x1b[31mred\x1b[0m", "\x7f", "\b\b", "bell\a", "\x80\x9f",
                 "\u0000\u00a0\u0000"],
    "words": ["The miller of Alderbrook keeps two grey horses.", "Who tends the bees?", "don't", "can't won't shan't",
              "O'Neill's", "state-of-the-art", "e.g. i.e. etc.", "U.S.A.", "Mr. Smith, Ph.D.", "HELLO WORLD", "hElLo WoRlD",
              "supercalifragilisticexpialidocious", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "abababababababababab",
              "zzzzzzzzzzzzzzz", "the the the the the", "thethethethe", "…", "...", "....", "?!?!", "--", "---", "''", '""',
              "“quoted” ‘text’", "« guillemets »", "(a) [b] {c} <d>", "a/b\\c|d", "@name #tag $5 50% ^ & * ~ ` _ = +"],
    "digits": ["0", "00", "007", "1", "12", "123", "1234", "12345678901234567890", "3.14159", "-1", "+1", "1e-5", "1,000,000",
               "0x1F", "1/2", "½", "²", "①②③", "Ⅳ", "२०२४", "٣٤٥", "１２３", "12:34:56", "2024-07-26T13:05:09", "192.168.0.1"],
    "code": ["def f(x):\n    return x + 1\n", "if (a && b) { c(); }", "for (int i = 0; i < n; ++i)\n\tsum += a[i];\n",
             '{"key": [1, 2.5, null, true]}', "<html><body class=\"x\">&nbsp;</body></html>", "SELECT * FROM t WHERE a='b';",
             "#include <stdio.h>\n", "https://example.org/a?b=c&d=%20#e", "user@example.org", "C:\\path\\to\\file", "/usr/bin/env",
             "a_b_c aBcDe A_B", "x = y if z else w  # why", "^[a-z]+\\d{2,}$", "${VAR:-x} $(cmd) `cmd`", "\\n \\t \\u0041"],
    "latin": ["café", "cafe\u0301", "ünïcödé", "u\u0308", "ñ", "n\u0303", "Å", "\u212b", "A\u030a", "ﬁ ﬂ ﬃ", "ß ẞ", "İı", "ĳ", "ǆ",
              "œuvre", "naïve façade", "Ðæt wæs gōd", "Zażółć gęślą jaźń", "žluťoučký kůň", "\u0301", "a\u0301\u0302\u0303\u0304\u0305",
              "Z\u0351\u036b\u0343a\u034c\u0364l\u0336g\u0321o", "ḱṷṓn"],
    "scripts": ["日本語のテキスト", "中文，标点。", "한국어 텍스트", "\u1112\u1161\u11ab", "ｶﾀｶﾅ ﾊﾝｶｸ", "Русский текст", "Ελληνικά", "ქართული", "Հայերեն",
                "हिन्दी में", "বাংলা", "தமிழ்", "ไทยไม่มีช่องว่าง", "ລາວ", "မြန်မာ", "ខ្មែរ", "አማርኛ", "བོད་ཡིག", "ᠮᠣᠩᠭᠣᠯ",
                "日本 語 と English mixed", "𠮷野家", "𝕬𝖇𝖈", "𓀀𓂀", "\U0001d11e", "\U0010ffff", "\ufdd0", "\uffff", "\ue000"],
    "right to left": ["مرحبا", "שלום", "مرحبا بالعالم", "abc שלום def", "\u200fabc\u200e", "\u202eabc\u202c", "لا إله", "ﷺ", "\u2066x\u2069",
                      "قَرَأَ", "שָׁלוֹם"],
    "joiners": ["\u200b", "a\u200bb", "a\u200cb", "a\u200db", "\u2060", "\ufeff", "\ufeffbom", "a\ufeffb", "\u00ad", "soft\u00adhyphen",
                "क्\u200dष", "نمی\u200cخواهم", "\u034f", "x\ufe0f", "x\ufe0e", "\U000e0041\U000e007f", "\u180e"],
    "emoji": ["😀", "😀😀", "a😀b", "😀 😀", "👍🏽", "👩‍👩‍👧‍👦", "👩‍👩‍👧‍👦 family", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "❤", "1️⃣", "☺️", "🧑🏿‍🚀", "🫠", "©®™", "♠♣", "➡️",
              "😀\u200d", "\u200d😀", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"],
    # What a reader makes of bytes that are no UTF-8: each lone byte is one replacement character.
    "replaced bytes": ["\ufffd", "\ufffd\ufffd", "a\ufffdb", "caf\ufffd", "\ufffd\ufffd\ufffd text", "日\ufffd"],
    "special spellings": ["<s>", "</s>", "<unk>", "<|user|>", "<|user|>\nHi<|end|>\n", "<|system|>x<|end|>", "<|end|><|end|>",
                          "<|assistant|>", " <|user|> ", "a<|system|>b", "<s>a</s>", "<s><s>", "<<|end|>>",
                          "<|user|>\nHi<|end|>\n<|assistant|>\nYes<|end|>\n", "x<unk>y", "<|end|>\u2581", "<s> a", "<|end|> <|end|>",
                          "😀<|end|>😀", "\n<|end|>\n"],
    "nearly special": ["<", "<|", "<|user", "<|user|", "<|user |>", "<|USER|>", "< |user|>", "<|user|\u200b>", "|>", "user|>", "<s", "s>",
                       "</s", "< s>", "<S>", "<pad>", "<|im_start|>", "[INST]", "<0x41>", "<0x0A>", "<0xZZ>", "<|en<|end", "<||end||>",
                       "<\u2581s>"],
    "long": ["a" * 500, "ab " * 200, "\n" * 64, "é" * 100, "😀" * 40, " \n" * 50, "The bees of Alderbrook. " * 40, "0" * 300,
             "<|end|" * 30],
}


def mixtures(count):
    """Strings drawn from everything above, so that groups meet each other."""
    chooser = random.Random(11)
    pool = [text for group, texts in GROUPS.items() if group != "long" for text in texts]
    letters = sorted({letter for text in pool for letter in text})
    made = []
    for index in range(count):
        if index % 2:
            made.append("".join(chooser.choice(pool) for _ in range(chooser.randint(2, 4))))
        else:
            made.append("".join(chooser.choice(letters) for _ in range(chooser.randint(1, 24))))
    return made


def main():
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(MODEL / "tokenizer.model"))
    fast = transformers.AutoTokenizer.from_pretrained(MODEL)
    specials = {pieces.id_to_piece(i): i for i in range(pieces.get_piece_size()) if pieces.is_control(i) or pieces.is_unknown(i)}
    splitter = re.compile("(" + "|".join(re.escape(text) for text in specials) + ")")

    def ids_of(text):
        ids = []
        for part in splitter.split(text):
            ids += [specials[part]] if part in specials else pieces.encode(part)
        return ids

    def decoded(ids):
        return pieces.decode([i for i in ids if i not in specials.values()])

    texts = list(dict.fromkeys([text for group in GROUPS.values() for text in group] + mixtures(100)))
    cases, plain, unlike = [], [], []
    for text in texts:
        ids = ids_of(text)
        cases.append({"text": text, "ids": ids, "decoded": decoded(ids)})
        if fast.encode(text, add_special_tokens=False) != ids:
            unlike.append(text)
        if splitter.search(text):
            ids = pieces.encode(text)
            plain.append({"text": text, "ids": ids, "decoded": pieces.decode(ids)})
    if unlike:
        raise SystemExit(f"transformers reads these otherwise: {unlike}")
    write_json(HERE / "sentencepiece_ids.json",
               {"made_with": {"sentencepiece": sentencepiece.__version__, "transformers": transformers.__version__},
                "cases": cases, "plain": plain})
    print(len(cases), "cases,", len(plain), "plain")


if __name__ == "__main__":
    main()
