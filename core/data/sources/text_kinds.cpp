// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/data/sources/text_kinds.h"

#include "core/data/ascii_space.h"
#include "core/data/sources/ascii_case.h"
#include "core/data/sources/row_index.h"
#include "core/data/sources/row_text.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace luthier::data {

namespace {

constexpr std::uint64_t kMostQuestionBytes = std::uint64_t{64} << 20; // a larger text of questions is learned as it stands
constexpr std::size_t kLongestMark = 256;                             // in bytes
constexpr std::size_t kFewest = 2;                                    // questions, or lines of a chat

constexpr std::array<std::string_view, 6> kAsks = {"question", "frage", "pregunta", "domanda", "vraag", "q"};
constexpr std::array<std::string_view, 7> kSays = {"answer", "antwort", "respuesta", "risposta", "antwoord", "ans", "a"};

bool isDigit(char c)
{
    return c >= '0' && c <= '9';
}

// How long the mark at the line's beginning is: one of the words, perhaps a number, then a colon, or a dot or bracket behind the
// number; stars of Markdown and hashes around it. 0: there is none.
template <std::size_t N>
std::size_t markAt(std::string_view line, const std::array<std::string_view, N>& words)
{
    const auto skip = [&](std::size_t at, std::string_view signs) { return std::min(line.find_first_not_of(signs, at), line.size()); };
    const std::size_t begin = skip(0, " \t*#_");
    for (const std::string_view word : words) {
        if (lowered(std::string(line.substr(begin, word.size()))) != word) {
            continue;
        }
        std::size_t at = skip(begin + word.size(), " ");
        const std::size_t number = at;
        while (at < line.size() && isDigit(line[at])) {
            ++at;
        }
        at = skip(at, "*_ ");
        const char sign = at < line.size() ? line[at] : '\0';
        if (sign == ':' || (at > number && isDigit(line[number]) && (sign == '.' || sign == ')'))) {
            return skip(at + 1, "*_");
        }
    }
    return 0;
}

struct Pair {
    std::string question;
    std::string answer;
};

// Whether the first line that is not empty asks, or may: the beginning of a text can end before its mark does.
bool mayBeginWithQuestion(std::string_view head)
{
    const std::size_t first = std::min(head.find_first_not_of(kAsciiSpaces), head.size());
    const std::string_view line = head.substr(first, head.find('\n', first) - first);
    const bool isCut = first + line.size() == head.size() && line.size() < kLongestMark;
    return isCut || markAt(line, kAsks) > 0;
}

// Empty: the text does not consist of questions with answers.
std::vector<Pair> pairsOf(std::string_view text)
{
    std::vector<Pair> pairs;
    std::string* part = nullptr;
    bool isAnswer = true;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        at = end + 1;
        if (const std::size_t mark = markAt(line, kAsks)) {
            if (!isAnswer) {
                return {}; // a question without an answer before it
            }
            pairs.emplace_back();
            part = &pairs.back().question;
            isAnswer = false;
            line.remove_prefix(mark);
        } else if (const std::size_t said = isAnswer ? 0 : markAt(line, kSays)) {
            part = &pairs.back().answer;
            isAnswer = true;
            line.remove_prefix(said);
        } else if (!part && !isBlank(line)) {
            return {}; // something else stands first
        }
        if (part) {
            *part += line;
            *part += '\n';
        }
    }
    const bool areWhole = isAnswer && pairs.size() >= kFewest && std::all_of(pairs.begin(), pairs.end(), [](Pair& pair) {
                              pair = {std::string(stripped(pair.question)), std::string(stripped(pair.answer))};
                              return !pair.question.empty();
                          });
    return areWhole ? pairs : std::vector<Pair>();
}

class Questions : public RowSource {
public:
    explicit Questions(std::vector<Pair> pairs) : m_pairs(std::move(pairs)) {}

    std::int64_t rowCount() const override { return static_cast<std::int64_t>(m_pairs.size()); }

    Result<Json> row(std::int64_t index) const override
    {
        if (index < 0 || index >= rowCount()) {
            return Error{"there is no such question"};
        }
        const Pair& pair = m_pairs[static_cast<std::size_t>(index)];
        return Json{{"question", pair.question}, {"answer", pair.answer}};
    }

    std::string rawRow(std::int64_t index) const override
    {
        auto row = this->row(index);
        return row ? base::dumpJson(*row).substr(0, kRawRowBytes) : std::string();
    }

private:
    std::vector<Pair> m_pairs;
};

// "12/03/24, 10:15 - Mira: ..." and "[12.03.24, 10:15:02] Mira: ...": a date, a time, a name and a colon.
bool isChatLine(std::string_view line)
{
    line.remove_prefix(std::min(line.find_first_not_of("[ \t"), line.size()));
    const std::size_t dateEnd = std::min(line.find_first_not_of("0123456789./-"), line.size());
    const auto separators = std::count_if(line.begin(), line.begin() + static_cast<std::ptrdiff_t>(dateEnd), [](char c) { return !isDigit(c); });
    const std::size_t time = std::min(line.find_first_not_of(", T", dateEnd), line.size());
    const std::size_t timeEnd = std::min(line.find_first_not_of("0123456789:", time), line.size());
    const std::string_view clock = line.substr(time, timeEnd - time);
    const bool hasTime = dateEnd >= 6 && separators >= 2 && clock.size() >= 4 && clock.find(':') != std::string_view::npos;
    return hasTime && line.find(": ", timeEnd) != std::string_view::npos;
}

bool isCueLine(std::string_view line)
{
    return line.find(" --> ") != std::string_view::npos && !line.empty() && isDigit(line.front());
}

std::size_t columnsOf(std::string_view line)
{
    return static_cast<std::size_t>(std::count(line.begin(), line.end(), '\t')) + 1;
}

} // namespace

Result<std::shared_ptr<RowSource>> openQuestions(const std::shared_ptr<const DataFile>& file, std::string_view head)
{
    std::shared_ptr<RowSource> none;
    if (file->size() > kMostQuestionBytes || !mayBeginWithQuestion(head)) { // nearly all end here
        return none;
    }
    auto text = file->read(0, static_cast<std::size_t>(file->size()));
    if (!text) {
        return text.error();
    }
    std::string_view words = *text;
    words.remove_prefix(words.starts_with(kBom) ? kBom.size() : 0);
    auto pairs = checkRowText(words) ? pairsOf(words) : std::vector<Pair>(); // damage is said where it is read as a text
    if (pairs.empty()) {
        return none;
    }
    auto source = std::make_shared<Questions>(std::move(pairs));
    source->addRemark("its paragraphs are questions with answers, so they are read as rows; to learn it as one text, name it .md");
    return std::shared_ptr<RowSource>(std::move(source));
}

std::string remarkOnText(std::string_view head)
{
    std::size_t lines = 0;
    std::size_t chat = 0;
    std::size_t cues = 0;
    std::size_t labels = 0;
    std::size_t columns = 0;
    bool isTable = true;
    for (std::size_t at = 0; at < head.size();) {
        const std::size_t end = head.find('\n', at);
        const std::string_view line = head.substr(at, end - at);
        const bool isWhole = end != std::string_view::npos;
        at = isWhole ? end + 1 : head.size();
        if (isBlank(line) || line.starts_with('#') || (!isWhole && lines > 0)) {
            continue;
        }
        ++lines;
        chat += isChatLine(line) ? 1 : 0;
        cues += isCueLine(line) ? 1 : 0;
        labels += line.starts_with("__label__") ? 1 : 0;
        columns = lines == 1 ? columnsOf(line) : columns;
        isTable = isTable && columns > 1 && columnsOf(line) == columns;
    }
    if (labels >= kFewest && labels * 2 >= lines) {
        return "its lines begin with labels, as fastText has them, and are learned as one text; to learn the labels, write a row for each line, "
               "{\"text\": ..., \"label\": ...}";
    }
    if (chat >= kFewest && chat * 2 >= lines) {
        return "its lines are messages of an exported chat, learned as they stand with times, names and notices; to learn what one person "
               "answers, write a row for each conversation, {\"messages\": [{\"role\": \"user\", ...}, {\"role\": \"assistant\", ...}]}";
    }
    if (cues >= kFewest) {
        return "these are subtitles, learned as they stand with their numbers and times; leave those out to learn what is said";
    }
    if (isTable && lines >= kFewest) {
        return "its lines are columns with tabs between them, learned as one text; to read a row in each, name it .tsv";
    }
    return {};
}

} // namespace luthier::data
