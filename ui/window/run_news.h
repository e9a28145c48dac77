// SPDX-License-Identifier: GPL-3.0-or-later
// RunNews: what is said when a run ends, wherever the person is: a strip above the pages with the way on, a notice of the
// desktop where the window is not in front, and `isNew` until somebody has looked.
//
// Threads: GUI thread; the project is asked in a job.
#pragma once

#include "core/store/project.h"

#include <QObject>

namespace luthier::ui {

class Banner;
class Workspace;

class RunNews : public QObject {
    Q_OBJECT

public:
    RunNews(Workspace& workspace, Banner* strip, QObject* parent = nullptr);

    Banner* strip() const { return m_strip; }
    bool isNew() const { return m_isNew; }
    void seen();  // on the page of runs
    void clear(); // strip and all

    // "First tune finished, held-out 5.38 -> 0.21"
    static QString sentenceOf(const store::RunRow& run);

Q_SIGNALS:
    void changed();
    void pageWanted(const QString& id, const QString& what);

private:
    void tell(const store::RunRow& run);
    void goOn();

    Workspace& m_workspace;
    Banner* m_strip;
    store::RunRow m_run; // the strip is about
    bool m_isNew = false;
};

} // namespace luthier::ui
