// SPDX-License-Identifier: GPL-3.0-or-later
// Contender: who answers, and who gave an answer. What was said keeps its contender: another choice, a rename or a run that went on
// never puts another name over it.
//
// Threads: any.
#pragma once

#include "core/base/json.h"

#include <QString>

namespace luthier::ui {

struct Contender {
    QString id;   // what answers: paths and weights
    QString name; // as a person knows it

    bool operator==(const Contender&) const = default;
};

// As the project keeps it beside an answer. What is no contender there is an empty one: nobody wrote down who it was.
inline Json toJson(const Contender& contender)
{
    return Json{contender.id.toStdString(), contender.name.toStdString()};
}

inline Contender contenderFromJson(const Json& json)
{
    const bool isNamed = json.is_array() && json.size() == 2 && json[0].is_string() && json[1].is_string();
    return isNamed ? Contender{QString::fromStdString(json[0].get<std::string>()), QString::fromStdString(json[1].get<std::string>())} : Contender();
}

} // namespace luthier::ui
