// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/text/tokenizers/bench_tokenize.h"

#include <algorithm>
#include <ctime>

namespace luthier::text {

namespace {

double threadSeconds()
{
    std::timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

// Seconds of one round; negative when it was cancelled.
template <class Work>
double round(const std::vector<std::string>& texts, const base::CancelToken& cancel, std::int64_t& tokens, const Work& work)
{
    tokens = 0;
    const auto start = threadSeconds();
    for (const auto& text : texts) {
        if (cancel.isCancelled()) {
            return -1;
        }
        tokens += work(text);
    }
    return threadSeconds() - start;
}

constexpr const char* kLines[] = {
    "The miller of Alderbrook keeps two grey horses, and the one who tends the bees knows both by name.",
    "It rained for three days; nobody minded, since the harvest was in and the roof didn't leak any more.",
    "\"You can't be serious,\" she said, \"we've paid $1,249.50 for it in May!\" They'd heard that before.",
    "See section 4.2 (page 117) of the manual: temperatures above 85 C shorten the lifetime of the seal.",
    "Die Brücke über den Bach wurde 1887 gebaut, und seitdem fährt täglich ein Wagen darüber.",
    "Les enfants de l'école ont planté des pommiers près du moulin, malgré la pluie d'été.",
    "El molinero no quería vender sus caballos, ¿verdad? ¡Claro que no!",
    "Il mercato apre alle otto; più tardi c'è musica in piazza.",
    "A ponte ficou pronta em março, e as crianças já não têm de dar a volta.",
    "Młynarz mówi, że źródło nigdy nie wyschło, nawet w najgorętsze lato.",
    "Мельник держит двух серых лошадей и каждую неделю ездит на рынок.",
    "Ο μυλωνάς έχει δύο άλογα και πηγαίνει κάθε εβδομάδα στην αγορά.",
    "Değirmenci her hafta pazara gider; atları gri ve sakindir.",
    "村の水車小屋には灰色の馬が二頭いて、毎週市場まで荷物を運びます。",
    "磨坊主养着两匹灰马，每个星期都要去市场卖面粉。",
    "방앗간 주인은 회색 말 두 마리를 키우고 매주 시장에 간다.",
    "يملك الطحان حصانين رماديين ويذهب إلى السوق كل أسبوع.",
    "לטוחן יש שני סוסים אפורים והוא נוסע לשוק בכל שבוע.",
    "चक्की वाले के पास दो भूरे घोड़े हैं और वह हर हफ्ते बाज़ार जाता है।",
    "Mlynář má dva šedé koně a každý týden jezdí na trh.",
    "\tfor (std::size_t i = 0; i < rows.size(); ++i) {",
    "        if (value == nullptr || !value->isReady()) { return fail(\"row \" + std::to_string(i)); }",
    "def read_rows(path, limit=100):\n    with open(path, encoding=\"utf-8\") as file:\n        return [json.loads(line) for line in file][:limit]",
    "{\"id\": 48213, \"tags\": [\"mill\", \"horse\"], \"price\": 12.75, \"open\": true, \"note\": null}",
    "| 2024-07-26T13:05:09Z | ERROR | worker-7 | timeout after 30000 ms (attempt 3/5) |",
    "<div class=\"row\"><a href=\"https://example.org/a?b=c&amp;d=1\">more</a></div>",
    "SELECT name, COUNT(*) AS n FROM visits WHERE day >= '2024-01-01' GROUP BY name ORDER BY n DESC;",
    "👍🏽 great 😀 see you at 12:30 – bring the 📦!",
};

class TextMaker {
public:
    std::string document(std::size_t bytes)
    {
        std::string out;
        while (out.size() < bytes) {
            // Plain English and sources more often than the rest.
            const auto pick = next(10);
            out += pick < 4 ? kLines[next(4)] : pick < 7 ? kLines[20 + next(7)] : kLines[next(std::size(kLines))];
            out += next(2) == 0 ? " " + word() + (next(3) == 0 ? " = " + std::to_string(next(100000)) : std::string()) : "";
            out += next(6) == 0 ? "\n\n" : "\n";
        }
        return out;
    }

private:
    std::size_t next(std::size_t limit)
    {
        m_state = m_state * 6364136223846793005ULL + 1442695040888963407ULL;
        return static_cast<std::size_t>((m_state >> 33) % limit);
    }
    // A word that nobody wrote before: identifiers and names are like that.
    std::string word()
    {
        static constexpr const char* kSyllables[] = {"al", "der", "brook", "mill", "en", "ta", "ri", "so", "un", "ex",
                                                     "port", "Get", "Row", "_id", "ver", "sion", "lo", "gic"};
        std::string out;
        for (auto left = 2 + next(4); left > 0; --left) {
            out += kSyllables[next(std::size(kSyllables))];
        }
        return out;
    }

    std::uint64_t m_state = 20240726;
};

} // namespace

std::vector<std::string> mixedTexts(std::size_t bytes)
{
    constexpr std::size_t kDocument = 6000;
    TextMaker maker;
    std::vector<std::string> texts;
    for (std::size_t made = 0; made < bytes; made += texts.back().size()) {
        texts.push_back(maker.document(std::min(kDocument, bytes - made)));
    }
    return texts;
}

Result<TokenizeBench> benchTokenize(const Tokenizer& tokenizer, const std::vector<std::string>& texts, int repeats,
                                    const base::CancelToken& cancel)
{
    TokenizeBench out;
    for (const auto& text : texts) {
        out.bytes += static_cast<std::int64_t>(text.size());
    }
    if (out.bytes == 0) {
        return Error{"there is no text to measure with"};
    }
    const EncodeOptions plain{false, true};
    const auto ids = [&](const std::string& text) { return static_cast<std::int64_t>(tokenizer.ids(text, plain).size()); };
    const auto places = [&](const std::string& text) { return static_cast<std::int64_t>(tokenizer.encode(text, plain).size()); };
    double first = 0;
    double best = 0;
    double bestPlaced = 0;
    for (int i = 0; i <= repeats; ++i) {
        const auto seconds = round(texts, cancel, out.tokens, ids);
        const auto placed = i == 0 ? 0 : round(texts, cancel, out.tokens, places);
        if (seconds < 0 || placed < 0) {
            return Error{"cancelled"};
        }
        (i == 0 ? first : best) = i < 2 ? seconds : std::min(best, seconds);
        bestPlaced = i < 2 ? placed : std::min(bestPlaced, placed);
    }
    const auto rate = [&](double seconds) { return static_cast<double>(out.bytes) / std::max(seconds, 1e-9); };
    out.firstBytesPerSecond = rate(first);
    out.bytesPerSecond = rate(best);
    out.placedBytesPerSecond = rate(bestPlaced);
    return out;
}

} // namespace luthier::text
