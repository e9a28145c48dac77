// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application.h"

#include "core/base/paths.h"

#include <QApplication>
#include <QFileInfo>
#include <QLocale>
#include <QTimer>

namespace luthier::app {

namespace {

// The person's language where there is one; English has its plural forms only.
bool install(QTranslator& translator)
{
    const QString folder = QStringLiteral(":/i18n");
    return (translator.load(QLocale(), QStringLiteral("luthier"), QStringLiteral("_"), folder)
            || translator.load(QStringLiteral("luthier_en"), folder))
           && QCoreApplication::installTranslator(&translator);
}

} // namespace

Application::Application(QApplication& app)
    : m_isTranslated(install(m_translator)), m_theme(app), m_window(m_workspace, m_theme)
{
}

void Application::start(const Request& request)
{
    m_window.show();
    // After the first frame: nothing may stand between the person and the window.
    QTimer::singleShot(0, &m_window, [this, request] {
        const QFileInfo given(request.path);
        if (!request.project.isEmpty()) {
            m_workspace.openProject(QFileInfo(request.project).absoluteFilePath());
        } else if (!request.path.isEmpty() && given.isDir()) {
            m_workspace.openProject(given.absoluteFilePath());
        } else {
            m_workspace.openFirstProject(QString::fromStdString((base::userDataFolder() / "projects" / "first").string()));
        }
        if (!request.path.isEmpty() && !given.isDir()) {
            m_window.openData(given.absoluteFilePath());
        }
    });
}

} // namespace luthier::app
