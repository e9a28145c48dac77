// SPDX-License-Identifier: GPL-3.0-or-later
// PageTest: what the tests of pages share: a page shown over a project in a folder of its own, with settings of its own,
// its parts by name, both themes, and pictures to look at.
#pragma once

#include "core/store/project.h"
#include "ui/bridge/job.h"
#include "ui/theme/theme.h"
#include "ui/workspace/workspace.h"

#include <QDir>
#include <QTemporaryDir>
#include <QWidget>
#include <QtTest>

#include <memory>

namespace luthier::support {

// No test reads or writes the settings of the person who runs it.
inline void keepSettingsIn(const QTemporaryDir& folder)
{
    qputenv("LUTHIER_SETTINGS", folder.filePath(QStringLiteral("settings.ini")).toUtf8());
}

// The data of a test that looks at a page in both themes: QFETCH(Theme::Choice, theme).
inline void addThemes()
{
    QTest::addColumn<ui::Theme::Choice>("theme");
    QTest::newRow("light") << ui::Theme::Choice::Light;
    QTest::newRow("dark") << ui::Theme::Choice::Dark;
}

// Saves what is to be looked at as screenshots/<name>.png of the build folder.
inline void savePicture(const QPixmap& picture, const QString& name)
{
    const QString folder = QStringLiteral(LUTHIER_BIN_DIR "/../screenshots");
    QVERIFY(QDir().mkpath(folder));
    QVERIFY(picture.save(QStringLiteral("%1/%2.png").arg(folder, name)));
}

// With the theme of the row of data in its name.
inline void savePicture(QWidget* widget, const QString& name)
{
    savePicture(widget->grab(), QStringLiteral("%1-%2").arg(name, QString::fromLatin1(QTest::currentDataTag())));
}

// A child that must be there.
template <class T>
T* child(const QWidget* parent, const char* name)
{
    T* found = parent->findChild<T*>(QString::fromLatin1(name));
    if (found == nullptr) {
        qFatal("nothing is called %s", name);
    }
    return found;
}

// The desktop's work, also when a dialog or a menu over the window closes; there is no desktop where tests run.
inline bool activate(QWidget& window)
{
    window.activateWindow();
    return QTest::qWaitForWindowActive(&window);
}

template <class PageType>
class PageTest {
protected:
    void makeFolder()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        keepSettingsIn(*m_folder);
    }

    // Shown first and given its project then, as in the window.
    void openPage()
    {
        m_workspace = std::make_unique<ui::Workspace>();
        auto project = store::Project::open(m_folder->filePath(QStringLiteral("project")).toStdString());
        QVERIFY2(project.ok(), project.ok() ? "" : project.message().c_str());
        m_page = std::make_unique<PageType>(*m_workspace);
        m_page->resize(1200, 800);
        m_page->show();
        QVERIFY(QTest::qWaitForWindowActive(m_page.get()));
        m_workspace->setProject(*project);
    }

    void closePage()
    {
        m_page.reset();
        ui::waitForJobs();
        m_workspace.reset();
        ui::waitForJobs();
    }

    template <class T>
    T* find(const char* name) const
    {
        return child<T>(m_page.get(), name);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ui::Workspace> m_workspace;
    std::unique_ptr<PageType> m_page;
};

} // namespace luthier::support
