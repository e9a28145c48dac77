// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/ranks/launcher.h"

#include <algorithm>
#include <charconv>

namespace luthier::ranks {

namespace {

constexpr int kMostRanks = 256;

bool readNumber(const std::string& text, int& value)
{
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc() && end == text.data() + text.size() && value >= 0;
}

std::string haveCards(int cards)
{
    return cards == 0 ? "this machine has no card that Luthier can use" : "this machine has " + std::to_string(cards) + (cards == 1 ? " card" : " cards");
}

} // namespace

Result<std::vector<std::string>> devicesOf(const std::string& text, int cards)
{
    const auto firstCards = [&](int count) -> Result<std::vector<std::string>> {
        if (count > cards) {
            return Error{"--devices " + text + ": " + haveCards(cards)};
        }
        std::vector<std::string> devices;
        for (int card = 0; card < count; ++card) {
            devices.push_back("cuda:" + std::to_string(card));
        }
        return devices;
    };
    int number = 0;
    if (text == "all") {
        return cards > 0 ? firstCards(cards) : Result<std::vector<std::string>>(Error{"--devices all: " + haveCards(0) + "; --devices cpu:2 starts two ranks on the processor"});
    }
    if (readNumber(text, number) && number > 0) {
        return firstCards(number);
    }
    std::vector<std::string> devices;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(',', begin), text.size());
        const std::string one = text.substr(begin, end - begin);
        begin = end + 1;
        if (one.rfind("cpu", 0) == 0 && (one == "cpu" || (one.size() > 4 && one[3] == ':' && readNumber(one.substr(4), number) && number > 0))) {
            devices.insert(devices.end(), one == "cpu" ? 1 : static_cast<std::size_t>(std::min(number, kMostRanks)), "cpu");
        } else if (one.rfind("cuda:", 0) == 0 && readNumber(one.substr(5), number)) {
            if (number >= cards) {
                return Error{"--devices " + text + ": there is no " + one + ", " + haveCards(cards)};
            }
            if (std::find(devices.begin(), devices.end(), one) != devices.end()) {
                return Error{"--devices " + text + ": " + one + " stands there twice, and a card takes one rank"};
            }
            devices.push_back(one);
        } else {
            return Error{"--devices " + text + ": write all, a number of cards, cuda:0,cuda:1, or cpu:2"};
        }
    }
    const bool mixed = std::any_of(devices.begin(), devices.end(), [&](const std::string& device) { return (device == "cpu") != (devices.front() == "cpu"); });
    return mixed ? Result<std::vector<std::string>>(Error{"--devices " + text + ": processor and cards cannot share a run; each step would wait for the processor"})
                 : Result<std::vector<std::string>>(std::move(devices));
}

} // namespace luthier::ranks
