// SPDX-License-Identifier: GPL-3.0-or-later
// PCRE2 for patterns that no scanner knows. The files are written for another dialect (Oniguruma's Ruby syntax), so
// \s, \w and \h are spelled out, \u is a character's number, the name of a script means the characters of that script alone
// (PCRE2 would add those it shares with others, as the ideographic full stop), and ^ and $ stand at every line.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "core/text/characters/utf8.h"
#include "core/text/tokenizers/splitting/splitter.h"

#include <algorithm>
#include <chrono>

namespace luthier::text {

namespace {

constexpr std::size_t kLongestPattern = std::size_t{16} << 10;
constexpr std::uint32_t kMatchLimit = 2'000'000; // about 10 ms
constexpr std::uint32_t kDepthLimit = 100'000;
constexpr std::uint32_t kHeapLimit = 64 << 10; // KiB
constexpr std::uint32_t kMostGroups = 250;     // nested parentheses
constexpr std::size_t kProbeSizes[] = {500, 8000}; // bytes
constexpr auto kProbeTime = std::chrono::milliseconds(600);
constexpr std::size_t kJitStack = std::size_t{2} << 20;

constexpr const char* kSpaceSet = "\\x{9}-\\x{d}\\x{20}\\x{85}\\p{Z}";
constexpr const char* kWordSet = "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}";

// One escape of the other dialect; empty: as it is.
std::string translated(char escape, bool inSet)
{
    const auto set = [&](const char* members, bool negated) {
        return inSet ? (negated ? std::string() : std::string(members))
                     : std::string(negated ? "[^" : "[") + members + "]";
    };
    switch (escape) {
    case 's':
        return set(kSpaceSet, false);
    case 'S':
        return set(kSpaceSet, true);
    case 'w':
        return set(kWordSet, false);
    case 'W':
        return set(kWordSet, true);
    case 'h':
        return set("0-9a-fA-F", false);
    case 'H':
        return set("0-9a-fA-F", true);
    default:
        return {};
    }
}

bool isScript(const std::string& name)
{
    const std::string pattern = "\\p{sc:" + name + "}";
    int code = 0;
    PCRE2_SIZE at = 0;
    pcre2_code* compiled = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), PCRE2_UTF, &code, &at, nullptr);
    pcre2_code_free(compiled);
    return compiled != nullptr;
}

bool isHex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// An escape that is longer than two letters, from its backslash on; `size` becomes what it takes. Empty: it is none.
std::string longEscape(std::string_view rest, std::size_t& size)
{
    constexpr std::size_t kUnicodeSize = 6; // \u4e00
    if (rest[1] == 'u' && rest.size() >= kUnicodeSize && std::all_of(rest.begin() + 2, rest.begin() + kUnicodeSize, isHex)) {
        size = kUnicodeSize;
        return "\\x{" + std::string(rest.substr(2, 4)) + "}";
    }
    const auto end = rest.find('}');
    if ((rest[1] != 'p' && rest[1] != 'P') || rest.size() < 3 || rest[2] != '{' || end == std::string_view::npos) {
        return {};
    }
    std::string name(rest.substr(3, end - 3));
    const bool isTurned = name.starts_with('^');
    name = isTurned ? name.substr(1) : name;
    if (name.size() < 3 || !std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; })
        || !isScript(name)) {
        return {};
    }
    size = end + 1;
    return std::string(isTurned != (rest[1] == 'P') ? "\\P" : "\\p") + "{sc:" + name + "}";
}

std::string inPcreDialect(const std::string& pattern)
{
    std::string out;
    bool inSet = false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) {
            std::size_t size = 2;
            auto other = longEscape(std::string_view(pattern).substr(i), size);
            other = other.empty() ? translated(pattern[i + 1], inSet) : std::move(other);
            out += other.empty() ? pattern.substr(i, 2) : other;
            i += size - 1;
            continue;
        }
        if (pattern[i] == '[' && !inSet) {
            inSet = true;
        } else if (pattern[i] == ']') {
            inSet = false;
        }
        out += pattern[i];
    }
    return out;
}

// What matching works with, one for each thread.
struct MatchRoom {
    pcre2_match_data* data = pcre2_match_data_create(1, nullptr);
    pcre2_jit_stack* stack = pcre2_jit_stack_create(32 << 10, kJitStack, nullptr);

    MatchRoom() = default;
    MatchRoom(const MatchRoom&) = delete;
    MatchRoom& operator=(const MatchRoom&) = delete;
    ~MatchRoom()
    {
        pcre2_match_data_free(data);
        pcre2_jit_stack_free(stack);
    }
    static MatchRoom& get()
    {
        static thread_local MatchRoom room;
        return room;
    }
};

// A pattern ready to match.
class Regex {
public:
    ~Regex()
    {
        pcre2_match_context_free(m_context);
        pcre2_code_free(m_code);
    }
    Regex(const Regex&) = delete;
    Regex& operator=(const Regex&) = delete;

    static Result<std::shared_ptr<const Regex>> compile(const std::string& pattern);

    // All stretches; false when the limits were reached, and what is left is one stretch then.
    bool find(std::string_view text, std::vector<Stretch>& out) const;

private:
    Regex() = default;
    int match(std::string_view text, std::size_t at, MatchRoom& room) const;
    bool findFrom(std::string_view text, MatchRoom& room, std::size_t& done, std::vector<Stretch>& out) const;

    pcre2_code* m_code = nullptr;
    pcre2_match_context* m_context = nullptr;
};

Result<std::shared_ptr<const Regex>> Regex::compile(const std::string& pattern)
{
    if (pattern.size() > kLongestPattern) {
        return Error{"a pattern of " + std::to_string(pattern.size()) + " bytes; the limit is "
                     + std::to_string(kLongestPattern)};
    }
    std::shared_ptr<Regex> regex(new Regex);
    auto* context = pcre2_compile_context_create(nullptr);
    pcre2_set_parens_nest_limit(context, kMostGroups);
    int code = 0;
    PCRE2_SIZE at = 0;
    const auto text = inPcreDialect(pattern);
    regex->m_code = pcre2_compile(reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(),
                                  PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C, &code, &at, context);
    pcre2_compile_context_free(context);
    if (regex->m_code == nullptr) {
        PCRE2_UCHAR message[160] = {};
        pcre2_get_error_message(code, message, sizeof message);
        return Error{"the pattern \"" + pattern + "\" cannot be read: " + reinterpret_cast<const char*>(message)};
    }
    pcre2_jit_compile(regex->m_code, PCRE2_JIT_COMPLETE);
    regex->m_context = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(regex->m_context, kMatchLimit);
    pcre2_set_depth_limit(regex->m_context, kDepthLimit);
    pcre2_set_heap_limit(regex->m_context, kHeapLimit);
    pcre2_jit_stack_assign(regex->m_context, [](void*) { return MatchRoom::get().stack; }, nullptr);
    return std::shared_ptr<const Regex>(std::move(regex));
}

int Regex::match(std::string_view text, std::size_t at, MatchRoom& room) const
{
    const auto* subject = reinterpret_cast<PCRE2_SPTR>(text.data());
    const int found = pcre2_match(m_code, subject, text.size(), at, PCRE2_NO_UTF_CHECK, room.data, m_context);
    // The interpreter keeps its places on the heap.
    return found != PCRE2_ERROR_JIT_STACKLIMIT ? found
                                               : pcre2_match(m_code, subject, text.size(), at,
                                                             PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, room.data, m_context);
}

bool Regex::findFrom(std::string_view text, MatchRoom& room, std::size_t& done, std::vector<Stretch>& out) const
{
    for (std::size_t at = 0; at < text.size();) {
        const int found = match(text, at, room);
        if (found < 0) {
            return found == PCRE2_ERROR_NOMATCH;
        }
        const auto* where = pcre2_get_ovector_pointer(room.data);
        const std::size_t begin = where[0];
        const std::size_t end = where[1];
        if (end <= begin) { // an empty match, or \K in a lookbehind: nothing to cut
            at = begin >= at && begin < text.size() ? begin + static_cast<std::size_t>(decodeAt(text, begin).length)
                                                    : text.size();
            continue;
        }
        if (done < begin) {
            out.push_back({{done, begin}, false});
        }
        out.push_back({{begin, end}, true});
        done = at = end;
    }
    return true;
}

bool Regex::find(std::string_view text, std::vector<Stretch>& out) const
{
    auto& room = MatchRoom::get();
    std::size_t done = 0;
    const bool good = room.data != nullptr && findFrom(text, room, done, out);
    if (done < text.size()) {
        out.push_back({{done, text.size()}, false});
    }
    return good;
}

// Texts of one repeated thing bring out what backtracks without end.
Result<void> probe(const Regex& regex, const std::string& pattern)
{
    const auto start = std::chrono::steady_clock::now();
    for (const auto size : kProbeSizes) {
        for (const char* unit : {"a", "A", "1", " ", "\n", "'", "-", "aA", "a1", "a ", " \n", "\xC3\xA9", "\xE4\xB8\xAD", "\xCC\x81"}) {
            std::string text;
            while (text.size() < size) {
                text += unit;
            }
            for (const char* tail : {"", "!", "\x01"}) {
                std::vector<Stretch> stretches;
                const bool good = regex.find(text + tail, stretches);
                if (!good || std::chrono::steady_clock::now() - start > kProbeTime) {
                    return Error{"the pattern \"" + pattern + "\" takes too many steps on a long run of \"" + unit
                                 + "\"; a text could keep it busy without end, so it is refused"};
                }
            }
        }
    }
    return {};
}

} // namespace

Result<Finder> regexFinder(const std::string& pattern)
{
    auto regex = Regex::compile(pattern);
    if (!regex) {
        return regex.error();
    }
    if (auto quick = probe(**regex, pattern); !quick) {
        return quick.error();
    }
    return Finder([regex = *regex](std::string_view text, std::vector<Stretch>& out) { regex->find(text, out); });
}

} // namespace luthier::text
