// SPDX-License-Identifier: GPL-3.0-or-later
// The run doctor: a table of what can go wrong with a run, each row with how it is seen, what it means and which settings would
// help. Live (Watch, in core/train/control/doctor_watch.h) and afterwards (luthier runs doctor) by the same rows. Torch-free.
//
// A new finding is one function and one row: in rows_numbers.cpp (losses, gradients, weights), rows_course.cpp (evaluations,
// rate, speed, data) or a file of its own, and one line in rows.cpp. It looks at the History and the recipe alone, says
// nothing where it cannot know, and speaks once a run.
#pragma once

#include "core/config/run_config.h"
#include "core/doctor/finding.h"
#include "core/doctor/history.h"

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace luthier::doctor {

enum class When { Start, Step, Evaluation, End };

struct Row {
    const char* id;    // stored in Warning::cause; once given it stays
    const char* label; // English source string, context "Doctor"
    const char* help;  // what it looks for
    When when;         // after what it looks
    std::optional<Finding> (*look)(const History& run, const config::RunConfig& recipe); // id and step may be left empty
};

std::span<const Row> rows();
const Row* findRow(std::string_view id); // null: none

// A remedy, or nothing where the setting is not looked at by this recipe (dropout of a method that has none) or has the value
// already. `value` empty: no single one.
void addRemedy(std::vector<Remedy>& remedies, const config::RunConfig& recipe, std::string key, std::string value, std::string sentence);
// The learning rate times `factor`, with the reason.
void addRate(std::vector<Remedy>& remedies, const config::RunConfig& recipe, double factor, std::string why);
std::string shortNumber(double value); // "0.0002", "1e-05", "1270"

// What is seen as a run goes on; each finding is given once.
class Watch {
public:
    explicit Watch(config::RunConfig recipe) : m_recipe(std::move(recipe)) {}

    std::vector<Finding> take(const Start& start);
    std::vector<Finding> take(Step step);
    std::vector<Finding> take(Evaluation evaluation);
    std::vector<Finding> take(const End& end);
    void alreadyTold(const std::string& id) { m_told.insert(id); }

private:
    std::vector<Finding> look(When when);

    config::RunConfig m_recipe;
    History m_history;
    std::set<std::string> m_told;
};

} // namespace luthier::doctor
