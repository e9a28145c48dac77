#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes tokenizers/<name>.json, small vocabularies of our own in the shapes of well-known ones, and tokenizer_json.json:
some 2,500 nasty strings with what Hugging Face's tokenizers make of them.

  strings  a text, or {"hex": ...} where the bytes are no UTF-8; each invalid byte is one U+FFFD for the reference
  names    of the vocabularies; for each of them under "cases":
  ids      the ids of the first FULL strings, specials of the post-processor left out
  framed   the ids of the first string with the post-processor's specials
  hashes   for every string the FNV-1a hash of its ids and of the text they decode to (with and without specials)

Everything is trained on the texts of datasets/ and the strings themselves, so the files hold no one else's vocabulary.
Vocabularies that are there already are kept, since two of the trainers never give the same one twice; delete them to train anew.
"""

import base64
import codecs
import json
import random
import tempfile
import unicodedata

from make_sentencepiece_ids import GROUPS
from reference import HERE, ROOT

import sentencepiece
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

FULL = 300
MARK = "\u2581"
L3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
Q2 = L3.replace(r"\p{N}{1,3}", r"\p{N}")
Q35 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+"
       r"|\s+(?!\S)|\s+")
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
SHORTS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200 = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{SHORTS}|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{SHORTS}|\p{{N}}{{1,3}}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
TEKKEN = (rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*|\p{{N}}"
          r"| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
DEEPSEEK = [r"\p{N}{1,3}", "[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+",
            r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^" + "\r\n" + r"\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
            r"| ?[\p{P}\p{S}]+[" + "\r\n" + r"]*|\s*[" + "\r\n" + r"]+|\s+(?!\S)|\s+"]

SPECIALS = ["<|endoftext|>", "<|begin_of_text|>", "<|im_start|>", "<|im_end|>", "<|eot_id|>", "<tool_call>", "<s>", "</s>",
            "<unk>", "<pad>", "<mask>", "[CLS]", "[SEP]", "<start_of_turn>", "Token", "word"]

# Each lone byte by itself, as the product reads them.
codecs.register_error("each", lambda problem: ("\ufffd", problem.start + 1))


def known(text):
    """Without characters that one side may know and the other may not yet."""
    return "".join(letter for letter in text if unicodedata.category(letter) != "Cn" or letter in "\uffff\ufdd0")


def old(letter):
    """The reference's tables are of several versions of Unicode, the oldest some ten years old; what is drawn at random
    keeps to characters of 2002 and the first emoji."""
    return unicodedata.ucd_3_2_0.category(letter) != "Cn" or "\U0001f300" <= letter <= "\U0001f54a" or "\U0001f600" <= letter <= "\U0001f640"


def nasty_strings():
    chooser = random.Random(23)
    pool = [text for texts in GROUPS.values() for text in texts]
    short = [text for group, texts in GROUPS.items() if group != "long" for text in texts] + SPECIALS
    letters = sorted({letter for text in short for letter in text})
    keys = "aAbBsStT'lLmdvreRE 12 \n\r\t/.,!-_\u00e9\u00c9\u0301\u017f\u4e2d\u00a0\u2028"
    planes = [(0, 0x2ff), (0x300, 0x1fff), (0x2000, 0x33ff), (0x4e00, 0x4fff), (0xac00, 0xad00), (0x1f300, 0x1f6ff)]
    texts = pool + [" " * n + "x" for n in range(1, 20)] + ["\n" * n + "x" for n in range(1, 6)]
    texts += ["a" * 3000, "\u4e2d" * 700, "ab" * 1000, " " * 2000, "<|im_start|>" * 50, "1" * 1000, "'" * 300, "\u0301" * 200]
    for index in range(1900):
        kind = index % 5
        if kind == 0:
            texts.append("".join(chooser.choice(short) for _ in range(chooser.randint(2, 5))))
        elif kind == 1:
            texts.append("".join(chooser.choice(letters) for _ in range(chooser.randint(1, 30))))
        elif kind == 2:
            texts.append("".join(chooser.choice(keys) for _ in range(chooser.randint(1, 40))))
        elif kind == 3:
            drawn = [chr(chooser.randint(*chooser.choice(planes))) for _ in range(chooser.randint(1, 24))]
            texts.append("".join(filter(old, drawn)))
        else:
            texts.append(" ".join(chooser.choice(SPECIALS + short) for _ in range(chooser.randint(2, 6))))
    texts = list(dict.fromkeys(known(text) for text in texts))
    broken = [b"\xff", b"a\x80b", b"\xe4\xb8", b"\xe4\xb8\xad\xe4\xb8 x", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf0\x9f\x98", b"\xf4\x90\x80\x80",
              b"ok \xfe\xff end", b"<|im_end|>\xff<|im_end|>"]
    for _ in range(150):
        broken.append(bytes(chooser.choice(b"ab \xc3\xa9\xe2\x96\x81\xf0\x9f\x98\x80\xff\x80\xe4\n") for _ in range(chooser.randint(1, 24))))
    chooser.shuffle(texts)
    invalid = [raw for raw in dict.fromkeys(broken) if raw.decode("utf-8", "each").encode() != raw]
    return texts[:250] + invalid[:50] + texts[250:] + invalid[50:]


def readable(entry):
    return entry if isinstance(entry, str) else entry.decode("utf-8", "each")


def corpus(strings):
    found = []
    for path in sorted((ROOT / "datasets").glob("*.jsonl")):
        if "broken" in path.name:
            continue
        for line in path.read_text(encoding="utf-8").splitlines()[:300]:
            found += [value for value in json.loads(line).values() if isinstance(value, str)]
    return found + [text for text in strings if isinstance(text, str) and len(text) < 300] * 2


def special(*texts):
    return [AddedToken(text, special=True, normalized=False) for text in texts]


def split(*patterns):
    return [pre_tokenizers.Split(Regex(pattern), "isolated") for pattern in patterns]


def byte_level(text, size, before, normalizer=None, alphabet=True, specials=(), **model):
    tokenizer = Tokenizer(models.BPE(**model))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(before) if len(before) > 1 else before[0]
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    letters = pre_tokenizers.ByteLevel.alphabet() if alphabet else []
    tokenizer.train_from_iterator(text, trainers.BpeTrainer(vocab_size=size, show_progress=False, special_tokens=list(specials),
                                                            initial_alphabet=letters, limit_alphabet=256 if alphabet else 150))
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def template(tokenizer, single, *names):
    return processors.TemplateProcessing(single=single, special_tokens=[(name, tokenizer.token_to_id(name)) for name in names])


def with_fallback(text, size, names, normalizer, cutter, decoder):
    """Character BPE over marks with the 256 byte tokens, as converted from sentencepiece."""
    specials = list(names) + [f"<0x{byte:02X}>" for byte in range(256)]
    trained = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    trained.normalizer = normalizers.Replace(" ", MARK)
    trained.pre_tokenizer = pre_tokenizers.Split(MARK, "merged_with_next")
    trained.train_from_iterator(text, trainers.BpeTrainer(vocab_size=size, special_tokens=specials, limit_alphabet=120, show_progress=False))
    spec = json.loads(trained.to_str())
    spec["added_tokens"] = [token for token in spec["added_tokens"] if token["content"] in names]
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = cutter
    tokenizer.decoder = decoder
    return tokenizer


def llama_decoder(strip=True):
    steps = [decoders.Replace(MARK, " "), decoders.ByteFallback(), decoders.Fuse()]
    return decoders.Sequence(steps + ([decoders.Strip(" ", 1, 0)] if strip else []))


def charsmap():
    """A small table of replacements in sentencepiece's form."""
    rules = {"\ufb01": "fi", "\u2460": "1", "\u00bd": "1/2", "\u3000": " ", "\t": " ", "\u00a0": " ", "\u00e9": "e\u0301", "\uff21": "A",
             "e\u0301": "\u00e9", "\u1112\u1161\u11ab": "\ud55c", "\u200b": "", "\u0130": "I"}
    lines = ["\t".join(" ".join(f"{ord(c):X}" for c in side) for side in pair) for pair in rules.items()]
    with tempfile.TemporaryDirectory() as work:
        with open(work + "/rules.tsv", "w") as file:
            file.write("\n".join(lines) + "\n")
        with open(work + "/text.txt", "w") as file:
            file.write("the miller of alderbrook\n" * 50)
        sentencepiece.SentencePieceTrainer.train(input=work + "/text.txt", model_prefix=work + "/m", vocab_size=20, hard_vocab_limit=False,
                                                 normalization_rule_tsv=work + "/rules.tsv", minloglevel=2)
        raw = open(work + "/m.model", "rb").read()
    # ModelProto's normalizer_spec is field 3, its precompiled_charsmap field 2.
    return field(field(raw, 3), 2)


def number(raw, at):
    value, shift = 0, 0
    while True:
        byte = raw[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def field(raw, wanted):
    at = 0
    while at < len(raw):
        key, at = number(raw, at)
        if key & 7 == 2:
            size, at = number(raw, at)
            if key >> 3 == wanted:
                return raw[at: at + size]
            at += size
        elif key & 7 == 5:
            at += 4
        elif key & 7 == 0:
            _, at = number(raw, at)
        else:
            raise ValueError(key)
    raise ValueError("not there")


def unigram(text, normalizer, cutter, fallback=False):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = cutter
    # Every character needs a place, and what is special must not be learnt a second time.
    text = [line for line in text if max(map(ord, line), default=0) < 0x180 and not any(name in line for name in SPECIALS[:-2])]
    tokenizer.train_from_iterator(text, trainers.UnigramTrainer(vocab_size=700, unk_token="<unk>", special_tokens=["<pad>", "</s>", "<unk>"],
                                                                show_progress=False, n_sub_iterations=1))
    spec = json.loads(tokenizer.to_str())
    if fallback:
        spec["model"]["byte_fallback"] = True
        there = {piece for piece, _ in spec["model"]["vocab"]}
        names = [f"<0x{byte:02X}>" for byte in range(256)]
        spec["model"]["vocab"] += [[name, -20.0] for name in names if name not in there]
    tokenizer = Tokenizer.from_str(json.dumps(spec))
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()]) if fallback else decoders.Metaspace()
    tokenizer.post_processor = template(tokenizer, "$A </s>", "</s>")
    return tokenizer


def word_piece(text):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()])
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(text, trainers.WordPieceTrainer(vocab_size=900, limit_alphabet=150, special_tokens=names, show_progress=False))
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def gaps(tokenizer):
    """Takes single bytes out of a byte-level vocabulary: what is unknown is dropped, and merges go across the gap."""
    spec = json.loads(tokenizer.to_str())
    model = spec["model"]
    used = {piece for pair in model["merges"] for piece in pair}
    for piece in [piece for piece in model["vocab"] if len(piece) == 1 and piece not in used][:40]:
        del model["vocab"][piece]
    model["vocab"] = {piece: index for index, piece in enumerate(sorted(model["vocab"], key=model["vocab"].get))}
    return Tokenizer.from_str(json.dumps(spec))


def build(text, shape):
    level = lambda **flags: pre_tokenizers.ByteLevel(**{"add_prefix_space": False, "use_regex": False, **flags})
    if shape == "gpt2":
        made = byte_level(text, 700, [level(use_regex=True)], specials=special("<|endoftext|>"))
    elif shape == "llama3":
        made = byte_level(text, 800, split(L3) + [level()], ignore_merges=True)
        made.add_special_tokens(special("<|begin_of_text|>", "<|eot_id|>"))
        made.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False),
                                                   template(made, "<|begin_of_text|> $A", "<|begin_of_text|>")])
    elif shape == "qwen2":
        made = byte_level(text, 700, split(Q2) + [level()], normalizers.NFC())
        made.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
        made.add_tokens([AddedToken("<tool_call>", normalized=False)])
    elif shape == "qwen35":
        made = byte_level(text, 600, split(Q35) + [level()], normalizers.NFC())
    elif shape == "smollm2":
        made = gaps(byte_level(text, 700, [pre_tokenizers.Digits(True), level(use_regex=True)]))
        made.add_special_tokens(special("<|im_start|>", "<|im_end|>"))
    elif shape == "gpt4o":
        made = byte_level(text, 700, split(O200) + [level()], specials=special("<|endoftext|>"))
    elif shape == "tekken":
        made = byte_level(text, 600, split(TEKKEN) + [level()], ignore_merges=True)
    elif shape == "deepseek":
        made = byte_level(text, 700, split(*DEEPSEEK) + [level()])
        made.add_tokens([AddedToken("Token", normalized=True, lstrip=True), AddedToken("word", normalized=False, single_word=True)])
    elif shape == "roberta":
        made = byte_level(text, 700, [level(add_prefix_space=True, use_regex=True)], specials=special("<s>", "<pad>", "</s>"))
        made.add_special_tokens([AddedToken("<mask>", special=True, lstrip=True, rstrip=True, normalized=False)])
        made.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    elif shape == "falcon":
        made = byte_level(text, 600, [pre_tokenizers.Punctuation("contiguous"), level(use_regex=True), pre_tokenizers.Digits(False)]
                          + split("[0-9][0-9][0-9]"))
    elif shape == "llama2":
        made = with_fallback(text, 900, ["<unk>", "<s>", "</s>"],
                             normalizers.Sequence([normalizers.Prepend(MARK), normalizers.Replace(" ", MARK)]), None, llama_decoder())
        made.post_processor = template(made, "<s> $A", "<s>")
    elif shape == "mistral":
        made = with_fallback(text, 800, ["<unk>", "<s>", "</s>"], None, pre_tokenizers.Metaspace(MARK, "first", False), llama_decoder())
        made.post_processor = template(made, "<s> $A", "<s>")
    elif shape == "gemma":
        made = with_fallback(text, 800, ["<pad>", "</s>", "<s>", "<unk>", "<start_of_turn>"], normalizers.Replace(" ", MARK),
                             pre_tokenizers.Split(" ", "merged_with_previous"), llama_decoder(False))
        made.post_processor = template(made, "<s> $A", "<s>")
    elif shape == "t5":
        steps = [normalizers.Precompiled(charsmap()), normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), MARK)]
        made = unigram(text, normalizers.Sequence(steps), pre_tokenizers.Metaspace(MARK, "always", True))
    elif shape == "unigram_bytes":
        made = unigram(text, normalizers.Sequence([normalizers.NFKC()]), pre_tokenizers.Metaspace(MARK, "first", True), True)
    elif shape == "bert":
        made = word_piece(text)
    elif shape == "words":
        made = byte_level(text, 600, [pre_tokenizers.Whitespace()] + split(r"\p{Lu}\p{Ll}+|\w(?=\d)") + [level()],
                          normalizers.Sequence([normalizers.NFKD(), normalizers.StripAccents(), normalizers.Lowercase()]))
        made.add_tokens([AddedToken("Token", normalized=True, rstrip=True)])
    elif shape == "pieces":
        made = byte_level(text, 600, [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Split("a", "merged_with_previous"),
                                      pre_tokenizers.Split(Regex(r"[b-d]+"), "merged_with_next"), pre_tokenizers.Split("e", "removed"),
                                      pre_tokenizers.Split(Regex(r"\d"), "contiguous"),
                                      pre_tokenizers.Punctuation("merged_with_previous"), level()])
    return made


SHAPES = ["gpt2", "llama3", "qwen2", "qwen35", "smollm2", "gpt4o", "tekken", "deepseek", "roberta", "falcon", "llama2", "mistral", "gemma",
          "t5", "unigram_bytes", "bert", "words", "pieces"]


def fnv(raw):
    value = 0xCBF29CE484222325
    for byte in raw:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value


def hashed(tokenizer, ids):
    raw = b"".join(index.to_bytes(4, "little") for index in ids)
    plain, bare = (tokenizer.decode(ids, skip_special_tokens=skip) for skip in (False, True))
    return [f"{fnv(raw):016x}", f"{fnv((plain + chr(0) + bare).encode()):016x}"]


def write_tokenizer(tokenizer, shape, path):
    spec = json.loads(tokenizer.to_str())
    # Both ways in which merges are written.
    if spec["model"]["type"] == "BPE" and shape in ("gpt2", "qwen2", "llama2"):
        spec["model"]["merges"] = [" ".join(pair) for pair in spec["model"]["merges"]]
    path.write_text(json.dumps(spec, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    return Tokenizer.from_file(str(path))


def main():
    strings = nasty_strings()
    text = corpus(strings)
    folder = HERE / "tokenizers"
    folder.mkdir(exist_ok=True)
    lines = []
    for shape in SHAPES:
        path = folder / f"{shape}.json"
        tokenizer = Tokenizer.from_file(str(path)) if path.exists() else write_tokenizer(build(text, shape), shape, path)
        ids = [tokenizer.encode(readable(entry), add_special_tokens=False).ids for entry in strings]
        case = {"ids": ids[:FULL], "framed": tokenizer.encode(readable(strings[0])).ids,
                "hashes": " ".join(part for entry in ids for part in hashed(tokenizer, entry))}
        lines.append(f"{json.dumps(shape)}: {json.dumps(case, separators=(',', ':'))}")
        print(shape, tokenizer.get_vocab_size(), "tokens,", sum(map(len, ids)), "ids")
    listed = json.dumps([entry if isinstance(entry, str) else {"hex": entry.hex()} for entry in strings], separators=(",", ":"))
    made = json.dumps({"tokenizers": tokenizers.__version__, "sentencepiece": sentencepiece.__version__})
    path = HERE / "tokenizer_json.json"
    path.write_text("{\n" + f'"made_with": {made},\n"strings": {listed},\n"cases": {{\n' + ",\n".join(lines) + "\n}\n}\n", encoding="utf-8")
    print(len(strings), "strings,", path.stat().st_size, "bytes and", sum(p.stat().st_size for p in folder.glob("*.json")), "in", folder.name)


if __name__ == "__main__":
    main()
