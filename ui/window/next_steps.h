// SPDX-License-Identifier: GPL-3.0-or-later
// NextSteps: what usually comes after a step of the work: data opened, checked, tuned, compared, written. Said once in a quiet
// line under the page; what a person dismissed is not said again.
//
// Threads: GUI thread.
#pragma once

#include <QObject>
#include <QString>

#include <span>

namespace luthier::ui {

class AppSettings;
class NextStrip;

struct NextStep {
    const char* after;    // the step: see Page::stepDone
    const char* sentence; // source string, context "NextStep"; %1 is the step's name
    const char* button;   // "
    const char* page;     // where the button goes
    const char* action;   // object name of an action of that page, done there; empty: the page is shown with the step's `what`
};
std::span<const NextStep> nextSteps();

class NextSteps : public QObject {
    Q_OBJECT

public:
    NextSteps(AppSettings& settings, NextStrip* strip, QObject* parent = nullptr);

    NextStrip* strip() const { return m_strip; }
    void done(const QString& step, const QString& name, const QString& what);
    void clear(); // another project, another way

Q_SIGNALS:
    void pageWanted(const QString& page, const QString& what);
    void actionWanted(const QString& page, const QString& action);

private:
    AppSettings& m_settings;
    NextStrip* m_strip;
    const NextStep* m_step = nullptr; // that is said
    QString m_what;
};

} // namespace luthier::ui
