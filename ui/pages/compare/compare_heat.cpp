// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/pages/compare/compare_heat.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <algorithm>
#include <cmath>

namespace luthier::ui {

namespace {

constexpr std::int64_t kAlternatives = 5;
constexpr double kFullDifference = 4; // nats that stand out fully

QString tr(const char* text)
{
    return QCoreApplication::translate("CompareHeat", text);
}

QString percent(double logProb)
{
    const double share = 100 * std::exp(logProb);
    return QLocale().toString(share, 'f', share < 10 ? 2 : 0) + QStringLiteral(" %");
}

QString shownToken(const std::string& bytes)
{
    QString text = QString::fromStdString(bytes);
    text.replace(u'\n', QStringLiteral("\u21b5")).replace(u'\t', QStringLiteral("\u21e5")).replace(u' ', QStringLiteral("\u2423"));
    return text.isEmpty() ? QStringLiteral("\u2013") : text;
}

Result<std::vector<inference::TokenChoices>> choicesOf(const HeatSide& side, const std::vector<text::TokenId>& answer)
{
    auto ids = side.promptIds;
    ids.insert(ids.end(), answer.begin(), answer.end());
    return side.session->choices(ids, side.promptIds.size(), kAlternatives, side.useAdapters);
}

QString helpOf(const inference::TokenChoices& choice, const inference::TokenChoices* others, text::TokenId token, const text::Tokenizer& tokenizer)
{
    const auto shown = [&](text::TokenId id) { return shownToken(tokenizer.decode(std::vector<text::TokenId>{id})); };
    //: a token and its probability
    QStringList lines{tr("\u201c%1\u201d %2").arg(shown(token), percent(choice.logProb))};
    if (others != nullptr) {
        lines += tr("the other one: %1").arg(percent(others->logProb));
    }
    for (const auto& [id, logProb] : choice.likeliest) {
        lines += QStringLiteral("%1   %2").arg(percent(logProb), shown(id));
    }
    return lines.join(u'\n').toHtmlEscaped().replace(u'\n', QStringLiteral("<br>"));
}

} // namespace

HeatOfAnswer heatOf(const HeatSide& side, const std::vector<text::TokenId>& answer, const HeatSide* other)
{
    if (!side.session || side.promptIds.empty() || answer.empty()) {
        return {{}, tr("There is no answer of this sitting to look at; ask again.")};
    }
    const auto choices = choicesOf(side, answer);
    const auto others = choices && other != nullptr && other->session ? choicesOf(*other, answer) : Result<std::vector<inference::TokenChoices>>(std::vector<inference::TokenChoices>());
    if (!choices || !others) {
        return {{}, QString::fromStdString(choices ? others.message() : choices.message())};
    }
    const text::Tokenizer& tokenizer = *side.session->encoder().tokenizer;
    HeatOfAnswer heat;
    qsizetype begin = 0;
    for (std::size_t i = 0; i < answer.size(); ++i) {
        // A character may take several tokens: what is whole by now counts as this one's.
        const std::string text = tokenizer.decode(std::span(answer).first(i + 1));
        QString whole = QString::fromStdString(text);
        while (whole.endsWith(QChar::ReplacementCharacter)) {
            whole.chop(1);
        }
        const bool isCompared = !others->empty();
        const double strength = isCompared ? ((*choices)[i].logProb - (*others)[i].logProb) / kFullDifference : 1 - std::exp((*choices)[i].logProb);
        if (whole.size() > begin) {
            heat.tokens.push_back({{begin, whole.size()}, std::clamp(strength, 0.0, 1.0), helpOf((*choices)[i], isCompared ? &(*others)[i] : nullptr, answer[i], tokenizer)});
            begin = whole.size();
        }
    }
    return heat;
}

} // namespace luthier::ui
