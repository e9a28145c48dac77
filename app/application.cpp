// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/application.h"

#include "core/base/files.h"
#include "core/base/paths.h"
#include "core/nn/threads.h"
#include "ui/base/html_pdf.h"
#include "ui/settings/app_settings.h"

#include <QApplication>
#include <QFileInfo>
#include <QLocale>
#include <QTimer>

#include <cstdio>

namespace luthier::app {

namespace {

const QString kSystem = QStringLiteral("system");

// The person's language where there is one; English has its plural forms only.
bool install(QTranslator& translator)
{
    const QString folder = QStringLiteral(":/i18n");
    const QString language = ui::AppSettings().text(QStringLiteral("language"), kSystem);
    if (language != kSystem) {
        QLocale::setDefault(QLocale(language)); // its numbers and dates, too
    }
    return (translator.load(language == kSystem ? QLocale() : QLocale(language), QStringLiteral("luthier"), QStringLiteral("_"), folder)
            || translator.load(QStringLiteral("luthier_en"), folder))
           && QCoreApplication::installTranslator(&translator);
}

} // namespace

void applyPreferences()
{
    const ui::AppSettings settings;
    const auto set = [](const char* variable, const QString& value) {
        if (!value.isEmpty() && value != kSystem && !qEnvironmentVariableIsSet(variable)) {
            qputenv(variable, value.toUtf8());
        }
    };
    set("QT_SCALE_FACTOR", settings.text(QStringLiteral("scale")));
    set("HF_HUB_CACHE", settings.text(QStringLiteral("hubFolder")));
    if (const int threads = settings.text(QStringLiteral("threads")).toInt(); threads > 0) {
        nn::setThreads(threads);
    }
}

int writePaper(const QString& page, const QString& out)
{
    const auto html = out.isEmpty() ? Result<std::string>(Error{"--paper needs --out: the PDF to write"}) : base::readFile(page.toStdString());
    const auto written = html ? ui::writePdf(*html, out.toStdString()) : Result<void>(html.error());
    if (!written) {
        std::fprintf(stderr, "%s\n", written.message().c_str());
    }
    return written ? 0 : 1;
}

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
        } else if (const QString last = m_workspace.settings().recentProjects().value(0); QFileInfo::exists(last + QStringLiteral("/luthier.db"))) {
            m_workspace.openProject(last); // where the person was
        } else {
            m_workspace.openFirstProject(QString::fromStdString((base::userDataFolder() / "projects" / "first").string()));
        }
        if (!request.path.isEmpty() && !given.isDir()) {
            m_window.openData(given.absoluteFilePath());
        }
    });
}

} // namespace luthier::app
