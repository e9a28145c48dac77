// SPDX-License-Identifier: GPL-3.0-or-later
// Core's sentences as the window says them. Core speaks to both, and where it names a command or a flag that helps
// ("; luthier adapters lists them", "(--map ...)"), that part means nothing to a person in the window; a setting is called as its
// form calls it. What another program is to be told stays: it is the cure.
//
// Threads: any.
#pragma once

#include <QString>

namespace luthier::ui {

QString windowSentence(const QString& sentence);

// The same of what went wrong, told by itself: it begins with a capital, unless with a path, a key or another name ("data.train: ...").
QString problemSentence(const QString& sentence);

// Only the labels of settings in place of their keys: "Lower optimizer.learning_rate" is "Lower "Learning rate"".
QString withLabels(QString sentence);

// Where something computes: core's "cpu, 2 threads" in words; cards as they call themselves.
QString deviceText(const QString& device);

} // namespace luthier::ui
