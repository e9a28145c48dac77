// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/doctor/doctor.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace luthier::doctor {

std::string Finding::text() const
{
    std::string all = sentence + (explanation.empty() ? "" : " " + explanation);
    for (const Remedy& remedy : remedies) {
        all += " " + remedy.sentence;
    }
    return all;
}

std::string shortNumber(double value)
{
    constexpr int kDigits = 3;
    constexpr double kWhole = 1e3; // from here on no digit behind the point says anything
    constexpr double kLong = 1e7;
    if (std::abs(value) >= kWhole && std::abs(value) < kLong) {
        return std::to_string(std::llround(value));
    }
    std::array<char, 64> buffer{};
    const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::general, kDigits);
    return {buffer.data(), end.ptr};
}

void addRemedy(std::vector<Remedy>& remedies, const config::RunConfig& recipe, std::string key, std::string value, std::string sentence)
{
    const auto setting = config::findSetting(key);
    if (!setting || !config::applies(recipe, *setting->part, *setting->field)) {
        return;
    }
    config::RunConfig copy = recipe;
    if (value.empty() || fields::toText(setting->field->get(setting->part->object(copy))) != value) {
        remedies.push_back({std::move(key), std::move(value), std::move(sentence)});
    }
}

void addRate(std::vector<Remedy>& remedies, const config::RunConfig& recipe, double factor, std::string why)
{
    const std::string value = shortNumber(std::min(1.0, recipe.optimizer.learningRate * factor));
    addRemedy(remedies, recipe, "optimizer.learning_rate", value,
              (factor < 1 ? "Lower optimizer.learning_rate to " : "Raise optimizer.learning_rate to ") + value + why + ".");
}

const Row* findRow(std::string_view id)
{
    const auto all = rows();
    const auto found = std::find_if(all.begin(), all.end(), [id](const Row& row) { return id == row.id; });
    return found == all.end() ? nullptr : &*found;
}

std::vector<Finding> Watch::take(const Start& start)
{
    m_history.take(start);
    return look(When::Start);
}

std::vector<Finding> Watch::take(Step step)
{
    m_history.take(std::move(step));
    return look(When::Step);
}

std::vector<Finding> Watch::take(Evaluation evaluation)
{
    m_history.take(std::move(evaluation));
    return look(When::Evaluation);
}

std::vector<Finding> Watch::take(const End& end)
{
    m_history.take(end);
    return look(When::End);
}

std::vector<Finding> Watch::look(When when)
{
    std::vector<Finding> findings;
    for (const Row& row : rows()) {
        if (row.when != when || m_told.contains(row.id)) {
            continue;
        }
        if (auto finding = row.look(m_history, m_recipe)) {
            m_told.insert(row.id);
            finding->id = row.id;
            finding->step = m_history.step();
            findings.push_back(std::move(*finding));
        }
    }
    return findings;
}

} // namespace luthier::doctor
