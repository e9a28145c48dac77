// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/metrics/porter_stemmer.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

namespace luthier::metrics {

namespace {

// y is a consonant at the beginning and behind a vowel.
std::vector<bool> consonantsOf(std::string_view word)
{
    std::vector<bool> flags;
    for (const char c : word) {
        const bool isVowel = std::string_view("aeiou").find(c) != std::string_view::npos;
        flags.push_back(c == 'y' ? flags.empty() || !flags.back() : !isVowel);
    }
    return flags;
}

// How often a consonant follows a vowel.
int measureOf(std::string_view stem)
{
    const auto consonants = consonantsOf(stem);
    int measure = 0;
    for (std::size_t i = 1; i < consonants.size(); ++i) {
        measure += consonants[i] && !consonants[i - 1] ? 1 : 0;
    }
    return measure;
}

bool hasVowel(std::string_view stem)
{
    const auto consonants = consonantsOf(stem);
    return std::find(consonants.begin(), consonants.end(), false) != consonants.end();
}

bool endsInDoubleConsonant(std::string_view word)
{
    return word.size() >= 2 && word.back() == word[word.size() - 2] && consonantsOf(word).back();
}

// Consonant, vowel, consonant other than w, x, y; or just vowel and consonant.
bool endsShort(std::string_view word)
{
    const auto consonants = consonantsOf(word);
    const auto n = word.size();
    if (n == 2) {
        return !consonants[0] && consonants[1];
    }
    return n >= 3 && consonants[n - 3] && !consonants[n - 2] && consonants[n - 1]
           && std::string_view("wxy").find(word.back()) == std::string_view::npos;
}

bool always(std::string_view)
{
    return true;
}

bool isLong(std::string_view stem)
{
    return measureOf(stem) > 0;
}

bool isVeryLong(std::string_view stem)
{
    return measureOf(stem) > 1;
}

struct Ending {
    std::string_view before;
    std::string_view after;
    bool (*condition)(std::string_view stem);
};

// The first ending that is there decides, whether its condition holds or not.
std::string applyFirst(std::string word, std::span<const Ending> endings)
{
    for (const Ending& ending : endings) {
        if (word.ends_with(ending.before)) {
            const auto stem = word.substr(0, word.size() - ending.before.size());
            return ending.condition(stem) ? stem + std::string(ending.after) : word;
        }
    }
    return word;
}

std::string plural(const std::string& word)
{
    static constexpr std::array kEndings{Ending{"sses", "ss", always}, Ending{"ies", "i", always}, Ending{"ss", "ss", always},
                                         Ending{"s", "", always}};
    return word.size() == 4 && word.ends_with("ies") ? word.substr(0, 1) + "ie" : applyFirst(word, kEndings);
}

// What is left of a word without ed or ing becomes a word again.
std::string mended(const std::string& stem)
{
    static constexpr std::array kEndings{Ending{"at", "ate", always}, Ending{"bl", "ble", always}, Ending{"iz", "ize", always}};
    for (const Ending& ending : kEndings) {
        if (stem.ends_with(ending.before)) {
            return stem + "e";
        }
    }
    if (endsInDoubleConsonant(stem)) {
        return std::string_view("lsz").find(stem.back()) == std::string_view::npos ? stem.substr(0, stem.size() - 1) : stem;
    }
    return measureOf(stem) == 1 && endsShort(stem) ? stem + "e" : stem;
}

std::string past(const std::string& word)
{
    if (word.ends_with("ied")) {
        return word.substr(0, word.size() - 3) + (word.size() == 4 ? "ie" : "i");
    }
    if (word.ends_with("eed")) {
        return isLong(std::string_view(word).substr(0, word.size() - 3)) ? word.substr(0, word.size() - 1) : word;
    }
    for (const std::string_view ending : {"ed", "ing"}) {
        if (word.ends_with(ending) && hasVowel(std::string_view(word).substr(0, word.size() - ending.size()))) {
            return mended(word.substr(0, word.size() - ending.size()));
        }
    }
    return word;
}

std::string yToI(std::string word)
{
    const auto isStem = [](std::string_view stem) { return stem.size() > 1 && consonantsOf(stem).back(); };
    if (word.ends_with('y') && isStem(std::string_view(word).substr(0, word.size() - 1))) {
        word.back() = 'i';
    }
    return word;
}

std::string doubleSuffix(const std::string& word)
{
    static constexpr std::array kEndings{
        Ending{"ational", "ate", isLong}, Ending{"tional", "tion", isLong}, Ending{"enci", "ence", isLong},  Ending{"anci", "ance", isLong},
        Ending{"izer", "ize", isLong},    Ending{"bli", "ble", isLong},     Ending{"alli", "al", isLong},    Ending{"entli", "ent", isLong},
        Ending{"eli", "e", isLong},       Ending{"ousli", "ous", isLong},   Ending{"ization", "ize", isLong}, Ending{"ation", "ate", isLong},
        Ending{"ator", "ate", isLong},    Ending{"alism", "al", isLong},    Ending{"iveness", "ive", isLong}, Ending{"fulness", "ful", isLong},
        Ending{"ousness", "ous", isLong}, Ending{"aliti", "al", isLong},    Ending{"iviti", "ive", isLong},  Ending{"biliti", "ble", isLong},
        Ending{"fulli", "ful", isLong}};
    if (word.ends_with("alli") && isLong(std::string_view(word).substr(0, word.size() - 4))) {
        return doubleSuffix(word.substr(0, word.size() - 2));
    }
    // Its l counts for the length of the stem.
    if (word.ends_with("logi")) {
        return isLong(std::string_view(word).substr(0, word.size() - 3)) ? word.substr(0, word.size() - 1) : word;
    }
    return applyFirst(word, kEndings);
}

std::string thirdStep(const std::string& word)
{
    static constexpr std::array kEndings{Ending{"icate", "ic", isLong}, Ending{"ative", "", isLong}, Ending{"alize", "al", isLong},
                                         Ending{"iciti", "ic", isLong}, Ending{"ical", "ic", isLong}, Ending{"ful", "", isLong},
                                         Ending{"ness", "", isLong}};
    return applyFirst(word, kEndings);
}

std::string fourthStep(const std::string& word)
{
    static constexpr auto kIon = [](std::string_view stem) { return isVeryLong(stem) && (stem.back() == 's' || stem.back() == 't'); };
    static constexpr std::array kEndings{
        Ending{"al", "", isVeryLong},   Ending{"ance", "", isVeryLong}, Ending{"ence", "", isVeryLong}, Ending{"er", "", isVeryLong},
        Ending{"ic", "", isVeryLong},   Ending{"able", "", isVeryLong}, Ending{"ible", "", isVeryLong}, Ending{"ant", "", isVeryLong},
        Ending{"ement", "", isVeryLong}, Ending{"ment", "", isVeryLong}, Ending{"ent", "", isVeryLong}, Ending{"ion", "", kIon},
        Ending{"ou", "", isVeryLong},   Ending{"ism", "", isVeryLong},  Ending{"ate", "", isVeryLong},  Ending{"iti", "", isVeryLong},
        Ending{"ous", "", isVeryLong},  Ending{"ive", "", isVeryLong},  Ending{"ize", "", isVeryLong}};
    return applyFirst(word, kEndings);
}

std::string lastLetters(std::string word)
{
    if (word.ends_with('e')) {
        const auto stem = std::string_view(word).substr(0, word.size() - 1);
        if (measureOf(stem) > 1 || (measureOf(stem) == 1 && !endsShort(stem))) {
            word.pop_back();
        }
    }
    if (word.ends_with("ll") && measureOf(std::string_view(word).substr(0, word.size() - 1)) > 1) {
        word.pop_back();
    }
    return word;
}

struct Irregular {
    std::string_view word;
    std::string_view stem;
};
constexpr std::array kIrregular{
    Irregular{"sky", "sky"},       Irregular{"skies", "sky"},      Irregular{"dying", "die"},       Irregular{"lying", "lie"},
    Irregular{"tying", "tie"},     Irregular{"news", "news"},      Irregular{"innings", "inning"},  Irregular{"inning", "inning"},
    Irregular{"outings", "outing"}, Irregular{"outing", "outing"}, Irregular{"cannings", "canning"}, Irregular{"canning", "canning"},
    Irregular{"howe", "howe"},     Irregular{"proceed", "proceed"}, Irregular{"exceed", "exceed"},  Irregular{"succeed", "succeed"}};

} // namespace

std::string stemOf(std::string word)
{
    const auto* known = std::find_if(kIrregular.begin(), kIrregular.end(), [&](const Irregular& row) { return row.word == word; });
    if (known != kIrregular.end()) {
        return std::string(known->stem);
    }
    if (word.size() <= 2) {
        return word;
    }
    return lastLetters(fourthStep(thirdStep(doubleSuffix(yToI(past(plural(word)))))));
}

} // namespace luthier::metrics
